import assert from 'node:assert/strict';
import { test } from 'node:test';
import { apply } from '../model/fold.js';
import { newState } from '../model/state.js';
import { clients } from '../model/view.js';
import { reason } from '../modes/words.js';
import { viewOf } from '../testing/logs.mjs';
import { placeLabels } from './labels.js';
import { covers, geometry, overlap } from './layout.js';
import { clientAt, nodeCovers } from './stands.js';
import { placeMarks, messagesShown, labelsOfMessages } from './shown.js';
import { tears } from './tears.js';

const sizes = [[1304, 692], [868, 464], [868, 360], [700, 560], [390, 560]];

/** Random numbers from a seed (mulberry32). @param {number} seed */
function chance(seed) {
	let a = seed;
	const next = () => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
	};
	return { below: (/** @type {number} */ n) => Math.floor(next() * n), is: (/** @type {number} */ p) => next() < p };
}

/** A stage after one random operation. @param {ReturnType<typeof chance>} rnd @param {number} count */
function situation(rnd, count) {
	const s = newState();
	s.mode = 'CA';
	let x = 0;
	let id = 0;
	const say = (/** @type {object} */ e) => apply(s, /** @type {any} */ ({ t: ++x * 1000, v: x * 1000, ...e }), x);
	const all = Array.from({ length: count }, (_, i) => i + 1);
	for (const n of all) say({ kind: 'status', node: n, status: rnd.is(0.2) ? 'frozen' : rnd.is(0.1) ? 'killed' : 'up' });
	if (rnd.is(0.4)) {
		const cut = 1 + rnd.below(count - 1);
		for (const a of all) for (const b of all) if (a !== b && a <= cut !== b <= cut) say({ kind: 'link', node: 0, link: { from: a, to: b, cut: true } });
	}
	const chief = 1 + rnd.below(count);
	say({ kind: 'invoke', node: chief, op: 'o', client: 'curl', op_kind: 'write', key: 'city', val: 'Porto' });
	say({ kind: 'progress', node: chief, op: 'o', phase: 'votes', need: count });
	for (const [type, cls] of [['prepare', 'request'], ['yes', 'yes'], ['rollback', 'decide'], ['write-back', 'repair']]) {
		if (rnd.is(0.3)) continue;
		for (const n of all) {
			if (n === chief || rnd.is(0.2)) continue;
			const [from, to] = cls === 'yes' ? [n, chief] : [chief, n];
			const m = { msg: `m${++id}`, from, to, type, class: cls, op: 'o', sense: cls === 'decide' ? 'abort' : '' };
			say({ kind: 'sent', node: from, ...m });
			if (rnd.is(0.5)) say({ kind: 'delivered', node: to, ...m });
			else if (rnd.is(0.6)) say({ kind: 'lost', node: from, ...m, why: ['cut', 'timeout', 'loss', 'dropped', 'refused', 'overflow', 'down'][rnd.below(7)] });
		}
	}
	if (rnd.is(0.5)) say({ kind: 'return', node: chief, op: 'o', status: 503 });
	s.pace = { ...s.pace, pace: rnd.is(0.5) ? 'slow' : 'live' };
	return { ...viewOf(s), x: x + 1000 };
}

const seed = Number(process.env.SEED ?? Date.now() % 1e6);

/** @type {Map<string, import('./layout.js').Geometry>} the places on each stage, computed once */
const stages = new Map();

/** @param {number} w @param {number} h @param {number} count */
function stage(w, h, count) {
	const key = `${w}x${h}:${count}`;
	const g = stages.get(key) ?? geometry(w, h, Array.from({ length: count }, (_, n) => n + 1));
	stages.set(key, g);
	return g;
}

/** The words of a random situation, and their places. @param {ReturnType<typeof chance>} rnd @param {number} w @param {number} h @param {number} count */
function worded(rnd, w, h, count) {
	const g = stage(w, h, count);
	const view = situation(rnd, count);
	const torn = view.s.faults.parts.length > 1 ? tears(g, view.s.faults.parts) : [];
	const seen = messagesShown(view, g, torn, new Map());
	const things = [...g.places.flatMap((p) => nodeCovers(g, p, rnd.is(0.5) ? 'home · coordinator' : '', '127.0.0.1:3001')), ...clients(view.s).flatMap((op) => clientAt(g, op.node).covers)];
	const all = [...things, ...placeMarks(g, seen, things, new Map())];
	const labels = labelsOfMessages(view, g, seen);
	const spots = placeLabels(g, labels, all, () => 0, new Map());
	const taken = all.filter((thing) => !('soft' in thing)); // a word may cover a client's arrow if there is no other room
	return { view, seen, taken, labels, spots };
}

for (const [w, h] of [[390, 437], ...sizes]) {
	test(`each × has its word, or shares that of its fan, on ${w}×${h} (SEED=${seed})`, (t) => {
		const rnd = chance(seed);
		let all = 0;
		let without = 0;
		for (let i = 0; i < 120; i++) {
			const count = 3 + (i % 7);
			const { view, seen, labels, spots } = worded(rnd, w, h, count);
			const said = labels.filter((one) => one.why && spots.has(one.id));
			for (const { m, gone, state } of seen) {
				if (state !== 'lost' || gone) continue;
				all++;
				if (said.some(({ text, why }) => why && text.replace(/ ×\d+$/, '') === reason(view.s, m) && (why.m.from === m.from || why.m.to === m.to))) continue;
				without++;
				assert.ok(count > 5, `round ${i}, ${count} nodes: ${m.why}, ${m.from} to ${m.to}`);
			}
		}
		t.diagnostic(`${without} of ${all} without`);
		assert.ok(without <= 2 + 0.01 * all);
	});
}

test(`labels keep apart, and off nodes, clients and marks (SEED=${seed})`, (t) => {
	const rnd = chance(seed);
	let wanted = 0;
	let placed = 0;
	for (let i = 0; i < 400; i++) {
		const [w, h] = sizes[rnd.below(sizes.length)];
		const count = 3 + rnd.below(7);
		const { taken, labels, spots } = worded(rnd, w, h, count);
		wanted += labels.length;
		placed += spots.size;
		const rects = [...spots];
		for (const [id, rect] of rects) {
			const where = `${count} nodes on ${w}×${h}, round ${i}: ${id}`;
			assert.ok(rect.x >= 0 && rect.y >= 0 && rect.x + rect.w <= w && rect.y + rect.h <= h, `${where} leaves the stage`);
			for (const thing of taken) assert.ok(!covers(rect, thing, 0), `${where} covers ${JSON.stringify(thing)}`);
			for (const [other, that] of rects) if (id < other) assert.equal(overlap(rect, that), 0, `${where} touches ${other}`);
		}
	}
	t.diagnostic(`${placed} of ${wanted} labels found a place`);
	assert.ok(placed > 0.97 * wanted, `only ${placed} of ${wanted} labels found a place`);
});

test('a label keeps its place until something else needs the place', () => {
	const g = geometry(868, 464, [1, 2, 3]);
	const wanted = [{ id: 'a', at: [{ x: 400, y: 200 }], w: 80, h: 20, off: 12 }];
	const first = placeLabels(g, wanted, [], () => 0, new Map());
	const spot = /** @type {import('./layout.js').Rect} */ (first.get('a'));
	const moved = placeLabels(g, [{ ...wanted[0], at: [{ x: 300, y: 200 }] }], [], () => 0, first);
	assert.deepEqual(moved.get('a'), spot);
	const away = placeLabels(g, wanted, [{ ...spot }], () => 0, first);
	assert.ok(away.get('a') && overlap(/** @type {any} */ (away.get('a')), spot) === 0);
});

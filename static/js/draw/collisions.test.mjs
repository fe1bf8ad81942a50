// No arrow, mark or × lies on a word or on a client, and no client, client's arrow, mark or ×
// lies on a node's number. The tests draw recorded and
// simulated runs without a browser, at random moments shortly after an event, while
// messages are in flight. Then they measure the drawn areas. COLLISIONS is the number
// of moments of each run. SEED chooses the moments.

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Elastic } from '../model/elastic.js';
import { apply } from '../model/fold.js';
import { newState } from '../model/state.js';
import { areasOf, collisions } from '../testing/areas.mjs';
import { FakeElement } from '../testing/dom.mjs';
import { descriptors, recorded, viewOf } from '../testing/logs.mjs';
import { simulated } from '../testing/runs.mjs';
import { Ring } from './ring.js';

/** @typedef {import('../testing/runs.mjs').Run} Run */

const MOMENTS = Number(process.env.COLLISIONS ?? 24);
const SMALL = [569, 348]; // of the ring at 853×480, which is 1280×720 at 150 %
const LANE = [379, 323, 20]; // of a ring among three at 1280×720, and the size of its room text
const WAVE = 240; // elastic ms for which a message is in flight
const SIZES = [[1304, 692], [868, 464]]; // of the ring at 1920×1080 and at 1280×720
const nothing = () => {};
let seed = Number(process.env.SEED ?? 1);

/** A random number below n (mulberry32). @param {number} n */
function below(n) {
	seed = (seed + 0x6d2b79f5) | 0;
	let t = Math.imul(seed ^ (seed >>> 15), 1 | seed);
	t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
	return (((t ^ (t >>> 14)) >>> 0) / 4294967296) * n;
}

/** Draws moments of a run. @param {Run} run @param {number[]} size @param {Map<string, string[]>} found the places of collisions, by the kinds of the two things */
function look({ name, mode, events }, [w, h, room], found) {
	const elastic = new Elastic();
	const placed = events.map((e) => ({ e, x: elastic.place(e).x }));
	const ends = new Map(placed.filter(({ e }) => e.kind === 'delivered' || e.kind === 'lost').map(({ e, x }) => [e.msg ?? '', x]));
	const moments = Array.from({ length: MOMENTS }, () => Math.floor(below(events.length))).sort((a, b) => a - b);
	const s = { ...newState(), mode, modes: descriptors };
	const root = Object.assign(new FakeElement('svg'), { clientWidth: w, clientHeight: h });
	const ring = new Ring(/** @type {any} */ (root), { node: nothing, take: nothing, client: nothing, ask: nothing, ...(room && { room: () => room }) });
	const lists = room ? [{ x: 0, y: 0.95 * room, w: 0.47 * w, h: 1.7 * room }] : []; // the lane's name
	let states = 0;
	placed.forEach(({ e, x }, i) => {
		apply(s, e, x);
		while (moments[0] === i) {
			moments.shift();
			const later = below(Math.max(1, Math.min(WAVE, (placed[i + 1]?.x ?? x + WAVE) - x)));
			for (const node of s.nodes.values()) node.url ||= `http://127.0.0.${node.id}:300${node.id}`; // a simulated node has none
			ring.draw({ ...viewOf(s), lists, x: x + later, t: e.t + later * 1000, v: (e.v ?? e.t) + later * 1000, endOf: (id) => ends.get(id) ?? Infinity });
			states++;
			for (const one of collisions(areasOf(root, ring.g))) {
				if (one.includes('on count of waiting messages')) continue; // the count stands where the waiting messages stop
				const kind = one.replace(/\([^)]*\)/g, '').replace(/ of( the client of)? \d/g, ' of$1');
				found.set(kind, [...(found.get(kind) ?? []), `${one}, ${s.nodes.size} nodes, ${w}×${h}, ${name}, event ${i}`]);
			}
		}
	});
	return states;
}

for (const [log, mode] of /** @type {const} */ ([['ca-frozen', 'CA'], ['cp-split', 'CP'], ['ap-hint', 'AP'], ['ap-stand-ins', 'AP']])) {
	test(`recorded: nothing of ${log} lies on a word or a client`, () => {
		/** @type {Map<string, string[]>} */
		const found = new Map();
		for (const size of [...SIZES, SMALL]) look({ name: log, mode, nodes: 5, events: recorded(log) }, size, found);
		assert.deepEqual([...found].map(([kind, all]) => [kind, all.length, all[0]]), []);
	});
}

for (const [log, mode] of /** @type {const} */ ([['ca-frozen', 'CA'], ['cp-split', 'CP'], ['ap-hint', 'AP'], ['ap-stand-ins', 'AP']])) {
	test(`recorded, in a lane: no × of ${log} lies on a client, and nothing lies on a number`, () => {
		/** @type {Map<string, string[]>} */
		const found = new Map();
		look({ name: log, mode, nodes: 5, events: recorded(log) }, LANE, found);
		assert.deepEqual([...found].filter(([kind]) => kind.includes('number') || (kind.startsWith('×') && kind.includes('client'))).map(([kind, all]) => [kind, all.length, all[0]]), []);
	});
}

// The share of moments in which a collision is allowed. When dozens of messages are on the stage at
// once, an arrow may cross the reason of a lost message, or a label. Of 300 moments of a run these
// are at most 5 %, and a sample of 48 has one more. Nothing ever lies on a number.
const SHARE = 0.07;

for (const { name: mode } of descriptors) {
	for (const nodes of [3, 4, 5, 6, 7, 8, 9]) {
		test(`simulated: nothing of ${mode} with ${nodes} nodes lies on a word or a client`, async (t) => {
			/** @type {Map<string, string[]>} */
			const found = new Map();
			let states = 0;
			await simulated(mode, { seeds: 1, ops: 40, nodes, from: nodes }, (run) => {
				for (const size of nodes === 5 ? [...SIZES, SMALL] : SIZES) states += look(run, size, found);
			});
			const moments = new Set([...found.values()].flat().map((where) => where.slice(where.indexOf('), '))));
			t.diagnostic(`${moments.size} of ${states} moments with something on something`);
			const onNumbers = [...found].filter(([kind]) => kind.includes('number'));
			assert.deepEqual((moments.size > SHARE * states ? [...found] : onNumbers).map(([kind, all]) => [kind, all.length, all[0]]), []);
		});
	}
}

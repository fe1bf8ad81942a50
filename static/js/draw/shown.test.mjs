import assert from 'node:assert/strict';
import { test } from 'node:test';
import { MARK, WORDS, around, covers, geometry, pointOn } from './layout.js';
import { clientAt, lane, nodeCovers } from './stands.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { messagesShown, placeMarks } from './shown.js';
import { crossedAt, tears } from './tears.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Rect} Rect */

const sizes = [[1304, 692], [868, 464], [868, 360], [700, 560], [390, 560]];
const STOPS = { overflow: 0.2, loss: 0.55, cut: 0.5, timeout: 0.88, refused: 0.9 };

/**
 * Places one × where there is room for it.
 * @param {Geometry} g @param {number} from @param {number} to @param {string} why @param {number} f
 * @param {(Rect|import('./labels.js').Disc)[]} taken
 */
function settled(g, from, to, why, f, taken) {
	const one = { m: { id: 'm', from, to, why, cls: 'request', pace: 'live' }, state: 'lost', f, p: pointOn(lane(g, from, to), f), gone: false, moves: false, dimmed: false, rest: f };
	placeMarks(g, [/** @type {any} */ (one)], taken, new Map());
	return one;
}

/**
 * All things on a stage where every node has words and one node has a client.
 * @param {Geometry} g @param {Rect[]} client
 */
function things(g, client) {
	return [client[0], ...g.places.flatMap((p) => nodeCovers(g, p, ...WORDS))];
}

for (const [w, h] of sizes) {
	for (let count = 3; count <= 9; count++) {
		const ids = Array.from({ length: count }, (_, i) => i + 1);
		test(`no × lies on a client, a node or its words: ${count} nodes on ${w}×${h}`, () => {
			const g = geometry(w, h, ids);
			for (const at of ids) {
				const [, ...arrows] = clientAt(g, at).covers;
				const taken = things(g, clientAt(g, at).covers);
				for (const from of ids) for (const to of ids) for (const [why, f] of Object.entries(STOPS)) {
					if (from === to) continue;
					const { p } = settled(g, from, to, why, f, [...taken, ...arrows]);
					for (const thing of taken) assert.ok(!covers(around(p, MARK * g.k), thing, 0), `${why}, ${from} to ${to}, client at ${at}: on ${JSON.stringify(thing)}`);
				}
			}
		});

		test(`the × of a cut lies on the tear, unless something else does: ${count} nodes on ${w}×${h}`, (t) => {
			const g = geometry(w, h, ids);
			let all = 0;
			let beside = 0;
			for (let first = 0; first < count; first++) for (let many = 1; many <= count / 2; many++) {
				const side = ids.filter((_, i) => (i - first + count) % count < many);
				const torn = tears(g, [side, ids.filter((id) => !side.includes(id))]);
				for (const end of count > 6 ? [] : torn.flatMap((line) => [line[0], line[line.length - 1]])) {
					for (const thing of things(g, [{ x: 0, y: 0, w: 0, h: 0 }])) assert.ok(!covers(around(end, 3 * g.k), thing, 0), `${side}: the tear ends on ${JSON.stringify(thing)}`);
				}
				for (const at of [side[0], ids.find((id) => !side.includes(id)) ?? 0]) {
					const taken = things(g, clientAt(g, at).covers);
					for (const from of ids) for (const to of ids) {
						if (side.includes(from) === side.includes(to)) continue;
						const c = lane(g, from, to);
						const f = crossedAt(c, torn);
						const one = settled(g, from, to, 'cut', f ?? 0.5, taken);
						const rect = around(one.p, MARK * g.k);
						assert.ok(!taken.some((thing) => covers(rect, thing, 0)), `${side}: ${from} to ${to}, client at ${at}`);
						all++;
						if (one.f === f) continue;
						beside++;
						if (f !== undefined) assert.ok(taken.some((thing) => covers(around(pointOn(c, f), MARK * g.k), thing, 0)), `${side}: ${from} to ${to} left the tear without need`);
					}
				}
			}
			t.diagnostic(`${beside} of ${all} lie beside it`);
			assert.ok(beside <= all * (count > 5 ? 0.35 : 0.08));
		});
	}
}

test('what was lost at a dead node is dimmed as soon as the node runs again', () => {
	const log = recorded('ca-frozen');
	const frozen = log.findIndex((e) => e.status === 'frozen');
	const thawed = log.findIndex((e, i) => i > frozen && e.kind === 'status' && e.node === 4);
	const events = [
		...log.slice(0, frozen), { ...log[frozen], status: 'killed' },
		...log.slice(frozen + 1, thawed).flatMap((e) => (e.kind === 'sent' && e.to === 4 ? [e, { ...e, kind: 'lost', why: 'refused' }] : [e])),
	];
	const lost = (/** @type {any[]} */ all) => {
		const view = /** @type {any} */ (viewOf(folded(all, 'CA').state));
		return messagesShown(view, geometry(868, 464, [1, 2, 3, 4, 5]), [], new Map()).filter((one) => one.m.state === 'lost' && one.m.to === 4 && !one.gone).map((one) => one.dimmed);
	};
	assert.deepEqual(lost(events), [false]);
	assert.deepEqual(lost([...events, log[thawed]]), [true]);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, geometry, mix, place, pointOn } from './layout.js';
import { clientAt, lane } from './stands.js';
import { crossedAt, tears } from './tears.js';

const sizes = [[1304, 692], [868, 464], [700, 560], [390, 437]];

for (const [w, h] of sizes) {
	for (let count = 3; count <= 9; count++) {
		test(`${count} nodes fit ${w}×${h}, and so do their clients`, () => {
			const g = geometry(w, h, Array.from({ length: count }, (_, i) => i + 1));
			for (const p of g.places) {
				assert.ok(p.x - g.r > 0 && p.x + g.r < w && p.y - g.r > 0 && p.y + g.r < h, `node ${p.id}`);
				for (const q of g.places) if (p.id < q.id) assert.ok(Math.hypot(p.x - q.x, p.y - q.y) > 2 * g.r, `${p.id} covers ${q.id}`);
				const { box } = clientAt(g, p.id);
				assert.ok(box.x >= 0 && box.x + box.w <= w, `client of ${p.id}`);
				if (w > 600) for (const q of g.places) assert.ok(!covers(box, { ...q, r: g.r }, 0), `the client of ${p.id} covers ${q.id}`);
			}
		});
	}
}

test('twenty lanes, no two the same', () => {
	const g = geometry(868, 464, [1, 2, 3, 4, 5]);
	const middles = [];
	for (let a = 1; a <= 5; a++) for (let b = 1; b <= 5; b++) if (a !== b) middles.push(pointOn(lane(g, a, b), 0.5));
	for (const p of middles) assert.equal(middles.filter((q) => Math.hypot(p.x - q.x, p.y - q.y) < 8).length, 1);
});

test('a tear crosses every lane that it cuts, and no other', () => {
	const g = geometry(868, 464, [1, 2, 3, 4, 5]);
	for (const groups of [[[1, 2], [3, 4, 5]], [[1], [2, 3, 4, 5]], [[2, 3], [4, 5, 1]], [[4], [1, 2, 3, 5]]]) {
		const lines = tears(g, groups);
		assert.equal(lines.length, 1);
		for (const a of groups[0]) for (const b of groups[1]) assert.ok(crossedAt(lane(g, a, b), lines), `${a} to ${b}`);
	}
	assert.equal(tears(g, [[1], [2, 3], [4, 5]]).length, 3);
});

for (const [w, h] of sizes.slice(0, 2)) {
	for (let count = 4; count <= 9; count++) {
		test(`groups that are mixed on the ring are torn between neighbours, and no tear crosses a link that is not cut: ${count} nodes on ${w}×${h}`, () => {
			const ids = Array.from({ length: count }, (_, i) => i + 1);
			const g = geometry(w, h, ids);
			for (const one of [[1, 3], [2, 4], [count - 1, 1], count > 5 ? [1, 3, 5] : [1, 3], count > 6 ? [1, 2, 5] : [1, 3]]) {
				const other = ids.filter((id) => !one.includes(id));
				for (const groups of [[one, other], ...(other.length > 2 ? [[one, other.slice(0, 1), other.slice(1)]] : [])]) {
					const lines = tears(g, groups);
					const said = groups.join(' | ');
					const of = (/** @type {number} */ id) => groups.findIndex((group) => group.includes(id));
					const edges = ids.map((id) => [id, (id % count) + 1]).filter(([a, b]) => of(a) !== of(b));
					const torn = edges.filter(([a, b]) => crossedAt(lane(g, a, b), lines) !== undefined || crossedAt(lane(g, b, a), lines) !== undefined);
					assert.ok(torn.length >= (count < 7 ? edges.length : 2), `${said}: torn between ${torn.join(' and ')} only`);
					for (const a of ids) for (const b of ids) {
						if (a === b || of(a) !== of(b)) continue;
						const [p, q] = [place(g, a), place(g, b)];
						for (const way of [lane(g, a, b), { from: p, ctrl: mix(p, q, 0.5), to: q }]) assert.equal(crossedAt(way, lines), undefined, `${said}: a tear crosses ${a} to ${b}, which is not cut`);
					}
				}
			}
		});
	}
}

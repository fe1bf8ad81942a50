import assert from 'node:assert/strict';
import { test } from 'node:test';
import { covers, geometry, pointOn } from './layout.js';
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
	assert.equal(tears(g, [[1, 3], [2, 4, 5]]).length, 0, 'mixed groups have no line between them');
	assert.equal(tears(g, [[1], [2, 3], [4, 5]]).length, 3);
});

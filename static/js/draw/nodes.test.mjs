import assert from 'node:assert/strict';
import { test } from 'node:test';
import { geometry } from './layout.js';
import { fit, textWidth } from './letters.js';
import { versionPlace } from './nodes.js';

/** The ring at 1920×1080, 1280×720, 1280×580 and on a phone. */
const sizes = [[1292, 716], [868, 464], [868, 428], [390, 436]];

for (const [w, h] of sizes) {
	test(`the version keeps off the number and inside the circle, at ${w}×${h}`, () => {
		for (let nodes = 3; nodes <= 9; nodes++) {
			const g = geometry(w, h, Array.from({ length: nodes }, (_, i) => i + 1));
			for (const p of g.places) {
				const at = versionPlace(g, p);
				const { text, size } = fit('v12 by 5', at.width, at.size, 0.7 * at.size, { mono: true });
				const wide = textWidth(text, size, { mono: true });
				const box = { x0: at.x - wide / 2, x1: at.x + wide / 2, y0: at.y - 0.65 * size, y1: at.y };
				const where = `node ${p.id} of ${nodes}`;
				for (const x of [box.x0, box.x1]) assert.ok(Math.hypot(x, box.y1) <= g.r, `${where}: outside the circle`);
				const [dx, dy] = [p.disc.x - p.x, p.disc.y - p.y];
				const near = Math.hypot(dx - Math.max(box.x0, Math.min(dx, box.x1)), dy - Math.max(box.y0, Math.min(dy, box.y1)));
				assert.ok(near >= g.badge + 7 * g.k, `${where}: ${near.toFixed(1)} px from the middle of the number`);
			}
		}
	});
}

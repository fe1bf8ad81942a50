// The lines of the diagram, one for each node, with the stretches in which the node
// was not up. On the lines are the bars of the operations.

import { outcome } from '../model/view.js';

/** @typedef {import('./diagram.js').Frame} Frame */
/** @typedef {import('./pen.js').Pen} Pen */
/** @typedef {import('../model/spacetime.js').Bar} Bar */
/** @typedef {{from: number, to: number, status: string}} Stretch of the axis in which a node was not up */

const FACE = '"Hyperlegible Next", sans-serif';

/** @param {Pen} pen @param {Frame} f @param {number} id @param {Stretch[]} stretches */
export function drawLane(pen, f, id, stretches) {
	const y = f.y(id);
	if (!f.small) pen.text(String(id), f.left - 14 * f.k, y + 1, { font: `700 ${Math.round(15 * f.k)}px ${FACE}`, align: 'right', baseline: 'middle', token: 'ink' });
	let from = f.left;
	for (const s of stretches) {
		const begin = Math.max(f.left, f.px(s.from));
		pen.stroke('link', 1.5);
		pen.line(from, y, begin, y);
		from = Math.min(f.right, f.px(Math.min(s.to, f.xMax)));
		const now = f.px(Math.min(s.to, f.x));
		if (s.status === 'frozen') frozen(pen, f, begin, now, y);
		else if (s.status === 'killed') dead(pen, f, begin, now, y);
		else if (s.status === 'starting') starting(pen, begin, now, y);
		const killed = s.status === 'killed';
		pen.stroke(killed ? 'dead' : 'link', 1.5, killed ? [2, 8] : []);
		pen.line(Math.max(begin, now), y, from, y);
	}
	pen.stroke('link', 1.5);
	pen.line(from, y, f.right, y);
}

/** A frozen stretch. It is hatched, as the frozen node on the stage is. @param {Pen} pen @param {Frame} f @param {number} from @param {number} to @param {number} y */
function frozen({ ctx, colour }, f, from, to, y) {
	if (to <= from) return;
	const h = (f.small ? 5 : 9) * f.k;
	ctx.save();
	ctx.beginPath();
	ctx.roundRect(from, y - h / 2, to - from, h, 2);
	ctx.fillStyle = colour['frozen-fill'];
	ctx.fill();
	ctx.strokeStyle = colour.frozen;
	ctx.lineWidth = 1.5;
	ctx.stroke();
	ctx.clip();
	ctx.lineWidth = 1;
	ctx.beginPath();
	for (let x = from - h; x < to; x += 8) {
		ctx.moveTo(x, y + h / 2);
		ctx.lineTo(x + h, y - h / 2);
	}
	ctx.stroke();
	ctx.restore();
}

/** A killed stretch: a bar where the node was killed, then a dashed line. @param {Pen} pen @param {Frame} f @param {number} from @param {number} to @param {number} y */
function dead(pen, f, from, to, y) {
	pen.stroke('dead', 2.5);
	pen.line(from, y - 6 * f.k, from, y + 6 * f.k);
	pen.stroke('dead', 1.5, [2, 8]);
	pen.line(from, y, to, y);
}

/** @param {Pen} pen @param {number} from @param {number} to @param {number} y */
function starting(pen, from, to, y) {
	pen.stroke('dead', 1.5, [4, 4]);
	pen.line(from, y, to, y);
}

/** Events of a node are missing: its line is broken there, with the number of the events. @param {Pen} pen @param {Frame} f @param {{node: number, x: number, n: number}} gap */
export function drawGap(pen, f, { node, x: at, n }) {
	const [x, y, a] = [f.px(at), f.y(node), 5 * f.k];
	pen.stroke('paper', 3 * a);
	pen.line(x - a, y, x + a, y);
	pen.stroke('no', 2);
	for (const off of [-a, a]) pen.line(x + off - a / 2, y + a, x + off + a / 2, y - a);
	if (!f.small) pen.text(`${n} not heard of`, x + 3 * a, y - 8 * f.k, { font: `600 ${Math.round(12 * f.k)}px ${FACE}`, align: 'left', token: 'no', halo: 4 * f.k });
}

/** The bar of an operation, on its node's line. @param {Pen} pen @param {Frame} f @param {Bar} b */
export function drawBar({ ctx, colour }, f, b) {
	const from = Math.max(f.left, f.px(b.x0));
	const to = Math.min(f.right, f.px(Math.min(b.x1, f.x)));
	const known = b.status && b.x1 <= f.x;
	ctx.fillStyle = !known ? colour.ink2 : outcome(b.status, b.kind) === 'good' ? colour.yes : colour.no;
	ctx.fillRect(from, f.y(b.node) - 2.5 * f.k, Math.max(3, to - from), 5 * f.k);
}

/** The status that the client of an operation received. @param {Pen} pen @param {Frame} f @param {Bar} b */
export function drawStatus(pen, f, b) {
	if (f.small) return;
	const x = Math.min(f.right, f.px(b.x1)) + 5 * f.k;
	pen.text(b.died ? 'no reply' : String(b.status), x, f.y(b.node) - 8 * f.k, { font: `700 ${Math.round(13 * f.k)}px ${FACE}`, align: 'left', token: outcome(b.status, b.kind) === 'good' ? 'yes' : 'no', halo: 4 * f.k });
}

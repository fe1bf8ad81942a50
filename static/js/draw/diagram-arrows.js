// The arrows of the diagram, one for each message. An arrow leads from the sender's
// line to the receiver's line. It ends earlier if the message is in flight or lost.

import { WAVE } from '../model/elastic.js';
import { isParked, isTimedOut } from '../model/state.js';

/** @typedef {import('./diagram.js').Frame} Frame */
/** @typedef {import('./pen.js').Pen} Pen */
/** @typedef {import('../model/spacetime.js').Arrow} Arrow */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {{x0: number, y0: number, x1: number, y1: number}} Segment in pixels */

const OTHERS = 0.45; // the opacity of arrows of other operations
const STOP = 0.92; // part of the way at which an arrow stops until its message has ended
/** @type {Record<string, number[]>} */
const DASHES = { no: [8, 4], repair: [1, 5], background: [3, 4] };

/** @param {Pen} pen @param {Frame} f @param {Arrow} a @param {View} view @param {number} alpha @returns {Segment|undefined} the part that was drawn; undefined: nothing was drawn */
export function drawArrow(pen, f, a, view, alpha) {
	if (a.x0 > f.x) return undefined;
	const at = segment(f, a, view);
	if (at.x1 < f.left) return undefined;
	const { ctx, colour } = pen;
	const done = a.x1 <= f.x;
	const lit = a.id === view.lit || a.id === view.hand;
	ctx.save();
	if (at.x0 < f.left) {
		ctx.beginPath();
		ctx.rect(f.left, 0, f.w, f.h);
		ctx.clip();
	}
	ctx.globalAlpha = alpha * (lit || !a.op || a.op === view.s.focus ? 1 : OTHERS);
	const token = colour[a.cls] ? a.cls : 'request';
	pen.stroke(token, (lit ? 5 : a.cls === 'background' ? 1 : 2) * Math.max(1, f.k * 0.9), DASHES[a.cls]);
	pen.line(at.x0, at.y0, at.x1, at.y1);
	ctx.setLineDash([]);
	if (done && a.end === 'delivered') {
		ctx.fillStyle = colour[token];
		ctx.beginPath();
		ctx.arc(at.x1, at.y1, (lit ? 5.5 : 3.6) * f.k, 0, 7);
		ctx.fill();
	} else if ((done && a.end === 'lost') || isLate(a, view)) pen.cross(at.x1, at.y1, (f.small ? 4 : 6) * f.k);
	ctx.restore();
	return at;
}

/** The segment from where a message left to where it is or ended. @param {Frame} f @param {Arrow} a @param {View} view @returns {Segment} */
function segment(f, a, view) {
	const [y0, y1] = [f.y(a.from), f.y(a.to)];
	const x0 = f.px(a.x0);
	if (a.x1 <= f.x) {
		const part = a.end !== 'lost' ? 1 : a.why === 'cut' ? 0.55 : 0.86;
		return { x0, y0, x1: f.px(a.x1), y1: y0 + (y1 - y0) * part };
	}
	const m = view.s.msgs.get(a.id);
	const part = m && m.due > m.v0 ? (view.v - m.v0) / (m.due - m.v0) : (f.x - a.x0) / WAVE;
	const x1 = part >= STOP ? Math.min(f.px(f.x), f.px(a.x0 + WAVE)) : f.px(f.x);
	return { x0, y0, x1, y1: y0 + (y1 - y0) * Math.max(0, Math.min(STOP, part)) };
}

/** Whether a message waits at a node and its operation has ended already. @param {Arrow} a @param {View} view */
function isLate(a, view) {
	const m = a.x1 <= view.x ? undefined : view.s.msgs.get(a.id);
	return !!m && isParked(view.s, m, view.v) && isTimedOut(view.s, m);
}

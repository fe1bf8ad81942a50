// Cut links in the diagram: a jagged line between the lines of two neighbours, for as
// long as no message can go from one to the other.

import { isCut } from '../model/state.js';
import { isTaken } from './diagram-terms.js';

/** @typedef {import('./diagram.js').Frame} Frame */
/** @typedef {import('./diagram-terms.js').Span} Span */
/** @typedef {import('./pen.js').Pen} Pen */
/** @typedef {import('../model/spacetime.js').SpaceTime} SpaceTime */
/** @typedef {import('../model/types.js').State} State */

const JAG = 13; // px from one tip to the next but one
const FACE = '"Hyperlegible Next", sans-serif';

/**
 * The jagged lines, and a word below them where the first link was cut and the last one joined.
 * @param {Pen} pen @param {Frame} f @param {number[]} ids ascending @param {SpaceTime} story @param {State} s
 * @param {Span[]} taken the places of words at the foot @returns {Span[]} these and the places of the new words
 */
export function drawSplits(pen, f, ids, story, s, taken) {
	pen.stroke('ink', f.small ? 1.2 : 2.2 * Math.max(0.8, 0.9 * f.k));
	ids.slice(1).forEach((id, i) => {
		const [a, b] = [ids[i], id];
		const now = isCut(s, a, b) && isCut(s, b, a);
		for (const { from, to } of story.cutsOf(a, b, now)) {
			if (from <= Math.min(f.x, f.xMax) && to >= f.xMin) drawJagged(pen, f, f.px(from), f.px(Math.min(to, f.x)), (f.y(a) + f.y(b)) / 2);
		}
	});
	return f.small ? taken : drawWords(pen, f, story, taken);
}

/** @param {Pen} pen @param {Frame} f @param {number} from @param {number} to @param {number} y */
function drawJagged({ ctx }, f, from, to, y) {
	const [left, right] = [Math.max(f.left, from), Math.min(f.right, to)];
	const start = Number.isFinite(from) ? from : left;
	const step = (JAG * f.k) / 2;
	const high = f.small ? 1.5 : 3.4 * f.k;
	ctx.beginPath();
	// A tip has its place on the axis, so that the line does not move when the diagram does.
	for (let i = Math.ceil((left - start) / step); start + i * step <= right; i++) ctx.lineTo(start + i * step, y + (i % 2 ? high : -high));
	ctx.stroke();
}

/** @param {Pen} pen @param {Frame} f @param {SpaceTime} story @param {Span[]} taken @returns {Span[]} */
function drawWords(pen, f, story, taken) {
	const size = Math.round(7 + 5.5 * f.k);
	const all = [...taken];
	for (const { x, cut } of story.splits) {
		if (x < f.xMin || x > Math.min(f.x, f.xMax)) continue;
		const text = cut ? 'cut' : 'healed';
		const half = (text.length * size * 0.54) / 2;
		const at = Math.max(f.left + half, Math.min(f.right - half, f.px(x)));
		const span = { from: at - half, to: at + half };
		if (isTaken(all, span)) continue;
		all.push(span);
		pen.text(text, at, f.h - 10 * f.k, { font: `700 ${size}px ${FACE}`, align: 'center', token: 'ink2', halo: 4 * f.k });
	}
	return all;
}

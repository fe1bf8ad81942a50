// Terms and elections in the diagram of a mode that has them. Each node's line lies on
// a band in the colour of the node's term. A mark shows where a candidate began to ask
// for votes.

import { hue } from './log-cells.js';

/** @typedef {import('./diagram.js').Frame} Frame */
/** @typedef {import('./pen.js').Pen} Pen */
/** @typedef {import('../model/spacetime.js').Election} Election */
/** @typedef {import('../model/spacetime.js').TermPeriod} TermPeriod */
/** @typedef {{from: number, to: number}} Span of pixels */

const FACE = '"Hyperlegible Next", sans-serif';
const GAP = 12; // px between two texts at the bottom

/** The height of a band. @param {Frame} f */
const heightOf = (f) => Math.min(0.86 * f.step, 18 * f.k);

/** The bands of a node, up to the playhead. @param {Pen} pen @param {Frame} f @param {number} id @param {TermPeriod[]} periods */
export function drawTerms({ ctx, colour }, f, id, periods) {
	const h = heightOf(f);
	for (const { from, to, term } of periods) {
		const begin = Math.max(f.left, f.px(from));
		const end = Math.min(f.right, f.px(Math.min(to, f.x)));
		if (end <= begin) continue;
		ctx.fillStyle = colour[`term-${hue(term)}-faint`];
		ctx.fillRect(begin, f.y(id) - h / 2, end - begin, h);
	}
}

/**
 * The marks of elections, with a word below the lines where there is room.
 * @param {Pen} pen @param {Frame} f @param {Election[]} elections ascending
 * @param {(phase: string) => boolean} isTrial
 * @returns {Span[]} where the words stand
 */
export function drawElections(pen, f, elections, isTrial) {
	const h = heightOf(f);
	for (const { node, x, term, phase } of elections) {
		const trial = isTrial(phase);
		pen.stroke(trial ? 'ink2' : `term-${hue(term)}`, (trial ? 2.5 : 5) * Math.max(0.8, f.k * 0.9));
		pen.line(f.px(x), f.y(node) - h / 2, f.px(x), f.y(node) + h / 2);
	}
	return f.small ? [] : drawWords(pen, f, elections, isTrial);
}

/** Writes the words of elections before those of trials, because elections matter more. @param {Pen} pen @param {Frame} f @param {Election[]} elections @param {(phase: string) => boolean} isTrial @returns {Span[]} */
function drawWords(pen, f, elections, isTrial) {
	const size = Math.round(7 + 5.5 * f.k);
	const [foot, h] = [f.h - 10 * f.k, heightOf(f)];
	/** @type {Span[]} */
	const taken = [];
	for (const { node, x, term, phase } of [...elections].sort((a, b) => Number(isTrial(a.phase)) - Number(isTrial(b.phase)))) {
		const trial = isTrial(phase);
		const text = trial ? 'asks first' : `election, term ${term}`;
		const half = (text.length * size * 0.54) / 2;
		const at = Math.max(f.left + half, Math.min(f.right - half, f.px(x)));
		const span = { from: at - half, to: at + half };
		if (isTaken(taken, span)) continue;
		taken.push(span);
		const token = trial ? 'ink2' : `term-${hue(term)}`;
		pen.stroke(token, 1.5, [2, 4]);
		pen.line(f.px(x), f.y(node) + h / 2, f.px(x), foot - 0.9 * size);
		pen.text(text, at, foot, { font: `700 ${size}px ${FACE}`, align: 'center', token, halo: 4 * f.k });
	}
	return taken;
}

/** Whether a text would be closer than GAP to another text. @param {Span[]} taken @param {Span} span */
export function isTaken(taken, { from, to }) {
	return taken.some((t) => from < t.to + GAP && to > t.from - GAP);
}

// The places of labels. A label stands beside the thing that it names, and never
// on another label, a node, a client or a mark. Pure geometry.

import { covers } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {Point & {r: number}} Disc */
/** @typedef {(rect: Rect) => number} Cost the cost of the lines that a label would cover there; 0: it covers none */
/**
 * @typedef {object} Wanted
 * @property {string} id
 * @property {Point[]} at points beside which the label may stand, the best first
 * @property {number} w
 * @property {number} h
 * @property {number} off the least distance from the point
 * @property {Point[]} [must] set: the label must not be missing, and may stand beside these points as well
 */

const REACH = [1, 1.5, 2.2, 3.1, 4.2, 5.6]; // distances that are tried, in units of off
const FARTHER = [0.85, ...REACH, 7]; // for a label that must not be missing
const FAR = 150; // the cost of each step of REACH
const LATER = 9; // the cost of each point after the first

/**
 * Places labels so that they cover no line. Only a label that must not be missing may
 * cover a line. A label keeps its place while the place is free. A label for which
 * there is no room is left out. If a label that must not be missing would be left out,
 * all labels are placed again, and that label comes first.
 * @param {Geometry} g
 * @param {Wanted[]} wanted the most important first
 * @param {(Rect|Disc)[]} taken areas that no label may cover
 * @param {Cost} lines
 * @param {Map<string, Rect & {crossed?: number}>} before the places in the last frame; crossed: the place's cost then
 * @returns {Map<string, Rect & {crossed?: number}>}
 */
export function placeLabels(g, wanted, taken, lines, before) {
	const now = placed(g, wanted, taken, lines, before);
	const missing = (/** @type {Map<string, Rect>} */ spots) => wanted.filter((one) => one.must && !spots.has(one.id));
	const without = missing(now);
	if (!without.length) return now;
	const again = placed(g, [...new Set([...without, ...wanted])], taken, lines, new Map());
	return missing(again).length < without.length ? again : now;
}

/** Places labels in the given order. @param {Geometry} g @param {Wanted[]} wanted @param {(Rect|Disc)[]} taken @param {Cost} lines @param {Map<string, Rect & {crossed?: number}>} before @returns {Map<string, Rect & {crossed?: number}>} */
function placed(g, wanted, taken, lines, before) {
	/** @type {Map<string, Rect & {crossed?: number}>} */
	const now = new Map();
	const margin = 5 * g.k;
	/** @param {Rect} rect */
	const free = (rect) => inside(g, rect) && !taken.some((t) => covers(rect, t, margin)) && ![...now.values()].some((t) => covers(rect, t, margin));
	for (const { id, w, h } of wanted) {
		const was = before.get(id);
		if (was && was.w === w && was.h === h && free(was) && lines(was) <= (was.crossed ?? 0)) now.set(id, was);
	}
	for (const one of wanted) {
		if (now.has(one.id)) continue;
		const clear = (/** @type {Rect} */ r) => !lines(r) && free(r);
		const rect = best(one, REACH, clear, lines) ?? (one.must && (best({ ...one, at: one.must }, REACH, clear, lines) ?? best(one, REACH, free, lines) ?? squeeze(one)));
		if (rect) now.set(one.id, { ...rect, crossed: lines(rect) });
	}
	return now;

	/** Finds room for a label that must not be missing: without a margin, farther from its point, over a client's arrow, and at last by removing less important labels. @param {Wanted} one */
	function squeeze(one) {
		const firm = taken.filter((t) => !('soft' in t));
		const lesser = new Set(wanted.filter((w) => !w.must).map((w) => w.id));
		for (const evicts of [false, true]) {
			const kept = [...now].filter(([id]) => !evicts || !lesser.has(id)).map(([, rect]) => rect);
			const rect = best({ ...one, at: [...one.at, ...(one.must ?? [])] }, FARTHER, (r) => inside(g, r) && !firm.some((t) => covers(r, t, 0)) && !kept.some((t) => covers(r, t, 0)), lines);
			if (!rect) continue;
			for (const [id, that] of now) if (covers(rect, that, 0)) now.delete(id);
			return rect;
		}
		return undefined;
	}
}

/** @param {Wanted} wanted @param {number[]} reaches @param {(rect: Rect) => boolean} free @param {Cost} lines */
function best({ at, w, h, off }, reaches, free, lines) {
	/** @type {Rect|undefined} */
	let place;
	let least = Infinity;
	at.forEach((p, nth) => {
		reaches.forEach((reach, step) => {
			const d = off * reach;
			spots(p, w, h, d).forEach((rect, i) => {
				let cost = nth * LATER + step * FAR + i * 2;
				if (cost >= least) return;
				cost += lines(rect);
				if (cost >= least || !free(rect)) return;
				least = cost;
				place = rect;
			});
		});
	});
	return place;
}

const AROUND = [0, 8, 12, 4, 14, 10, 2, 6, 15, 9, 1, 7, 13, 11, 3, 5].map((i) => (i * Math.PI) / 8); // right, left, above, below, and between

/** The places around a point, d from it. @param {Point} p @param {number} w @param {number} h @param {number} d @returns {Rect[]} */
function spots(p, w, h, d) {
	return AROUND.map((angle) => {
		const [x, y] = [Math.cos(angle), Math.sin(angle)];
		// Straight beside the point, the label's side is d away. At an angle, its corner is closer than that.
		return { x: p.x + x * d + (Math.sign(Math.round(x * 8)) * Math.min(1, Math.abs(x) * 1.3) - 1) * (w / 2), y: p.y + y * d + (Math.sign(Math.round(y * 8)) * Math.min(1, Math.abs(y) * 1.3) - 1) * (h / 2), w, h };
	});
}

/** @param {Geometry} g @param {Rect} r */
function inside(g, r) {
	return r.x >= 0 && r.y >= 0 && r.x + r.w <= g.w && r.y + r.h <= g.h;
}

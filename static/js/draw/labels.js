// The places of labels. A label stands beside the thing that it names, and never
// on another label, a node, a client or a mark. Pure geometry.

import { covers, overlap } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {Point & {r: number}} Disc */
/** @typedef {Rect & {weight?: number}} Soft an area that a label should not cover; weight: the cost of covering it */
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
 * Places labels. A label keeps its place while the place is free. A label for
 * which there is no room is left out. If a label that must not be missing would
 * be left out, all labels are placed again, and that label comes first.
 * @param {Geometry} g
 * @param {Wanted[]} wanted the most important first
 * @param {(Rect|Disc)[]} taken areas that no label may cover
 * @param {() => Soft[]} soft called only when a label needs a new place
 * @param {Map<string, Rect>} before the places in the last frame
 * @returns {Map<string, Rect>}
 */
export function placeLabels(g, wanted, taken, soft, before) {
	const now = placed(g, wanted, taken, soft, before);
	const missing = (/** @type {Map<string, Rect>} */ spots) => wanted.filter((one) => one.must && !spots.has(one.id));
	const without = missing(now);
	if (!without.length) return now;
	const again = placed(g, [...new Set([...without, ...wanted])], taken, soft, new Map());
	return missing(again).length < without.length ? again : now;
}

/** Places labels in one order. @param {Geometry} g @param {Wanted[]} wanted @param {(Rect|Disc)[]} taken @param {() => Soft[]} soft @param {Map<string, Rect>} before @returns {Map<string, Rect>} */
function placed(g, wanted, taken, soft, before) {
	/** @type {Map<string, Rect>} */
	const now = new Map();
	const margin = 5 * g.k;
	/** @param {Rect} rect */
	const free = (rect) => inside(g, rect) && !taken.some((t) => covers(rect, t, margin)) && ![...now.values()].some((t) => covers(rect, t, margin));
	for (const { id, w, h } of wanted) {
		const was = before.get(id);
		if (was && was.w === w && was.h === h && free(was)) now.set(id, was);
	}
	/** @type {Soft[]|undefined} */
	let avoid;
	for (const one of wanted) {
		if (now.has(one.id)) continue;
		avoid ??= soft();
		const rect = best(one, REACH, free, avoid) ?? (one.must && squeeze(one, avoid));
		if (rect) now.set(one.id, rect);
	}
	return now;

	/** Finds room for a label that must not be missing: without a margin, farther from its point, over a client's arrow, and at last by removing less important labels. @param {Wanted} one @param {Soft[]} avoid */
	function squeeze(one, avoid) {
		const firm = taken.filter((t) => !('soft' in t));
		const lesser = new Set(wanted.filter((w) => !w.must).map((w) => w.id));
		for (const evicts of [false, true]) {
			const kept = [...now].filter(([id]) => !evicts || !lesser.has(id)).map(([, rect]) => rect);
			const rect = best({ ...one, at: [...one.at, ...(one.must ?? [])] }, FARTHER, (r) => inside(g, r) && !firm.some((t) => covers(r, t, 0)) && !kept.some((t) => covers(r, t, 0)), avoid);
			if (!rect) continue;
			for (const [id, that] of now) if (covers(rect, that, 0)) now.delete(id);
			return rect;
		}
		return undefined;
	}
}

/** @param {Wanted} wanted @param {number[]} reaches @param {(rect: Rect) => boolean} free @param {Soft[]} soft */
function best({ at, w, h, off }, reaches, free, soft) {
	/** @type {Rect|undefined} */
	let place;
	let least = Infinity;
	at.forEach((p, nth) => {
		reaches.forEach((reach, step) => {
			const d = off * reach;
			spots(p, w, h, d).forEach((rect, i) => {
				let cost = nth * LATER + step * FAR + i * 2;
				if (cost >= least) return;
				for (const s of soft) cost += overlap(rect, s) * (s.weight ?? 0.5);
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

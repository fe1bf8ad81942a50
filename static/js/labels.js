// Where labels stand: beside what they name, and never on each other, on a
// node, on a client or on a mark. Pure geometry.

import { overlap } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {Point & {r: number}} Disc */
/** @typedef {Rect & {weight?: number}} Soft what a label had better not cover, and how bad it is if it does */
/**
 * @typedef {object} Wanted
 * @property {string} id
 * @property {Point[]} at points it may stand beside, the best first
 * @property {number} w
 * @property {number} h
 * @property {number} off how far from the point it stands, at least
 */

const REACH = [1, 1.5, 2.2, 3.1, 4.2, 5.6]; // distances that are tried, in units of off
const FAR = 150; // what a step away from the point costs
const LATER = 9; // what the next point costs

/**
 * Places labels. One that has a place keeps it for as long as nothing comes to
 * lie there; where there is no room at all it is left out.
 * @param {Geometry} g
 * @param {Wanted[]} wanted the most important first
 * @param {(Rect|Disc)[]} taken what no label covers
 * @param {() => Soft[]} soft asked only when a label needs a new place
 * @param {Map<string, Rect>} before where they stood
 * @returns {Map<string, Rect>}
 */
export function placeLabels(g, wanted, taken, soft, before) {
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
		const rect = best(one, free, avoid);
		if (rect) now.set(one.id, rect);
	}
	return now;
}

/** @param {Wanted} wanted @param {(rect: Rect) => boolean} free @param {Soft[]} soft */
function best({ at, w, h, off }, free, soft) {
	/** @type {Rect|undefined} */
	let place;
	let least = Infinity;
	at.forEach((p, nth) => {
		REACH.forEach((reach, step) => {
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

/** The places around a point: right, left, above, below, and between. @param {Point} p @param {number} w @param {number} h @param {number} d @returns {Rect[]} */
function spots(p, w, h, d) {
	const [right, left, above, below] = [p.x + d, p.x - d - w, p.y - d - h, p.y + d];
	const [x, y] = [p.x - w / 2, p.y - h / 2];
	const [up, down] = [p.y - d * 0.6 - h, p.y + d * 0.6];
	return [[right, y], [left, y], [x, above], [x, below], [p.x + d * 0.7, up], [p.x - d * 0.7 - w, up], [p.x + d * 0.7, down], [p.x - d * 0.7 - w, down]]
		.map(([rx, ry]) => ({ x: rx, y: ry, w, h }));
}

/** @param {Geometry} g @param {Rect} r */
function inside(g, r) {
	return r.x >= 0 && r.y >= 0 && r.x + r.w <= g.w && r.y + r.h <= g.h;
}

/** Whether a label comes nearer to something than margin. @param {Rect} rect @param {Rect|Disc} thing @param {number} margin */
export function covers(rect, thing, margin) {
	if ('r' in thing) {
		const dx = thing.x - Math.max(rect.x, Math.min(thing.x, rect.x + rect.w));
		const dy = thing.y - Math.max(rect.y, Math.min(thing.y, rect.y + rect.h));
		return Math.hypot(dx, dy) < thing.r + margin;
	}
	return rect.x < thing.x + thing.w + margin && thing.x < rect.x + rect.w + margin && rect.y < thing.y + thing.h + margin && thing.y < rect.y + rect.h + margin;
}

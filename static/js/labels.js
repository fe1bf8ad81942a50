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

const AROUND = [0, 8, 12, 4, 14, 10, 2, 6, 15, 9, 1, 7, 13, 11, 3, 5].map((i) => (i * Math.PI) / 8); // right, left, above, below, and between

/** The places around a point, d from it. @param {Point} p @param {number} w @param {number} h @param {number} d @returns {Rect[]} */
function spots(p, w, h, d) {
	return AROUND.map((angle) => {
		const [x, y] = [Math.cos(angle), Math.sin(angle)];
		// The label's own extent that way, as of an ellipse's box: its side is d off where it lies square, its corner nearer where it lies askew.
		return { x: p.x + x * d + (Math.sign(Math.round(x * 8)) * Math.min(1, Math.abs(x) * 1.3) - 1) * (w / 2), y: p.y + y * d + (Math.sign(Math.round(y * 8)) * Math.min(1, Math.abs(y) * 1.3) - 1) * (h / 2), w, h };
	});
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

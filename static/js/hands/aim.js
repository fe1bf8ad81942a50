// The target of a finger: the thing nearest to it, the link beside it, or the links
// that a stroke crosses. Pure geometry.

import { place } from '../draw/layout.js';
import { crossing } from '../draw/tears.js';

/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {import('../draw/layout.js').Geometry} Geometry */

/**
 * The thing that is nearest to a point, or undefined if none is within reach.
 * @template {{p: Point}} T
 * @param {T[]} things @param {Point} p @param {number} reach
 * @returns {T|undefined}
 */
export function nearest(things, p, reach) {
	let best;
	let least = reach;
	for (const one of things) {
		const d = Math.hypot(one.p.x - p.x, one.p.y - p.y);
		if (d > least) continue;
		best = one;
		least = d;
	}
	return best;
}

/** The link nearest to a point, within reach. @param {Geometry} g @param {Point} p @param {number} reach @returns {[number, number]|undefined} */
export function linkNear(g, p, reach) {
	/** @type {{p: Point, link: [number, number]}[]} */
	const feet = [];
	for (const a of g.places) {
		for (const b of g.places) {
			if (a.id >= b.id) continue;
			const dx = b.x - a.x;
			const dy = b.y - a.y;
			const f = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
			feet.push({ p: { x: a.x + f * dx, y: a.y + f * dy }, link: [a.id, b.id] });
		}
	}
	return nearest(feet, p, reach)?.link;
}

/** The links that a stroke across the ring crosses, each direction by itself. @param {Geometry} g @param {Point} from @param {Point} to @returns {[number, number][]} */
export function crossed(g, from, to) {
	/** @type {[number, number][]} */
	const out = [];
	for (const a of g.places) {
		for (const b of g.places) {
			if (a.id !== b.id && crossing(place(g, a.id), place(g, b.id), from, to) >= 0) out.push([a.id, b.id]);
		}
	}
	return out;
}

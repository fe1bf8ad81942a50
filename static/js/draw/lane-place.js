// The places of the lanes on a stage. A lane usually bows to its own right. Where a thing stands in
// its way, the lane has another bend. Pure geometry.

import { gridOf } from './grid.js';
import { MARK, PLACES, around, bowed, covers, nodeAreas, pointOn } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./layout.js').Curve} Curve */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./grid.js').Disc} Disc */
/** @typedef {{curve: Curve, bow: number, points: Point[], cost: number}} Bend cost: of the bow, and of the things that a mark on this bend covers */

export const LEAST_BOW = 0.35; // the bow for which words and clients leave room, in usual bows of a lane
const BOWS = [1, 0.8, 0.6, 0.45, LEAST_BOW, 1.25, 1.5, 0.2, 1.9, 2.4, 3, -1, -1.8, -2.6, 4, -3.6, 5.2, -5, 7, -7]; // a negative one bows to the left
const APART = 0.5; // the least distance of the two lanes of a pair, in usual bows
const STEPS = 40; // parts into which a lane is divided for tests
const LEFT = 3; // the cost of a bow to the left
const ON_THING = 4; // the cost of each point where a mark covers a word, a log, a client or a number at the lane's end, or the lane another node
const CLOSE = 1; // the cost of each point where a mark is too close to another node, or not on the stage
const NO_CROSS = 200; // the cost of a lane of a small ring on which no × has room; it is worth a detour beside the ring
const BESIDE = 12; // the cost of each point where a mark of a small ring lies on what stands beside the ring

/** Each node with each other node. @param {Geometry} g */
const pairsOf = (g) => g.places.flatMap((a) => g.places.filter((b) => b !== a).map((b) => /** @type {const} */ ([a, b])));

/**
 * Points along a lane, so close that no square between two of them is missed.
 * @param {Curve} curve @param {number} [end] the part of the lane that counts, 0 to 1
 * @returns {Point[]}
 */
export const pointsOn = (curve, end = 1) => Array.from({ length: STEPS + 1 }, (_, i) => pointOn(curve, (end * i) / STEPS));

/** The squares that lanes need at least. @param {Geometry} g */
export const thinLanes = (g) => gridOf(g, pairsOf(g).flatMap(([a, b]) => pointsOn(bowed(g, a, b, LEAST_BOW))).map((p) => ({ ...p, r: MARK * g.k })));

/** The bends that the lane of each pair of nodes may have. */
export class Bends {
	/** @param {Geometry} g @param {(Rect|Disc)[]} taken the areas that no mark may cover, besides nodes */
	constructor(g, taken) {
		this.g = g;
		this.taken = taken;
		const things = gridOf(g, taken, MARK * g.k);
		/** @type {{a: Place, b: Place, bends: Bend[]}[]} the bends of each pair, the cheapest first */
		this.pairs = pairsOf(g).map(([a, b]) => ({ a, b, bends: BOWS.map((bow) => bendOf(g, a, b, bow, things)).sort(byCost) }));
	}

	/** How much the lanes would cost in addition, if a box stood on the stage. @param {Rect} box */
	costOf(box) {
		const grown = grownBy(box, MARK * this.g.k);
		let sum = 0;
		for (const { bends } of this.pairs) {
			let least = Infinity;
			for (const bend of bends) {
				if (bend.cost >= least) break;
				least = Math.min(least, bend.cost + ON_THING * pointsIn(bend, grown));
			}
			sum += least - bends[0].cost;
		}
		return sum;
	}

	/** Puts a box on the stage. @param {Rect} box */
	take(box) {
		this.taken = [...this.taken, box];
		const grown = grownBy(box, MARK * this.g.k);
		for (const { bends } of this.pairs) {
			for (const bend of bends) bend.cost += ON_THING * pointsIn(bend, grown);
			bends.sort(byCost);
		}
	}

	/** The lane of each pair. @returns {Map<string, Curve>} */
	lanes() {
		const { g } = this;
		const upright = g.w < 600; // the stage is so small that the exact test is used: each place counts
		const all = [...this.taken, ...g.places.flatMap((p) => nodeAreas(g, p))];
		const tight = gridOf(g, all, 1.42 * MARK * g.k); // an × is a square: its corners reach 1.42 times as far as its sides
		const takes = (/** @type {Point} */ p) => (upright ? !all.some((one) => covers(around(p, MARK * g.k), one, 0)) : !tight.has(p.x, p.y));
		const forCross = (/** @type {Bend} */ { curve }) => (PLACES.some((f) => takes(pointOn(curve, f))) ? 0 : g.room ? NO_CROSS : upright ? 40 : 8);
		/** @type {Map<string, Bend>} */
		const lanes = new Map();
		for (const { a, b, bends } of this.pairs) {
			const back = lanes.get(`${b.id}-${a.id}`)?.bow;
			let [best, least] = [bends[0], Infinity];
			for (const bend of bends) {
				if (bend.cost >= least) break;
				if (back !== undefined && Math.abs(bend.bow + back) < APART) continue; // it would lie on the lane back
				const cost = bend.cost + forCross(bend);
				if (cost >= least) continue;
				least = cost;
				best = bend;
			}
			lanes.set(`${a.id}-${b.id}`, best);
		}
		return new Map([...lanes].map(([id, { curve }]) => [id, curve]));
	}
}

/** @param {Bend} one @param {Bend} other */
const byCost = (one, other) => one.cost - other.cost;

/** @param {Geometry} g @param {Place} a @param {Place} b @param {number} bow @param {Grid} things @returns {Bend} */
function bendOf(g, a, b, bow, things) {
	const others = g.places.filter((p) => p !== a && p !== b);
	const curve = bowed(g, a, b, bow);
	const points = pointsOn(curve);
	let cost = bow < 0 ? LEFT : 0.6 * Math.abs(Math.log(bow));
	for (const { x, y } of points) {
		if (g.room && !inside(g, x, y)) cost += BESIDE;
		else if (things.has(x, y) || others.some((p) => isOn(g, p, x, y, 0)) || isOnNumber(g, a, x, y) || isOnNumber(g, b, x, y)) cost += ON_THING;
		else if (!inside(g, x, y) || others.some((p) => isOn(g, p, x, y, MARK))) cost += CLOSE;
	}
	return { curve, bow, points, cost };
}

/** Whether a point lies on a node's circle or number, or closer to them than a margin. @param {Geometry} g @param {Place} p @param {number} x @param {number} y @param {number} margin at 1920×1080 */
function isOn(g, p, x, y, margin) {
	const more = margin * g.k;
	return Math.hypot(x - p.x, y - p.y) < g.r + Math.max(13 * g.k, g.beyond) + more || Math.hypot(x - p.disc.x, y - p.disc.y) < g.badge + 8 * g.k + more;
}

/** Whether a mark at a point lies on a node's number. @param {Geometry} g @param {Place} p @param {number} x @param {number} y */
const isOnNumber = (g, p, x, y) => Math.hypot(x - p.disc.x, y - p.disc.y) < g.badge + MARK * g.k;

/** Whether a mark at a point lies completely on the stage. @param {Geometry} g @param {number} x @param {number} y */
function inside(g, x, y) {
	const margin = MARK * g.k;
	return x > margin && x < g.w - margin && y > margin && y < g.h - margin;
}

/** @param {Rect} box @param {number} margin @returns {Rect} */
const grownBy = (box, margin) => ({ x: box.x - margin, y: box.y - margin, w: box.w + 2 * margin, h: box.h + 2 * margin });

/** How many points of a bend lie in a box. @param {Bend} bend @param {Rect} box */
function pointsIn({ points }, box) {
	let count = 0;
	for (const { x, y } of points) if (x > box.x && x < box.x + box.w && y > box.y && y < box.y + box.h) count++;
	return count;
}

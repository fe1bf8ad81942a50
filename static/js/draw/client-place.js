// The places of the clients on a stage. A client stands close to its node. It covers no word, no
// node and no other client, and it stands where the lanes can pass it. Pure geometry.

import { clientBeside, clientOver, clientSize, overlap } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./layout.js').Client} Client */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {import('./lane-place.js').Bends} Bends */
/** @typedef {{firm: Grid, thin: Grid, arrows: Grid, bends: Bends, lists?: Rect[]}} Taken firm: words, nodes, logs, clients; thin: the squares that lanes need at least; arrows: of other clients; lists: what a client of a small ring must not touch */

const REACHES = [2.6, 2.85, 2.4, 3.2, 2.2, 3.6, 2, 1.8, 1.6]; // from a node to its client, in radii
const OVER_REACHES = [0.55, 0.75, 1, 1.4]; // from a node's circle to a client above or below it, in radii
const SMALL = { beside: [1.35, 1.15, 4.2, 4.8, 5.4, 6], over: [0.3, 1.8, 2.2, 2.6, 3] }; // further reaches for a small ring, which has hardly any room for a client; over: from the node's circle
const OTHER_SIDE = 200; // the cost of a place between a node and the ring's middle, in px of distance at 1920×1080
const OVER = 260; // the cost of a place above or below a node, in the same unit
const SHORT = 30; // the least length of an arrow, at 1920×1080: its tip takes 18 px
const SHORTER = 60; // the cost of each px that is missing
const TOUCHES = 5000; // the cost of each px by which a client of a small ring is too close to a node
const APART = 4; // px between a client of a small ring and a node, at least
const LANES = 30; // the cost of each unit by which the lanes become more expensive

/**
 * Places a client for each node.
 * @param {Geometry} g @param {Taken} taken changed: the clients are added
 * @returns {Map<number, Client>}
 */
export function placeClients(g, taken) {
	/** @type {Map<number, Client>} */
	const clients = new Map();
	for (const p of g.places) {
		const best = bestClient(g, p, taken);
		if (!best) continue;
		clients.set(p.id, best);
		taken.firm.take(best.box, 6 * g.k);
		taken.bends.take(best.box);
		for (const arrow of best.covers.slice(1)) taken.arrows.take(arrow);
	}
	return clients;
}

/**
 * The cheapest place of a client.
 * @param {Geometry} g @param {Place} p @param {Taken} taken
 * @returns {Client|undefined}
 */
export function bestClient(g, p, taken) {
	/** @type {Client|undefined} */
	let best;
	let least = Infinity;
	for (const { client, odd } of placesFor(g, p)) {
		if (odd >= least) break;
		let cost = odd + costOf(g, p, client, taken);
		if (cost < least) cost += LANES * taken.bends.costOf(client.box);
		if (cost >= least) continue;
		least = cost;
		best = client;
	}
	return best;
}

/**
 * The places that a client may have, the cheapest first. odd: the cost of the distance from the
 * usual place.
 * @param {Geometry} g @param {Place} p @returns {{client: Client, odd: number}[]}
 */
function placesFor(g, p) {
	const [w, h] = clientSize(g);
	const outward = p.x > g.centre.x + 1 ? 1 : -1;
	const all = [];
	for (const side of [outward, -outward]) {
		for (const reach of g.room ? [...REACHES, ...SMALL.beside] : REACHES) {
			for (let dy = -0.85; dy <= 0.86; dy += 0.1) {
				all.push({ client: clientBeside(g, p, w, h, side, reach * g.r, dy * g.r), odd: (Math.abs(reach - 2.6) * 30 + Math.abs(dy) * 45 + (side === outward ? 0 : OTHER_SIDE)) * g.k });
			}
		}
	}
	for (const above of [p.y < g.centre.y, p.y >= g.centre.y]) {
		for (let dx = -0.8; dx <= 0.81; dx += 0.2) {
			for (const reach of g.room ? [...OVER_REACHES, ...SMALL.over] : OVER_REACHES) all.push({ client: clientOver(g, p, w, h, above, reach * g.r, dx * g.r), odd: (OVER + Math.abs(dx) * 60 + reach * 40) * g.k });
		}
	}
	return all.sort((a, b) => a.odd - b.odd);
}

/** The cost of what a client and its arrows cover, without the lanes. @param {Geometry} g @param {Place} p @param {Client} client @param {Taken} taken */
function costOf(g, p, { box, asks, answers, covers: [, ...arrows] }, { firm, thin, arrows: drawn, lists = [] }) {
	const outside = Math.max(0, 2 - box.x) + Math.max(0, box.x + box.w + 2 - g.w) + Math.max(0, 2 - box.y) + Math.max(0, box.y + box.h + 2 - g.h);
	const k2 = g.k * g.k;
	let cost = 5000 * outside + (12 * firm.areaIn(box)) / k2 + (4 * drawn.areaIn(box)) / k2 + (0.35 * thin.areaIn(box)) / k2;
	for (const arrow of arrows) {
		const beyond = beyondCircle(g, p, arrow);
		cost += (firm.areaIn(beyond) + 0.04 * thin.areaIn(beyond)) / k2;
	}
	for (const [a, b] of [asks, answers]) cost += SHORTER * Math.max(0, SHORT - Math.hypot(a.x - b.x, a.y - b.y) / g.k);
	if (g.room) for (const list of lists) cost += TOUCHES * Math.sqrt(overlap(box, list));
	if (g.room) for (const other of g.places) cost += TOUCHES * Math.max(0, g.r + APART - distanceOf(box, other), g.badge + APART - distanceOf(box, other.disc));
	return cost;
}

/** @param {Rect} box @param {import('./layout.js').Point} p */
const distanceOf = (box, p) => Math.hypot(Math.max(box.x - p.x, 0, p.x - box.x - box.w), Math.max(box.y - p.y, 0, p.y - box.y - box.h));

/**
 * The part of an arrow's area that is clear of its own node.
 * @param {Geometry} g @param {Place} p @param {Rect} arrow @returns {Rect}
 */
function beyondCircle(g, p, arrow) {
	const reach = g.r + 14 * g.k;
	if (arrow.w < arrow.h) {
		const down = arrow.y > p.y;
		const y = down ? Math.max(arrow.y, p.y + reach) : arrow.y;
		return { ...arrow, y, h: Math.max(0, (down ? arrow.y + arrow.h : Math.min(arrow.y + arrow.h, p.y - reach)) - y) };
	}
	const right = arrow.x > p.x;
	const x = right ? Math.max(arrow.x, p.x + reach) : arrow.x;
	return { ...arrow, x, w: Math.max(0, (right ? arrow.x + arrow.w : Math.min(arrow.x + arrow.w, p.x - reach)) - x) };
}

// The places of the replicated logs on a stage. Each node's log has a row of cells, and a second
// row for ballots or for struck entries. With up to five nodes each place is fixed. With more
// nodes the places are searched. Pure geometry.

import { gridOf } from './grid.js';
import { clientSize, roomText } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./grid.js').Disc} Disc */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {{cells: Point, row: Point, width: number}} LogPlace cells, row: the upper left corners of the two rows, from the node's middle; width: of a row, px */

// Lengths at 1920×1080.
export const PITCH = 32; // of the cells
export const HEIGHT = 66; // of a cell, and of a ballot
export const LINE = 8; // from the cells to the line under them
const ROW_ABOVE = -HEIGHT - 8; // from the upper edge of the cells to that of the second row
const ROW_BELOW = HEIGHT + 24;
const EDGE = 8; // the least distance to the edge of the stage
const GAP = 10; // the least distance of a searched place to other things

const FEW = 5; // with more nodes the logs are shorter and smaller, and their places are searched
const SMALLER = 0.75;

/** The largest number of entries that are drawn for each node. @param {Geometry} g */
export const cellsIn = (g) => (g.places.length > FEW ? 5 : 8);

/** The scale of the logs. @param {Geometry} g */
export const logScale = (g) => g.k * (g.places.length > FEW ? SMALLER : 1);

/**
 * The places of the logs, by node.
 * @param {Geometry} g @param {(Rect|Disc)[]} taken the areas of the circles @param {Grid} thin the squares that lanes need at least
 * @returns {Map<number, LogPlace>}
 */
export function logPlaces(g, taken, thin) {
	if (g.places.length > FEW && !g.room) return searched(g, taken, thin);
	return new Map(g.places.map((p) => [p.id, fixedLog(g, p)]));
}

/** The area that the cells of a node cover, in the stage's own units. @param {Geometry} g @param {Place} p @param {LogPlace} at @returns {Rect} */
export function cellsArea(g, p, { cells, width }) {
	return { x: p.x + cells.x, y: p.y + cells.y, w: width, h: (HEIGHT + 2 * LINE) * logScale(g) };
}

/** The area that the second row of a node covers, in the stage's own units. @param {Geometry} g @param {Place} p @param {LogPlace} at @returns {Rect} */
export function rowArea(g, p, { row, width }) {
	return { x: p.x + row.x, y: p.y + row.y, w: width, h: HEIGHT * logScale(g) };
}

/** @param {Geometry} g */
const widthOf = (g) => cellsIn(g) * PITCH * logScale(g);

/* Fixed places */

/**
 * The cells stand beside a low node, above a high node, and to the right of the top node.
 * @param {Geometry} g @param {Place} p @returns {LogPlace}
 */
export function fixedLog(g, p) {
	const cells = fixedCells(g, p);
	return { cells, row: { x: cells.x, y: cells.y + (rowIsBelow(g, p) ? ROW_BELOW : ROW_ABOVE) * g.k }, width: widthOf(g) };
}

/** @param {Geometry} g @param {Place} p @returns {Point} */
function fixedCells(g, p) {
	const { k, w, h, r } = g;
	const wide = widthOf(g);
	const right = p.x >= w / 2;
	const above = rowIsBelow(g, p) ? EDGE : EDGE - ROW_ABOVE; // room for the second row
	const below = rowIsBelow(g, p) ? ROW_BELOW + HEIGHT + EDGE : HEIGHT + 2 * LINE;
	/** @param {number} x @param {number} y */
	const inside = (x, y) => ({
		x: Math.max(EDGE * k - p.x, Math.min(x, w - wide - EDGE * k - p.x)),
		y: Math.max(above * k - p.y, Math.min(y, h - below * k - p.y)),
	});
	if (p.top) return inside(112 * k, -90 * k);
	if (!isLow(g, p)) return right ? inside(-10 * k, -r - 120 * k) : inside(10 * k - wide, -r - 120 * k);
	return right ? inside(130 * k, -62 * k) : inside(-128 * k - wide, -62 * k);
}

/** Whether a node's cells stand beside it. @param {Geometry} g @param {Place} p */
const isLow = ({ h }, p) => !p.top && p.y >= h * 0.6;

/** Whether a node's second row stands below its cells. Above the top node's cells are its words, so its row stands below. @param {Geometry} g @param {Place} p */
const rowIsBelow = (g, p) => p.top || isLow(g, p);

/* Searched places */

/** @param {Geometry} g @param {(Rect|Disc)[]} taken @param {Grid} thin @returns {Map<number, LogPlace>} */
function searched(g, taken, thin) {
	const firm = gridOf(g, taken, GAP * g.k);
	const wanted = gridOf(g, g.places.flatMap((p) => wantedBy(g, p)));
	/** @type {Map<number, LogPlace>} */
	const found = new Map();
	const middle = (/** @type {Place} */ p) => Math.abs(p.x - g.centre.x);
	for (const p of [...g.places].sort((a, b) => middle(a) - middle(b))) {
		const costs = blocksOf(g, p).map((block) => ({ block, cost: costOf(g, p, block, { firm, thin, wanted }) }));
		const { block } = costs.reduce((best, one) => (one.cost < best.cost ? one : best));
		firm.take(block, GAP * g.k);
		const at = { x: block.x - p.x, y: block.y - p.y };
		found.set(p.id, { cells: { x: at.x, y: at.y - ROW_ABOVE * logScale(g) }, row: at, width: block.w });
	}
	return found;
}

/** The areas that a node's client and its words usually take. @param {Geometry} g @param {Place} p @returns {Rect[]} */
function wantedBy(g, p) {
	const [w, h] = clientSize(g);
	const reach = g.r + g.beyond + GAP * g.k;
	const arrow = 26 * g.k;
	const words = 1.5 * roomText(g);
	return [
		{ x: p.x < g.centre.x ? p.x - reach - arrow - w : p.x + reach, y: p.y - h / 2, w: w + arrow, h },
		{ x: p.x - 90 * g.k, y: p.y < g.centre.y ? p.y - reach - words : p.y + reach, w: 180 * g.k, h: words },
	];
}

/** The areas around a node where its two rows may stand. @param {Geometry} g @param {Place} p @returns {Rect[]} */
function blocksOf(g, p) {
	const [w, h] = [widthOf(g), (HEIGHT - ROW_ABOVE + 2 * LINE) * logScale(g)];
	const reach = g.r + g.beyond;
	const [step, edge] = [8 * g.k, EDGE * g.k];
	const blocks = [];
	for (let x = Math.max(edge, p.x - reach - 2.5 * w); x <= Math.min(g.w - w - edge, p.x + reach + 1.5 * w); x += step) {
		for (let y = Math.max(edge, p.y - reach - 2 * h); y <= Math.min(g.h - h - edge, p.y + reach + h); y += step) blocks.push({ x, y, w, h });
	}
	return blocks;
}

/**
 * The cost of a place: what it covers, and its distance from the node.
 * @param {Geometry} g @param {Place} p @param {Rect} block @param {{firm: Grid, thin: Grid, wanted: Grid}} taken
 */
function costOf(g, p, block, { firm, thin, wanted }) {
	const far = Math.hypot(block.x + block.w / 2 - p.x, block.y + block.h / 2 - p.y);
	return far / g.k + (4 * firm.areaIn(block) + 0.5 * thin.areaIn(block) + 0.3 * wanted.areaIn(block)) / (g.k * g.k);
}

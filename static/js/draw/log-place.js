// The places of the replicated logs on a stage. Each node's log has a row of cells, and a second
// row for ballots or for struck entries. With up to five nodes each place is fixed. With more
// nodes the places are searched. Pure geometry.

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./client-place.js').Taken} Taken */
/** @typedef {{cells: Point, row: Point, width: number}} LogPlace cells, row: the upper left corners of the two rows, from the node's middle; width: of a row, px */

// Lengths at 1920×1080.
export const PITCH = 32; // of the cells
export const HEIGHT = 66; // of a cell, and of a ballot
export const LINE = 8; // from the cells to the line under them
const ROW_ABOVE = -HEIGHT - 8; // from the upper edge of the cells to that of the second row
const ROW_BELOW = HEIGHT + 24;
const EDGE = 8; // the least distance to the edge of the stage
const LANES = 30; // the cost of each unit by which the lanes become more expensive
const CLOSER = 30; // how much closer to its own node than to any other a log must be, so that it looks like its own node's log
const STRANGE = 4; // the cost of each px that is missing
const GAP = 10; // the least distance of a searched place to other things

/**
 * How the logs are drawn, by the number of nodes. cells: entries of each node, at most; scale: in
 * parts of the stage's scale; rows: 1 if the ballots take the place of the entries.
 */
const FORMS = [{ upTo: 5, cells: 8, scale: 1, rows: 2 }, { upTo: 7, cells: 5, scale: 0.75, rows: 2 }, { upTo: Infinity, cells: 4, scale: 0.6, rows: 1 }];

/** @param {Geometry} g */
const formOf = (g) => /** @type {typeof FORMS[number]} */ (FORMS.find(({ upTo }) => g.places.length <= upTo));

/** The largest number of entries that are drawn for each node. @param {Geometry} g */
export const cellsIn = (g) => formOf(g).cells;

/** The scale of the logs. @param {Geometry} g */
export const logScale = (g) => g.k * formOf(g).scale;

/** Whether the ballots of a node take the place of its entries. @param {Geometry} g */
export const hasOneRow = (g) => formOf(g).rows === 1;

/** Whether the places of the logs are searched. @param {Geometry} g */
export const searchesLogs = (g) => g.beyond > 0 && g.places.length > 5 && !g.room;

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

/** The height of a second row above the cells. @param {Geometry} g */
const secondRow = (g) => (hasOneRow(g) ? 0 : -ROW_ABOVE * logScale(g));

/**
 * Finds a place for each node's log.
 * @param {Geometry} g @param {Taken} taken changed: the logs are added
 * @returns {Map<number, LogPlace>}
 */
export function searchLogs(g, taken) {
	/** @type {Map<number, LogPlace>} */
	const found = new Map();
	const middle = (/** @type {Place} */ p) => Math.abs(p.x - g.centre.x);
	for (const p of [...g.places].sort((a, b) => middle(a) - middle(b))) {
		const block = bestBlock(g, p, taken);
		taken.firm.take(block, GAP * g.k);
		taken.bends.take(block);
		const at = { x: block.x - p.x, y: block.y - p.y };
		found.set(p.id, { cells: { x: at.x, y: at.y + secondRow(g) }, row: at, width: block.w });
	}
	return found;
}

/** The cheapest place of a log. @param {Geometry} g @param {Place} p @param {Taken} taken */
function bestBlock(g, p, taken) {
	const blocks = blocksOf(g, p).map((block) => ({ block, cost: costOf(g, p, block, taken) })).sort((one, other) => one.cost - other.cost);
	let [best, least] = [blocks[0].block, Infinity];
	for (const { block, cost } of blocks) {
		if (cost >= least) break;
		const all = cost + LANES * taken.bends.costOf(block);
		if (all >= least) continue;
		least = all;
		best = block;
	}
	return best;
}

/** The areas around a node where its two rows may stand. @param {Geometry} g @param {Place} p @returns {Rect[]} */
function blocksOf(g, p) {
	const [w, h] = [widthOf(g), (HEIGHT + 2 * LINE) * logScale(g) + secondRow(g)];
	const reach = g.r + g.beyond;
	const [step, edge] = [8 * g.k, EDGE * g.k];
	const blocks = [];
	for (let x = Math.max(edge, p.x - reach - 2.5 * w); x <= Math.min(g.w - w - edge, p.x + reach + 1.5 * w); x += step) {
		for (let y = Math.max(edge, p.y - reach - 2 * h); y <= Math.min(g.h - h - edge, p.y + reach + h); y += step) blocks.push({ x, y, w, h });
	}
	return blocks;
}

/**
 * The cost of a place, without the lanes: what it covers, and its distance from the node.
 * @param {Geometry} g @param {Place} p @param {Rect} block @param {Taken} taken
 */
function costOf(g, p, block, { firm, thin, arrows }) {
	const to = (/** @type {Place} */ node) => Math.hypot(block.x + block.w / 2 - node.x, block.y + block.h / 2 - node.y);
	const far = to(p);
	const other = Math.min(...g.places.filter((one) => one !== p).map(to));
	const grown = { x: block.x - GAP * g.k, y: block.y - GAP * g.k, w: block.w + 2 * GAP * g.k, h: block.h + 2 * GAP * g.k };
	return (far + STRANGE * Math.max(0, far + CLOSER * g.k - other)) / g.k + (12 * firm.areaIn(block) + firm.areaIn(grown) + 4 * arrows.areaIn(block) + 0.5 * thin.areaIn(block)) / (g.k * g.k);
}

// The last entries of a node's log: one cell for each entry, and a line under
// the committed entries. Entries that a leader overwrote are struck out for a
// while, in a row of their own.

import { lettersOf } from '../model/text.js';
import { svg } from './dom.js';
import { n } from './layout.js';
import { textWidth } from './letters.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Cell} Cell */
/** @typedef {import('../model/types.js').Log} Log */
/** @typedef {import('../model/types.js').Node} Node */

// Lengths at 1920×1080.
const CELLS = 8; // the largest number of entries that are drawn
const PITCH = 32;
const WIDTH = 30;
const HEIGHT = 66;
const LINE = 8; // from the cells to the line under them
const ROW_ABOVE = -HEIGHT - 8; // from the upper edge of the cells to that of the second row
const ROW_BELOW = HEIGHT + 24;
const EDGE = 8; // the least distance to the edge of the stage

const STRUCK = 6000; // elastic ms for which overwritten entries stay

/** The colour of a term: neighbouring terms differ. @param {number} term */
export const hue = (term) => String(((term - 1) % 4) + 1);

/** @param {Geometry} g @param {Place} p */
export function makeCells(g, p) {
	const { k } = g;
	const at = cellsAt(g, p);
	const row = rowAt(g, p).y - at.y;
	const group = svg('g', { class: 'log-cells', 'data-testid': 'log', transform: `translate(${n(at.x)} ${n(at.y)})` });
	const area = cellsArea(g, p);
	let drawn = '';

	/** @param {Node} node @param {number} x elastic time @returns {boolean} whether struck entries are shown */
	function draw({ log, ballots }, x) {
		const struck = log && !ballots && x - log.struckX < STRUCK ? log.struck : [];
		const now = log ? JSON.stringify([log.cells, log.commit, log.applied, struck.length]) : '';
		if (now !== drawn) group.replaceChildren(...(log ? [...struckOf(log, struck, row, k), ...contentOf(log, k)] : []));
		drawn = now;
		return struck.length > 0;
	}
	return { group, area, draw };
}

/** @param {Log} log */
const shownOf = (log) => log.cells.slice(-CELLS);

/** The overwritten entries, each in the column of its index. @param {Log} log @param {Cell[]} struck @param {number} row where the second row is @param {number} k */
function struckOf(log, struck, row, k) {
	const first = shownOf(log)[0]?.i ?? struck[0]?.i ?? 0;
	return struck
		.filter((c) => c.i >= first && c.i < first + CELLS)
		.map((c) => cellOf(c, (c.i - first) * PITCH * k, row, 'struck', k));
}

/** @param {Log} log @param {number} k */
function contentOf(log, k) {
	const shown = shownOf(log);
	const content = shown.map((c, i) => cellOf(c, i * PITCH * k, 0, c.i <= log.applied ? 'applied' : c.i <= log.commit ? 'committed' : 'open', k));
	const committed = shown.filter((c) => c.i <= log.commit).length;
	if (committed) content.push(commitLine(committed, k, (HEIGHT + LINE) * k));
	return content;
}

/** The line under the committed cells. @param {number} committed the number of these cells @param {number} k @param {number} y */
export function commitLine(committed, k, y) {
	const end = ((committed - 1) * PITCH + WIDTH) * k;
	return svg('path', { class: 'commit', d: `M0 ${n(y)}H${n(end)}m0 ${n(-7 * k)}v${n(14 * k)}` });
}

/** One entry. @param {Cell} c @param {number} x @param {number} y @param {string} state @param {number} k */
export function cellOf(c, x, y, state, k) {
	const cell = svg('g', { class: `cell ${state}`, 'data-term': hue(c.t), 'data-index': c.i, 'data-state': state, transform: `translate(${n(x)} ${n(y)})` });
	const middle = n((WIDTH / 2) * k);
	const term = svg('text', { class: 'of-term', x: middle, y: n(28 * k), 'data-digits': String(c.t).length });
	const key = svg('text', { class: 'key', x: middle, y: n(56 * k) });
	term.textContent = String(c.t);
	const letter = lettersOf(c.k ?? '')[0] ?? '•';
	key.textContent = textWidth(letter, 28 * k, { mono: true }) > WIDTH * k ? '…' : letter;
	const title = svg('title');
	title.textContent = `entry ${c.i} of term ${c.t}: ${c.k || 'the first of its leader'}, ${state === 'open' ? 'not committed' : state === 'struck' ? 'overwritten' : state}`;
	cell.append(title, svg('rect', { width: n(WIDTH * k), height: n(HEIGHT * k), rx: n(4 * k) }), term, key);
	if (state === 'struck') cell.append(svg('path', { class: 'strike', d: `M${n(-7 * k)} ${n(33 * k)}H${n((WIDTH + 7) * k)}` }));
	return cell;
}

/**
 * The upper left corner of a node's cells, from the node's centre. The cells
 * stand beside a low node, above a high node, and to the right of the top node.
 * @param {Geometry} g @param {Place} p
 */
function cellsAt({ k, w, h, r }, p) {
	const wide = CELLS * PITCH * k;
	const right = p.x >= w / 2;
	const above = rowIsBelow({ h }, p) ? EDGE : EDGE - ROW_ABOVE; // room for the second row
	const below = rowIsBelow({ h }, p) ? ROW_BELOW + HEIGHT + EDGE : HEIGHT + 2 * LINE;
	/** @param {number} x @param {number} y */
	const inside = (x, y) => ({
		x: Math.max(EDGE * k - p.x, Math.min(x, w - wide - EDGE * k - p.x)),
		y: Math.max(above * k - p.y, Math.min(y, h - below * k - p.y)),
	});
	if (p.top) return inside(112 * k, -90 * k);
	if (!isLow({ h }, p)) return right ? inside(-10 * k, -r - 120 * k) : inside(10 * k - wide, -r - 120 * k);
	return right ? inside(130 * k, -62 * k) : inside(-128 * k - wide, -62 * k);
}

/** Whether a node's cells stand beside it. @param {{h: number}} g @param {Place} p */
const isLow = ({ h }, p) => !p.top && p.y >= h * 0.6;

/** Whether a node's second row stands below its cells. Above the top node's cells are its words, so its row stands below. @param {{h: number}} g @param {Place} p */
const rowIsBelow = (g, p) => p.top || isLow(g, p);

/** The upper left corner of a node's second row, for ballots or struck entries. @param {Geometry} g @param {Place} p */
export function rowAt(g, p) {
	const { x, y } = cellsAt(g, p);
	return { x, y: y + (rowIsBelow(g, p) ? ROW_BELOW : ROW_ABOVE) * g.k };
}

/** The area that the cells of a node cover, in the stage's own units. @param {Geometry} g @param {Place} p @returns {Rect} */
export function cellsArea(g, p) {
	return areaOf(g, p, cellsAt(g, p), HEIGHT + 2 * LINE);
}

/** The area that the second row of a node covers, in the stage's own units. @param {Geometry} g @param {Place} p @returns {Rect} */
export function rowArea(g, p) {
	return areaOf(g, p, rowAt(g, p), HEIGHT);
}

/** @param {Geometry} g @param {Place} p @param {{x: number, y: number}} at @param {number} height @returns {Rect} */
function areaOf({ k }, p, at, height) {
	return { x: p.x + at.x, y: p.y + at.y, w: CELLS * PITCH * k, h: height * k };
}

// The last entries of a node's log: one cell for each entry, and a line under
// the committed entries.

import { svg } from './dom.js';
import { n, textWidth } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Cell} Cell */
/** @typedef {import('../model/types.js').Log} Log */

const CELLS = 6; // the largest number of entries that are drawn
const PITCH = 42;
const WIDTH = 39;
const HEIGHT = 66;
const STRUCK = 6000; // elastic ms for which overwritten entries stay
const BALLOTS_BELOW = 90; // from the upper edge of the cells to that of the ballots

/** The colour of a term: neighbouring terms differ. @param {number} term */
export const hue = (term) => String(((term - 1) % 4) + 1);

/** @param {Geometry} g @param {Place} p */
export function makeCells(g, p) {
	const { k } = g;
	const at = cellsAt(g, p);
	const group = svg('g', { class: 'log-cells', 'data-testid': 'log', transform: `translate(${n(at.x)} ${n(at.y)})` });
	const area = cellsArea(g, p);
	let drawn = '';

	/** @param {Log|null} log @param {number} x elastic time */
	function draw(log, x) {
		const struck = log && x - log.struckX < STRUCK ? log.struck : [];
		const now = log ? JSON.stringify([log.cells, log.commit, log.applied, struck.length]) : '';
		if (now === drawn) return;
		drawn = now;
		group.replaceChildren(...(log ? contentOf(log, struck, k) : []));
	}
	return { group, area, draw };
}

/** What the cells of a node cover, in the stage's own units. @param {Geometry} g @param {Place} p @returns {Rect} */
export function cellsArea(g, p) {
	const at = cellsAt(g, p);
	return { x: p.x + at.x, y: p.y + at.y, w: CELLS * PITCH * g.k, h: (HEIGHT + 12) * g.k };
}

/** @param {Log} log @param {Cell[]} struck the overwritten entries that are still shown @param {number} k */
function contentOf(log, struck, k) {
	const shown = log.cells.slice(-CELLS);
	const first = shown[0]?.i ?? 0;
	const content = struck
		.filter((c) => c.i >= first && c.i < first + CELLS)
		.map((c) => cellOf(c, (c.i - first) * PITCH * k, -HEIGHT * k - 8 * k, 'struck', k));
	for (const [i, c] of shown.entries()) {
		const state = c.i <= log.applied ? 'applied' : c.i <= log.commit ? 'committed' : 'open';
		content.push(cellOf(c, i * PITCH * k, 0, state, k));
	}
	const committed = shown.filter((c) => c.i <= log.commit).length;
	if (committed) {
		const end = (committed * PITCH - 3) * k;
		const line = (HEIGHT + 8) * k;
		content.push(svg('path', { class: 'commit', d: `M0 ${n(line)}H${n(end)}m0 ${n(-7 * k)}v${n(14 * k)}` }));
	}
	return content;
}

/** @param {Cell} c @param {number} x @param {number} y @param {string} state @param {number} k */
function cellOf(c, x, y, state, k) {
	const cell = svg('g', { class: `cell ${state}`, 'data-term': hue(c.t), 'data-index': c.i, 'data-state': state, transform: `translate(${n(x)} ${n(y)})` });
	const term = svg('text', { x: n((WIDTH / 2) * k), y: n(28 * k) });
	const key = svg('text', { class: 'key', x: n((WIDTH / 2) * k), y: n(56 * k) });
	term.textContent = String(c.t);
	const letter = [...(c.k ?? '')][0] ?? '•';
	key.textContent = textWidth(letter, 28 * k) > WIDTH * k ? '…' : letter;
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
	/** @param {number} x @param {number} y */
	const inside = (x, y) => ({ x: Math.max(8 * k - p.x, Math.min(x, w - wide - 8 * k - p.x)), y: Math.max((HEIGHT + 16) * k - p.y, Math.min(y, h - (HEIGHT + 16) * k - p.y)) });
	if (p.top) return inside(112 * k, -90 * k);
	if (p.y < h * 0.6) return right ? inside(-10 * k, -r - 120 * k) : inside(10 * k - wide, -r - 120 * k);
	return right ? inside(130 * k, -62 * k) : inside(-128 * k - wide, -62 * k);
}

/** The upper left corner of a node's ballots, below its cells. @param {Geometry} g @param {Place} p */
export function ballotsAt(g, p) {
	const { x, y } = cellsAt(g, p);
	return { x, y: y + BALLOTS_BELOW * g.k };
}

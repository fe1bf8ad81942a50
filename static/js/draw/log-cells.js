// The last entries of a node's log: one cell for each entry, and a line under
// the committed entries. Entries that a leader overwrote are struck out for a
// while, in a row of their own.

import { lettersOf } from '../model/text.js';
import { svg } from './dom.js';
import { n } from './layout.js';
import { textWidth } from './letters.js';
import { HEIGHT, LINE, PITCH, cellsIn, hasOneRow, logScale } from './log-place.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./log-place.js').LogPlace} LogPlace */
/** @typedef {import('../model/types.js').Cell} Cell */
/** @typedef {import('../model/types.js').Log} Log */
/** @typedef {import('../model/types.js').Node} Node */

const WIDTH = 30; // of a cell, at 1920×1080

const STRUCK = 6000; // elastic ms for which overwritten entries stay

/** The colour of a term: neighbouring terms differ. @param {number} term */
export const hue = (term) => String(((term - 1) % 4) + 1);

/** @param {Geometry} g @param {LogPlace} place */
export function makeCells(g, { cells: at, row: second }) {
	const k = logScale(g);
	const most = cellsIn(g);
	const row = second.y - at.y;
	const group = svg('g', { class: 'log-cells', 'data-testid': 'log', transform: `translate(${n(at.x)} ${n(at.y)})` });
	group.style.setProperty('--k', String(k));
	let drawn = '';

	/** @param {Node} node @param {number} x elastic time @returns {boolean} whether struck entries are shown */
	function draw({ log: held, ballots, status }, x) {
		const log = hasOneRow(g) && ballots && status !== 'killed' ? null : held;
		const struck = log && !ballots && !hasOneRow(g) && x - log.struckX < STRUCK ? log.struck : [];
		const now = log ? JSON.stringify([log.cells, log.commit, log.applied, struck.length]) : '';
		if (now !== drawn) group.replaceChildren(...(log ? [...struckOf(log, struck, most, row, k), ...contentOf(log, most, k)] : []));
		drawn = now;
		return struck.length > 0;
	}
	return { group, draw };
}

/** The entries that are drawn: the last ones. @param {Log} log @param {number} most */
const shownOf = (log, most) => log.cells.slice(-most);

/** The overwritten entries, each in the column of its index. @param {Log} log @param {Cell[]} struck @param {number} most cells, at most @param {number} row where the second row is @param {number} k */
function struckOf(log, struck, most, row, k) {
	const first = shownOf(log, most)[0]?.i ?? struck[0]?.i ?? 0;
	return struck
		.filter((c) => c.i >= first && c.i < first + most)
		.map((c) => cellOf(c, (c.i - first) * PITCH * k, row, 'struck', k));
}

/** @param {Log} log @param {number} most cells, at most @param {number} k */
function contentOf(log, most, k) {
	const shown = shownOf(log, most);
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

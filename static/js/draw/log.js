// The replicated log of a node, drawn around its circle: the term, the last
// entries, the election band and the votes of a candidate.

import { svg, say, set } from './dom.js';
import { n } from './layout.js';
import { makeBallots } from './log-ballots.js';
import { makeBand } from './log-band.js';
import { hue, makeCells } from './log-cells.js';
import { cellsArea, rowArea } from './log-place.js';
import { logPlace } from './stands.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Node} Node */

/**
 * Makes the parts of one node, without content. The centre of the node's
 * circle is at 0, 0.
 * @param {Geometry} g @param {Place} p
 * @param {() => void} ask fires the election timer by hand
 */
export function makeLog(g, p, ask) {
	const term = makeTerm(g);
	const place = logPlace(g, p);
	const cells = makeCells(g, place);
	const band = makeBand(g, Math.atan2(p.disc.y - p.y, p.disc.x - p.x), ask);
	const ballots = makeBallots(g, place);
	const [area, row] = [cellsArea(g, p, place), rowArea(g, p, place)];

	/** @param {Node} node @param {number} x elastic time @param {number} v virtual time @returns {Rect[]} the areas that labels must not cover */
	function draw(node, x, v) {
		term.draw(node.term, node.term > 0 || !!node.log);
		const struck = cells.draw(node, x);
		band.draw(node, v);
		ballots.draw(node);
		/** @type {Rect[]} */
		const taken = [];
		if (node.log?.cells.length) taken.push(area);
		if (struck || node.ballots) taken.push(row);
		return taken;
	}

	return { under: term.group, band: band.group, cells: cells.group, ballots: ballots.group, draw };
}

/** The term, in the lower part of the node's circle. @param {Geometry} g */
function makeTerm({ r }) {
	const k = r / 74; // the size of a circle's parts
	const group = svg('g', { class: 'log-term', 'aria-hidden': 'true' });
	const y = 19 * k;
	const half = Math.sqrt(r * r - y * y);
	const fill = svg('path', { d: `M${n(-half)} ${n(y)}A${n(r)} ${n(r)} 0 0 0 ${n(half)} ${n(y)}Z` });
	const text = svg('text', { y: n(51 * k) });
	group.append(fill, text);

	/** @param {number} term @param {boolean} visible */
	function draw(term, visible) {
		set(group, 'visibility', visible ? undefined : 'hidden');
		set(group, 'data-term', term ? hue(term) : undefined);
		say(text, term ? `term ${term}` : '');
	}
	return { group, draw };
}

// The votes of a candidate: one ballot for each node, with yes, no or no answer.

import { svg } from './dom.js';
import { n } from './layout.js';
import { ballotsAt } from './log-cells.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Ballots} Ballots */
/** @typedef {import('../model/types.js').Node} Node */

const PITCH = 51;
const WIDTH = 43;
const HEIGHT = 66;
const AREA_WIDTH = 260; // of five ballots and a margin
const MARKS = { yes: 'M11 46l7 8l14 -16', no: 'M12 40h18v16h-18z', open: 'M12 48h18' };

/** @param {Geometry} g @param {Place} p */
export function makeBallots(g, p) {
	const { k } = g;
	const at = ballotsAt(g, p);
	const group = svg('g', { class: 'log-ballots', 'data-testid': 'ballots', transform: `translate(${n(at.x)} ${n(at.y)})` });
	/** @type {Rect} in the stage's own units */
	const area = { x: p.x + at.x, y: p.y + at.y, w: AREA_WIDTH * k, h: HEIGHT * k };
	let drawn = '';

	/** @param {Node} node */
	function draw({ ballots: b, status }) {
		const shown = b && status !== 'killed' ? b : null;
		const now = shown ? JSON.stringify([shown.yes, shown.no, shown.waiting, shown.phase, shown.term]) : '';
		if (now === drawn) return;
		drawn = now;
		group.replaceChildren(...(shown ? boxesOf(shown, k) : []));
	}
	return { group, area, draw };
}

/** @param {Ballots} b @param {number} k */
function boxesOf(b, k) {
	const ids = [...b.yes, ...b.no, ...b.waiting].sort((one, two) => one - two);
	return ids.map((id, i) => {
		const vote = b.yes.includes(id) ? 'yes' : b.no.includes(id) ? 'no' : 'open';
		const box = svg('g', { class: `ballot ${vote}`, 'data-node': id, 'data-vote': vote, transform: `translate(${n(i * PITCH * k)} 0)` });
		const name = svg('text', { x: n(21 * k), y: n(28 * k) });
		name.textContent = String(id);
		box.append(
			svg('rect', { width: n(WIDTH * k), height: n(HEIGHT * k), rx: n(4 * k) }),
			name,
			svg('path', { d: MARKS[vote], transform: `scale(${n(k)})` }),
		);
		return box;
	});
}

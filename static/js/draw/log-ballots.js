// The votes of a candidate: one ballot for each node, with yes, no or no answer. With many nodes
// there is no room for that: the votes of each kind are counted.

import { svg } from './dom.js';
import { n } from './layout.js';
import { logScale } from './log-place.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./log-place.js').LogPlace} LogPlace */
/** @typedef {import('../model/types.js').Ballots} Ballots */
/** @typedef {import('../model/types.js').Node} Node */

// Lengths at 1920×1080.
const PITCH = 51; // of a few ballots; more stand closer
const GAP = 8; // between two ballots
const HEIGHT = 66;
export const FEW = 5; // with more nodes the votes are counted
/** The marks of the votes, for a ballot that is 43 wide. */
const MARKS = { yes: 'M11 46l7 8l14 -16', no: 'M12 40h18v16h-18z', open: 'M12 48h18' };

/** @param {Geometry} g @param {LogPlace} place */
export function makeBallots(g, { row: at, width }) {
	const k = logScale(g);
	const group = svg('g', { class: 'log-ballots', 'data-testid': 'ballots', transform: `translate(${n(at.x)} ${n(at.y)})` });
	group.style.setProperty('--k', String(k));
	let drawn = '';

	/** @param {Node} node */
	function draw({ ballots: b, status }) {
		const shown = b && status !== 'killed' ? b : null;
		const now = shown ? JSON.stringify([shown.yes, shown.no, shown.waiting, shown.phase, shown.term]) : '';
		if (now === drawn) return;
		drawn = now;
		group.replaceChildren(...(shown ? ballotsOf(shown, g.places.length, k, width / k) : []));
	}
	return { group, draw };
}

/** The ballots of a candidate among so many nodes. @param {Ballots} b @param {number} nodes @param {number} k @param {number} room the width for all of them, at 1920×1080 */
export function ballotsOf(b, nodes, k, room) {
	return (nodes > FEW ? countsOf : boxesOf)(b, k, room);
}

/** One ballot for each node. @param {Ballots} b @param {number} k @param {number} room */
function boxesOf(b, k, room) {
	const ids = [...b.yes, ...b.no, ...b.waiting].sort((one, two) => one - two);
	return rowOf(ids.map((id) => ({ text: id, vote: b.yes.includes(id) ? 'yes' : b.no.includes(id) ? 'no' : 'open', of: { 'data-node': id } })), k, room);
}

/** One box for each kind of vote, with the number of votes. @param {Ballots} b @param {number} k @param {number} room */
function countsOf(b, k, room) {
	const counts = /** @type {const} */ ([['yes', b.yes], ['no', b.no], ['open', b.waiting]]);
	return rowOf(counts.map(([vote, ids]) => ({ text: ids.length, vote, of: { 'data-count': ids.length } })), k, room);
}

/** @param {{text: number, vote: 'yes'|'no'|'open', of: {[name: string]: number}}[]} boxes @param {number} k @param {number} room */
function rowOf(boxes, k, room) {
	const pitch = Math.min(PITCH, room / boxes.length);
	const width = pitch - GAP * (pitch / PITCH);
	return boxes.map(({ text, vote, of }, i) => {
		const box = svg('g', { class: `ballot ${vote}`, ...of, 'data-vote': vote, transform: `translate(${n(i * pitch * k)} 0)` });
		const name = svg('text', { x: n((width / 2) * k), y: n(28 * k) });
		name.textContent = String(text);
		box.append(
			svg('rect', { width: n(width * k), height: n(HEIGHT * k), rx: n(4 * k) }),
			name,
			svg('path', { d: MARKS[vote], transform: `scale(${((width / 43) * k).toFixed(3)} ${k.toFixed(3)})` }),
		);
		return box;
	});
}

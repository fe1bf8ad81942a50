// The samples of the legend for a replicated log. They are made by the functions
// that draw the stage, so that the legend shows the same marks.

import { svg } from './dom.js';
import { ballotsOf, FEW } from './log-ballots.js';
import { scaleOf } from './log-band.js';
import { cellOf, commitLine } from './log-cells.js';

const K = 0.5; // the scale of the samples; a sample is 110×40
const ENTRY = { i: 12, t: 3, k: 'city' };

const BALLOTS = { phase: '', term: 3, need: 3, yes: [1, 2], no: [3], waiting: [4, 5], x: 0 };

/** The samples for a stage with so many nodes. @param {number} nodes @returns {[text: string, make: () => SVGElement[]][]} */
export const logLooks = (nodes) => [
	['an entry of a log, applied: its term, and the first letter of its key', () => [moved(47, cellOf(ENTRY, 0, 0, 'applied', K))]],
	['committed, not yet applied', () => [moved(47, cellOf(ENTRY, 0, 0, 'committed', K))]],
	['not committed', () => [moved(47, cellOf(ENTRY, 0, 0, 'open', K))]],
	['overwritten by the leader', () => [moved(47, cellOf(ENTRY, 0, 0, 'struck', K))]],
	['the log is committed up to the end of this line', () => [moved(30, commitLine(3, K, 17))]],
	['time without a leader: it may ask for votes (cells), it will (crossed)', () => [band()]],
	[nodes > FEW ? 'how many voters of a candidate granted, refused, have not answered' : 'ballots of a candidate: granted, refused, no answer yet', () => [moved(18, ...ballotsOf(BALLOTS, nodes, K, 3 * 51))]],
];

/** @param {number} x @param {...SVGElement} parts */
function moved(x, ...parts) {
	const g = svg('g', { class: 'log-cells', transform: `translate(${x} 3)` });
	g.append(...parts);
	return g;
}

/** The band of a small node. */
function band() {
	const g = svg('g', { class: 'log-band', transform: 'translate(55 20)' });
	g.append(...scaleOf(-0.4, K / 2, 12));
	return g;
}

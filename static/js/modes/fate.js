// The outcome of a write whose client got none, because its node died or no answer came
// in time. Messages and reports that the page gets later may show the outcome. Until they
// show it, the outcome is unknown: this module never guesses.

import { focusOp } from '../model/state.js';
import { modeOf } from './index.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {'written'|'not written'|''} Fate '': nothing shows it yet */

/** Whether the client of a write got no outcome. @param {Op} op */
export function isOpen(op) {
	return op.kind === 'write' && (op.status === 504 || (op.died && !op.status));
}

/** What is sure by now about a write whose client got no outcome; '' for every other operation. @param {State} s @param {Op} op @returns {Fate} */
export function fateOf(s, op) {
	return isOpen(op) ? modeOf(s).fate(s, op) : '';
}

/** The sentence of the caption about such a write. @param {State} s @param {Op} op */
export function fateWords(s, op) {
	const fate = fateOf(s, op);
	if (!fate) return 'The write may have happened, or may yet.';
	return fate === 'written' ? 'Now it is sure: the write happened.' : 'Now it is sure: the write did not happen.';
}

/** What a node did with the write in focus, if its client got no outcome. @param {State} s @param {number} id */
export function endingAt(s, id) {
	const op = focusOp(s);
	return op && isOpen(op) ? modeOf(s).ending(s, op, id) : '';
}

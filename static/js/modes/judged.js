// Why the answer to a read is wrong: the verdict says that the read missed a write, or
// the answer itself has values that conflict.

import { focusOp } from '../model/state.js';
import { outcome, valueAt } from '../model/view.js';

/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

/** The newest write that a stale read missed; undefined if the verdict does not say so, or the page no longer has the write, or has only a later repeat of it under the same id. @param {View} view @param {Op} op @returns {Op|undefined} */
export function missedBy(view, op) {
	const word = view.judged?.(op.id)?.word;
	if (!op.status || !word?.newest || !(word.word === 'stale' || word.word === 'lost write')) return undefined;
	const missed = view.s.ops.get(word.newest);
	return missed && outcome(missed.status) === 'good' && missed.t1 <= op.t0 ? missed : undefined;
}

/**
 * The message that would have brought the missed write to a stale read, and the write;
 * undefined if the verdict knows no such message.
 * @param {View} view @param {Op} op @returns {{write: Op, cause: import('../model/wire.js').Cause}|undefined}
 */
export function missedMessage(view, op) {
	const write = missedBy(view, op);
	const cause = view.judged?.(op.id)?.word?.cause;
	return write && cause && cause.op === write.id && cause.why ? { write, cause } : undefined;
}

/** Whether a node holds the old value that the stale read in focus answered. @param {View} view @param {number} id */
export function isOld(view, id) {
	const op = focusOp(view.s);
	const missed = op && op.status === 200 && missedBy(view, op);
	return !!missed && missed.val !== op.val && op.key === view.s.key && valueAt(view.s, id).text === op.val;
}

/** Whether a read answered values that conflict. @param {Op} op */
export function isConflicting(op) {
	return op.status === 200 && op.siblings.some((val) => val !== op.val);
}

// What the verdict says of a read, once it is sure: that it missed a write.

/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

/** The newest write that a stale read missed; undefined where the verdict does not say so, or the write is forgotten. @param {View} view @param {Op} op @returns {Op|undefined} */
export function missedBy(view, op) {
	const word = view.judged?.(op.id)?.word;
	if (!op.status || !word?.newest || !(word.word === 'stale' || word.word === 'lost write')) return undefined;
	return view.s.ops.get(word.newest);
}

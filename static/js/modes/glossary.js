// The words of the stage, each with one sentence. The legend shows all of them;
// on the stage a word shows its sentence (hands/words.js). A page of the talk may
// show them too.

/** @typedef {{term: string, says: string, also?: string[]}} Entry also: other forms in which the stage writes the term */

/** @type {Entry[]} in the order in which the legend shows them */
export const glossary = [
	{ term: 'coordinator', says: 'The node that asks the others for an operation and counts their answers.' },
	{ term: 'quorum', says: 'The number of answers that an operation needs.', also: ['short', 'need'] },
	{ term: 'vote', says: 'A node’s answer to “can you commit?”: yes or no. A yes is a promise.', also: ['votes', 'voted'] },
	{ term: 'lock', says: 'The key waits here for a commit or a rollback: no other write may change it.', also: ['locked'] },
	{ term: 'commit', says: 'The change takes effect, and is never taken back.', also: ['committed', 'commits'] },
	{ term: 'roll back', says: 'The change is dropped, as if it had never been asked for.', also: ['rolled back', 'rollback'] },
	{ term: 'in doubt', says: 'The node voted yes and does not know the decision: it must wait, locked.' },
	{ term: 'by hand', says: 'A person did this past the protocol, so nothing is promised for the key.', also: ['plant', 'planted'] },
	{ term: 'home', says: 'A node that is to keep the key: the first N nodes of the key’s walk around the ring.', also: ['homes'] },
	{ term: 'hint', says: 'A write that a node keeps for a home that is away, to hand it over later.', also: ['hints', 'keeps'] },
	{ term: 'hand over', says: 'The home is back, and the node that kept the hint sends it the write.', also: ['handed'] },
	{ term: 'sloppy', says: 'Any nodes may answer for homes that are away, so two quorums need not meet.' },
	{ term: 'sibling', says: 'A version that conflicts with another: no one knows which write was last.', also: ['siblings', 'truths', 'conflicting'] },
	{ term: 'stale', says: 'Older than a write that was answered before the read began.' },
	{ term: 'repair', says: 'A read found an old version at a node and sends it the newest.', also: ['repaired'] },
	{ term: 'overlap', says: 'R + W > N: the nodes of a read and of a write have one in common, if all are homes.' },
	{ term: 'N R W', says: 'N homes keep a key, R of them answer a read, W of them answer a write.', also: ['R + W'] },
	{ term: 'majority', says: 'More than half of all nodes: two majorities always have a node in common.' },
	{ term: 'version', says: '“v2 by 5”: the second version, written through node 5. A higher number is newer.', also: ['tag'] },
	{ term: 'suspect', says: 'A node that did not answer in time is passed over for a while.', also: ['suspected', 'suspects'] },
	{ term: 'leader', says: 'The one node that orders all writes, elected for a term.', also: ['leads'] },
	{ term: 'term', says: 'The number of an election: a higher one is newer, and has at most one leader.' },
	{ term: 'candidate', says: 'A node that heard no leader and asks for votes.' },
	{ term: 'frozen', says: 'The process is stopped: it takes nothing in, forgets nothing, and does not know it.' },
	{ term: 'killed', says: 'The process has ended. Its disk stays, and it can be restarted.' },
	{ term: 'silent', says: 'It runs, and the playground has not heard of it for a while.' },
	{ term: 'split', says: 'The links between the groups are cut. A jagged line shows where.', also: ['partition', 'cut'] },
	{ term: 'unknown', says: '504: the client cannot know whether the write took effect. It may yet.' },
	{ term: 'refused', says: '409 or 503: the operation did not happen, and never will.' },
	{ term: 'linearizable', says: 'Every client sees one value at a time, as if there were one copy.' },
	{ term: 'answered', says: 'The client got a value or a confirmation, not an error.' },
];

/** The forms of all terms, the longest first: "hand over" before "hand". */
const forms = glossary.flatMap((entry) => [entry.term, ...(entry.also ?? [])].map((form) => ({ form: form.toLowerCase(), entry }))).sort((a, b) => b.form.length - a.form.length);

/**
 * The entries whose terms a text has as whole words, in the order of the text.
 * @param {string} text @returns {Entry[]}
 */
export function entriesIn(text) {
	const left = text.toLowerCase();
	/** @type {Map<Entry, number>} */
	const found = new Map();
	const taken = new Array(left.length).fill(false);
	for (const { form, entry } of forms) {
		for (let at = left.indexOf(form); at >= 0; at = left.indexOf(form, at + 1)) {
			const whole = !/[\p{L}\d]/u.test(left[at - 1] ?? ' ') && !/[\p{L}\d]/u.test(left[at + form.length] ?? ' ');
			if (!whole || taken[at]) continue;
			taken.fill(true, at, at + form.length);
			if (!found.has(entry) || at < (found.get(entry) ?? 0)) found.set(entry, at);
		}
	}
	return [...found].sort((a, b) => a[1] - b[1]).map(([entry]) => entry);
}

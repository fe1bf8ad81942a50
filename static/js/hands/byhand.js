// Operations at one node that bypass the protocol: transactions that are proposed by
// hand, a planted value, a read of the node's own value. This file has pure functions
// for them, and the list of transactions that wait for their end.

import { commandOf } from '../draw/command.js';
import { el } from '../draw/dom.js';
import { clip } from '../model/text.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {{id: string, key: string, val: string}} Transaction val: '' if no event has it */

/**
 * The transactions that were proposed by hand at a node and wait for a commit or
 * a rollback. The node holds a lock for each. A lock of a client's write is left out:
 * it has the id of the operation, and the coordinator ends it.
 * @param {State} s @param {number} node @returns {Transaction[]}
 */
export function openAt(s, node) {
	const byHand = [...s.held.values()].filter((h) => h.node === node && h.lockedBy && s.ops.get(h.lockedBy)?.kind !== 'write' && !UUID.test(h.lockedBy));
	return byHand.map((h) => ({ id: h.lockedBy, key: h.key, val: proposed(s, h.lockedBy)?.val ?? '' })).sort((a, b) => (a.id < b.id ? -1 : 1));
}

const UUID = /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/; // the form of an operation's id; the page may have forgotten the operation itself

/** The newest call that proposed a transaction. @param {State} s @param {string} id */
function proposed(s, id) {
	return [...s.ops.values()].findLast((op) => op.kind === 'propose' && op.tx === id);
}

/**
 * The transaction that the form of a proposal offers: one that waits at another node
 * and not at this one, else a new one.
 * @param {State} s @param {number} node @param {string} key @param {string} val @returns {Transaction}
 */
export function proposal(s, node, key, val) {
	const here = new Set(openAt(s, node).map((t) => t.id));
	const elsewhere = [...s.nodes.keys()].flatMap((id) => openAt(s, id)).find((t) => !here.has(t.id) && t.val);
	return elsewhere ?? { id: newID(s), key, val };
}

/** The first of the ids T1, T2, … that is not in use on the page. @param {State} s */
function newID(s) {
	const taken = new Set([...[...s.ops.values()].map((op) => op.tx), ...[...s.held.values()].map((h) => h.lockedBy)]);
	let n = 1;
	while (taken.has(`T${n}`)) n++;
	return `T${n}`;
}

/** A transaction in a few words: "T1 city = London". @param {Transaction} t */
export function wordsOf({ id, key, val }) {
	return `${clip(id, 12)} ${clip(key, 12)}${val ? ` = ${clip(val, 16)}` : ''}`;
}

/**
 * A row for each transaction that waits at a node, with the buttons that end it
 * and their commands.
 * @param {HTMLElement} list @param {State} s @param {number} node @param {(action: string, id: string) => string} command
 */
export function drawOpen(list, s, node, command) {
	const open = openAt(s, node);
	const key = JSON.stringify([node, open]);
	if (list.dataset.key === key) return;
	list.dataset.key = key;
	list.replaceChildren(...open.map((t) => {
		const li = el('li', '', { 'data-testid': 'transaction', 'data-tx': t.id });
		li.append(el('b', wordsOf(t)), ...[['commit', 'Commit'], ['rollback', 'Roll back']].flatMap(([id, text]) => [
			el('button', text, { type: 'button', 'data-action': id, 'data-id': t.id, 'aria-label': `${text} ${wordsOf(t)} at node ${node}` }),
			commandOf(command(id, t.id)),
		]));
		return li;
	}));
	if (!open.length) list.append(el('li', 'none'));
}

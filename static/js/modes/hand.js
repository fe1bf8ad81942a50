// The words of operations by hand, which a person does at one node outside the protocol:
// propose, commit, roll back, plant, read here alone. They are the same in every mode.

import { clip, nodesWords, capital, numberWord } from '../model/text.js';
import { focusOp } from '../model/state.js';
import { nodesOf } from '../model/view.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */

/** Whether a person asked one node alone. @param {Op} op */
export function isByHand(op) {
	return op.kind !== 'read' && op.kind !== 'write';
}

/** @param {Op} op */
export function titleByHand(op) {
	switch (op.kind) {
		case 'propose':
			return `propose ${clip(op.tx, 8)}: ${clip(op.key, 12)} = ${clip(op.val, 12)}`;
		case 'rollback':
			return `roll back ${clip(op.tx, 12)}`;
		case 'plant':
			return `plant ${clip(op.key, 14)} = ${clip(op.val, 14)}`;
		case 'local-read':
			return `read ${clip(op.key, 16)} here alone`;
		default:
			return `${op.kind} ${clip(op.tx || op.key, 16)}`;
	}
}

/** Whether the node did what the person asked; a read may find nothing. @param {Op} op */
function isDone(op) {
	return op.status < 300 || (op.kind === 'local-read' && op.status === 404);
}

/** The caption of an operation by hand that was answered. @param {State} s @param {Op} op */
export function endedByHand(s, op) {
	const node = `Node ${op.node}`;
	if (!isDone(op)) return `${node} refused to ${verb(op)}.`;
	switch (op.kind) {
		case 'propose':
			return promised(s, op);
		case 'plant':
			return `${node} alone got ${clip(op.val, 16)}, and it counts as older than every write.`;
		case 'local-read':
			return `${node} alone was asked. It answered ${op.status === 404 ? 'that it has no value' : clip(op.val, 16)}.`;
		default:
			return endedTransaction(s, op);
	}
}

/** @param {Op} op */
function verb(op) {
	switch (op.kind) {
		case 'propose':
			return `promise ${clip(op.val, 16)}`;
		case 'rollback':
			return `roll ${clip(op.tx, 12)} back`;
		case 'plant':
			return `take ${clip(op.val, 16)}`;
		default:
			return op.tx ? `${op.kind} ${clip(op.tx, 12)}` : 'answer';
	}
}

/** @param {State} s @param {Op} op */
function promised(s, op) {
	const open = openAt(s, op.tx);
	const what = clip(op.val, 16);
	if (!open.length) return `Node ${op.node} promised ${what} to its caller.`;
	if (open.length === s.nodes.size) return `All ${numberWord(open.length)} promised ${what} to their caller.`;
	const known = new Set([...s.ops.values()].filter((one) => one.tx === op.tx).map((one) => one.node));
	const others = [...known].every((id) => open.includes(id)) ? (open.length > 1 ? ' The others know nothing of it.' : ' No other node knows of it.') : '';
	return `${capital(nodesWords(open))} promised ${what} to ${open.length > 1 ? 'their' : 'its'} caller.${others}`;
}

/**
 * Two nodes that ended the transaction of an operation by hand in different ways, the
 * smaller number first; undefined if no two nodes did.
 * @param {State} s @param {Op} op @returns {[number, number]|undefined}
 */
export function bothEnds(s, op) {
	if (!op.tx || !op.status || op.status >= 300 || !(op.kind === 'commit' || op.kind === 'rollback')) return undefined;
	const other = op.kind === 'commit' ? 'rollback' : 'commit';
	const against = [...s.ops.values()].find((one) => one.tx === op.tx && one.kind === other && one.status && one.status < 300 && one.node !== op.node);
	return against && (op.node < against.node ? [op.node, against.node] : [against.node, op.node]);
}

/** What each of two nodes that ended a transaction differently holds now. @param {State} s @param {Op} op @returns {[name: string, value: string][]} */
export function factsByHand(s, op) {
	const key = [...s.ops.values()].find((one) => one.kind === 'propose' && one.tx === op.tx)?.key ?? '';
	return (bothEnds(s, op) ?? []).map((id) => {
		const held = s.held.get(`${id}/${key}`);
		return [`node ${id}`, held?.version ? `${clip(held.val, 12)}, version ${held.version}` : 'no value'];
	});
}

/**
 * What a person did at a node with the transaction of the operation in focus, in the
 * words below the node; '' if that operation has no transaction.
 * @param {State} s @param {number} id
 */
export function wordsByHand(s, id) {
	const hand = transactionByHand(s);
	if (!hand) return '';
	const kind = hand.done.get(id);
	return kind ? ENDS[kind] ?? '' : 'not asked';
}

/**
 * The transaction by hand that the stage shows, and what each node did with it last: propose, commit
 * or rollback; undefined if the operation in focus has no transaction by hand.
 * @param {State} s @returns {{tx: string, done: Map<number, string>}|undefined}
 */
export function transactionByHand(s) {
	const op = focusOp(s);
	if (!op?.tx || !isByHand(op)) return undefined;
	/** @type {Map<number, string>} */
	const done = new Map();
	for (const one of s.ops.values()) {
		if (one.tx !== op.tx || !one.status || one.status >= 300) continue;
		if (one.kind !== 'propose' || !done.has(one.node)) done.set(one.node, one.kind);
	}
	return { tx: op.tx, done };
}

/** @type {Record<string, string>} by the kind of the last operation */
const ENDS = { propose: 'promised', commit: 'committed by hand', rollback: 'rolled back by hand' };

/** @param {State} s @param {Op} op a commit or a rollback */
function endedTransaction(s, op) {
	const ends = bothEnds(s, op);
	if (ends) return `You were the coordinator, and ${ends.join(' and ')} ended differently.`;
	const done = op.kind === 'commit' ? `committed ${clip(op.tx, 12)}` : `rolled ${clip(op.tx, 12)} back`;
	const open = openAt(s, op.tx);
	return `Node ${op.node} ${done}, and no other node was told.${open.length ? ` ${capital(nodesWords(open))} still ${open.length > 1 ? 'wait' : 'waits'}.` : ''}`;
}

/** The nodes that are locked by a transaction by hand. @param {State} s @param {string} tx */
function openAt(s, tx) {
	const locked = new Set([...s.held.values()].filter((h) => tx && h.lockedBy === tx).map((h) => h.node));
	return nodesOf(s, (n) => locked.has(n.id));
}

/** The words beside a status. @param {Op} op */
export function stampByHand(op) {
	if (!isDone(op)) return 'refused';
	switch (op.kind) {
		case 'propose':
			return `promised\nby node ${op.node}`;
		case 'commit':
			return `committed\nby node ${op.node}\nalone`;
		case 'rollback':
			return `rolled back\nby node ${op.node}\nalone`;
		case 'plant':
			return `planted\nat node ${op.node}`;
		default:
			return '';
	}
}

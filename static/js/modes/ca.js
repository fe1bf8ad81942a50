// The words of CA: two-phase commit over all nodes.

import { clip, listed, nodesAre, nodesWords, numberWord, splitWords } from '../model/text.js';
import { countWords, nodesOf, phaseOf } from '../model/view.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').Phase} Phase */
/** @typedef {import('../model/view.js').View} View */

/** @type {Mode} */
export const ca = {
	...neutral,
	name: 'CA',
	promise: (s) => (differences(s, s.key) ? `ended by hand: no promise for ${clip(s.key, 12)}` : 'consistent; one silent node stops every write'),
	first,
	isVote: (m) => m.cls === 'yes' && m.type === 'yes',
	counts: (op) => (op.kind === 'write' ? 'votes' : 'answers'),
	blocked,
	isSeen,
	fate,
	ending,
	running,
	ended,
	stamp,
	sides: false,
};

/** A page that is opened late may know nothing of a write that left nodes in doubt, but the nodes say so. @param {State} s */
function first(s) {
	const ids = nodesOf(s, (n) => n.status !== 'killed' && !!n.badges['in doubt']);
	if (ids.length) return `${nodesAre(ids)} in doubt: ${ids.length > 1 ? 'they' : 'it'} said yes to a write, and must wait for the decision.`;
	return `Press w to write. All ${numberWord(s.nodes.size)} nodes must agree.`;
}

/**
 * The nodes that a dead coordinator leaves locked: they voted yes, and no node has
 * sent any of them the decision. If the page has not seen all messages, a node without
 * the lock may know the decision: then it is not sure that the others are in doubt.
 * @param {State} s @param {Op} op
 */
function blocked(s, op) {
	const dead = s.nodes.get(op.coordinator)?.status === 'killed';
	if (op.kind !== 'write' || !dead || op.types.commit?.sent || op.types.rollback?.sent || op.phases.some((p) => p.phase === 'acks')) return [];
	const running = nodesOf(s, (n) => n.status !== 'killed');
	const ids = running.filter((id) => s.held.get(`${id}/${op.key}`)?.lockedBy === op.id);
	return isSeen(s, op) || ids.length === running.length ? ids : [];
}

/** Whether the page got every message of an operation: it came before the operation, no events of a node were lost since then, and no sums stand in the place of messages. @param {State} s @param {Op} op */
function isSeen(s, op) {
	const gap = [...s.nodes.values()].some((n) => n.gap && n.gap.x >= op.x0);
	return !op.partial && !gap && ![...s.flow.values()].some((f) => f.summed >= op.x0);
}

/**
 * A commit is sent only after the decision is on disk. A rollback, or a vote against it, is
 * sent only after its sender has recorded that the transaction is aborted. A coordinator
 * that died before all others had voted cannot have decided.
 * @param {State} s @param {Op} op @returns {import('./fate.js').Fate}
 */
function fate(s, op) {
	const { commit, rollback, no } = op.types;
	if (commit?.sent || op.phases.some((p) => p.phase === 'acks')) return 'written';
	if (rollback?.sent || no?.sent) return 'not written';
	const others = s.nodes.size - 1;
	const settled = Object.values(op.types).every((of) => of.sent === of.lost + of.arrived);
	const cannot = isSeen(s, op) && op.died && op.coordinator === op.node && op.client !== 'load' && op.types.prepare?.sent === others && (op.types.yes?.sent ?? 0) < others;
	return cannot && settled && !blocked(s, op).length ? 'not written' : '';
}

/** @param {State} s @param {Op} op @param {number} id */
function ending(s, op, id) {
	const told = [...s.msgs.values()].find((m) => m.op === op.id && m.cls === 'decide' && m.to === id && m.state === 'delivered');
	return told ? { commit: 'committed', rollback: 'rolled back' }[told.type] ?? '' : '';
}

/** @param {View} view @param {Op} op */
function running({ s }, op) {
	const p = phaseOf(op);
	if (p?.phase === 'lock') return waitsForLock(op);
	if (op.kind !== 'write' || !p) return '';
	const dead = nodesOf(s, (n) => n.status === 'killed' && p.waiting.includes(n.id));
	if (dead.length && p.waiting.every((id) => dead.includes(id))) return `${nodesAre(dead)} killed: ${dead.length > 1 ? 'their votes do' : 'its vote does'} not come. The others wait.`;
	const asks = [...s.msgs.values()].some((m) => m.op === op.id && m.type === 'prepare');
	if (p.yes.some((id) => id !== p.node) || !asks) return `Votes come in: ${countWords(p)}.`;
	return `Node ${p.node} asks all others: can you commit ${op.key} = ${clip(op.val, 16)}?`;
}

/** @param {Op} op */
function waitsForLock(op) {
	if (op.kind === 'read') return `The key is locked at node ${op.node}: the read waits.`;
	return `The key is locked at node ${op.node}. It asks how that write ended.`;
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, how) {
	if (op.kind === 'read') return endedRead(s, op, how.good);
	if (op.kind !== 'write') return '';
	const p = phaseOf(op);
	const all = numberWord(s.nodes.size);
	if (how.good && p?.yes.length === s.nodes.size) return `All ${all} said yes, ${isAcknowledged(s, op) ? `and all ${all} committed` : 'so the write is committed'}.`;
	if (how.good || !p) return '';
	if (op.status === 409 && p.no.length) return `${nodesWords(p.no).replace('n', 'N')} said no: the key is locked. So the write is refused.`;
	if (op.status === 409) return p.phase === 'lock' ? `Another write holds the lock at node ${op.node}, so this one is refused.` : '';
	return rolledBack(s, p, how);
}

/** The caption when no node voted no, and some vote did not arrive. @param {State} s @param {Phase} p @param {Outcome} how */
function rolledBack(s, p, { away, parts, who }) {
	const all = `Two-phase commit needs all ${numberWord(s.nodes.size)}.`;
	if (p.phase !== 'votes' || !p.waiting.length) return '';
	if (away.length && p.waiting.every((id) => away.includes(id))) return `${all} ${who(p.waiting)}, so the write is rolled back.`;
	if (parts.length > 1 && p.waiting.some((id) => !parts.find((g) => g.includes(p.node))?.includes(id))) return `${splitWords(parts)} ${all} So the write is rolled back.`;
	return `${all} No vote came in time from ${nodesWords(p.waiting)}.`;
}

/** @param {State} s @param {Op} op @param {boolean} good */
function endedRead(s, op, good) {
	if (!good) return phaseOf(op)?.phase === 'lock' ? `The key is locked at node ${op.node}${isInDoubt(s, op) ? ' by a write in doubt' : ''}: the read waited, and gave up.` : '';
	const differ = differences(s, op.key);
	if (differ) return `You were the coordinator, and ${listed(differ)} ended differently.`;
	if (holdTheSame(s, op.key)) return `A read asks one node only: all ${numberWord(s.nodes.size)} hold the same.`;
	return `A read asks one node only: node ${op.node}.`;
}

/** Whether the node of an operation is still in doubt, and the key is locked there. @param {State} s @param {Op} op */
function isInDoubt(s, op) {
	return !!s.held.get(`${op.node}/${op.key}`)?.lockedBy && !!s.nodes.get(op.node)?.badges['in doubt'];
}

/** Two nodes that ended one transaction by hand differently, and now hold different values. @param {State} s @param {string} key @returns {[number, number]|undefined} */
function differences(s, key) {
	const good = [...s.ops.values()].filter((op) => op.tx && op.status && op.status < 300);
	for (const { tx } of good.filter((op) => op.kind === 'propose' && op.key === key)) {
		const at = (/** @type {string} */ kind) => good.find((op) => op.tx === tx && op.kind === kind)?.node;
		const [a, b] = [at('commit'), at('rollback')];
		if (a && b && s.held.get(`${a}/${key}`)?.val !== s.held.get(`${b}/${key}`)?.val) return a < b ? [a, b] : [b, a];
	}
	return undefined;
}

/** @param {State} s @param {string} key */
function holdTheSame(s, key) {
	const held = [...s.nodes.keys()].map((id) => s.held.get(`${id}/${key}`));
	return held.every((h) => h && !h.lockedBy && h.val === held[0]?.val && h.hash === held[0].hash && h.version === held[0].version);
}

/** Whether every node has acknowledged the commit. @param {State} s @param {Op} op */
function isAcknowledged(s, op) {
	return op.phases.find((p) => p.phase === 'acks')?.yes.length === s.nodes.size;
}

/** @param {State} s @param {Op} op */
function stamp(s, op) {
	switch (op.status) {
		case 201: {
			const acks = op.phases.find((p) => p.phase === 'acks');
			if (op.kind !== 'write' || !acks) return '';
			return isAcknowledged(s, op) ? `committed\nby all ${s.nodes.size}` : `decided:\ncommit, ${acks.yes.length} of\n${s.nodes.size} have it`;
		}
		case 409:
			return op.kind === 'write' ? 'refused\nkey is locked' : '';
		case 503:
			if (phaseOf(op)?.phase === 'lock') return op.kind === 'read' ? 'locked\nthe read\ngave up' : '';
			return op.kind === 'write' ? 'rolled back\nnothing\nwas written' : '';
		default:
			return '';
	}
}

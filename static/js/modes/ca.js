// The words of CA: two-phase commit over all nodes.

import { phaseOf } from '../model/view.js';
import { clip, nodesAre, numberWord, splitWords } from '../model/text.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

/** @type {Mode} */
export const ca = {
	...neutral,
	name: 'CA',
	promise: () => 'consistent; one silent node stops every write',
	first: (s) => `Press w to write. All ${numberWord(s.nodes.size)} nodes must agree.`,
	isVote: (m) => m.cls === 'yes' && m.type === 'yes',
	counts: (op) => (op.kind === 'write' ? 'votes' : 'answers'),
	running,
	ended,
	stamp,
	sides: false,
};

/** @param {View} view @param {Op} op */
function running({ s }, op) {
	if (op.kind !== 'write') return '';
	const p = phaseOf(op);
	const dead = [...s.nodes.values()].filter((n) => n.status === 'killed' && p?.waiting.includes(n.id)).map((n) => n.id);
	if (dead.length && p?.waiting.every((id) => dead.includes(id))) return `${nodesAre(dead)} killed: ${dead.length > 1 ? 'their votes' : 'its vote'} will never come. Everybody waits.`;
	if (p?.yes.length) return `Votes come in: ${p.yes.length} of ${p.need}.`;
	return `Node ${op.coordinator || op.node} asks everybody: can you commit ${op.key} = ${clip(op.val, 16)}?`;
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, { good, parts, who }) {
	const all = numberWord(s.nodes.size);
	if (op.kind === 'read') return good ? `A read asks one node only: all ${all} hold the same.` : 'The key is locked: the read had to wait, and gave up.';
	if (good) return `All ${all} said yes, so all ${all} commit.`;
	if (op.status === 409) return 'Somebody holds the lock, so this write is refused.';
	if (who) return `Two-phase commit needs all ${all}. ${who}, so nobody may commit.`;
	if (parts.length > 1) return `${splitWords(parts)} Two-phase commit needs all ${all}, so nobody may commit.`;
	return `A vote never came. Two-phase commit needs all ${all}.`;
}

/** @param {State} s @param {Op} op */
function stamp(s, op) {
	switch (op.status) {
		case 201:
			return `committed\nby all ${s.nodes.size}`;
		case 409:
			return 'refused\nkey is locked';
		case 503:
			return op.kind === 'read' ? '' : 'rolled back\nnothing\nwas written';
		default:
			return '';
	}
}

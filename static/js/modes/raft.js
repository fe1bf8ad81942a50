// The words of RAFT: a leader orders all writes in one log, and a majority
// commits them. The words are those of Ongaro's dissertation.

import { capital, numberWord, splitWords } from '../model/text.js';
import { focusOp } from '../model/state.js';
import { phaseOf } from '../model/view.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Node} Node */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

const FRESH = 4000; // elastic ms for which a new leader or a struck entry is what the stage is about

/** @type {Mode} */
export const raft = {
	...neutral,
	name: 'RAFT',
	promise: () => 'consistent, split-proof; writes wait for a leader',
	first: (s) => (leaderOf(s) ? 'Press w to write. The leader asks the others.' : 'No node leads yet. One of them will ask for votes.'),
	isVote: (m) => m.type === 'vote' || m.type === 'prevote',
	counts: () => 'answers',
	scene,
	running,
	ended,
	stamp: (_s, op) => (op.status === 201 ? 'committed\nby a majority' : op.status === 503 ? 'no leader' : ''),
	role: (_s, n) => (n.role === 'follower' ? '' : n.role === 'leader' ? `leader of term ${n.term}` : n.role),
	sides: false,
	version: () => '',
};

/** The node that leads, of the highest term. @param {State} s @returns {Node|undefined} */
function leaderOf(s) {
	return [...s.nodes.values()].filter((n) => n.role === 'leader' && n.status === 'up').sort((a, b) => b.term - a.term)[0];
}

/** @param {View} view */
function scene({ s, x }) {
	const struck = [...s.nodes.values()].find((n) => n.log?.struck.length && x - n.log.struckX < FRESH);
	if (struck) return `Nobody had committed it, so the leader's log replaces it at node ${struck.id}.`;
	const asks = [...s.nodes.values()].filter((n) => n.ballots && n.status === 'up').sort((a, b) => (b.ballots?.x ?? 0) - (a.ballots?.x ?? 0))[0];
	if (asks?.ballots) {
		const { phase, term, yes, no, need } = asks.ballots;
		if (no.length > s.nodes.size - need) return `Node ${asks.id} cannot win term ${term}: too many refused.`;
		if (yes.length > 1) return `Node ${asks.id} has ${yes.length} of the ${need} votes that it needs in term ${term}.`;
		if (phase === 'vote') return `Node ${asks.id} heard no leader and asks for votes in term ${term}.`;
		return `Node ${asks.id} heard no leader and asks whether it would win term ${term}.`;
	}
	const leader = leaderOf(s);
	const op = focusOp(s);
	const before = !op || op.x0 <= (leader?.roleX ?? 0); // an operation that began later is the news
	if (leader && before && x - leader.roleX < FRESH) return `Node ${leader.id} has a majority of the votes: it leads term ${leader.term}.`;
	return '';
}

/** @param {View} view @param {Op} op */
function running({ s }, op) {
	const p = phaseOf(op);
	const leader = leaderOf(s);
	switch (p?.phase) {
		case 'forward':
			return `Node ${op.node} forwards the write to the leader, node ${p.waiting[0]}.`;
		case 'append':
			return `The leader has the entry on ${p.yes.length} of the ${p.need} nodes that it needs.`;
		case 'read-index':
			return p.waiting[0] === op.node ? `Node ${op.node} leads, and must know that it still does.` : `Node ${op.node} asks the leader how far the log is committed.`;
		case 'confirm':
			return `Does it still lead? ${capital(numberWord(p.yes.length))} of ${numberWord(p.need)} say yes.`;
	}
	return leader ? '' : 'There is no leader. The operation waits until one is elected.';
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, { good, parts, who }) {
	const majority = numberWord(Math.floor(s.nodes.size / 2) + 1);
	const all = numberWord(s.nodes.size);
	if (parts.length > 1) {
		const mine = parts.find((g) => g.includes(op.node)) ?? [];
		if (good) return `${splitWords(parts)} The side with a majority has a leader, and commits.`;
		return `${splitWords(parts)} ${capital(numberWord(mine.length))} of ${all} elect no leader, so the answer is no.`;
	}
	if (!good) return `${who ? `${who}. ` : ''}No leader that a majority follows, so the answer is no.`;
	if (op.kind === 'read') return 'A majority confirmed the leader, so nothing newer is committed.';
	return `${who ? `${who}, but ` : ''}${who ? majority : capital(majority)} of ${all} have the entry: it is committed.`;
}

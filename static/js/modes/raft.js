// The words of RAFT: a leader orders all writes in one log, and a majority
// commits them. The words are those of Ongaro's dissertation.

import { capital, numberWord, splitWords } from '../model/text.js';
import { focusOp } from '../model/state.js';
import { isStill, phaseOf } from '../model/view.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Ballots} Ballots */
/** @typedef {import('../model/types.js').Node} Node */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

const FRESH = 4000; // elastic ms for which the caption is about a new leader or an overwritten entry

/** @type {Mode} */
export const raft = {
	...neutral,
	name: 'RAFT',
	promise: () => 'consistent, split-proof; writes wait for a leader',
	first: (s) => (leaderOf(s) ? 'Press w to write. The leader asks the others.' : 'No node leads yet. One of them will ask for votes.'),
	isVote: (m) => m.type === 'vote' || m.type === 'prevote',
	isTrial: (phase) => phase === 'pre-vote',
	counts: () => 'answers',
	candidacy,
	scene,
	fate,
	ending: (_s, op, id) => (op.entries.some((e) => e.state === 'replaced' && e.nodes.includes(id)) ? 'had it, replaced' : ''),
	running,
	ended,
	stamp: (_s, op) => (op.status === 201 ? 'committed\nby a majority' : op.status === 503 ? 'no leader' : ''),
	role,
	rows,
	sides: false,
	version: () => '',
};

/** The leader of the highest term. @param {State} s @returns {Node|undefined} */
function leaderOf(s) {
	return [...s.nodes.values()].filter((n) => n.role === 'leader' && n.status === 'up').sort((a, b) => b.term - a.term)[0];
}

/** The words for the role of a node in its term. @param {State} _s @param {Node} n */
function role(_s, n) {
	if (n.role === 'leader') return `leader of term ${n.term}`;
	if (n.role !== 'follower' || !n.log || n.log.leader) return n.role;
	return n.log.vote ? `voted for ${n.log.vote}` : 'no leader';
}

/** How far the log of a node is, and, at a leader, how far the logs of the others are, as the leader knows it. @param {Node} n @returns {[name: string, value: string][]} */
function rows({ id, log, status }) {
	if (!log || status === 'killed') return [];
	const { leader, last, commit, applied } = log;
	const follows = leader === id ? 'itself' : leader ? `node ${leader}` : 'none known';
	/** @type {[name: string, value: string][]} */
	const out = [['leader', follows], ['last entry', String(last)], ['committed, applied', `up to ${commit}, up to ${applied}`]];
	for (const { n, i = 0 } of log.match) {
		if (n !== id) out.push([`node ${n} matches`, i < last ? `up to ${i}, ${last - i} behind` : `up to ${i}`]);
	}
	return out;
}

/** @param {View} view */
function scene({ s, x }) {
	/** @param {number} at */
	const isFresh = (at) => x - at < FRESH && at > s.news.x;
	const struck = [...s.nodes.values()].find((n) => n.log?.struck.length && isFresh(n.log.struckX));
	if (struck) return `It was not committed, so the leader's log replaces it at node ${struck.id}.`;
	const asks = candidate(s);
	if (asks?.ballots) return election(s, asks.id, asks.ballots);
	const leader = leaderOf(s);
	const op = focusOp(s);
	const before = !op || op.x0 <= (leader?.roleX ?? 0); // else an operation began later, and the caption is about that
	if (leader && before && isFresh(leader.roleX)) return `Node ${leader.id} has a majority of the votes: it leads term ${leader.term}.`;
	return '';
}

/** The node that asked for votes last, if that is newer than the news. @param {State} s @returns {Node|undefined} */
function candidate(s) {
	return [...s.nodes.values()].filter((n) => n.status === 'up' && n.ballots && n.ballots.x > s.news.x).sort((a, b) => (b.ballots?.x ?? 0) - (a.ballots?.x ?? 0))[0];
}

/** An election, unless an operation runs or has just ended. @param {View} view @returns {import('./mode.js').Candidacy|undefined} */
function candidacy({ s, x }) {
	const node = candidate(s);
	const op = focusOp(s);
	if (!node?.ballots || (op && (!op.status || x - op.x1 < FRESH / 4))) return undefined;
	const { phase, term, yes, no, need } = node.ballots;
	const trial = raft.isTrial(phase);
	const said = (/** @type {Node} */ n) => (yes.includes(n.id) ? 'yes' : no.includes(n.id) ? 'no' : n.status === 'killed' ? 'dead' : isStill(n) ? 'silent' : 'waiting');
	const ids = [...s.nodes.values()].sort((a, b) => a.id - b.id);
	const counts = [`${yes.length} ${trial ? 'would grant' : 'granted'}`, no.length && `${no.length} refused`, yes.length < need && `${need - yes.length} short`];
	return {
		title: trial ? `trial, term ${term}` : `election, term ${term}`,
		sub: `candidate ${node.id}`,
		node: node.id,
		slots: ids.map((n) => ({ id: n.id, said: said(n), home: false })),
		meter: { yes: yes.length, need, total: s.nodes.size, text: counts.filter(Boolean).join(', ') },
		stamp: leaderOf(s)
			? { kind: 'waits', big: `node ${node.id}`, text: trial ? 'asks whether it would win' : 'asks for votes', band: '' }
			: { kind: 'waits', big: 'no leader', text: 'writes wait until one is elected', band: '' },
		facts: [['rule', trial ? 'a trial spends no vote' : 'one vote a term, to no older log']],
	};
}

/** The present state of a candidate's election. @param {State} s @param {number} id @param {Ballots} ballots */
function election(s, id, { phase, term, yes, no, need }) {
	if (no.length > s.nodes.size - need) return `Node ${id} cannot win term ${term}: too many refused.`;
	if (yes.length > 1 && phase === 'vote') return `Node ${id} has ${Math.min(yes.length, need)} of the ${need} votes that it needs in term ${term}.`;
	if (yes.length > 1) return `${capital(numberWord(Math.min(yes.length, need)))} of the ${need} nodes that it needs would vote for node ${id} in term ${term}.`;
	if (phase === 'vote') return `Node ${id} heard no leader and asks for votes in term ${term}.`;
	return `Node ${id} heard no leader and asks whether it would win term ${term}.`;
}

/**
 * A write that was sent to several leaders may have an entry from each. It happened if one of these
 * entries is committed. It can no longer happen if another entry is committed at the index of each,
 * and no leader can have one more: each leader that was asked runs and has shown its entry, and no
 * message is on its way.
 * @param {State} s @param {Op} op @returns {import('./fate.js').Fate}
 */
function fate(s, op) {
	if (op.entries.some((e) => e.state === 'committed')) return 'written';
	if (op.partial || !op.status || !op.entries.length || op.entries.some((e) => e.state !== 'replaced')) return '';
	const forwards = [...s.msgs.values()].filter((m) => m.op === op.id && m.type === 'forward');
	const asked = new Set([op.node, ...forwards.map((m) => m.to)]);
	const shown = op.phases.filter((p) => p.phase === 'append').every((p) => op.entries.some((e) => e.nodes.includes(p.node)));
	const all = [...asked].every((id) => s.nodes.get(id)?.status === 'up');
	const seen = forwards.length === (op.types.forward?.sent ?? 0);
	return all && shown && seen && !forwards.some((m) => m.state === 'flying') ? 'not written' : '';
}

/** @param {View} view @param {Op} op */
function running({ s }, op) {
	const p = phaseOf(op);
	const leader = leaderOf(s);
	switch (p?.phase) {
		case 'forward':
			return `Node ${op.node} forwards the write to the leader, node ${p.waiting[0]}.`;
		case 'append':
			return `The entry is on ${Math.min(p.yes.length, p.need)} of the ${p.need} nodes that it needs.`;
		case 'read-index':
			return p.waiting[0] === op.node ? `Node ${op.node} leads, and must know that it still does.` : `Node ${op.node} asks the leader how far the log is committed.`;
		case 'confirm':
			return `Does it still lead? ${capital(numberWord(Math.min(p.yes.length, p.need)))} of ${numberWord(p.need)} say yes.`;
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
	if (!good) return `${who() ? `${who()}. ` : ''}No leader took it, so the answer is no.`;
	if (op.kind === 'read') return 'A majority confirmed the leader, so nothing newer is committed.';
	return `${who() ? `${who()}, but ${majority}` : capital(majority)} of ${all} have the entry: it is committed.`;
}

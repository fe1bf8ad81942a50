// The stamp of an operation: its status with its meaning in a few words. While the
// operation runs, it is the time so far, or the rest of the wait.

import { clip, duration, span } from '../model/text.js';
import { nodesOf, outcome } from '../model/view.js';
import { fateOf } from './fate.js';
import { bothEnds, isByHand, stampByHand } from './hand.js';
import { modeOf } from './index.js';
import { isConflicting, missedBy } from './judged.js';

/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/view.js').View} View */
/**
 * @typedef {object} Stamp
 * @property {'good'|'bad'|'waits'|'doubt'|'stale'|'differ'} kind
 * @property {string} big
 * @property {string} text
 * @property {string} band what is known only later, below it; '' for nothing
 * @property {boolean} [counts] it changes with time
 */

const WAIT = 0.1; // s without an event, after which the stamp shows the wait

/** @param {View} view @param {Op} op @returns {Stamp} */
export function stampOf(view, op) {
	const { s } = view;
	const blocked = modeOf(s).blocked(s, op);
	if (blocked.length) return { kind: 'doubt', big: 'in doubt', text: doubtWords(s, op, blocked), band: '' };
	const fate = fateOf(s, op);
	if (!op.status) return { ...waiting(view, op), ...(fate && { band: `now sure: ${fate}` }) };
	if (fate) return { kind: 'bad', big: String(op.status), text: 'outcome\nunknown', band: `now sure: ${fate}` };
	const ends = bothEnds(s, op);
	if (ends) return { kind: 'bad', big: ends.join('≠'), text: 'two ends,\none key', band: '' };
	const stale = staleWords(view, op);
	const kind = stale ? 'stale' : isConflicting(op) ? 'differ' : /** @type {'good'|'bad'} */ (outcome(op.status, op.kind));
	return { kind, big: String(op.status), text: stampWords(s, op), band: kind === 'differ' ? 'conflicting: no node knows\nwhich was written last' : stale };
}

/** A node that runs and has not voted may still decide, because it can refuse its vote. @param {State} s @param {Op} op @param {number[]} blocked */
function doubtWords(s, op, blocked) {
	const all = blocked.length === nodesOf(s, (n) => n.status !== 'killed').length;
	return `${blocked.length} said yes, ${op.coordinator} is dead\n${all ? 'no node may decide' : 'they must wait'}`;
}

/** @param {View} view @param {Op} op @returns {Stamp} */
function waiting(view, op) {
	const { s } = view;
	const left = countdown(view, op);
	const moves = s.pace.rate > 0;
	if (op.died) return { kind: 'bad', big: 'no reply', text: `node ${op.node}\ndied`, band: '' };
	if (typeof left === 'number') return { kind: 'waits', big: 'held', text: 'time stands still', band: '' };
	if (!left || !isWait(view)) return { kind: 'waits', big: duration(Math.max(0, (view.t - op.t0) / 1000)), text: 'since the client asked', band: '', counts: moves };
	const pace = s.pace.rate === 1 ? '' : `, at 1/${Math.round(1 / s.pace.rate)} of full speed`;
	return { kind: 'waits', big: `${(left.ms / 1000).toFixed(1)} s`, text: `left before it ${left.then}${pace}`, band: '', counts: true };
}

/** Whether the screen shows time as it passes, and nothing has happened for a while. @param {View} view */
function isWait(view) {
	return !view.behind && (view.s.pace.pace !== 'live' || view.t - view.s.t > WAIT * 1e6);
}

/** What happens when a timer fires, by its name; the others end no wait of a client. @type {Record<string, string>} */
const THEN = {
	votes: 'gives up', coordinator: 'gives up', repeat: 'gives up', read: 'gives up', query: 'gives up', store: 'gives up', 'write-back': 'gives up', deadline: 'gives up', commit: 'gives up',
	taken: 'asks another node', stored: 'asks another node', values: 'asks another node',
};

/**
 * The rest of an operation's wait in real milliseconds at the present pace, and what the
 * operation does then. It is undefined if no timer shows it, and Infinity if time stands
 * still.
 * @param {View} view @param {Op} op @returns {{ms: number, then: string}|number|undefined}
 */
export function countdown(view, op) {
	const p = op.phases.at(-1);
	const timer = p?.timer && [...view.s.timers.values()].find((t) => t.id === p.timer && t.node === p.node);
	if (!timer || !THEN[timer.name]) return undefined;
	const rate = view.s.pace.rate;
	const ms = (timer.due - view.v) / 1000 / rate;
	if (rate <= 0) return Infinity;
	return ms > 0 ? { ms, then: THEN[timer.name] } : undefined;
}

/** The write that a stale read missed, and how long before the read it ended. @param {View} view @param {Op} op */
function staleWords(view, op) {
	const missed = missedBy(view, op);
	if (!missed) return '';
	return `stale: ${clip(missed.val, 10)} was written\n${span((op.t0 - missed.t1) / 1000)} before, at node ${missed.node}`;
}

/** Whether a node holds the value of a write that no other write has: an earlier try under the same id, at another node, stored it. @param {State} s @param {Op} op */
function isStored(s, op) {
	const ofOther = [...s.ops.values()].some((one) => one !== op && one.key === op.key && one.val === op.val);
	return !ofOther && [...s.held.values(), ...s.hints.values()].some((h) => h.key === op.key && h.val === op.val);
}

/** The words beside a status. @param {State} s @param {Op} op */
export function stampWords(s, op) {
	const own = isByHand(op) ? stampByHand(op) : modeOf(s).stamp(s, op);
	if (own) return own;
	switch (op.status) {
		case 0:
			return '';
		case 200:
			return op.kind === 'read' || op.kind === 'local-read' ? `read\n${clip(op.val || 'an empty value', 12)}` : 'done';
		case 201:
			return 'written';
		case 404:
			return 'answered:\nno value';
		case 503:
			return op.kind === 'read' ? 'refused\nno quorum' : isStored(s, op) ? 'refused' : 'refused\nnothing\nwas written';
		case 504:
			return op.kind === 'write' ? 'unknown\nit may yet\ntake effect' : 'no answer\nin time';
		default:
			return op.status < 300 ? 'done' : 'refused';
	}
}

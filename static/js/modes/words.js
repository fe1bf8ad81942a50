// Words about a state at a playhead that are the same in every mode, or that begin
// with the words of the mode: below a node, the stamp, the meter, times.

import { focusOp } from '../model/state.js';
import { clip, duration } from '../model/text.js';
import { clients, homesOf, phaseOf, slots } from '../model/view.js';
import { endingAt } from './fate.js';
import { isByHand, titleByHand, wordsByHand } from './hand.js';
import { modeOf } from './index.js';

/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').Phase} Phase */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('../model/view.js').View} View */

const GAP_SHOWN = 4000; // elastic ms for which a node says that events of it were lost

/** @param {import('../model/types.js').Quorum} q */
export function overlap(q) {
	return `${q.r} + ${q.w} ${q.r + q.w > q.n ? `> ${q.n}: overlap` : `≤ ${q.n}: no overlap`}`;
}

/**
 * Whether reads and writes of an operation's key are sure to overlap at a home, in a
 * sentence. R + W > N promises that only if homes answered: the answer of a
 * stand-in does not count. A read also needs a write that enough homes hold.
 * @param {State} s @param {Op} op @returns {{text: string, sure: boolean}}
 */
export function promise(s, op) {
	const text = overlap(s.quorum);
	if (s.quorum.r + s.quorum.w <= s.quorum.n) return { text, sure: false };
	const p = op.answered; // not known if the events of the answers came after the end
	if (!p) return { text, sure: false };
	if (homesAmong(p) < p.need) return { text: `${fromHomes(p)}: overlap not promised`, sure: false };
	const write = op.kind === 'read' ? writeBefore(s, op) : undefined;
	const held = write && phaseOf(write);
	if (held && homesAmong(held) < held.need) return { text: `write, ${fromHomes(held)}: overlap not promised`, sure: false };
	return { text, sure: op.status < 300 };
}

/** How many homes answered. @param {Phase} p */
function homesAmong(p) {
	return p.yes.filter((id) => !p.hinted.includes(id)).length;
}

/** How many of the answers came from homes. @param {Phase} p */
function fromHomes(p) {
	return `${homesAmong(p)} of ${p.yes.length} from homes`;
}

/** The newest write that had ended well before a read began. @param {State} s @param {Op} read */
function writeBefore(s, read) {
	return [...s.ops.values()].findLast((o) => o.kind === 'write' && o.key === read.key && o.status === 201 && o.x1 <= read.x0);
}

/** @param {Op} op */
export function title(op) {
	if (isByHand(op)) return titleByHand(op);
	return op.kind === 'write' ? `write ${clip(op.key, 16)} = ${clip(op.val, 16)}` : `${op.kind} ${clip(op.key, 24)}`;
}

/** How a node was frozen, in a few words: not every system has a signal for it. @param {import('../model/types.js').Node} n */
export function freezeWords(n) {
	if (n.status !== 'frozen') return '';
	return { self: 'pauses itself', signal: 'stopped by a signal', simulated: 'simulated' }[n.freeze] ?? '';
}

/** When a timer fires, in a few words. @param {View} view @param {{node: number, due: number}} t */
export function dueWords({ s, v }, t) {
	if (s.pace.rate <= 0) return 'held';
	const left = (t.due - v) / 1000 / s.pace.rate;
	return left <= 0 && s.nodes.get(t.node)?.status === 'frozen' ? 'at the thaw' : duration(Math.max(0, left));
}

/** The word beside an ×. @param {State} s @param {Msg} m */
export function reason(s, m) {
	switch (m.why) {
		case '': // not lost yet, but too late: see isTimedOut
		case 'timeout':
			return 'timed out';
		case 'loss':
			return 'lost';
		case 'down':
			return 'killed';
		case 'refused':
			return s.nodes.get(m.to)?.status === 'killed' || s.ops.get(m.op)?.faults.killed.includes(m.to) ? 'killed' : 'refused';
		case 'overflow':
			return 'queue full';
		case 'gap':
			return 'end not heard of';
		default:
			return m.why;
	}
}

/** The words below a node. @param {State} s @param {number} id @param {Set<number>} chief the coordinators @returns {string} */
export function nodeWords(s, id, chief) {
	const n = s.nodes.get(id);
	if (!n) return '';
	const words = homesOf(s).includes(id) ? ['home'] : [];
	if (n.status === 'frozen' || n.status === 'killed' || n.status === 'starting') words.push(n.status);
	else if (n.silent) words.push('silent');
	else words.push(gapWords(s, n) || hintsAt(s, id) || modeOf(s).role(s, n) || doubt(s, n) || endingAt(s, id) || wordsByHand(s, id) || (chief.has(id) ? side(s, id) || 'coordinator' : ''));
	return words.filter(Boolean).join(' · ');
}

/** Says for a while that events of a node never reached the page. @param {State} s @param {import('../model/types.js').Node} n */
function gapWords(s, n) {
	return n.gap && s.x - n.gap.x < GAP_SHOWN ? `${n.gap.n} not heard of` : '';
}

/** The hints that a node keeps for others. @param {State} s @param {number} id */
function hintsAt(s, id) {
	const hints = [...s.hints.values()].filter((h) => h.node === id);
	if (!hints.length) return '';
	const homes = [...new Set(hints.map((h) => h.for))].sort((a, b) => a - b);
	const what = hints.length > 1 ? `${hints.length} writes` : hints[0].key === s.key ? clip(hints[0].val, 8) : '1 write';
	return `keeps ${what} for ${homes.join(', ')}`;
}

/** A node in doubt says so itself only after the others could not answer its question. The write in focus shows it earlier. @param {State} s @param {import('../model/types.js').Node} n */
function doubt(s, n) {
	const op = focusOp(s);
	return n.badges['in doubt'] || (op && modeOf(s).blocked(s, op).includes(n.id)) ? 'in doubt' : '';
}

/** How many nodes a coordinator could reach under the split of its operation, itself included. @param {State} s @param {number} id */
function side(s, id) {
	const parts = clients(s).find((op) => op.coordinator === id)?.faults.parts ?? [];
	if (parts.length < 2 || !modeOf(s).sides || JSON.stringify(parts) !== JSON.stringify(s.faults.parts)) return '';
	return `${parts.find((g) => g.includes(id))?.length ?? 1} of ${s.nodes.size}`;
}

/** The words of the meter: how many nodes answered, how many are missing. @param {View} view @param {Op} op */
export function meterWords(view, op) {
	const p = phaseOf(op);
	const need = p && p.phase !== 'lock' ? p.need : 0; // who waits for a lock counts no answers
	const all = slots(view, op);
	const count = (/** @type {import('../model/view.js').Said} */ said) => all.filter((s) => s.said === said).length;
	const yes = count('yes');
	const parts = [`${yes} ${modeOf(view.s).counts(op) === 'votes' ? 'yes' : 'answered'}`];
	for (const said of /** @type {const} */ (['no', 'dead', 'silent'])) if (count(said)) parts.push(`${count(said)} ${said}`);
	if (count('late')) parts.push(`${count('late')} no, too late`);
	if (parts.length > 1) return { yes, need, total: all.length, text: parts.join(', ') };
	if (!op.status && count('flying')) parts.push(`${count('flying')} coming`);
	else if (yes < need) parts.push(`${need - yes} short`);
	return { yes, need, total: all.length, text: parts.join(', ') };
}

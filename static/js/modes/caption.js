// One sentence that says what is going on, made from the state. A pure
// function, so that a test can read it.

import { focusOp, groups } from '../model/state.js';
import { clients, homesOf, phaseOf } from '../model/view.js';
import { outcome, shorten, typeWords } from './words.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */

/** @type {Record<string, string>} what a mode keeps and what it costs */
export const promises = {
	CA: 'consistent; one silent node stops every write',
	AP: 'always answers; a read may be stale',
	CP: 'consistent, split-proof; the minority must refuse',
	RAFT: 'consistent, split-proof; a leader decides',
};

/** @type {Record<string, string>} the sentence of a stage on which nothing happened yet */
const first = {
	CA: 'Press w to write. All five nodes must agree.',
	AP: 'Press w to write. Two of three homes are enough.',
	CP: 'Press w to write. A majority must answer.',
	RAFT: 'Press w to write. The leader asks the others.',
};

const STALE = 4000; // elastic ms after which an operation is no longer what the stage is about, where much else happens

const numbers = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
/** @param {number} i */
const word = (i) => numbers[i] ?? String(i);
/** @param {string} text */
const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

/** @param {number[]} ids as in "Node 4 is" and "Nodes 3 and 4 are" */
function nodes(ids) {
	if (ids.length === 1) return `Node ${ids[0]} is`;
	return `Nodes ${ids.slice(0, -1).join(', ')} and ${ids.at(-1)} are`;
}

/** @param {View} view @returns {string} */
export function caption(view) {
	const { s } = view;
	if (!s.nodes.size) return 'The nodes are starting.';
	const hand = s.msgs.get(view.hand);
	if (hand?.state === 'flying') return inHand(s, hand);
	const op = focusOp(s);
	const parts = groups(s);
	if (s.news.text && s.news.x > (op ? Math.min(op.x1, view.x) : -Infinity)) return s.news.text;
	if (parts.length > 1 && (!op || s.news.x > op.x0)) return `${split(parts)} Who can still agree?`;
	if (!op) return (first[s.mode] ?? 'Press w to write.').replace('five', word(s.nodes.size));
	if (view.flow && (op.client === 'load' || view.x - op.x1 > STALE)) return crowded(view);
	return op.status ? ended(s, op) : running(view, op);
}

/** A message in the hand, and how many like it fly. @param {State} s @param {import('../model/types.js').Msg} hand */
function inHand(s, hand) {
	const like = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === hand.op && m.type === hand.type && m.op).length;
	const vote = s.mode === 'CA' && hand.cls === 'yes' && hand.type === 'yes';
	if (like > 1 && vote) return `${capital(word(like))} votes are in the air. This one is in your hand.`;
	return `${capital(typeWords(hand.type))}, from ${hand.from} to ${hand.to}: it is in your hand.`;
}

/** @param {number[][]} parts */
function split(parts) {
	return `Split ${parts.map((g) => g.join(' ')).join(' | ')}.`;
}

/** @param {State} s @param {string} status */
function inState(s, status) {
	return [...s.nodes.values()].filter((n) => n.status === status || (status === 'frozen' && n.silent && n.status === 'up')).map((n) => n.id);
}

/** @param {View} view @param {Op} op */
function running(view, op) {
	const { s } = view;
	const p = phaseOf(op);
	const silent = inState(s, 'frozen').filter((id) => !p || p.waiting.includes(id));
	const air = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === op.id);
	if (s.pace.pace === 'step' && air.length) return `Nothing moves by itself. ${capital(word(air.length))} in the air: press the right arrow.`;
	if (silent.length && (p?.yes.length ?? 0) < (p?.need ?? 1) && p?.waiting.every((id) => silent.includes(id))) return `${nodes(silent)} silent. Everybody waits.`;
	if (s.mode === 'CA' && op.kind === 'write') {
		if (p && /decid|commit|roll|abort/.test(p.phase)) return 'The decision is made. Now everybody must hear it.';
		const dead = inState(s, 'killed').filter((id) => p?.waiting.includes(id));
		if (dead.length && p?.waiting.every((id) => dead.includes(id))) return `${nodes(dead)} killed: ${dead.length > 1 ? 'their votes' : 'its vote'} will never come. Everybody waits.`;
		if (p?.yes.length) return `Votes come in: ${p.yes.length} of ${p.need}.`;
		return `Node ${op.coordinator || op.node} asks everybody: can you commit ${op.key} = ${shorten(op.val, 16)}?`;
	}
	if (p?.need) return `Node ${op.coordinator || op.node} has ${p.yes.length} of the ${p.need} answers that it needs.`;
	return `A client asks node ${op.node} to ${op.kind} ${shorten(op.key, 20)}.`;
}

/** More than can be drawn one by one. @param {View} view */
function crowded({ rate }) {
	const many = rate > 50 ? `About ${(Math.round(rate / 10) * 10).toLocaleString('en')} messages a second` : 'Too many messages';
	return `${many}: the links show how busy they are.`;
}

/** What came of an operation, and why: by what was wrong then, not now. @param {State} s @param {Op} op */
function ended(s, op) {
	const { parts, killed: dead } = op.faults;
	const frozen = [...op.faults.frozen, ...op.faults.silent];
	const away = [...frozen, ...dead].sort();
	const good = outcome(op.status) === 'good';
	const how = !dead.length ? 'frozen' : !frozen.length ? 'killed' : 'silent';
	const who = away.length ? `${nodes(away)} ${how}` : '';
	if (op.status === 504) return 'Nobody answered in time. The write may have happened, or may yet.';
	if (s.mode === 'CA') return endedCA(s, op, good, who);
	if (s.mode === 'AP') return endedAP(s, op, good, away);
	if (parts.length > 1) {
		const mine = parts.find((g) => g.includes(op.node)) ?? [];
		const other = clients(s).find((o) => outcome(o.status) === 'good' && !mine.includes(o.node));
		const able = other ? parts.find((g) => g.includes(other.node)) ?? [] : good ? mine : [];
		const can = able.length ? ` ${capital(word(able.length))} can still agree.` : '';
		if (good) return `${split(parts)}${can}`;
		return `${split(parts)}${can} ${capital(word(mine.length))} cannot${can ? '' : ' agree'}, so ${mine.length === 1 ? 'it says' : 'they say'} no.`;
	}
	const majority = Math.floor(s.nodes.size / 2) + 1;
	if (good) return who ? `${who}, but ${word(majority)} of ${word(s.nodes.size)} answered. That is enough.` : `${capital(word(majority))} of ${word(s.nodes.size)} agree. That is enough.`;
	return who ? `${who}. Fewer than ${word(majority)} answered, so the answer is no.` : 'No majority answered, so the answer is no.';
}

/** @param {State} s @param {Op} op @param {boolean} good @param {string} who */
function endedCA(s, op, good, who) {
	const { parts } = op.faults;
	const all = word(s.nodes.size);
	if (op.kind === 'read') return good ? `A read asks one node only: all ${all} hold the same.` : 'The key is locked: the read had to wait, and gave up.';
	if (good) return `All ${all} said yes, so all ${all} commit.`;
	if (op.status === 409) return 'Somebody holds the lock, so this write is refused.';
	if (who) return `Two-phase commit needs all ${all}. ${who}, so nobody may commit.`;
	if (parts.length > 1) return `${split(parts)} Two-phase commit needs all ${all}, so nobody may commit.`;
	return `A vote never came. Two-phase commit needs all ${all}.`;
}

/** @param {State} s @param {Op} op @param {boolean} good @param {number[]} away */
function endedAP(s, op, good, away) {
	const kept = op.kept.at(-1);
	if (good && kept) {
		const still = s.hints.has(`${kept.node}/${kept.for}/${op.key}`);
		if (!still) return `Home ${kept.for} was away: ${kept.node} kept the write for it, and has handed it over.`;
		const why = op.faults.frozen.includes(kept.for) ? 'frozen' : op.faults.killed.includes(kept.for) ? 'killed' : 'away';
		return `Home ${kept.for} is ${why}, so ${kept.node} keeps the write for it. The client still gets ${op.status}.`;
	}
	const torn = [...s.held.values()].filter((h) => h.key === op.key && h.siblings.length).sort((a, b) => a.node - b.node)[0];
	if (good && torn) return `Node ${torn.node} holds ${word(torn.siblings.length + (torn.siblings.some((x) => x.val === torn.val) ? 0 : 1))} truths: nobody knows which write was last.`;
	if (!good) return 'Too few nodes answered, even for AP.';
	const homes = homesOf(s);
	const missing = homes.filter((h) => away.includes(h));
	if (missing.length) return `${nodes(missing)} away. The others are enough.`;
	const others = (phaseOf(op)?.yes ?? []).filter((id) => homes.length && !homes.includes(id));
	if (others.length) return `Not every home answered in time: ${others.length > 1 ? `nodes ${others.join(' and ')}` : `node ${others[0]}`} stood in.`;
	const need = phaseOf(op)?.need ?? (op.kind === 'read' ? s.quorum.r : s.quorum.w);
	return `${capital(word(need))} of ${word(homes.length || s.quorum.n)} homes answered. The client need not wait for more.`;
}

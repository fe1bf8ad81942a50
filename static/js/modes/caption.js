// The caption: one sentence that says what is going on, made from the state. A
// pure function, so that a test can read it.

import { focusOp, groups } from '../model/state.js';
import { capital, clip, nodesAre, numberWord, splitWords, typeWords } from '../model/text.js';
import { outcome, phaseOf } from '../model/view.js';
import { modeOf } from './index.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

const STALE = 4000; // elastic ms after which an operation is no longer what the stage is about, where much else happens

/** @param {View} view @returns {string} */
export function caption(view) {
	const { s } = view;
	if (!s.nodes.size) return 'The nodes are starting.';
	const hand = s.msgs.get(view.hand);
	if (hand?.state === 'flying') return inHand(s, hand);
	const op = focusOp(s);
	const parts = groups(s);
	const scene = modeOf(s).scene(view);
	if (scene && (!op || !op.status || view.x - op.x1 > STALE / 4)) return scene;
	if (s.news.text && s.news.x > (op ? Math.min(op.x1, view.x) : -Infinity)) return s.news.text;
	if (parts.length > 1 && (!op || s.news.x > op.x0)) return `${splitWords(parts)} Who can still agree?`;
	if (!op) return modeOf(s).first(s);
	if (view.flow && (op.client === 'load' || view.x - op.x1 > STALE)) return crowded(view);
	return op.status ? ended(s, op) : running(view, op);
}

/** A message in the hand, and how many like it fly. @param {State} s @param {Msg} hand */
function inHand(s, hand) {
	const like = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === hand.op && m.type === hand.type && m.op).length;
	if (like > 1 && modeOf(s).isVote(hand)) return `${capital(numberWord(like))} votes are in the air. This one is in your hand.`;
	return `${capital(typeWords(hand.type))}, from ${hand.from} to ${hand.to}: it is in your hand.`;
}

/** @param {View} view @param {Op} op */
function running(view, op) {
	const { s } = view;
	const p = phaseOf(op);
	const silent = [...s.nodes.values()].filter((n) => (n.status === 'frozen' || (n.silent && n.status === 'up')) && (!p || p.waiting.includes(n.id))).map((n) => n.id);
	const air = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === op.id);
	if (s.pace.pace === 'step' && air.length) return `Nothing moves by itself. ${capital(numberWord(air.length))} in the air: press the right arrow.`;
	if (silent.length && (p?.yes.length ?? 0) < (p?.need ?? 1) && p?.waiting.every((id) => silent.includes(id))) return `${nodesAre(silent)} silent. Everybody waits.`;
	const own = modeOf(s).running(view, op);
	if (own) return own;
	if (p?.need) return `Node ${op.coordinator || op.node} has ${p.yes.length} of the ${p.need} answers that it needs.`;
	return `A client asks node ${op.node} to ${op.kind} ${clip(op.key, 20)}.`;
}

/** More than can be drawn one by one. @param {View} view */
function crowded({ rate }) {
	const many = rate > 50 ? `About ${(Math.round(rate / 10) * 10).toLocaleString('en')} messages a second` : 'Too many messages';
	return `${many}: the links show how busy they are.`;
}

/** What came of an operation, and why: by what was wrong then, not now. @param {State} s @param {Op} op */
function ended(s, op) {
	if (op.status === 504) return 'Nobody answered in time. The write may have happened, or may yet.';
	const { parts, killed: dead } = op.faults;
	const frozen = [...op.faults.frozen, ...op.faults.silent];
	const away = [...frozen, ...dead].sort((a, b) => a - b);
	const how = !dead.length ? 'frozen' : !frozen.length ? 'killed' : 'silent';
	const who = away.length ? `${nodesAre(away)} ${how}` : '';
	return modeOf(s).ended(s, op, { good: outcome(op.status) === 'good', parts, away, who });
}

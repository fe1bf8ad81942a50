// The caption: one sentence about what happens now, made from the state. It is a
// pure function, so that a test can compare it with the state.

import { focusOp, groups } from '../model/state.js';
import { capital, clip, nodesAre, nodesWords, numberWord, span, splitWords, typeWords } from '../model/text.js';
import { isStill, nodesOf, outcome, phaseOf } from '../model/view.js';
import { fateOf, fateWords } from './fate.js';
import { endedByHand, isByHand } from './hand.js';
import { modeOf } from './index.js';
import { newsWords } from './news.js';
import { missedBy } from './judged.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

const STALE = 4000; // elastic ms after the end of an operation; later, under load, the caption is about the load

/** @param {View} view @returns {string} */
export function caption(view) {
	const { s } = view;
	if (view.link === 'lost' && !view.past) return 'The connection is lost. The stage shows the last state that arrived.';
	if (!s.nodes.size) return 'Connecting to the playground.';
	if ([...s.nodes.values()].every((n) => n.status === 'starting')) return 'The nodes are starting.';
	const hand = s.msgs.get(view.hand);
	if (hand?.state === 'flying') return inHand(s, hand);
	const op = focusOp(s);
	const doubt = op && blockedWords(s, op);
	if (doubt) return doubt;
	const scene = modeOf(s).scene(view);
	if (scene && (!op || !op.status || view.x - op.x1 > STALE / 4)) return scene;
	const told = changed(view, op);
	if (told) return told;
	if (!op) return modeOf(s).first(s);
	if (view.flow && (op.client === 'load' || view.x - op.x1 > STALE)) return crowded(view);
	return op.status ? ended(view, op) : running(view, op);
}

/** The caption of a message in the hand, with the number of messages like it in flight. @param {State} s @param {Msg} hand */
function inHand(s, hand) {
	const like = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === hand.op && m.type === hand.type && m.op).length;
	if (like > 1 && modeOf(s).isVote(hand)) return `${capital(numberWord(like))} votes are on the way. This one is in your hand.`;
	return `${capital(typeWords(hand.type))}, from ${hand.from} to ${hand.to}: it is in your hand.`;
}

/** The caption when the coordinator is dead, and nodes that voted yes wait for its decision. @param {State} s @param {Op} op */
function blockedWords(s, op) {
	const ids = modeOf(s).blocked(s, op);
	if (!ids.length) return '';
	const died = modeOf(s).isSeen(s, op) ? 'died before it told any node' : 'is dead';
	return `Node ${op.coordinator} ${died}. ${capital(nodesWords(ids))} said yes and must wait.`;
}

/** The caption of what a person did to the cluster after the operation in focus ended. @param {View} view @param {Op|undefined} op */
function changed({ s, x }, op) {
	if (op && s.news.x <= Math.min(op.x1, x)) return '';
	const parts = groups(s);
	if (s.news.what === 'link' && parts.length > 1) return `${splitWords(parts)} Which nodes can still agree?`;
	const news = newsWords(s, x);
	return news && op && fateOf(s, op) ? `${news} ${fateWords(s, op)}` : news;
}

/** @param {View} view @param {Op} op */
function running(view, op) {
	const { s } = view;
	const p = phaseOf(op);
	if (op.died) return `Node ${op.node} died before it answered.`;
	const at = s.nodes.get(op.coordinator || op.node);
	if (at && isStill(at)) return p ? `${nodesAre([at.id])} ${at.status === 'frozen' ? 'frozen' : 'silent'}, and the ${op.kind} waits for it.` : `${nodesAre([at.id])} ${at.status === 'frozen' ? 'frozen' : 'silent'}: the request waits at this node.`;
	const air = [...s.msgs.values()].filter((m) => m.state === 'flying' && m.op === op.id);
	if (s.pace.pace === 'step' && air.length) return `Nothing moves by itself. ${capital(numberWord(air.length))} on the way: press the right arrow.`;
	const silent = nodesOf(s, (n) => isStill(n) && !!p?.waiting.includes(n.id));
	if (p && silent.length && p.yes.length < p.need && p.waiting.every((id) => silent.includes(id))) return `${nodesAre(silent)} ${silent.every((id) => s.nodes.get(id)?.status === 'frozen') ? 'frozen' : 'silent'}: the ${op.kind} waits for ${silent.length > 1 ? 'them' : 'it'}.`;
	const own = isByHand(op) ? '' : modeOf(s).running(view, op);
	if (own) return own;
	if (p?.need && !isByHand(op)) return p.yes.length < p.need ? `Node ${p.node} has ${numberWord(p.yes.length)} of the ${numberWord(p.need)} answers that it needs.` : `Node ${p.node} has the ${p.need === 1 ? 'answer' : `${numberWord(p.need)} answers`} that it needs.`;
	return `A client asks node ${op.node} to ${op.kind === 'rollback' ? 'roll back' : op.kind === 'local-read' ? 'read' : op.kind} ${clip(op.tx && op.kind !== 'propose' ? op.tx : op.key, 20)}.`;
}

/** The caption when there are too many messages to draw one by one. @param {View} view */
function crowded({ rate }) {
	const many = rate > 50 ? `About ${(Math.round(rate / 10) * 10).toLocaleString('en')} messages a second` : 'Too many messages';
	return `${many}: the links show how busy they are.`;
}

/** How an operation ended, and why. @param {View} view @param {Op} op */
function ended(view, op) {
	const { s } = view;
	if (op.died && op.status >= 500) return `Node ${op.node} died before it answered.${op.kind === 'write' ? ` ${fateWords(s, op)}` : ''}`;
	if (op.status === 504) return `No answer came in time.${op.kind === 'write' ? ` ${fateWords(s, op)}` : ''}`;
	if (isByHand(op)) return endedByHand(s, op);
	const missed = missedBy(view, op);
	if (missed) return `Node ${op.coordinator || op.node} answered ${op.status === 404 ? 'that there is no value' : clip(op.val, 12)}: stale. ${clip(missed.val, 12)} was written ${span((op.t0 - missed.t1) / 1000)} before.`;
	return modeOf(s).ended(s, op, how(s, op, outcome(op.status) === 'good')) || `Node ${op.node} answered ${op.status}.`;
}

/** The faults when an operation ended, in the present tense if they still exist. @param {State} s @param {Op} op @param {boolean} good @returns {import('./mode.js').Outcome} */
function how(s, op, good) {
	const { parts, killed, frozen, silent } = op.faults;
	const away = [...frozen, ...silent, ...killed].sort((a, b) => a - b);
	const who = (/** @type {number[]} */ ids = away) => {
		if (!ids.length) return '';
		const word = ids.every((id) => frozen.includes(id)) ? 'frozen' : ids.every((id) => killed.includes(id)) ? 'killed' : 'silent';
		const is = (/** @type {number} */ id) => s.faults.killed.includes(id) && word !== 'frozen' || s.faults.frozen.includes(id) && word !== 'killed' || s.faults.silent.includes(id) && word === 'silent';
		return `${nodesAre(ids, !ids.every(is))} ${word}`;
	};
	const same = JSON.stringify(parts) === JSON.stringify(s.faults.parts);
	return { good, parts: same ? parts : [], away, who };
}

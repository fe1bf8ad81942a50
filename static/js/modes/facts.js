// Facts about an operation, in the words of a talk: which nodes answered, for which nodes
// it waited, which messages were lost. A pure function, so that a test can read the facts.

import { fateOf, isOpen } from './fate.js';
import { factsByHand } from './hand.js';
import { modeOf } from './index.js';
import { isParked, isTimedOut } from '../model/state.js';
import { clients, hintsOf, outcome, phaseOf, slots, valueAt } from '../model/view.js';
import { duration, typeWords } from '../model/text.js';
import { reason } from './words.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {[name: string, value: string]} Fact */

/**
 * The facts, the most important first: a stage shows two or three.
 * @param {View} view @param {Op} op
 * @returns {Fact[]}
 */
export function factsOf(view, op) {
	const blocked = modeOf(view.s).blocked(view.s, op);
	if (blocked.length) return inDoubt(view.s, op, blocked);
	const byHand = factsByHand(view.s, op);
	if (byHand.length) return byHand;
	const mine = op.partial ? [] : [...view.s.msgs.values()].filter((m) => m.op === op.id); // a page that was opened later has some of them, and counts none
	const bad = outcome(op.status, op.kind) === 'bad';
	const lost = lostOnTheWay(view, mine);
	const { asksFirst } = modeOf(view.s);
	const first = asksFirst ? asked(view, mine) : answers(view, op, mine);
	/** @type {(Fact|undefined)[]} */
	const rows = op.status
		? [
			became(view.s, op),
			bad && lost && op.faults.parts.length > 1 ? lost : first,
			bad ? waited(view, op) : hint(view, op),
			meanwhile(view, op),
			decision(view, mine),
			bad ? undefined : ['took', duration((op.t1 - op.t0) / 1000)],
			asksFirst ? answers(view, op, mine) : asked(view, mine), bad ? answers(view, op, mine) : lost,
		]
		: [asked(view, mine), answers(view, op, mine), locked(view, op), decision(view, mine), hint(view, op)];
	return /** @type {Fact[]} */ (rows.filter((row, i) => row && rows.findIndex((r) => r?.[0] === row[0]) === i)).slice(0, 5);
}

/** What is sure about a write whose client got no outcome. @param {import('../model/types.js').State} s @param {Op} op @returns {Fact|undefined} */
function became(s, op) {
	return isOpen(op) ? ['outcome', fateOf(s, op) || 'not known yet'] : undefined;
}

/** The facts of an operation whose coordinator is dead. The questions to the coordinator are not counted. @param {import('../model/types.js').State} s @param {Op} op @param {number[]} blocked @returns {Fact[]} */
function inDoubt(s, op, blocked) {
	const asks = modeOf(s).isSeen(s, op) ? [...s.msgs.values()].filter((m) => m.op === op.id && m.type === 'ask' && m.to !== op.coordinator).length : 0;
	/** @type {Fact[]} */
	const rows = [['voted yes', blocked.join(', ')], ['locked', blocked.join(', ')]];
	return asks ? [['asked each other', asks === 1 ? 'once' : `${asks} times`], ...rows] : rows;
}

/** The newest wave of requests. @param {View} view @param {Msg[]} mine @returns {Fact|undefined} */
function asked(view, mine) {
	const type = mine.findLast((m) => m.cls === 'request' && m.via !== 'forward')?.type;
	if (!type) return undefined;
	const wave = mine.filter((m) => m.type === type && m.cls === 'request');
	const dead = wave.filter((m) => died(view, m)).length;
	const flying = wave.filter((m) => m.state === 'flying' && !died(view, m)).length;
	return [typeWords(type), [`${wave.length} sent`, dead && `${dead} ×`, flying && !dead && `${flying} on the way`].filter(Boolean).join(', ')];
}

/** How many nodes said yes; the coordinator's own yes is shown apart. @param {View} view @param {Op} op @param {Msg[]} mine @returns {Fact|undefined} */
function answers(view, op, mine) {
	const p = phaseOf(op);
	if (!p?.need || p.phase === 'lock') return undefined;
	const votes = modeOf(view.s).counts(op) === 'votes';
	const own = p.yes.includes(op.coordinator || op.node);
	const others = p.yes.length - (own ? 1 : 0);
	const flying = op.status ? 0 : mine.filter((m) => (m.cls === 'yes' || m.cls === 'no') && m.state === 'flying' && !isParked(view.s, m, view.v)).length;
	const said = `${others}${votes ? ' yes' : ''}${own ? ' + own' : ''}`;
	return [votes ? 'votes' : 'answers', [flying && !others ? '' : said, p.no.length && `${p.no.length} no`, flying && `${flying} on the way`].filter(Boolean).join(', ')];
}

/** How many messages were lost, and why. @param {View} view @param {Msg[]} mine @returns {Fact|undefined} */
function lostOnTheWay(view, mine) {
	const dead = mine.filter((m) => died(view, m));
	if (!dead.length) return undefined;
	const why = new Set(dead.map((m) => reason(view.s, m)));
	return ['lost on the way', `${dead.length}, ${why.size > 1 ? [...why].join(', ') : `${dead.length > 1 ? 'all ' : ''}${[...why][0]}`}`];
}

/** How long an operation without success took. It waited if no answer came in time, and for which node is said if it is only one. @param {View} view @param {Op} op @returns {Fact} */
function waited(view, op) {
	const time = duration((op.t1 - op.t0) / 1000);
	if (op.status < 500) return ['took', time];
	const silent = slots(view, op).filter((slot) => slot.said === 'silent' || slot.said === 'lost').map((slot) => slot.id);
	const [id] = silent;
	const one = silent.length === 1 && (op.node === id || op.phases.some((p) => p.waiting.includes(id) || p.homes.includes(id)));
	return [one ? `waited for node ${id}` : 'waited', time];
}

/** The answer that another client got meanwhile. @param {View} view @param {Op} op @returns {Fact|undefined} */
function meanwhile(view, op) {
	const other = clients(view.s).find((o) => o.id !== op.id && o.status);
	return other && [`meanwhile at node ${other.node}`, `${other.status} in ${duration((other.t1 - other.t0) / 1000)}`];
}

/** How many messages of the decision arrived. @param {View} view @param {Msg[]} mine @returns {Fact|undefined} */
function decision(view, mine) {
	const last = mine.findLast((m) => m.cls === 'decide');
	if (!last) return undefined;
	const wave = mine.filter((m) => m.cls === 'decide' && m.type === last.type);
	const waiting = wave.filter((m) => isParked(view.s, m, view.v)).length;
	const flying = wave.filter((m) => m.state === 'flying').length - waiting;
	const there = wave.filter((m) => m.state === 'delivered').length;
	return [typeWords(last.type), flying ? `${flying} on the way` : `${there} arrived${waiting ? `, ${waiting} ${waiting > 1 ? 'wait' : 'waits'}` : ''}`];
}

/** Which nodes hold a lock for the write. @param {View} view @param {Op} op @returns {Fact|undefined} */
function locked(view, op) {
	const ids = [...view.s.nodes.keys()].filter((id) => valueAt(view.s, id).locked).sort((a, b) => a - b);
	return ids.length && op.kind === 'write' ? ['locked', ids.join(', ')] : undefined;
}

/** Which nodes keep the write for which homes. @param {View} view @param {Op} op @returns {Fact|undefined} */
function hint(view, op) {
	const { kept, given } = hintsOf(view.s, op);
	const of = kept.length ? kept : given;
	if (!of.length) return undefined;
	const [{ node, for: home }] = of;
	if (of.length === 1) return ['hint', kept.length ? `${node} holds it for ${home}` : `${node} gave it to ${home}`];
	const keepers = [...new Set(of.map((k) => k.node))].sort((a, b) => a - b);
	const homes = (/** @type {number} */ id) => of.filter((k) => k.node === id).map((k) => k.for).sort((a, b) => a - b);
	return ['hints', keepers.map((id) => `${id} ${kept.length ? 'for' : 'to'} ${homes(id).join(', ')}`).join('; ')];
}

/** Whether the stage shows an × for a message. @param {View} view @param {Msg} m */
function died(view, m) {
	return m.state === 'lost' || (isParked(view.s, m, view.v) && isTimedOut(view.s, m));
}

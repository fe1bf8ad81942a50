// The words of CP: a majority answers every read and every write.

import { capital, numberWord, splitWords } from '../model/text.js';
import { clients, countWords, nodesOf, outcome, phaseOf } from '../model/view.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

/** @type {Mode} */
export const cp = {
	...neutral,
	name: 'CP',
	promise: () => 'consistent, split-proof; the minority must refuse',
	first: () => 'Press w to write. A majority must answer.',
	fate: (s, op) => (holders(s, op).length > s.nodes.size / 2 ? 'written' : ''),
	ending: (s, op, id) => (holders(s, op).includes(id) ? 'has it' : ''),
	running,
	ended,
	stamp: (_s, op) => (op.status === 201 && op.kind === 'write' && isSeenByAMajority(op) ? 'written\nby a majority' : ''),
};

/**
 * Whether the last phase shows a majority. A repeated request is answered from the memory
 * of its node, so its phases may show fewer answers.
 * @param {Op} op
 */
function isSeenByAMajority(op) {
	const p = phaseOf(op);
	return !!p && p.yes.length >= p.need;
}

/**
 * The nodes whose disks have the value of a write, or had it. The version that a node holds
 * names the write. A node says that it stored the value only after it has stored it.
 * @param {State} s @param {Op} op
 */
function holders(s, op) {
	const said = [...s.msgs.values()].filter((m) => m.op === op.id && m.type === 'stored').map((m) => m.from);
	const counted = op.phases.filter((p) => p.phase === 'store').flatMap((p) => p.yes);
	const tag = `.${op.coordinator}.${op.id.slice(0, 4)}`;
	return nodesOf(s, ({ id }) => said.includes(id) || counted.includes(id) || !!s.held.get(`${id}/${op.key}`)?.version.endsWith(tag));
}

/** Each operation has two phases, and each of them counts from 0. @param {View} _view @param {Op} op */
function running(_view, op) {
	const p = phaseOf(op);
	switch (p?.phase) {
		case 'query':
			return op.kind === 'write' ? `First: which version is the newest? ${countWords(p)} answered.` : `Which value is the newest? ${countWords(p)} answered.`;
		case 'store':
			return `Now store it: ${countWords(p)} have it.`;
		case 'write back':
			return `The answers differ, so the newest is written back: ${countWords(p)} have it.`;
	}
	return '';
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, how) {
	const p = phaseOf(op);
	const all = numberWord(s.nodes.size);
	if (!p) return '';
	if (how.parts.length > 1 && op.status !== 409) return endedInSplit(s, op, how);
	if (how.good) {
		if (!isSeenByAMajority(op)) return '';
		const enough = `${numberWord(Math.min(p.yes.length, s.nodes.size))} of ${all} ${p.phase === 'query' ? 'answered' : 'have it'}. That is enough.`;
		const who = how.who();
		return who ? `${who}, but ${enough}` : capital(enough);
	}
	if (op.status !== 503 || p.yes.length >= p.need) return '';
	return `${how.away.length ? `${how.who()}. ` : ''}Only ${numberWord(p.yes.length)} of ${all} answered, so the answer is no.`;
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function endedInSplit(s, op, { good, parts }) {
	const mine = parts.find((g) => g.includes(op.node)) ?? [];
	const other = clients(s).find((o) => outcome(o.status) === 'good' && !mine.includes(o.node) && JSON.stringify(o.faults.parts) === JSON.stringify(parts));
	const able = other ? parts.find((g) => g.includes(other.node)) ?? [] : good ? mine : [];
	const can = able.length ? ` ${capital(numberWord(able.length))} can still agree.` : '';
	if (good) return `${splitWords(parts)}${can}`;
	return `${splitWords(parts)}${can} ${capital(numberWord(mine.length))} cannot${can ? '' : ' agree'}, so ${mine.length === 1 ? 'it says' : 'they say'} no.`;
}

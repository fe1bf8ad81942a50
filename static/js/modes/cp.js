// The words of CP: a majority answers every read and every write.

import { clients, outcome } from '../model/view.js';
import { capital, numberWord, splitWords } from '../model/text.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */

/** @type {Mode} */
export const cp = {
	...neutral,
	name: 'CP',
	promise: () => 'consistent, split-proof; the minority must refuse',
	first: () => 'Press w to write. A majority must answer.',
	ended,
	stamp: (_s, op) => (op.status === 201 ? 'written\nby a majority' : ''),
};

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, { good, parts, who }) {
	if (parts.length > 1) return endedInSplit(s, op, good, parts);
	const majority = numberWord(Math.floor(s.nodes.size / 2) + 1);
	const all = numberWord(s.nodes.size);
	if (good) return who ? `${who}, but ${majority} of ${all} answered. That is enough.` : `${capital(majority)} of ${all} agree. That is enough.`;
	return who ? `${who}. Fewer than ${majority} answered, so the answer is no.` : 'No majority answered, so the answer is no.';
}

/** @param {State} s @param {Op} op @param {boolean} good @param {number[][]} parts */
function endedInSplit(s, op, good, parts) {
	const mine = parts.find((g) => g.includes(op.node)) ?? [];
	const other = clients(s).find((o) => outcome(o.status) === 'good' && !mine.includes(o.node));
	const able = other ? parts.find((g) => g.includes(other.node)) ?? [] : good ? mine : [];
	const can = able.length ? ` ${capital(numberWord(able.length))} can still agree.` : '';
	if (good) return `${splitWords(parts)}${can}`;
	return `${splitWords(parts)}${can} ${capital(numberWord(mine.length))} cannot${can ? '' : ' agree'}, so ${mine.length === 1 ? 'it says' : 'they say'} no.`;
}

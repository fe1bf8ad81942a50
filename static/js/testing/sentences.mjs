// All sentences of the page at a moment, checked by the rules.

import { descriptorOf, focusOp } from '../model/state.js';
import { coordinators, slots } from '../model/view.js';
import { caption } from '../modes/caption.js';
import { factsOf } from '../modes/facts.js';
import { modeOf } from '../modes/index.js';
import { stampOf } from '../modes/stamp.js';
import { meterWords, nodeWords, promise } from '../modes/words.js';
import { captionRules, electionRules, factRules, meterRules, nodeRules, overlapRules, slotRules, stampRules } from './rules.mjs';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('./rules.mjs').At} At */
/** @typedef {import('./rules.mjs').Rule} Rule */
/** @typedef {{kind: string, text: string, id: number}} Sentence id: the node that it is about, or 0 */

/** @type {Record<string, Rule[]>} */
export const rules = { caption: captionRules, stamp: stampRules, meter: meterRules, node: nodeRules, slot: slotRules, fact: factRules, overlap: overlapRules, election: electionRules };

/** What the page says at a moment. @param {View} view @returns {Sentence[]} */
export function saidAt(view) {
	const { s } = view;
	const op = focusOp(s);
	const chief = coordinators(s);
	/** @type {Sentence[]} */
	const said = sentencesOf(caption(view)).map((text) => ({ kind: 'caption', text, id: 0 }));
	for (const id of s.nodes.keys()) {
		for (const text of nodeWords(s, id, chief).split(' · ').filter(Boolean)) said.push({ kind: 'node', text, id });
	}
	const election = modeOf(s).candidacy(view);
	if (election) said.push(...electionTexts(election).map((text) => ({ kind: 'election', text, id: election.node })));
	if (!op) return said;
	const { big, text, band } = stampOf(view, op);
	said.push({ kind: 'stamp', text: `${big} | ${text} | ${band}`, id: 0 });
	const meter = meterWords(view, op);
	if (meter.need) said.push({ kind: 'meter', text: meter.text, id: 0 });
	for (const slot of slots(view, op)) said.push({ kind: 'slot', text: `${slot.id} ${slot.said}`, id: slot.id });
	for (const fact of factsOf(view, op)) said.push({ kind: 'fact', text: fact.join(': '), id: 0 });
	if (descriptorOf(s).sizes) {
		const { text: promised, sure } = promise(s, op);
		said.push({ kind: 'overlap', text: `${promised}, ${sure ? 'sure' : 'not sure'}`, id: 0 });
	}
	return said;
}

let last = { caption: '', sentences: [''] };

/** The sentences of a caption: mostly it is that of the last event. @param {string} text */
function sentencesOf(text) {
	if (text !== last.caption) last = { caption: text, sentences: text.split(/(?<=(?<!stale)[.?!]) (?=[A-Z\d])/) };
	return last.sentences;
}

/** What the panel says of an election. @param {import('../modes/mode.js').Candidacy} election */
function electionTexts({ title, sub, slots: all, meter, stamp, facts }) {
	return [title, sub, ...all.map((slot) => `${slot.id} ${slot.said}`), meter.text, `need ${meter.need}`, `${stamp.big} | ${stamp.text} | ${stamp.band}`, ...facts.map((fact) => fact.join(': '))];
}

/** The rules whose form a sentence has, with the groups of the form, by kind and text: most sentences are said many times. @type {Record<string, Map<string, {rule: Rule, groups: string[]}[]>>} */
const known = Object.fromEntries(Object.keys(rules).map((kind) => [kind, new Map()]));
const KNOWN = 20_000; // texts of a kind that are kept

/** Which rule a sentence has, and whether it holds. @param {View} view @param {Sentence} sentence @returns {{rule: Rule|undefined, holds: boolean}} */
export function judge(view, { kind, text, id }) {
	const at = { view, s: view.s, op: focusOp(view.s) ?? nothing, id };
	const forms = formsOf(kind, text);
	for (const { rule, groups } of forms) if (rule[1](at, ...groups)) return { rule, holds: true };
	return { rule: forms.at(-1)?.rule, holds: false };
}

/** @param {string} kind @param {string} text */
function formsOf(kind, text) {
	const texts = known[kind];
	let forms = texts.get(text);
	if (forms) return forms;
	forms = rules[kind].flatMap((rule) => {
		const found = rule[0].exec(text);
		return found ? [{ rule, groups: found.slice(1) }] : [];
	});
	if (texts.size >= KNOWN) texts.clear();
	texts.set(text, forms);
	return forms;
}

/** The operation of a sentence when no operation has the focus. @type {import('../model/types.js').Op} */
const nothing = {
	id: '', client: '', node: 0, coordinator: 0, kind: '', tx: '', key: '', val: '', siblings: [], status: 0, t0: 0, t1: 0, x0: 0, x1: 0,
	phases: [], types: {}, faults: { parts: [], frozen: [], killed: [], silent: [] }, kept: [], repairs: [], entries: [], died: false, partial: false,
};

// Rules that act once, at a point of the protocol: "kill 1 when the votes are in".
// The descriptor of the mode has the most instructive moments of an operation. This file
// has pure functions for them, and the form that offers them.

import { el } from '../draw/dom.js';
import { descriptorOf } from '../model/state.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Rule} Rule */
/** @typedef {import('../model/wire.d.ts').Moment} Moment */
/** @typedef {{when: {type: string, count: number, node: number|string}, then: string}} PointRule */

/** The moments of a mode. There are none if its descriptor has none, as in an old recording. @param {State} s @returns {Moment[]} */
export function momentsOf(s) {
	return descriptorOf(s).moments ?? [];
}

/** How many messages a moment needs: Share.Count of package cluster. @param {Moment} m @param {number} nodes */
export function countOf(m, nodes) {
	return m.from === 'all' ? nodes - 1 : m.from === 'majority' ? Math.floor(nodes / 2) : 1;
}

/** The point of the i-th moment, at one node or, with '*', at the first node that reaches it. @param {State} s @param {number} i @param {number|string} node */
export function pointOf(s, i, node) {
	const m = momentsOf(s)[i];
	return m ? { type: m.type, count: countOf(m, s.nodes.size), node } : { type: '', count: 1, node };
}

/** When a rule acts, in words. @param {State} s @param {{type: string, count: number}} point */
export function whenWords(s, { type, count }) {
	const m = momentsOf(s).find((one) => one.type === type && countOf(one, s.nodes.size) === count);
	return m?.when ?? `${count} ${type} ${count === 1 ? 'is' : 'are'} in`;
}

/** A rule in words. @param {State} s @param {Rule} r */
export function ruleWords(s, r) {
	if (!r.then || !r.when) return `${r.do} ${r.count ? `${r.count} ` : 'all '}${r.type === '*' ? 'of any type' : r.type} ${r.from} → ${r.to}`;
	const m = momentsOf(s).find((one) => one.type === r.when?.type);
	return `${r.then} ${r.when.node === '*' ? `the ${m?.role ?? 'first node'}` : r.when.node} when ${whenWords(s, r.when)}`;
}

/** The node of a moment: the node that has its role now, else the chosen node. @param {State} s @param {Moment|undefined} m @param {number} chosen */
export function usualNode(s, m, chosen) {
	return [...s.nodes.values()].find((n) => n.role === 'leader' && n.role === m?.role)?.id ?? chosen;
}

/** The choices of the form, for the mode and the nodes. @param {HTMLFormElement} form @param {State} s @param {number} chosen */
export function fillMoments(form, s, chosen) {
	const select = (/** @type {string} */ name) => /** @type {HTMLSelectElement} */ (form.querySelector(`[name=${name}]`));
	const all = momentsOf(s);
	select('when').replaceChildren(...all.map((m, i) => el('option', m.when, { value: String(i) })));
	select('node').replaceChildren(el('option', `the ${all[0]?.role ?? 'first'}, any node`, { value: '*' }), ...[...s.nodes.keys()].sort((a, b) => a - b).map((id) => el('option', `node ${id}`, { value: String(id) })));
	select('node').value = String(usualNode(s, all[0], chosen));
}

/** The role of the node where the chosen moment is, in the form. @param {HTMLFormElement} form @param {State} s */
export function nameRole(form, s) {
	const m = momentsOf(s)[Number(new FormData(form).get('when'))];
	const any = form.querySelector('[name=node] option[value="*"]');
	if (any && m) any.textContent = `the ${m.role}, any node`;
}

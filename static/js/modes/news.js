// The news: the caption of the last thing that a person did to the cluster, as long as it holds.

import { isCut } from '../model/state.js';
import { capital, nodesAre, nodesWords, numberWord } from '../model/text.js';
import { nodesOf } from '../model/view.js';
import { modeOf } from './index.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').News} News */

const SETTLED = 250; // elastic ms after which a kill is not the beginning of a reset or a new mode, which empty the disks

/** The news in words; '' if it no longer holds. @param {State} s @param {number} x the playhead @returns {string} */
export function newsWords(s, x) {
	const { what, nodes, n } = s.news;
	const still = (/** @type {string} */ status) => nodesOf(s, (one) => nodes.includes(one.id) && one.status === status);
	switch (what) {
		case 'frozen': {
			const ids = still('frozen');
			return ids.length ? `${nodesAre(ids)} frozen.` : '';
		}
		case 'killed': {
			const ids = still('killed');
			return ids.length ? `${nodesAre(ids)} killed.${x - s.news.x >= SETTLED && keepsDisk(s, ids) ? ` What ${ids.length > 1 ? 'they' : 'it'} wrote to disk stays.` : ''}` : '';
		}
		case 'thawed':
			return thawed(s, still('up'));
		case 'back': {
			const ids = still('up');
			if (ids.length > 1 && nodesOf(s, (one) => one.status === 'up').length === s.nodes.size) return `All ${numberWord(ids.length === s.nodes.size ? ids.length : s.nodes.size)} run again.`;
			return ids.length ? `${nodesAre(ids)} back.` : '';
		}
		case 'healed':
			return healed(s);
		case 'link':
			return cutWords(s);
		case 'mode':
			return `${s.mode}. ${modeOf(s).first(s)}`;
		case 'reset':
			return [...s.held.values()].some((h) => h.val) ? '' : `Every database is empty. ${modeOf(s).first(s)}`;
		case 'passed':
			return `Node ${nodes[0]} went on: the playground did not answer.`;
		case 'failed':
			return `A rule could not act on node ${nodes[0]}.`;
		case 'gap':
			return `${n === 1 ? 'One event' : `${n} events`} of node ${nodes[0]} never reached the page: some messages may be missing.`;
	}
	return '';
}

/** Whether killed nodes have something on their disks. @param {State} s @param {number[]} ids */
function keepsDisk(s, ids) {
	const holders = new Set([...s.held.values()].filter((h) => h.version || h.val).map((h) => h.node));
	return ids.every((id) => holders.has(id)) && nodesOf(s, (n) => n.status === 'killed').length < s.nodes.size;
}

/** @param {State} s @param {number[]} ids */
function thawed(s, ids) {
	if (!ids.length) return '';
	const waits = [...s.msgs.values()].some((m) => m.state === 'flying' && m.cls !== 'background' && ids.includes(m.to) && m.x0 < s.news.x);
	return `${nodesAre(ids)} thawed${waits ? ', and the messages that waited are delivered' : ''}.`;
}

/** @param {State} s */
function healed(s) {
	if (cutPairs(s).length) return '';
	const hint = [...s.hints.values()][0];
	if (hint) return `The split is healed. Node ${hint.node} still keeps a write for node ${hint.for}.`;
	const values = new Set([...s.held.values()].filter((h) => h.key === s.key && h.val).map((h) => h.val));
	return `The split is healed.${values.size > 1 ? ' The nodes still hold different values.' : ''}`;
}

/** Links that are cut although no group is cut off. @param {State} s */
function cutWords(s) {
	const pairs = cutPairs(s);
	if (!pairs.length) return '';
	if (pairs.length > 1) return `${capital(numberWord(pairs.length))} links are cut.`;
	const [{ a, b }] = pairs;
	if (isCut(s, a, b) && isCut(s, b, a)) return `The link between ${nodesWords([a, b])} is cut.`;
	const [from, to] = isCut(s, a, b) ? [a, b] : [b, a];
	return `No message gets from node ${from} to node ${to}.`;
}

/** The links of which a direction is cut. @param {State} s @returns {{a: number, b: number}[]} */
function cutPairs(s) {
	const pairs = new Map();
	for (const { from, to, cut } of s.links.values()) {
		const [a, b] = [Math.min(from, to), Math.max(from, to)];
		if (cut) pairs.set(`${a}-${b}`, { a, b });
	}
	return [...pairs.values()];
}

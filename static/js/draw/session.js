// The tab of the session: totals of the stage, and the newest operations.

import { descriptorOf } from '../model/state.js';
import { duration } from '../model/text.js';
import { outcome } from '../model/view.js';
import { overlap, title } from '../modes/words.js';
import { $, el } from './dom.js';
import { fillFacts } from './rows.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */

const LISTED = 40; // operations

/** @param {View} view @param {(op: string) => void} focus an operation was clicked */
export function drawSession({ s }, focus) {
	fillFacts($('session-facts'), [
		['kept by this page', keptWords(s)],
		['messages', `${s.totals.sent} sent, ${s.totals.delivered} taken in, ${s.totals.lost} ×`],
		...(descriptorOf(s).sizes ? [['R + W, N', overlap(s.quorum)]] : []),
		...(s.totals.gap ? [['not heard of', `${s.totals.gap} events`]] : []),
	]);
	const list = $('session-ops');
	const newest = [...s.ops.values()].slice(-LISTED).reverse();
	const key = newest.map((o) => `${o.id}${o.status}`).join() + s.focus;
	if (list.dataset.key === key) return;
	list.dataset.key = key;
	list.replaceChildren(...newest.map((o) => item(o, o.id === s.focus, focus)));
}

/** How many operations the page keeps, and how many of them are answered. The figures above count all operations since the last reset. @param {import('../model/types.js').State} s */
export function keptWords(s) {
	const all = [...s.ops.values()];
	const good = all.filter((o) => o.status && outcome(o.status, o.kind) === 'good').length;
	return all.length ? `${all.length} operation${all.length > 1 ? 's' : ''}, ${good} answered` : 'no operations';
}

/** @param {Op} o @param {boolean} current @param {(op: string) => void} focus */
function item(o, current, focus) {
	const b = el('button', '', { type: 'button', 'aria-current': String(current), 'data-op': o.id });
	const took = o.t1 ? ` · ${duration((o.t1 - o.t0) / 1000)}` : '';
	b.append(el('b', o.status ? String(o.status) : '…', { 'data-outcome': outcome(o.status, o.kind) }), el('span', `${title(o)} · node ${o.node}${took}`));
	b.addEventListener('click', () => focus(o.id));
	const li = el('li');
	li.append(b);
	return li;
}

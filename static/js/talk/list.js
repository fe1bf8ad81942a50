// The list of scenarios: what there is to play, one sentence each and how long
// it takes.

import { el } from '../draw/dom.js';
import { call } from './calls.js';
import { minutes } from './talk.js';

/** @typedef {import('./talk.js').Listed} Listed */

const WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve', 'Thirteen', 'Fourteen', 'Fifteen', 'Sixteen'];

/**
 * @param {HTMLElement} sheet
 * @param {{play: (name: string) => void, changed: () => void}} on
 */
export function createList(sheet, on) {
	/** @type {Listed[]} */
	let all = [];

	async function open() {
		const { ok, answer } = await call('GET', '/api/scenarios');
		if (!ok) return;
		all = answer.scenarios;
		draw();
		sheet.hidden = false;
		document.documentElement.setAttribute('data-list', '');
		items()[0]?.focus();
		on.changed();
	}

	function close() {
		if (sheet.hidden) return;
		sheet.hidden = true;
		document.documentElement.removeAttribute('data-list');
		on.changed();
	}

	function draw() {
		const head = el('header');
		head.append(el('h2', `${WORDS[all.length] ?? all.length} stories`), el('p', 'arrow keys, Enter', { class: 'desk' }));
		const list = el('ol', '', { 'aria-label': 'Scenarios' });
		all.forEach((s, i) => list.append(item(s, i, i > 0 && all[i - 1].mode !== s.mode)));
		sheet.replaceChildren(head, list, explore());
	}

	/** @param {Listed} s @param {number} i @param {boolean} first */
	function item(s, i, first) {
		const li = el('li', '', first ? { class: 'first' } : {});
		const button = el('button', '', { type: 'button', 'data-testid': 'scenario', 'data-name': s.name });
		const words = el('span', '', { class: 'words' });
		words.append(el('b', s.title), el('span', s.summary));
		button.append(el('b', String(i + 1), { class: 'n' }), words, el('span', minutes(s.seconds), { class: 'time' }), el('span', s.mode, { class: 'mode-mark' }));
		button.addEventListener('click', () => {
			close();
			on.play(s.name);
		});
		li.append(button);
		return li;
	}

	/** What one can do without a scenario. */
	function explore() {
		const aside = el('aside', '', { class: 'explore' });
		const button = el('button', 'Explore freely', { type: 'button', 'data-testid': 'explore' });
		button.addEventListener('click', close);
		const keys = el('p');
		keys.append(el('kbd', 'w'), el('span', 'writes a value at a node'), el('kbd', '?'), el('span', 'shows every key, and every word'));
		aside.append(button, keys);
		return aside;
	}

	/** @returns {HTMLElement[]} */
	const items = () => [...sheet.querySelectorAll('button')];

	sheet.addEventListener('keydown', (e) => {
		const move = { ArrowDown: 1, ArrowUp: -1, Home: -99, End: 99 }[e.key];
		if (!move) return;
		e.preventDefault();
		e.stopPropagation();
		const buttons = items();
		const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		buttons[Math.min(buttons.length - 1, Math.max(0, at + move))]?.focus();
	});

	return {
		open,
		close,
		isOpen: () => !sheet.hidden,
		/** The scenario after one, or undefined. @param {string|undefined} name */
		following: async (name) => {
			if (!all.length) all = (await call('GET', '/api/scenarios')).answer.scenarios ?? [];
			return all[all.findIndex((s) => s.name === name) + 1]?.name;
		},
	};
}

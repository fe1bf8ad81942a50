// The list of scenarios, each with a sentence and its length. Beside it stands what a
// person can do without a scenario.

import { el } from '../draw/dom.js';
import { call } from './calls.js';
import { minutes } from './talk.js';

/** @typedef {import('./talk.js').Listed} Listed */

const WORDS = ['No', 'One', 'Two', 'Three', 'Four', 'Five', 'Six', 'Seven', 'Eight', 'Nine', 'Ten', 'Eleven', 'Twelve', 'Thirteen', 'Fourteen', 'Fifteen', 'Sixteen'];

/** By how many buttons a key moves the focus. @type {Record<string, number>} */
const MOVES = { ArrowDown: 1, ArrowUp: -1, Home: -Infinity, End: Infinity };

/** Keys that do not close the list. */
const STAYS = ['Tab', 'Shift', 'Enter', ' ', ...Object.keys(MOVES)];

export class List {
	/**
	 * @param {HTMLElement} page
	 * @param {{play: (name: string) => void, changed: () => void}} on
	 */
	constructor(page, on) {
		this.on = on;
		/** @type {Listed[]} */
		this.all = [];
		this.sheet = el('section', '', { class: 'scenarios', 'data-testid': 'scenarios', 'aria-label': 'Scenarios', hidden: '' });
		this.sheet.addEventListener('keydown', (e) => this.move(e));
		page.append(this.sheet);
	}

	isOpen() {
		return !this.sheet.hidden;
	}

	toggle() {
		return this.isOpen() ? this.close() : this.open();
	}

	/** Opens the list. The result is false if the playground did not answer. */
	async open() {
		if (!(await this.load())) return false;
		this.sheet.replaceChildren(this.head(), this.rows(), this.explore());
		this.sheet.hidden = false;
		document.documentElement.setAttribute('data-list', '');
		this.buttons()[0]?.focus({ preventScroll: true });
		this.on.changed();
		return true;
	}

	close() {
		if (!this.isOpen()) return;
		const hadFocus = this.sheet.contains(document.activeElement);
		this.sheet.hidden = true;
		if (hadFocus) document.getElementById('stage')?.focus({ preventScroll: true });
		document.documentElement.removeAttribute('data-list');
		this.on.changed();
	}

	async load() {
		const { ok, answer } = await call('GET', '/api/scenarios');
		if (ok) this.all = answer.scenarios.filter(playedHere);
		return ok;
	}

	/** The name of the scenario that follows another one in the list, or undefined. @param {string|undefined} name */
	async following(name) {
		if (!this.all.length) await this.load();
		return this.all[this.all.findIndex((s) => s.name === name) + 1]?.name;
	}

	/** Whether the list stays open when this key is pressed. @param {{key: string}} e */
	keeps(e) {
		return STAYS.includes(e.key);
	}

	head() {
		const head = el('header');
		const { simulated, page } = document.documentElement.dataset;
		if (simulated !== undefined && page !== 'presenter') head.append(el('a', "presenter's page", { href: 'presenter.html', target: 'presenter', 'data-testid': 'presenter' }));
		head.append(el('h2', `${WORDS[this.all.length] ?? this.all.length} ${this.all.length === 1 ? 'story' : 'stories'}`), el('p', 'arrow keys, Enter', { class: 'desk' }));
		return head;
	}

	rows() {
		const list = el('ol', '', { 'aria-label': 'Scenarios' });
		this.all.forEach((s, i) => {
			const li = el('li', '', i > 0 && markOf(this.all[i - 1]) !== markOf(s) ? { class: 'first' } : {});
			li.append(this.row(s, Number.parseInt(s.name, 10) || i + 1));
			list.append(li);
		});
		return list;
	}

	/** @param {Listed} s @param {number} n */
	row(s, n) {
		const button = el('button', '', { type: 'button', 'data-testid': 'scenario', 'data-name': s.name });
		const words = el('span', '', { class: 'words' });
		words.append(el('b', s.title), el('span', s.summary));
		button.append(el('b', String(n), { class: 'n' }), words, el('span', minutes(s.seconds), { class: 'time' }), el('span', markOf(s), { class: 'mode-mark' }));
		button.addEventListener('click', () => {
			this.close();
			this.on.play(s.name);
		});
		return button;
	}

	/** What a person can do without a scenario. */
	explore() {
		const aside = el('aside', '', { class: 'explore' });
		const button = el('button', 'Explore freely', { type: 'button', 'data-testid': 'explore' });
		button.addEventListener('click', () => this.close());
		const keys = el('p');
		keys.append(el('kbd', 'w'), el('span', 'writes a value at a node'), el('kbd', '?'), el('span', 'shows every key, and every word'));
		aside.append(button, keys);
		return aside;
	}

	/** @returns {HTMLElement[]} */
	buttons() {
		return [...this.sheet.querySelectorAll('button')];
	}

	/** Moves the focus. @param {KeyboardEvent} e */
	move(e) {
		const by = MOVES[e.key];
		if (!by) return;
		e.preventDefault();
		e.stopPropagation();
		const buttons = this.buttons();
		const at = buttons.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		buttons[Math.min(buttons.length - 1, Math.max(0, at + by))]?.focus();
	}
}

/** Whether this page lists a scenario: the page of all lanes lists those in lanes, and the page of one lane those of its mode. @param {Listed} s */
function playedHere(s) {
	const [, inLanes, mode] = /^(\/api\/lanes)(?:\/(.+))?$/.exec(document.documentElement.dataset.calls ?? '') ?? [];
	return !inLanes || (mode ? s.mode === mode : !!s.modes);
}

/** The mode of a scenario. One that is played in several lanes has no mode. @param {Listed} s */
const markOf = (s) => s.mode || 'lanes';

// The context menu of a node, a link or a message, made from the table of
// actions. What makes no sense now is there too, greyed, with the reason. The
// same popover tells of one control what it does and its curl, to be copied.

import { commandOf } from '../draw/command.js';
import { $, el } from '../draw/dom.js';
import { actions, curl, nameOf } from './actions.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('./actions.js').Action} Action */
/** @typedef {import('../draw/layout.js').Point} Point */

export class Menu {
	/**
	 * @param {HTMLElement} menu a manual popover: a press that opens it must not close it again
	 * @param {(text: string) => void} notice
	 */
	constructor(menu, notice) {
		this.menu = menu;
		this.notice = notice;
		menu.addEventListener('keydown', (e) => this.keydown(e));
		menu.addEventListener('click', () => this.close());
		document.addEventListener('pointerdown', (e) => {
			if (!menu.contains(/** @type {Node} */ (e.target))) this.close();
		}, { capture: true });
	}

	/** @param {'node'|'link'|'msg'} on @param {string} title @param {Context} c @param {Point} at @param {boolean} byKey */
	open(on, title, c, at, byKey) {
		const items = actions.filter((a) => a.on === on).map((a) => makeItem(a, c));
		this.show(title, [...items, el('p', 'Right click, long press or m on one: its curl.', { class: 'menu-foot' })], at, byKey);
	}

	/**
	 * One control: what it does, why it cannot now, and its curl.
	 * @param {Action} a @param {Context} c @param {Point} at @param {boolean} byKey
	 */
	explain(a, c, at, byKey) {
		const allowed = a.allowed?.(c) ?? true;
		const command = curl(a, c, location.origin);
		const done = el('button', command ? 'Copy' : 'Close', { type: 'button', role: 'menuitem', tabindex: '-1' });
		if (command) done.addEventListener('click', () => toClipboard(command, this.notice));
		this.show(a.form ? a.label : nameOf(a, c), [
			...(allowed === true ? [] : [el('p', `Not now: ${allowed}.`)]),
			command ? commandOf(command, 'curl') : el('p', a.form ? 'What it opens shows the curl.' : 'This page alone does it: no curl.'),
			done,
		], at, byKey);
	}

	/** @param {string} title @param {HTMLElement[]} content @param {Point} at @param {boolean} byKey */
	show(title, content, at, byKey) {
		this.menu.replaceChildren(el('p', title, { class: 'menu-title', id: 'menu-title' }), ...content);
		if (!this.menu.matches(':popover-open')) this.menu.showPopover();
		moveInto(this.menu, at);
		if (byKey) this.items()[0]?.focus();
	}

	items() {
		return /** @type {HTMLElement[]} */ ([...this.menu.querySelectorAll('[role=menuitem]')]);
	}

	close() {
		if (!this.menu.matches(':popover-open')) return;
		const inside = this.menu.contains(document.activeElement);
		this.menu.hidePopover();
		if (inside) $('stage')?.focus({ preventScroll: true });
	}

	/** @param {KeyboardEvent} e */
	keydown(e) {
		const all = this.items();
		const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		/** @type {Record<string, number>} */
		const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
		if (e.key === 'Tab') this.close();
		if (to[e.key] === undefined) return;
		e.preventDefault();
		e.stopPropagation();
		all[to[e.key]]?.focus();
	}
}

/** @param {Action} a @param {Context} c */
function makeItem(a, c) {
	const allowed = a.allowed?.(c) ?? true;
	const b = el('button', '', { type: 'button', role: 'menuitem', 'data-action': a.id, tabindex: '-1' });
	b.append(el('span', nameOf(a, c), { class: 'menu-label' }));
	if (allowed !== true) {
		b.setAttribute('aria-disabled', 'true');
		b.append(el('small', allowed));
	} else if (a.key) b.append(el('kbd', a.key));
	if (allowed === true) b.title = curl(a, c, location.origin);
	return b;
}

/** Moves a popover to a point, within the window. @param {HTMLElement} pop @param {Point} at */
export function moveInto(pop, at) {
	const box = pop.getBoundingClientRect();
	pop.style.left = `${Math.round(Math.max(6, Math.min(at.x, innerWidth - box.width - 6)))}px`;
	pop.style.top = `${Math.round(Math.max(6, Math.min(at.y, innerHeight - box.height - 6)))}px`;
	pop.style.right = 'auto';
	pop.style.bottom = 'auto';
}

/** Copies a command, and says so. @param {string} text @param {(text: string) => void} notice */
export async function toClipboard(text, notice) {
	try {
		await navigator.clipboard.writeText(text);
		notice('Copied.');
	} catch {
		notice('The browser does not let the page copy.');
	}
}

// The context menu of a node, a link or a message, made from the table of actions. An
// action that is not allowed now is grey, and the menu shows the reason. The same
// popover explains one control: its effect, and its curl, which can be copied.

import { commandOf } from '../draw/command.js';
import { $, el } from '../draw/dom.js';
import { commandInWords } from '../model/curl.js';
import { actions, curl, mayRun, nameOf } from './actions.js';
import { descriptorOf } from '../model/state.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('./actions.js').Action} Action */
/** @typedef {import('../draw/layout.js').Point} Point */

const LIFT = 350; // ms after the menu opened in which a click comes from the finger of the long press

export class Menu {
	/**
	 * @param {HTMLElement} menu a manual popover: a press that opens it must not close it again
	 * @param {(text: string) => void} notice
	 */
	constructor(menu, notice) {
		this.menu = menu;
		this.notice = notice;
		menu.addEventListener('keydown', (e) => this.keydown(e));
		this.opened = 0; // when it was opened, by the clock of events
		menu.addEventListener('click', (e) => {
			if (/** @type {PointerEvent} */ (e).pointerType === 'touch' && e.timeStamp - this.opened < LIFT) e.stopImmediatePropagation(); // from the finger that opened the menu
			else this.close();
		}, { capture: true });
		document.addEventListener('pointerdown', (e) => {
			if (!menu.contains(/** @type {Node} */ (e.target))) this.close();
		}, { capture: true });
	}

	/** @param {import('./actions.js').Place} on @param {string} title @param {Context} c @param {Point} at @param {boolean} byKey */
	open(on, title, c, at, byKey) {
		const here = actions.filter((a) => [a.on].flat().includes(on) && (a.only?.(descriptorOf(c.s)) ?? true));
		const items = here.flatMap((a) => [...(a.each?.(c) ?? []), ''].slice(0, a.each?.(c).length || 1).map((id) => makeItem(a, { ...c, id })));
		this.show(title, [...items, el('p', 'Right click, long press or m on an entry shows its curl.', { class: 'menu-foot' })], at, byKey);
	}

	/**
	 * Explains one control: its effect, the reason why it is not allowed now, and its curl.
	 * @param {Action} a @param {Context} c @param {Point} at @param {boolean} byKey
	 */
	explain(a, c, at, byKey) {
		const allowed = mayRun(a, c);
		const command = curl(a, c, location.origin);
		const done = el('button', command ? 'Copy' : 'Close', { type: 'button', role: 'menuitem', tabindex: '-1' });
		if (command) done.addEventListener('click', () => toClipboard(command, this.notice));
		this.show(a.form ? a.label : nameOf(a, c), [
			...(allowed === true ? [] : [el('p', `Not now: ${allowed}.`)]),
			command ? commandOf(command, 'curl') : el('p', a.form ? 'The form that it opens shows the curl.' : 'The page does this by itself: there is no curl.'),
			done,
		], at, byKey);
	}

	/** @param {string} title @param {HTMLElement[]} content @param {Point} at @param {boolean} byKey */
	show(title, content, at, byKey) {
		this.menu.replaceChildren(el('p', title, { class: 'menu-title', id: 'menu-title' }), ...content);
		if (!this.menu.matches(':popover-open')) this.menu.showPopover();
		this.opened = performance.now();
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
	const allowed = mayRun(a, c);
	const b = el('button', '', { type: 'button', role: 'menuitem', 'data-action': a.id, 'data-id': c.id, ...(c.lane ? { 'data-lane': c.lane } : {}), tabindex: '-1' });
	b.append(el('span', nameOf(a, c), { class: 'menu-label' }));
	if (allowed !== true) {
		b.setAttribute('aria-disabled', 'true');
		b.append(el('small', allowed));
	} else if (a.key) b.append(el('kbd', a.key));
	if (allowed === true) b.title = commandInWords(curl(a, c, location.origin));
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

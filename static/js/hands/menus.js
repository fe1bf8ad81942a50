// The context menu of a node, a link or a message, made from the table of
// actions. What makes no sense now is there too, greyed, with the reason. The
// same popover tells of one control what it does and its curl, to be copied.

import { commandOf } from '../draw/command.js';
import { el } from '../draw/dom.js';
import { actions, curl, nameOf } from './actions.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('./actions.js').Action} Action */
/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {ReturnType<typeof createMenu>} Menu */

/**
 * @param {HTMLElement} menu a manual popover: a press that opens it must not close it again
 * @param {(text: string) => void} notice
 */
export function createMenu(menu, notice) {
	/** @param {'node'|'link'|'msg'} on @param {string} title @param {Context} c @param {Point} at @param {boolean} byKey */
	function open(on, title, c, at, byKey) {
		const items = actions.filter((a) => a.on === on).map((a) => item(a, c));
		show(title, [...items, el('p', 'Right click, long press or m on one: its curl.', { class: 'menu-foot' })], at, byKey);
	}

	/**
	 * One control: what it does, why it cannot now, and its curl.
	 * @param {Action} a @param {Context} c @param {Point} at @param {boolean} byKey
	 */
	function explain(a, c, at, byKey) {
		const allowed = a.allowed?.(c) ?? true;
		const command = curl(a, c, location.origin);
		const done = el('button', command ? 'Copy' : 'Close', { type: 'button', role: 'menuitem', tabindex: '-1' });
		if (command) done.addEventListener('click', () => toClipboard(command, notice));
		show(a.form ? a.label : nameOf(a, c), [
			...(allowed === true ? [] : [el('p', `Not now: ${allowed}.`)]),
			command ? commandOf(command, 'curl') : el('p', a.form ? 'What it opens shows the curl.' : 'This page alone does it: no curl.'),
			done,
		], at, byKey);
	}

	/** @param {string} title @param {HTMLElement[]} content @param {Point} at @param {boolean} byKey */
	function show(title, content, at, byKey) {
		menu.replaceChildren(el('p', title, { class: 'menu-title', id: 'menu-title' }), ...content);
		if (!menu.matches(':popover-open')) menu.showPopover();
		moveInto(menu, at);
		if (byKey) items()[0]?.focus();
	}

	/** @param {Action} a @param {Context} c */
	function item(a, c) {
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

	function items() {
		return /** @type {HTMLElement[]} */ ([...menu.querySelectorAll('[role=menuitem]')]);
	}

	function close() {
		if (!menu.matches(':popover-open')) return;
		const inside = menu.contains(document.activeElement);
		menu.hidePopover();
		if (inside) document.getElementById('stage')?.focus({ preventScroll: true });
	}

	menu.addEventListener('keydown', (e) => {
		const all = items();
		const at = all.indexOf(/** @type {HTMLElement} */ (document.activeElement));
		/** @type {Record<string, number>} */
		const to = { ArrowDown: (at + 1) % all.length, ArrowUp: (at - 1 + all.length) % all.length, Home: 0, End: all.length - 1 };
		if (e.key === 'Tab') close();
		if (to[e.key] === undefined) return;
		e.preventDefault();
		e.stopPropagation();
		all[to[e.key]]?.focus();
	});
	menu.addEventListener('click', () => close());
	document.addEventListener('pointerdown', (e) => {
		if (!menu.contains(/** @type {Node} */ (e.target))) close();
	}, { capture: true });

	return { open, explain, close };
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

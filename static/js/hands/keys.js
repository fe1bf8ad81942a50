// The keyboard of the stage. What a key means is said by the table of actions;
// here is when it means nothing: in a field, on a button of its own, below a
// sheet.

import { keyMeans } from './actions.js';
import { isFull } from './follow.js';

/**
 * @param {object} on
 * @param {(id: string) => void} on.press an action's key
 * @param {(node: number) => void} on.choose
 * @param {() => void} on.closeAll
 * @param {(name: string) => void} on.tab
 * @param {() => void} on.closeMenu
 */
export function listenKeys(on) {
	const letters = /** @type {HTMLInputElement} */ (document.getElementById('letters'));

	document.addEventListener('keydown', (e) => {
		const target = /** @type {HTMLElement} */ (e.target);
		const sheet = /** @type {HTMLDialogElement|null} */ (document.querySelector('dialog[open]'));
		if (e.key === 'F5' && !e.ctrlKey && isFull()) return e.preventDefault();
		if (target.matches('input:not([type=range]):not([type=checkbox]), textarea, select')) return;
		if (e.key === 'Backspace' || e.key === 'Escape') return on.closeAll();
		if (target.closest('button, [role=button], [role=tab], input, summary') && ['Enter', ' '].includes(e.key)) return;
		if (target.closest('[role=tab], input') && e.key.startsWith('Arrow')) return moveTab(e, target);
		const means = keyMeans(e, letters.checked);
		if (means === undefined) return;
		if (sheet && means !== sheet.id) return;
		e.preventDefault();
		if (means !== 'menu') on.closeMenu();
		if (typeof means === 'number') on.choose(means);
		else on.press(means);
	});

	/** @param {KeyboardEvent} e @param {HTMLElement} target */
	function moveTab(e, target) {
		if (!target.matches('[role=tab]')) return;
		const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);
		const to = tabs[(tabs.indexOf(target) + (e.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length];
		on.tab(to.dataset.tab ?? 'op');
		to.focus();
	}
}

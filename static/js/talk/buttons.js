// The buttons of a scenario for fingers. A touch screen has no keys, and they stand where
// the verbs of the stage are without a scenario. Elsewhere the stylesheet hides them.

import { el } from '../draw/dom.js';

const BUTTONS = [['back', 'Back'], ['leave', 'Leave'], ['next', 'Next']];

/** @param {HTMLElement} page @param {(what: string) => unknown} act */
export function addButtons(page, act) {
	const buttons = BUTTONS.map(([what, label]) => {
		const button = el('button', label, { type: 'button', 'data-testid': `talk-${what}`, ...(what === 'next' && { class: 'primary' }) });
		button.addEventListener('click', () => act(what));
		return button;
	});
	const all = el('div', '', { class: 'steps', role: 'group', 'aria-label': 'Scenario' });
	all.append(...buttons);
	page.append(all);
}

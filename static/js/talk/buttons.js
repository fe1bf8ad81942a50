// The buttons of a scenario, for a mouse and for fingers. They stand where the verbs of the
// stage are without a scenario.

import { el } from '../draw/dom.js';
import { isLast } from './talk.js';

/** @type {[what: string, label: string, key: string][]} */
const BUTTONS = [['next', 'Next', '→'], ['back', 'Back', '←'], ['leave', 'Leave', 'Esc']];

export class StepButtons {
	/** @param {HTMLElement} page @param {(what: string) => unknown} act */
	constructor(page, act) {
		this.last = false; // no step follows, so that Next means the next story
		const all = el('div', '', { class: 'steps', role: 'group', 'aria-label': 'Scenario' });
		for (const [what, label, key] of BUTTONS) {
			const button = el('button', '', { type: 'button', 'data-testid': `talk-${what}` });
			button.append(el('span', label), el('kbd', key));
			button.addEventListener('click', (e) => {
				if (e.detail > 0) button.blur(); // the keys after a click are for the talk
				act(what === 'next' && this.last ? 'following' : what);
			});
			all.append(button);
		}
		this.next = /** @type {HTMLElement} */ (all.firstChild);
		page.append(all);
	}

	/** @param {import('./talk.js').Talk} talk */
	draw(talk) {
		const last = isLast(talk) && !talk.recording;
		if (last === this.last) return;
		this.last = last;
		const [label, key] = last ? ['Next story', '⇧N'] : ['Next', '→'];
		this.next.replaceChildren(el('span', label), el('kbd', key));
	}
}

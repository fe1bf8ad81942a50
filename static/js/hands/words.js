// Explanations of the words of the stage. A sentence of the glossary appears when the
// pointer rests on a word, when the word gets the focus, and after a tap.

import { el, set } from '../draw/dom.js';
import { entriesIn } from '../modes/glossary.js';
import { moveInto } from './menus.js';

/** The elements whose words can be explained. */
const PLACES = '.caption p, .node .word, .node .version, .stamp > span, .facts dt, .facts dd, .overlap, .meter .words, .slot, .sizes, .promise, .verdict, #node-title, #node-sub, .keys td, .open-list li, #pop-quorum p, #pop-quorum label';
/** The elements among them that Tab reaches, if they contain a term of the glossary. */
const STOPS = '#op-facts dt, #op-stamp > span, #op-meter .words';
const REST = 350; // ms for which the pointer must rest on a word
const MOST = 3; // sentences shown at the same time, at most

export class Words {
	/** @param {HTMLElement} box a manual popover */
	constructor(box) {
		this.box = box;
		this.timer = 0;
		document.addEventListener('pointerover', (e) => e.pointerType === 'mouse' && this.at(e.target, REST));
		document.addEventListener('focusin', (e) => this.at(focused(e.target), 0));
		document.addEventListener('focusout', () => this.hide());
		document.addEventListener('click', (e) => this.at(e.target, 0));
		document.addEventListener('keydown', (e) => e.key === 'Escape' && this.hide());
		addEventListener('scroll', () => this.hide(), { capture: true });
	}

	/** @param {EventTarget|null} target @param {number} after ms */
	at(target, after) {
		const place = /** @type {Element|null} */ (target)?.closest?.(PLACES);
		clearTimeout(this.timer);
		if (!place || entriesIn(place.textContent ?? '').length === 0) return this.hide();
		this.timer = window.setTimeout(() => this.show(place), after);
	}

	/** @param {Element} place */
	show(place) {
		const { box } = this;
		const found = entriesIn(place.textContent ?? '').slice(0, MOST);
		if (!found.length || !place.isConnected) return;
		box.replaceChildren(...found.map(({ term, says }) => {
			const p = el('p');
			p.append(el('b', `${term}:`), ` ${says}`);
			return p;
		}));
		if (box.matches(':popover-open')) box.hidePopover(); // shown again, it lies on top
		box.showPopover();
		const at = place.getBoundingClientRect();
		const below = at.bottom + 8 + box.offsetHeight < innerHeight;
		moveInto(box, { x: at.x + at.width / 2 - box.offsetWidth / 2, y: below ? at.bottom + 8 : at.y - 8 - box.offsetHeight });
	}

	hide() {
		clearTimeout(this.timer);
		if (this.box.matches(':popover-open')) this.box.hidePopover();
	}
}

/** The element to explain when an element gets the focus. For a node it is the word below the node. A field is not explained: the sentence would cover the next field. @param {EventTarget|null} target */
function focused(target) {
	const at = /** @type {Element|null} */ (target);
	return at?.matches?.(':focus-visible:not(input)') ? at.closest('.node')?.querySelector('.word') ?? at : null;
}

/** Lets the words of the panel that have a sentence take the focus, and refer to the sentence. */
export function markWords() {
	for (const place of document.querySelectorAll(STOPS)) {
		const found = entriesIn(place.textContent ?? '');
		set(place, 'tabindex', found.length ? '0' : undefined);
		set(place, 'data-explains', found.length ? '' : undefined);
		set(place, 'aria-description', found.map((e) => e.says).join(' ') || undefined);
	}
}

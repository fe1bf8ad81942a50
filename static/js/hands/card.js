// The card of the message in the hand. It stands at the edge of the stage, and a line
// leads from it to the message.

import { el, set, svg } from '../draw/dom.js';
import { clip, typeWords } from '../model/text.js';
import { catchable } from './touch.js';

/** @typedef {import('../model/types.js').Msg} Msg */

const VERBS = [['deliver', 'Deliver'], ['drop', 'Drop'], ['duplicate', 'Double']];

export class Card {
	/** @param {HTMLElement} card @param {SVGSVGElement} ring */
	constructor(card, ring) {
		this.card = card;
		this.ring = ring;
		this.wire = svg('line', { class: 'wire', visibility: 'hidden' });
		ring.append(this.wire);
		this.end = { x: 0, y: 0 }; // of the line, at the card
		addEventListener('resize', () => this.measure());
	}

	/** @param {Msg} m @param {number} left virtual microseconds until it is due @param {number} rate of the pace in which it goes on */
	show(m, left, rate) {
		const hand = el('div', '', { class: 'hand' });
		hand.append(...VERBS.map(([verb, label]) => el('button', label, { type: 'button', 'data-action': verb })));
		const what = m.label.replaceAll('=', ' ') || (m.op ? `op ${m.op.slice(0, 4)}` : '');
		const facts = [what, left > 0 && rate > 0 ? `${(left / 1e6 / rate).toFixed(1)} s to go` : ''].filter(Boolean).join(' · ');
		this.card.replaceChildren(el('h2', `${typeWords(m.type)}, from ${m.from} to ${m.to}`), el('p', clip(facts, 90)), hand);
		this.card.hidden = false;
		this.measure();
		this.card.dataset.msg = m.id;
	}

	/** Finds the place at the card where the line ends. */
	measure() {
		const [box, ring] = [this.card.getBoundingClientRect(), this.ring.getBoundingClientRect()];
		this.end = { x: box.x - ring.x, y: box.y - ring.y + box.height * 0.3 };
	}

	hide() {
		const focused = this.card.contains(document.activeElement);
		this.card.hidden = true;
		set(this.wire, 'visibility', 'hidden');
		if (focused) this.ring.closest('main')?.focus({ preventScroll: true });
	}

	/** Draws the line to the message, which moves. */
	draw() {
		if (this.card.hidden) return;
		const at = catchable(this.ring).find((m) => m.id === this.card.dataset.msg)?.p;
		set(this.wire, 'visibility', at ? undefined : 'hidden');
		if (!at) return;
		const { end } = this;
		const d = Math.hypot(end.x - at.x, end.y - at.y) || 1;
		const off = Math.min(d, 34 * Number(this.ring.style.getPropertyValue('--k') || 1));
		set(this.wire, 'x1', Math.round(at.x + ((end.x - at.x) / d) * off));
		set(this.wire, 'y1', Math.round(at.y + ((end.y - at.y) / d) * off));
		set(this.wire, 'x2', Math.round(end.x));
		set(this.wire, 'y2', Math.round(end.y));
	}
}

// A message under the pointer in the ring is also marked in the diagram, and the other
// way round. A small card in the diagram shows the type of the message, its content, and
// the curl that caused it. The keyboard does the same: arrow keys move in the diagram, and
// Tab gives the focus to the messages of the ring.

import { sayCommand } from '../draw/command.js';
import { el, say, set } from '../draw/dom.js';
import { curlOfOp } from '../model/curl.js';
import { clip, duration, typeWords } from '../model/text.js';
import { action, curl } from './actions.js';

/** @typedef {import('../model/spacetime.js').Arrow} Arrow */
/** @typedef {import('../draw/diagram.js').Hit} Hit */

const CARD = 330; // px, the largest width of the card

export class Pointing {
	/**
	 * @param {object} page
	 * @param {HTMLCanvasElement} page.canvas
	 * @param {SVGElement} page.ring
	 * @param {import('../draw/diagram.js').Diagram} page.diagram
	 * @param {{lit: string}} page.ui
	 * @param {import('../model/player.js').Player} page.player
	 * @param {() => void} page.redraw
	 */
	constructor({ canvas, ring, diagram, ui, player, redraw }) {
		this.canvas = canvas;
		this.diagram = diagram;
		this.ui = ui;
		this.player = player;
		this.redraw = redraw;
		this.card = el('div', '', { class: 'glance', 'data-testid': 'glance' });
		this.card.append(el('b'), el('span'), el('span'), el('code'));
		this.card.hidden = true;
		this.at = { x: -1, y: -1 }; // of the pointer, in the window
		/** Where the pointer is, if it marked the message that is marked. @type {'diagram'|'ring'|''} */
		this.over = '';
		canvas.parentElement?.append(this.card);
		canvas.tabIndex = 0;
		set(canvas, 'role', 'application');
		set(canvas, 'aria-label', 'Messages in time. Left and right arrow go from one to the next, with Shift they move the window, plus and minus zoom.');
		this.listen(ring);
	}

	/** @param {SVGElement} ring */
	listen(ring) {
		const { canvas, diagram } = this;
		canvas.addEventListener('pointermove', (e) => {
			if (!e.buttons && this.moved(e)) this.show(this.arrowUnder(), 'diagram');
		});
		canvas.addEventListener('keydown', (e) => {
			if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
			e.preventDefault();
			e.stopPropagation();
			this.show(diagram.arrowBeside(this.ui.lit, e.key === 'ArrowLeft' ? -1 : 1), '');
		});
		for (const kind of ['pointerleave', 'blur']) canvas.addEventListener(kind, () => this.leave());
		ring.addEventListener('pointermove', (e) => this.moved(e));
		for (const kind of ['pointerover', 'focusin']) ring.addEventListener(kind, (e) => {
			if (e instanceof PointerEvent && !this.moved(e)) return;
			const id = /** @type {Element} */ (e.target).closest('.msg')?.getAttribute('data-id') ?? '';
			this.show(diagram.arrowOf(id), e instanceof PointerEvent ? 'ring' : '');
			this.light(id);
		});
		for (const kind of ['pointerleave', 'focusout']) ring.addEventListener(kind, () => this.leave());
	}

	/** Whether the pointer itself moved. A browser also sends events for what moves under a resting pointer. @param {PointerEvent} e */
	moved({ clientX: x, clientY: y }) {
		const moved = x !== this.at.x || y !== this.at.y;
		this.at = { x, y };
		return moved;
	}

	/** The arrow of the diagram that is under the pointer. */
	arrowUnder() {
		const { left, top } = this.canvas.getBoundingClientRect();
		return this.diagram.arrowAt(this.at.x - left, this.at.y - top);
	}

	/**
	 * After a frame: the card follows its arrow. It closes when the arrow is no longer drawn, and
	 * when the arrow or the message has moved away from a resting pointer.
	 */
	follow() {
		if (this.card.hidden) return;
		const { over, at, ui } = this;
		const here = over === 'diagram' ? this.arrowUnder() : this.diagram.arrowOf(ui.lit);
		const away = over === 'ring' && document.elementFromPoint(at.x, at.y)?.closest('.msg')?.getAttribute('data-id') !== ui.lit;
		if (!here || here.arrow.id !== ui.lit || away) this.leave();
		else this.place(here);
	}

	/** @param {string} id */
	light(id) {
		if (this.ui.lit === id) return;
		this.ui.lit = id;
		this.redraw();
	}

	leave() {
		this.card.hidden = true;
		this.light('');
	}

	/** @param {Hit|undefined} at @param {'diagram'|'ring'|''} over */
	show(at, over) {
		if (!at) return this.leave();
		const { card, canvas } = this;
		this.over = over;
		const a = at.arrow;
		this.light(a.id);
		const [title, what, when, command] = [...card.children];
		say(title, `${typeWords(a.type)}, from ${a.from} to ${a.to}`);
		say(what, clip(a.label, 60));
		say(when, life(a));
		sayCommand(command, this.curlOf(a));
		set(card, 'data-msg', a.id);
		card.hidden = false;
		this.place(at);
		set(canvas, 'aria-label', `${title.textContent}. ${what.textContent}. ${when.textContent}`);
	}

	/** @param {Hit} at */
	place({ x, y }) {
		const { card, canvas } = this;
		card.style.left = `${leftOf(x, canvas.clientWidth, this.diagram.playhead)}px`;
		set(card, 'data-side', y > canvas.clientHeight / 2 ? 'above' : 'below');
	}

	/** The curl that delivers the message while it flies, else the curl of the client's operation. @param {Arrow} a */
	curlOf(a) {
		const { player } = this;
		const s = player.newest;
		const deliver = /** @type {import('./actions.js').Action} */ (action('deliver'));
		const flies = player.parked === undefined && s.msgs.get(a.id)?.state === 'flying';
		return flies ? curl(deliver, /** @type {any} */ ({ s, hand: a.id }), location.origin) : curlOfOp(player.past ?? s, a.op);
	}
}

/**
 * The left edge of the card: right of its message, but left of it where the card would
 * cover the playhead and there is room.
 * @param {number} x of the message @param {number} width of the canvas @param {number} playhead px
 */
export function leftOf(x, width, playhead) {
	const right = Math.max(4, Math.min(width - CARD, x + 14));
	const left = x - 14 - CARD;
	return playhead > right && playhead < right + CARD && left > 4 ? left : right;
}

/** The time that the message took, by the events' own clocks. @param {Arrow} a */
function life(a) {
	if (a.end === '') return 'under way';
	const took = Math.max(0, a.t1 - a.t0) / 1000;
	return a.end === 'lost' ? `lost after ${duration(took)}: ${a.why}` : `taken in after ${duration(took)}`;
}

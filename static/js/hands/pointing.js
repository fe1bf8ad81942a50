// What is pointed at in the ring lights up in the diagram, and the other way
// round; a small card in the diagram says what the message is, what it carries
// and which curl it comes of. Pointer and keyboard lead to the same: the diagram
// takes the arrow keys, and the messages of the ring the focus.

import { sayCommand } from '../draw/command.js';
import { el, say, set } from '../draw/dom.js';
import { curlOfOp } from '../model/curl.js';
import { clip, duration } from '../model/text.js';
import { action, curl } from './actions.js';

/** @typedef {import('../model/spacetime.js').Arrow} Arrow */

const CARD = 330; // px, its widest

/**
 * @param {object} page
 * @param {HTMLCanvasElement} page.canvas
 * @param {SVGElement} page.ring
 * @param {import('../draw/diagram.js').Diagram} page.diagram
 * @param {{lit: string}} page.ui
 * @param {import('../model/player.js').Player} page.player
 * @param {() => void} page.redraw
 */
export function createPointing({ canvas, ring, diagram, ui, player, redraw }) {
	const card = el('div', '', { class: 'glance', 'data-testid': 'glance' });
	const title = el('b');
	const what = el('span');
	const when = el('span');
	const command = el('code');
	card.append(title, what, when, command);
	card.hidden = true;
	canvas.parentElement?.append(card);
	canvas.tabIndex = 0;
	set(canvas, 'role', 'application');
	set(canvas, 'aria-label', 'Messages in time. Left and right arrow go from one to the next, with Shift they move the window, plus and minus zoom, End follows.');

	/** @param {string} id */
	function light(id) {
		if (ui.lit === id) return;
		ui.lit = id;
		redraw();
	}

	function leave() {
		card.hidden = true;
		light('');
	}

	/** @param {{arrow: Arrow, x: number, y: number}|undefined} at */
	function show(at) {
		if (!at) return leave();
		const a = at.arrow;
		light(a.id);
		say(title, `${a.type.replaceAll('-', ' ')}, from ${a.from} to ${a.to}`);
		say(what, clip(a.label, 60));
		say(when, life(a));
		sayCommand(command, curlOf(a));
		set(card, 'data-msg', a.id);
		card.hidden = false;
		const left = Math.max(4, Math.min(canvas.clientWidth - CARD, at.x + 14));
		card.style.left = `${left}px`;
		set(card, 'data-side', at.y > canvas.clientHeight / 2 ? 'above' : 'below');
		set(canvas, 'aria-label', `${title.textContent}. ${what.textContent}. ${when.textContent}`);
	}

	/** What would deliver it, while it flies; else what the client asked. @param {Arrow} a */
	function curlOf(a) {
		const s = player.newest;
		const deliver = /** @type {import('./actions.js').Action} */ (action('deliver'));
		const flies = player.parked === undefined && s.msgs.get(a.id)?.state === 'flying';
		return flies ? curl(deliver, /** @type {any} */ ({ s, hand: a.id }), location.origin) : curlOfOp(player.past ?? s, a.op);
	}

	/** How long it took, by the events' own clocks. @param {Arrow} a */
	function life(a) {
		if (a.end === '') return 'under way';
		const took = Math.max(0, a.t1 - a.t0) / 1000;
		return a.end === 'lost' ? `lost after ${duration(took)}: ${a.why}` : `taken in after ${duration(took)}`;
	}

	canvas.addEventListener('pointermove', (e) => {
		if (!e.buttons) show(diagram.arrowAt(e.offsetX, e.offsetY));
	});
	canvas.addEventListener('pointerleave', leave);
	canvas.addEventListener('blur', leave);
	canvas.addEventListener('keydown', (e) => {
		if (e.key !== 'ArrowLeft' && e.key !== 'ArrowRight') return;
		e.preventDefault();
		e.stopPropagation();
		show(diagram.arrowBeside(ui.lit, e.key === 'ArrowLeft' ? -1 : 1));
	});
	const over = (/** @type {Event} */ e) => {
		const id = /** @type {Element} */ (e.target).closest('.msg')?.getAttribute('data-id') ?? '';
		show(diagram.arrowOf(id));
		light(id);
	};
	for (const kind of ['pointerover', 'focusin']) ring.addEventListener(kind, over);
	for (const kind of ['pointerleave', 'focusout']) ring.addEventListener(kind, leave);
}

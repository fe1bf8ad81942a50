// Messages and timers that wait. In the pace Step each node's inbox is a short list
// beside the node. The panel lists the timers of the selected node. A person can fire
// them by hand.

import { inbox, nextMessage } from '../model/order.js';
import { clip } from '../model/text.js';
import { dueWords } from '../modes/words.js';
import { el, say, set } from './dom.js';
import { place } from './layout.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Rect} Rect */

const SHOWN = 4; // messages that a list names; it counts the rest

/** @typedef {{list: HTMLElement, key: string, at: Rect}} List at: the place of the list */

export class Inboxes {
	/** @param {HTMLElement} stage @param {(id: string) => void} onTake called when a message of a list is chosen */
	constructor(stage, onTake) {
		this.stage = stage;
		this.onTake = onTake;
		/** @type {Map<number, List>} by node */
		this.lists = new Map();
	}

	/** @param {View} view @param {Geometry} g @param {boolean} wanted @returns {boolean} whether a list was added, changed or removed */
	draw(view, g, wanted) {
		const step = wanted && view.s.pace.pace === 'step';
		const next = step ? nextMessage(view.s)?.id ?? '' : '';
		let changed = false;
		for (const p of g.places) {
			const waiting = step ? inbox(view.s, p.id) : [];
			if (!waiting.length) {
				this.lists.get(p.id)?.list.remove();
				changed = this.lists.delete(p.id) || changed;
				continue;
			}
			const there = this.lists.get(p.id) ?? this.make(p.id);
			const key = `${waiting.map((m) => m.id).join()} ${next} ${view.hand} ${g.w} ${g.h}`;
			if (there.key === key) continue;
			there.key = key;
			this.fill(there.list, waiting, next, view.hand);
			there.at = this.put(there.list, g, p.id);
			changed = true;
		}
		return changed;
	}

	/** @param {number} id @returns {List} */
	make(id) {
		const list = el('ol', '', { class: 'inbox', 'data-testid': 'inbox', 'data-node': String(id), 'aria-label': `What waits for node ${id}` });
		this.stage.append(list);
		const there = { list, key: '', at: { x: 0, y: 0, w: 0, h: 0 } };
		this.lists.set(id, there);
		return there;
	}

	/** @param {HTMLElement} list @param {import('../model/types.js').Msg[]} waiting @param {string} next @param {string} hand */
	fill(list, waiting, next, hand) {
		const focused = list.contains(document.activeElement) ? document.activeElement?.getAttribute('data-msg') : '';
		set(list, 'data-count', waiting.length);
		list.replaceChildren(...waiting.slice(0, SHOWN).map((m) => {
			const li = el('li');
			const b = el('button', `${clip(m.type.replaceAll('-', ' '), 10)} from ${m.from}`, { type: 'button', 'data-msg': m.id, 'aria-pressed': String(m.id === hand) });
			set(b, 'data-next', m.id === next ? '' : undefined);
			b.addEventListener('click', () => this.onTake(m.id));
			li.append(b);
			return li;
		}));
		if (waiting.length > SHOWN) list.append(el('li', `and ${waiting.length - SHOWN} more`));
		if (focused) /** @type {HTMLElement|null} */ (list.querySelector(`[data-msg="${CSS.escape(focused)}"]`))?.focus();
	}

	/** Puts a list beside its node, on the side away from the ring and from the client's box. @param {HTMLElement} list @param {Geometry} g @param {number} id @returns {Rect} */
	put(list, g, id) {
		const p = place(g, id);
		const w = list.offsetWidth;
		const h = list.offsetHeight;
		const right = p.x >= g.centre.x - 1;
		const x = right ? Math.min(p.x + g.r * 1.25, g.w - w) : Math.max(p.x - g.r * 1.25 - w, 0);
		const y = g.w < 600 ? p.y + (p.top ? -g.r * 0.5 - h : g.r * 1.7) : p.top ? p.y - h / 2 : p.y < g.centre.y ? p.y - g.r - h * 0.6 : p.y + g.r * 0.2;
		const at = { x: Math.round(x), y: Math.round(Math.max(0, Math.min(y, g.h - h))), w, h };
		list.style.left = `${at.x}px`;
		list.style.top = `${at.y}px`;
		return at;
	}

	/** The areas of the lists. Labels must not cover them. */
	rects() {
		return [...this.lists.values()].map((l) => l.at);
	}
}

/**
 * The timers of the selected node, the first due on top.
 * @param {HTMLElement} list @param {View} view
 */
export function drawTimers(list, view) {
	const timers = [...view.s.timers.values()].filter((t) => t.node === view.selected).sort((a, b) => a.due - b.due).slice(0, 20);
	if (list.dataset.key !== timers.map((t) => t.id).join()) {
		list.dataset.key = timers.map((t) => t.id).join();
		list.replaceChildren(...timers.map((t) => {
			const li = el('li', '', { 'data-timer': t.id });
			li.append(el('span', `${t.name}${t.op ? ` ${t.op.slice(0, 4)}` : ''}`), el('b'), el('button', 'Fire', { type: 'button', 'data-action': 'fire', 'data-timer': t.id }));
			return li;
		}));
		if (!timers.length) list.append(el('li', 'none is set'));
	}
	timers.forEach((t, i) => say(/** @type {Element} */ (list.children[i].querySelector('b')), dueWords(view, t)));
}

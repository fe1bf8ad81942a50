// The person who coordinates a transaction by hand: a box in the middle of the ring, and a
// line to each node that did something with the transaction. It is the one client that
// stands inside the ring, and takes the place of the clients of these calls.

import { clip } from '../model/text.js';
import { transactionByHand } from '../modes/hand.js';
import { svg } from './dom.js';
import { n } from './layout.js';
import { textWidth } from './letters.js';
import { mark } from './marks.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */

/** @type {Record<string, string>} what a line says, by the kind of the call */
const SAYS = { propose: 'propose', commit: 'commit', rollback: 'roll back' };

export class You {
	/** @param {SVGElement} layer */
	constructor(layer) {
		this.layer = layer;
		this.drawn = '';
	}

	reshape() {
		this.drawn = '';
		this.layer.replaceChildren();
	}

	/** @param {View} view @param {Geometry} g @returns {Rect[]} the areas that labels must not cover */
	draw({ s }, g) {
		const hand = transactionByHand(s);
		const now = hand ? JSON.stringify([hand.tx, ...hand.done]) : '';
		const box = boxOf(g);
		if (now !== this.drawn) {
			this.drawn = now;
			const there = g.places.filter((p) => hand?.done.has(p.id));
			this.layer.replaceChildren(...(hand ? [...there.map((p) => lineTo(g, p, hand.done.get(p.id) ?? '')), youOf(g, box, hand.tx)] : []));
		}
		return hand ? [box] : [];
	}
}

/** @param {Geometry} g @returns {Rect} */
function boxOf({ centre, k }) {
	const [w, h] = [124 * k, 88 * k];
	return { x: centre.x - w / 2, y: centre.y - h / 2, w, h };
}

/** The box: "you", and the name of the transaction. @param {Geometry} g @param {Rect} box @param {string} tx */
function youOf({ k }, box, tx) {
	const el = svg('g', { class: 'client you', 'data-testid': 'you', role: 'img', 'aria-label': `you coordinate ${tx}` });
	const middle = n(box.x + box.w / 2);
	const name = svg('text', { class: 'name', x: middle, y: n(box.y + box.h * 0.34) });
	name.textContent = 'you';
	const status = svg('text', { class: 'status', x: middle, y: n(box.y + box.h * 0.86) });
	status.textContent = clip(tx, 6);
	el.append(
		svg('rect', { class: 'box', x: n(box.x), y: n(box.y), width: n(box.w), height: n(box.h), rx: n(6 * k + 2) }),
		svg('path', { class: 'head', d: `M${n(box.x)} ${n(box.y + box.h / 2)}V${n(box.y)}H${n(box.x + box.w)}V${n(box.y + box.h / 2)}Z` }), name, status,
	);
	return el;
}

/** The line to a node: a decision is a double line with a diamond, a proposal a request. @param {Geometry} g @param {Place} p @param {string} kind */
function lineTo(g, p, kind) {
	const { centre, k, r } = g;
	const far = Math.hypot(p.x - centre.x, p.y - centre.y) || 1;
	const [ux, uy] = [(p.x - centre.x) / far, (p.y - centre.y) / far];
	const end = far - r - 26 * k;
	const to = { x: centre.x + ux * end, y: centre.y + uy * end };
	const decides = kind !== 'propose';
	const el = svg('g', { class: `by-hand ${decides ? 'decides' : 'asks'}`, 'data-testid': 'by-hand', 'data-node': p.id, 'data-kind': kind, 'aria-hidden': 'true' });
	const d = `M${n(centre.x)} ${n(centre.y)}L${n(to.x)} ${n(to.y)}`;
	const { el: head, turns } = mark({ cls: decides ? 'decide' : 'request', sense: kind === 'rollback' ? 'abort' : 'commit', via: '', for: 0 }, k);
	head.setAttribute('transform', `translate(${n(to.x)} ${n(to.y)})${turns ? ` rotate(${n((Math.atan2(uy, ux) * 180) / Math.PI)})` : ''}`);
	const text = SAYS[kind] ?? kind;
	const beside = besideLine(g, ux, uy, 0.66 * end, text);
	const label = svg('text', { class: 'label halo', x: n(centre.x + beside.x), y: n(centre.y + beside.y) });
	label.textContent = text;
	el.append(svg('path', { class: 'outer', d }), ...(decides ? [svg('path', { class: 'inner', d })] : []), head, label);
	return el;
}

/** Where the middle of a line's label stands: right of a steep line, below a flat one. @param {Geometry} g @param {number} ux @param {number} uy the line's direction @param {number} at how far along it, px @param {string} text */
function besideLine({ k }, ux, uy, at, text) {
	const size = 25 * k + 3.4;
	const half = textWidth(text, size) / 2;
	const gap = 14 * k;
	if (Math.abs(uy) > Math.abs(ux)) return { x: ux * at + half + gap + size * Math.abs(ux / uy), y: uy * at + size / 3 };
	return { x: ux * at, y: uy * at + gap + 0.8 * size + half * Math.abs(uy / ux) };
}

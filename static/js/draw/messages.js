// Messages on the ring: the arrow up to the place of the message, the message's mark, the label
// of its fan, the × of a lost message, and the count of the messages that wait at a node.

import { WaitingCounts } from './waiting.js';
import { onEnter, set, svg } from './dom.js';
import { headingOn, n, partOf, pathOf } from './layout.js';
import { flag, mark, tip } from './marks.js';
import { isPlain, placeMarks, messagesShown } from './shown.js';
import { lane } from './stands.js';
import { Lines, Words } from './wording.js';

/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('./shown.js').Seen} Seen */
/** @typedef {ReturnType<typeof makeArrow>} Drawn */

export class Messages {
	/**
	 * @param {SVGElement} arrows the layer below the nodes
	 * @param {SVGElement} above the layer above the nodes
	 * @param {(id: string) => void} onTake a message was clicked
	 */
	constructor(arrows, above, onTake) {
		this.arrows = arrows;
		this.onTake = onTake;
		this.waiting = new WaitingCounts(above);
		this.words = new Words(above);
		this.lines = new Lines();
		/** @type {Map<string, Drawn>} */
		this.drawn = new Map();
		/** @type {Map<string, number>} by message: the place on its lane, 0 to 1, where it was lost */
		this.stops = new Map();
		/** @type {Map<string, number>} by message: the place on its lane, 0 to 1, where its mark stays */
		this.rests = new Map();
		/** @type {Geometry|undefined} */
		this.g = undefined;
	}

	/**
	 * @param {View} view @param {Geometry} g @param {Point[][]} tears
	 * @param {(Rect|Disc)[]} taken the areas that labels must not cover
	 * @returns {boolean} whether anything moves
	 */
	draw(view, g, tears, taken) {
		if (this.g !== g) this.clear(g);
		const seen = messagesShown(view, g, tears, this.stops);
		const now = new Set(seen.map((one) => one.m.id));
		for (const id of [...this.drawn.keys()]) if (!now.has(id)) this.remove(id);
		const marks = placeMarks(g, seen, [...taken, ...this.waiting.counts()], this.rests);
		for (const one of seen) this.drawArrow(view, g, one);
		this.words.drawCrosses(g, seen);
		const lines = this.lines.of(g, seen);
		const counts = this.waiting.draw(view, g, taken, marks, lines);
		this.words.draw(view, g, seen, tears, lines, [...taken, ...counts, ...marks, ...extras(view, g, seen)]);
		return seen.some((one) => one.moves);
	}

	/** Removes all that was drawn, because the geometry has changed. @param {Geometry} g */
	clear(g) {
		this.g = g;
		for (const id of [...this.drawn.keys()]) this.remove(id);
		this.stops.clear();
		this.rests.clear();
		this.words.clear();
		this.lines.clear();
		this.waiting.clear();
	}

	/** @param {string} id */
	remove(id) {
		this.drawn.get(id)?.g.remove();
		this.drawn.delete(id);
		this.stops.delete(id);
		this.rests.delete(id);
	}

	/** @param {View} view @param {Geometry} g @param {Seen} one */
	drawArrow(view, g, one) {
		const { m, gone } = one;
		let d = this.drawn.get(m.id);
		if (!d) {
			this.drawn.set(m.id, (d = makeArrow(m, g, this.onTake)));
			this.arrows.append(d.g);
		}
		const hidden = gone && view.lit !== m.id;
		drawState(d, view, one, hidden);
		if (!hidden) drawWay(d, g, one);
	}
}

/** @param {Drawn} d @param {View} view @param {Seen} one @param {boolean} hidden */
function drawState(d, view, { m, state, dimmed, toCome }, hidden) {
	set(d.g, 'data-state', state);
	set(d.g, 'data-gone', hidden ? '' : undefined);
	set(d.g, 'data-hand', view.hand === m.id ? '' : undefined);
	set(d.g, 'data-lit', view.lit === m.id ? '' : undefined);
	set(d.g, 'data-dimmed', dimmed ? '' : undefined);
	set(d.g, 'data-to-come', toCome || undefined);
	set(d.g, 'data-testid', toCome ? 'to-come' : 'msg');
	const catchable = !toCome && state !== 'delivered' && state !== 'lost' && (view.s.pace.pace !== 'live' || m.held || state === 'parked');
	set(d.g, 'tabindex', catchable ? 0 : undefined);
	set(d.g, 'role', catchable ? 'button' : undefined);
	set(d.g, 'aria-label', catchable ? `${m.type}, from ${m.from} to ${m.to}` : undefined);
}

/**
 * Draws the line up to the place of the message, and the mark.
 * @param {Drawn} d @param {Geometry} g @param {Seen} one
 */
function drawWay(d, g, { m, state, f, p, rest }) {
	const curve = lane(g, m.from, m.to);
	const way = pathOf(f >= 1 ? curve : partOf(curve, f));
	set(d.path, 'd', way);
	if (m.cls === 'decide') set(d.inner, 'd', way);
	const arrived = state === 'delivered';
	set(d.end, 'transform', arrived ? `translate(${n(curve.to.x)} ${n(curve.to.y)}) rotate(${n(headingOn(curve, 1))})` : undefined);
	set(d.head, 'transform', `translate(${n(p.x)} ${n(p.y)})`);
	const glyph = /** @type {SVGElement} */ (d.head.firstChild);
	set(glyph, 'transform', d.turns ? `rotate(${n(headingOn(curve, arrived ? rest : Math.max(0.02, f)))})` : undefined);
}

/** @param {Msg} m @param {Geometry} g @param {(id: string) => void} onTake */
function makeArrow(m, g, onTake) {
	const el = svg('g', {
		class: 'msg', 'data-testid': 'msg', 'data-id': m.id, 'data-type': m.type, 'data-from': m.from, 'data-to': m.to,
		'data-class': m.cls,
	});
	if (isPlain(m)) set(el, 'data-plain', '');
	const line = svg('g', { class: 'way' });
	const path = svg('path', { class: 'path' });
	const inner = svg('path', { class: 'inner' });
	const end = tip(g.k);
	line.append(path, inner, end);
	const head = svg('g', { class: 'head' });
	const { el: glyph, turns } = mark(m, g.k);
	head.append(glyph);
	if (m.via === 'hint' && m.for && m.cls === 'request') head.append(flag(m.for, g.k));
	head.append(svg('circle', { class: 'grip', r: 34 * g.k }), svg('circle', { class: 'hit', r: 30 * g.k }));
	el.append(line, head);
	head.addEventListener('click', (e) => {
		e.stopPropagation();
		onTake(m.id);
	});
	onEnter(el, () => onTake(m.id));
	return { g: el, path, inner, end, head, turns };
}

/**
 * More areas that labels must not cover: the flag of a hint, and the message in the hand.
 * @param {View} view @param {Geometry} g @param {Seen[]} seen @returns {(Rect|Disc)[]}
 */
function extras(view, g, seen) {
	const flags = seen.filter(({ m, gone, state }) => m.via === 'hint' && !gone && state !== 'lost').map(({ p }) => ({ x: p.x - 4 * g.k, y: p.y - 60 * g.k, w: 48 * g.k, h: 60 * g.k }));
	const hand = seen.filter(({ m }) => m.id === view.hand).map(({ p }) => ({ ...p, r: 38 * g.k }));
	return [...flags, ...hand];
}

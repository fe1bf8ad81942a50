// Messages on the ring: the arrow up to where the message is, its mark, the
// label of its fan, the × of one that was lost, the count of those that wait
// at a frozen node's door.

import { isParked } from '../model/state.js';
import { say, set, svg } from './dom.js';
import { placeLabels } from './labels.js';
import { around, covers, headingOn, lane, n, partOf, pathOf, place, pointOn } from './layout.js';
import { cross, flag, mark, tip } from './marks.js';
import { isPlain, settle, visible, words } from './shown.js';

/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('./shown.js').Seen} Seen */

/**
 * Draws messages into layers of the ring.
 * @param {SVGElement} arrows below the nodes
 * @param {SVGElement} above above the nodes
 * @param {(id: string) => void} onTake a message was clicked
 */
export function messageLayer(arrows, above, onTake) {
	/** @type {Map<string, {g: SVGElement, path: SVGElement, inner: SVGElement, end: SVGElement, head: SVGElement, turns: boolean, flag: SVGElement|undefined}>} */
	const drawn = new Map();
	/** @type {Map<string, SVGElement>} */
	const crosses = new Map();
	/** @type {Map<number, {g: SVGElement, at: Rect|undefined}>} */
	const parked = new Map();
	/** @type {Map<string, SVGElement>} */
	const labels = new Map();
	/** @type {Map<string, Rect>} where labels stand, so that none jumps */
	let stood = new Map();
	/** @type {Map<string, number>} */
	const stops = new Map();
	/** @type {Map<string, number>} */
	const rests = new Map();
	/** @type {Geometry|undefined} */
	let at;

	/**
	 * @param {View} view @param {Geometry} g @param {Point[][]} tears @param {(Rect|Disc)[]} taken what labels must not cover
	 * @returns {boolean} whether anything moves
	 */
	function draw(view, g, tears, taken) {
		if (at !== g) clear(g);
		const seen = visible(view, g, tears, stops);
		const now = new Set(seen.map((one) => one.m.id));
		for (const id of [...drawn.keys()]) if (!now.has(id)) remove(id);
		const counts = [...parked.values()].flatMap(({ at }) => (at ? [{ ...at, soft: true }] : []));
		const marks = settle(g, seen, [...taken, ...counts], rests);
		for (const one of seen) drawArrow(view, g, one);
		drawCrosses(g, seen);
		const pills = drawParked(view, g, taken, marks);
		drawWords(view, g, seen, tears, [...taken, ...pills, ...marks, ...extras(view, g, seen)]);
		return seen.some((one) => one.moves);
	}

	/** Everything is drawn anew in another geometry. @param {Geometry} g */
	function clear(g) {
		at = g;
		stood = new Map();
		stops.clear();
		rests.clear();
		for (const id of [...drawn.keys()]) remove(id);
		for (const c of crosses.values()) c.remove();
		for (const p of parked.values()) p.g.remove();
		crosses.clear();
		parked.clear();
	}

	/** @param {View} view @param {Geometry} g @param {Seen} one */
	function drawArrow(view, g, { m, state, f, p, gone, hushed, rest }) {
		let d = drawn.get(m.id);
		if (!d) drawn.set(m.id, (d = make(m, g)));
		set(d.g, 'data-state', state);
		const hidden = gone && view.lit !== m.id;
		set(d.g, 'data-gone', hidden ? '' : undefined);
		set(d.g, 'data-hand', view.hand === m.id ? '' : undefined);
		set(d.g, 'data-lit', view.lit === m.id ? '' : undefined);
		set(d.g, 'data-hushed', hushed ? '' : undefined);
		const catchable = state !== 'delivered' && state !== 'lost' && (view.s.pace.pace !== 'live' || m.held || state === 'parked');
		set(d.g, 'tabindex', catchable ? 0 : undefined);
		set(d.g, 'role', catchable ? 'button' : undefined);
		set(d.g, 'aria-label', catchable ? `${m.type}, from ${m.from} to ${m.to}` : undefined);
		if (hidden) return;
		const curve = lane(g, m.from, m.to);
		const d0 = pathOf(f >= 1 ? curve : partOf(curve, f));
		set(d.path, 'd', d0);
		if (m.cls === 'decide') set(d.inner, 'd', d0);
		const arrived = state === 'delivered';
		set(d.end, 'transform', arrived ? `translate(${n(curve.to.x)} ${n(curve.to.y)}) rotate(${n(headingOn(curve, 1))})` : undefined);
		set(d.head, 'transform', `translate(${n(p.x)} ${n(p.y)})`);
		const glyph = /** @type {SVGElement} */ (d.head.firstChild);
		set(glyph, 'transform', d.turns ? `rotate(${n(headingOn(curve, arrived ? rest : Math.max(0.02, f)))})` : undefined);
	}

	/** @param {Msg} m @param {Geometry} g */
	function make(m, g) {
		const el = svg('g', {
			class: 'msg', 'data-testid': 'msg', 'data-id': m.id, 'data-type': m.type, 'data-from': m.from, 'data-to': m.to,
			'data-class': m.cls,
		});
		const line = svg('g', { class: 'way' });
		const path = svg('path', { class: 'path' });
		const inner = svg('path', { class: 'inner' });
		const end = tip(g.k);
		line.append(path, inner, end);
		const head = svg('g', { class: 'head' });
		const { el: glyph, turns } = mark(m, g.k);
		head.append(glyph);
		const hint = m.via === 'hint' && m.for && m.cls === 'request' ? flag(m.for, g.k) : undefined;
		if (hint) head.append(hint);
		if (isPlain(m)) set(el, 'data-plain', '');
		head.append(svg('circle', { class: 'grip', r: 34 * g.k }), svg('circle', { class: 'hit', r: 30 * g.k }));
		el.append(line, head);
		head.addEventListener('click', (e) => {
			e.stopPropagation();
			onTake(m.id);
		});
		el.addEventListener('keydown', (e) => {
			if (e.key !== 'Enter' && e.key !== ' ') return;
			e.preventDefault();
			e.stopPropagation();
			onTake(m.id);
		});
		arrows.append(el);
		return { g: el, path, inner, end, head, turns, flag: hint };
	}

	/** @param {string} id */
	function remove(id) {
		drawn.get(id)?.g.remove();
		drawn.delete(id);
		stops.delete(id);
		rests.delete(id);
	}

	/** @param {Geometry} g @param {Seen[]} seen */
	function drawCrosses(g, seen) {
		const now = new Set();
		for (const { m, state, p, gone, hushed } of seen) {
			if (state !== 'lost' || gone) continue;
			now.add(m.id);
			let c = crosses.get(m.id);
			if (!c) {
				c = svg('g', { 'data-testid': 'lost', 'data-why': m.why || 'timeout', 'data-from': m.from, 'data-to': m.to, class: 'msg' });
				c.append(cross(g.k), svg('text', { class: 'reason halo' }));
				above.append(c);
				crosses.set(m.id, c);
			}
			set(c, 'data-hushed', hushed ? '' : undefined);
			set(/** @type {Element} */ (c.firstChild), 'transform', `translate(${n(p.x)} ${n(p.y)})`);
		}
		for (const [id, c] of crosses) {
			if (now.has(id)) continue;
			c.remove();
			crosses.delete(id);
		}
	}

	/** The words: those of an × in its group, those of fans in groups of their own. @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Point[][]} tears @param {(Rect|Disc)[]} taken */
	function drawWords(view, g, seen, tears, taken) {
		const wanted = words(view, g, seen);
		const spots = placeLabels(g, wanted, taken, () => soft(g, seen, tears), stood);
		stood = spots;
		const said = new Set();
		for (const { id, text, why } of wanted) {
			const spot = spots.get(id);
			if (why) said.add(why.m.id);
			const el = why ? /** @type {Element} */ (crosses.get(why.m.id)?.lastChild) : fanLabel(id, !!spot);
			if (!el) continue;
			say(el, spot ? text : '');
			if (!spot) continue;
			set(el, 'x', n(spot.x + spot.w / 2));
			set(el, 'y', n(spot.y + spot.h * 0.8));
		}
		for (const [id, c] of crosses) if (!said.has(id)) say(/** @type {Element} */ (c.lastChild), '');
		for (const [id, el] of labels) {
			if (spots.has(id)) continue;
			el.parentElement?.remove();
			labels.delete(id);
		}
	}

	/** @param {string} id @param {boolean} make */
	function fanLabel(id, make) {
		let el = labels.get(id);
		if (!el && make) {
			el = svg('text', { class: 'label halo' });
			const box = svg('g', { class: 'msg' });
			box.append(el);
			above.append(box);
			labels.set(id, el);
		}
		return el;
	}

	/** How many wait at each door. @param {View} view @param {Geometry} g @param {(Rect|Disc)[]} taken @param {Disc[]} marks @returns {Rect[]} */
	function drawParked(view, g, taken, marks) {
		/** @type {Map<number, number>} */
		const count = new Map();
		for (const m of view.s.msgs.values()) {
			if (m.cls !== 'background' && isParked(view.s, m, view.v)) count.set(m.to, (count.get(m.to) ?? 0) + 1);
		}
		for (const [id, pill] of parked) {
			if (count.has(id)) continue;
			pill.g.remove();
			parked.delete(id);
		}
		const rects = [];
		for (const [id, c] of count) {
			let pill = parked.get(id);
			if (!pill) {
				const el = svg('g', { class: 'parked', 'data-testid': 'parked', 'data-node': id });
				el.append(svg('rect', {}), svg('path', {}), svg('text', {}));
				above.append(el);
				parked.set(id, (pill = { g: el, at: undefined }));
			}
			const [rect, bars, text] = /** @type {Element[]} */ ([...pill.g.children]);
			const w = (50 + 17 * String(c).length) * g.k + 4;
			const h = 38 * g.k + 4;
			const stands = pill.at?.w === w && !marks.some((mark) => covers(/** @type {Rect} */ (pill.at), mark, 0));
			if (!pill.at || !stands) pill.at = pillAt(g, id, w, h, taken, marks);
			rects.push(pill.at);
			set(pill.g, 'data-count', c);
			set(pill.g, 'transform', `translate(${n(pill.at.x)} ${n(pill.at.y)})`);
			set(rect, 'width', n(w));
			set(rect, 'height', n(h));
			set(rect, 'rx', n(h / 2));
			set(bars, 'd', `M${n(17 * g.k)} ${n(h * 0.26)}v${n(h * 0.48)}m${n(10 * g.k)} 0v${n(-h * 0.48)}`);
			set(text, 'x', n(39 * g.k));
			set(text, 'y', n(h * 0.5 + 10 * g.k));
			say(text, String(c));
		}
		return rects;
	}

	return { draw };
}

/** What more a label keeps off: the flag of a hint, and the message in the hand. @param {View} view @param {Geometry} g @param {Seen[]} seen @returns {(Rect|Disc)[]} */
function extras(view, g, seen) {
	const flags = seen.filter(({ m, gone, state }) => m.via === 'hint' && !gone && state !== 'lost').map(({ p }) => ({ x: p.x - 4 * g.k, y: p.y - 60 * g.k, w: 48 * g.k, h: 60 * g.k }));
	const hand = seen.filter(({ m }) => m.id === view.hand).map(({ p }) => ({ ...p, r: 38 * g.k }));
	return [...flags, ...hand];
}

/** Where the count at a door stands: at the node's edge, where nothing else is, inner sides first. @param {Geometry} g @param {number} id @param {number} w @param {number} h @param {(Rect|Disc)[]} taken @param {Disc[]} marks @returns {Rect} */
function pillAt(g, id, w, h, taken, marks) {
	const p = place(g, id);
	const [out, up] = [p.disc.x > p.x ? 1 : -1, p.disc.y < p.y ? -1 : 1];
	const corners = [[-out, -1], [-out, up], [-out, 0], [out, -up], [-out, 1], [out, 0]].filter(([x, y]) => x !== out || y !== up);
	const rects = corners.map(([x, y]) => ({ x: p.x + x * g.r * (y ? 0.74 : 0.9) - (x < 0 ? w : 0), y: p.y + y * g.r * 0.86 - h / 2, w, h }));
	const seen = rects.filter((r) => r.x > 0 && r.x + w < g.w && r.y > 0);
	const others = taken.filter((thing) => !('r' in thing && thing.x === p.x && thing.y === p.y)); // its own circle it touches
	const off = (/** @type {(Rect|Disc)[]} */ things) => seen.find((rect) => !things.some((thing) => covers(rect, thing, 2)));
	return off([...others, ...marks]) ?? off(marks) ?? seen[0] ?? rects[0];
}

/** What labels had better not cover: lines, and still less the tear. @param {Geometry} g @param {Seen[]} seen @param {Point[][]} tears @returns {import('./labels.js').Soft[]} */
function soft(g, seen, tears) {
	const lines = seen.filter((one) => !one.gone).flatMap(({ m, f, moves, state }) => {
		const curve = lane(g, m.from, m.to);
		const far = moves || state === 'flying' ? 1 : f;
		return [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((at) => around(pointOn(curve, at * far), (moves ? 14 : 7) * g.k));
	});
	return [...lines, ...tears.flatMap((line) => line.map((p) => ({ ...around(p, 16 * g.k), weight: 3 })))];
}

// Messages on the ring: the arrow up to where the message is, its mark, the
// label of its fan, the × of one that was lost, the count of those that wait
// at a frozen node's door.

import { isParked, isTimedOut } from './model.js';
import { headingOn, labelAt, lane, n, partOf, pathOf, place, pointOn, textWidth } from './layout.js';
import { cross, flag, mark, say, set, svg } from './marks.js';
import { progress, reason } from './view.js';

/** @typedef {import('./model.js').Msg} Msg */
/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./view.js').View} View */
/** @typedef {{m: Msg, state: string, f: number, p: Point, gone: boolean, moves: boolean}} Seen a message as it is drawn now */

const FADE = 150; // elastic ms for which an ended message of another operation stays
const LOST_STAYS = 1500;
const MOST = 120; // messages drawn one by one; above, those of the operation in focus
const REST = 0.6; // of its lane, where the label of a message comes to rest

/**
 * Draws messages into layers of the ring.
 * @param {SVGElement} arrows below the nodes
 * @param {SVGElement} above above the nodes
 * @param {(id: string) => void} onTake a message was clicked
 */
export function messageLayer(arrows, above, onTake) {
	/** @type {Map<string, {g: SVGElement, path: SVGElement, inner: SVGElement, head: SVGElement, flag: SVGElement|undefined, turns: boolean, k: number}>} */
	const drawn = new Map();
	/** @type {Map<string, {g: SVGElement, word: SVGElement}>} */
	const crosses = new Map();
	/** @type {Map<number, SVGElement>} */
	const parked = new Map();
	/** @type {Map<string, SVGElement>} */
	const labels = new Map();
	/** @type {Map<string, {x: number, y: number}>} chosen places of labels, so that none jumps */
	const chosen = new Map();
	/** @type {Map<string, number>} */
	const stops = new Map();
	/** @type {Geometry|undefined} */
	let at;

	/**
	 * @param {View} view @param {Geometry} g @param {Point[][]} tears @param {Rect[]} taken what labels must not cover
	 * @returns {boolean} whether anything moves
	 */
	function draw(view, g, tears, taken) {
		if (at !== g) {
			at = g;
			chosen.clear();
			stops.clear();
			for (const id of drawn.keys()) remove(id);
		}
		const seen = visible(view, g, tears, stops);
		const now = new Set(seen.map((one) => one.m.id));
		for (const id of [...drawn.keys()]) if (!now.has(id)) remove(id);
		for (const one of seen) drawArrow(view, g, one);
		const rects = [...taken];
		for (const one of seen) if (!one.gone && one.state !== 'delivered') rects.push(around(one.p, 20 * g.k));
		drawLost(view, g, seen, rects);
		rects.push(...lines(g, seen));
		drawParked(view, g);
		drawLabels(view, g, seen, rects);
		return seen.some((one) => one.moves);
	}

	/** @param {View} view @param {Geometry} g @param {Seen} one */
	function drawArrow(view, g, { m, state, f, p, gone }) {
		let d = drawn.get(m.id);
		if (!d) drawn.set(m.id, (d = make(m, g)));
		set(d.g, 'data-state', state);
		const hidden = gone && view.lit !== m.id;
		set(d.g, 'data-gone', hidden ? '' : undefined);
		set(d.g, 'data-hand', view.hand === m.id ? '' : undefined);
		set(d.g, 'data-lit', view.lit === m.id ? '' : undefined);
		set(d.g, 'data-hushed', m.op !== view.s.focus && state !== 'flying' ? '' : undefined);
		const catchable = state !== 'delivered' && state !== 'lost' && (view.s.pace.pace !== 'live' || m.held || state === 'parked');
		set(d.g, 'tabindex', catchable ? 0 : undefined);
		set(d.g, 'role', catchable ? 'button' : undefined);
		set(d.g, 'aria-label', catchable ? `${m.type}, from ${m.from} to ${m.to}` : undefined);
		if (hidden) return;
		const curve = lane(g, m.from, m.to);
		const d0 = pathOf(f >= 1 ? curve : partOf(curve, f));
		set(d.path, 'd', d0);
		if (m.cls === 'decide') set(d.inner, 'd', d0);
		set(d.head, 'transform', `translate(${n(p.x)} ${n(p.y)})`);
		const glyph = /** @type {SVGElement} */ (d.head.firstChild);
		set(glyph, 'transform', d.turns ? `rotate(${n(headingOn(curve, Math.max(0.02, f)))})` : undefined);
		set(glyph, 'visibility', state === 'lost' || state === 'parked' ? 'hidden' : undefined);
		if (d.flag) set(d.flag, 'visibility', state === 'lost' ? 'hidden' : undefined);
	}

	/** @param {Msg} m @param {Geometry} g */
	function make(m, g) {
		const el = svg('g', {
			class: 'msg', 'data-testid': 'msg', 'data-id': m.id, 'data-type': m.type, 'data-from': m.from, 'data-to': m.to,
			'data-class': m.cls,
		});
		const path = svg('path', { class: 'path' });
		const inner = svg('path', { class: 'inner' });
		const head = svg('g', { class: 'head' });
		const { el: glyph, turns } = mark(m, g.k);
		head.append(glyph);
		const hint = m.via === 'hint' && m.for && m.cls === 'request' ? flag(m.for, g.k) : undefined;
		if (hint) head.append(hint);
		head.append(svg('circle', { class: 'grip', r: 34 * g.k }), svg('circle', { class: 'hit', r: 30 * g.k }));
		el.append(path, inner, head);
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
		return { g: el, path, inner, head, flag: hint, turns, k: g.k };
	}

	/** @param {string} id */
	function remove(id) {
		drawn.get(id)?.g.remove();
		drawn.delete(id);
		stops.delete(id);
	}

	/** @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Rect[]} rects */
	function drawLost(view, g, seen, rects) {
		const now = new Set();
		const said = new Set();
		for (const { m, state, p, gone } of seen) {
			if (state !== 'lost' || gone) continue;
			now.add(m.id);
			let c = crosses.get(m.id);
			if (!c) {
				const el = svg('g', { 'data-testid': 'lost', 'data-why': m.why || 'timeout', 'data-from': m.from, 'data-to': m.to, class: 'msg' });
				const word = svg('text', { class: 'reason halo' });
				el.append(cross(g.k), word);
				above.append(el);
				crosses.set(m.id, (c = { g: el, word }));
			}
			set(/** @type {Element} */ (c.g.firstChild), 'transform', `translate(${n(p.x)} ${n(p.y)})`);
			const text = reason(view.s, m);
			const size = 28 * g.k + 1;
			const id = `why:${m.id}`;
			const spot = chosen.get(id) ?? labelAt(g, p, textWidth(text, size), size, 25 * g.k, rects);
			const crowded = 'cost' in spot && Number(spot.cost) > size * size * 0.8 && said.has(text + m.from);
			say(c.word, crowded ? '' : text);
			set(c.word, 'x', n(spot.x + textWidth(text, size) / 2));
			set(c.word, 'y', n(spot.y + size * 0.8));
			chosen.set(id, spot);
			said.add(text + m.from);
			rects.push({ x: spot.x, y: spot.y, w: textWidth(text, size), h: size });
		}
		for (const [id, c] of crosses) {
			if (now.has(id)) continue;
			c.g.remove();
			crosses.delete(id);
			chosen.delete(`why:${id}`);
		}
	}

	/** @param {View} view @param {Geometry} g */
	function drawParked(view, g) {
		/** @type {Map<number, number>} */
		const count = new Map();
		for (const m of view.s.msgs.values()) {
			if (m.cls !== 'background' && isParked(view.s, m, view.v)) count.set(m.to, (count.get(m.to) ?? 0) + 1);
		}
		for (const [id, el] of parked) {
			if (count.has(id)) continue;
			el.remove();
			parked.delete(id);
		}
		for (const [id, c] of count) {
			let el = parked.get(id);
			if (!el) {
				el = svg('g', { class: 'parked', 'data-testid': 'parked', 'data-node': id });
				el.append(svg('rect', {}), svg('path', {}), svg('text', {}));
				above.append(el);
				parked.set(id, el);
			}
			const p = place(g, id);
			const [rect, bars, text] = /** @type {Element[]} */ ([...el.children]);
			const w = (56 + 17 * String(c).length) * g.k;
			const h = 42 * g.k;
			const side = p.disc.x > p.x && p.disc.y < p.y ? -1 : 1;
			set(el, 'data-count', c);
			set(el, 'transform', `translate(${n(p.x + side * g.r * 0.78 - (side < 0 ? w : 0))} ${n(p.y - g.r * 0.9 - h / 2)})`);
			set(rect, 'width', n(w));
			set(rect, 'height', n(h));
			set(rect, 'rx', n(h / 2));
			set(bars, 'd', `M${n(18 * g.k)} ${n(11 * g.k)}V${n(31 * g.k)}M${n(28 * g.k)} ${n(11 * g.k)}V${n(31 * g.k)}`);
			set(text, 'x', n(40 * g.k));
			set(text, 'y', n(31 * g.k));
			say(text, String(c));
		}
	}

	/** One label for a fan. @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Rect[]} rects */
	function drawLabels(view, g, seen, rects) {
		const now = new Set();
		for (const { id, text, fan } of fans(view, seen)) {
			now.add(id);
			const size = 28 * g.k + 1;
			const width = textWidth(text, size);
			let spot = chosen.get(id);
			const keep = spot && fan.find((one) => one.m.id === /** @type {any} */ (spot).msg);
			if (!spot || !keep) {
				spot = bestSpot(g, fan, width, size, rects);
				chosen.set(id, spot);
			}
			const lead = fan.find((one) => one.m.id === /** @type {any} */ (spot).msg) ?? fan[0];
			const base = pointOn(lane(g, lead.m.from, lead.m.to), restOf(lead));
			let el = labels.get(id);
			if (!el) {
				el = svg('text', { class: 'label halo' });
				const box = svg('g', { class: 'msg' });
				box.append(el);
				above.append(box);
				labels.set(id, el);
			}
			say(el, text);
			set(el, 'x', n(base.x + spot.x + width / 2));
			set(el, 'y', n(base.y + spot.y + size * 0.8));
		}
		for (const [id, el] of labels) {
			if (now.has(id)) continue;
			el.parentElement?.remove();
			labels.delete(id);
			chosen.delete(id);
		}
	}

	return { draw };
}

/**
 * The messages that the stage shows now, with their states.
 * @param {View} view @param {Geometry} g @param {Point[][]} tears
 * @param {Map<string, number>} stops where messages died, so that no × moves when the tear is healed
 * @returns {Seen[]}
 */
function visible(view, g, tears, stops) {
	/** @type {Map<string, number>} newest departure on each lane, of the operation in focus */
	const newest = new Map();
	/** @type {Map<string, number>} */
	const queued = new Map();
	const { s, x } = view;
	/** @type {Msg[]} */
	let shown = [];
	for (const m of s.msgs.values()) {
		if (m.cls === 'background' && !m.held && s.pace.pace === 'live') continue;
		if (!g.places.some((p) => p.id === m.from) || !g.places.some((p) => p.id === m.to)) continue;
		const mine = m.op === s.focus && m.op !== '';
		if (view.flow && !mine) continue;
		if (m.state === 'delivered' && !mine && x > m.x1 + FADE) continue;
		if (m.state === 'lost' && !mine && x > m.x1 + LOST_STAYS) continue;
		if (m.cls === 'background' && m.state !== 'flying') continue;
		shown.push(m);
		const id = `${m.from}-${m.to}`;
		newest.set(id, Math.max(newest.get(id) ?? -Infinity, m.x0));
	}
	if (shown.length > MOST) shown = shown.filter((m) => m.op === s.focus);
	/** @type {Set<string>} lanes on which a request shows that it was too late */
	const late = new Set();
	for (const m of shown) if (m.op === s.focus && isParked(s, m, view.v) && isTimedOut(s, m)) late.add(`${m.from}-${m.to}`);
	return shown.map((m) => {
		const id = `${m.from}-${m.to}`;
		const before = m.state === 'flying' ? queued.get(id) ?? 0 : 0;
		if (m.state === 'flying') queued.set(id, before + 1);
		const curve = lane(g, m.from, m.to);
		const { f: now, moves } = progress(view, m, curve, tears, before);
		const dies = m.state === 'lost' && x < m.x1;
		const died = m.state === 'lost' && !dies && !moves;
		if (died && !stops.has(m.id)) stops.set(m.id, now);
		const f = died ? stops.get(m.id) ?? now : now;
		const parked = isParked(s, m, view.v) && !moves;
		const timedOut = parked && isTimedOut(s, m);
		const state = dies ? 'flying' : timedOut ? 'lost' : parked ? 'parked' : m.state;
		const gone = (timedOut && m.op !== s.focus) || (parked && !timedOut && late.has(id)) || (m.state !== 'flying' && m.x0 < (newest.get(id) ?? 0)) || (m.state === 'delivered' && m.op !== s.focus);
		return { m, state, f, p: pointOn(curve, f), gone, moves };
	});
}

/**
 * The fans that carry a label: what is on its way, else the newest wave.
 * Votes carry their marks alone while live.
 * @param {View} view @param {Seen[]} seen
 */
function fans(view, seen) {
	/** @type {Map<string, {id: string, text: string, fan: Seen[], x: number, flies: boolean}>} */
	const by = new Map();
	for (const one of seen) {
		const { m } = one;
		if (one.gone || one.state === 'lost' || one.state === 'parked' || m.cls === 'background') continue;
		if (one.state === 'delivered' && m.op !== view.s.focus) continue;
		const vote = m.cls === 'yes';
		if (vote && view.s.pace.pace === 'live') continue;
		const name = m.via === 'hint' ? 'hint' : m.via === 'forward' ? 'forward' : m.type;
		const id = `${m.op}:${m.cls}:${name}:${vote ? m.to : m.from}:${m.sense}`;
		let fan = by.get(id);
		if (!fan) by.set(id, (fan = { id, text: name, fan: [], x: 0, flies: false }));
		fan.fan.push(one);
		fan.x = Math.max(fan.x, m.x0);
		fan.flies ||= one.state === 'flying';
	}
	const all = [...by.values()];
	const newest = Math.max(...all.map((f) => f.x));
	return all.filter((f) => f.flies || f.x === newest).map((f) => {
		const flying = f.fan.filter((one) => one.state === 'flying');
		const fan = flying.length ? flying : f.fan;
		const count = f.fan.length;
		return { id: f.id, text: f.text.replaceAll('-', ' ') + (count > 1 ? ` ×${count}` : ''), fan };
	});
}

/**
 * The best place of a fan's label, relative to the message that carries it.
 * @param {Geometry} g @param {Seen[]} fan @param {number} width @param {number} size @param {Rect[]} rects
 */
function bestSpot(g, fan, width, size, rects) {
	let best = { x: 0, y: 0, msg: fan[0].m.id };
	let cost = Infinity;
	for (const one of fan) {
		const { m, moves } = one;
		const curve = lane(g, m.from, m.to);
		const p = pointOn(curve, moves ? REST : restOf(one));
		const spot = labelAt(g, p, width, size, 26 * g.k, rects);
		const worst = spot.cost + m.from * 0.01;
		if (worst < cost) {
			cost = worst;
			best = { x: spot.x - p.x, y: spot.y - p.y, msg: m.id };
		}
	}
	return best;
}

/** How far along its lane a message carries its label: not over the node that it reaches. @param {Seen} one */
function restOf({ f, state }) {
	return state === 'delivered' ? REST : Math.min(f, REST);
}

/** Small squares along every line, so that labels keep off them. @param {Geometry} g @param {Seen[]} seen @returns {Rect[]} */
function lines(g, seen) {
	return seen.filter((one) => !one.gone).flatMap(({ m, f, moves }) => {
		const curve = lane(g, m.from, m.to);
		return [0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85].map((at) => around(pointOn(curve, at * (moves ? 1 : Math.max(0.6, f))), (moves ? 14 : 6) * g.k));
	});
}

/** @param {Point} p @param {number} r @returns {Rect} */
function around(p, r) {
	return { x: p.x - r, y: p.y - r, w: 2 * r, h: 2 * r };
}

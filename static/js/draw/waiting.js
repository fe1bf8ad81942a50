// The number of messages that wait at each node. Messages wait at a node while the node
// is frozen or silent, because it does not take them in.

import { isParked } from '../model/state.js';
import { say, set, svg } from './dom.js';
import { covers, n, place } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {{g: SVGElement, at: Rect|undefined}} Count at: the place of the count */

export class WaitingCounts {
	/** @param {SVGElement} layer above the nodes */
	constructor(layer) {
		this.layer = layer;
		/** @type {Map<number, Count>} by node */
		this.drawn = new Map();
	}

	clear() {
		for (const one of this.drawn.values()) one.g.remove();
		this.drawn.clear();
	}

	/** Where the counts stand. @returns {Rect[]} */
	counts() {
		return [...this.drawn.values()].flatMap(({ at }) => (at ? [{ ...at, soft: true }] : []));
	}

	/** @param {View} view @param {Geometry} g @param {(Rect|Disc)[]} taken @param {Disc[]} marks @param {Grid} lines @returns {Rect[]} the areas that labels must not cover */
	draw(view, g, taken, marks, lines) {
		const waiting = countWaiting(view);
		for (const [id, one] of this.drawn) {
			if (waiting.has(id)) continue;
			one.g.remove();
			this.drawn.delete(id);
		}
		return [...waiting].map(([id, count]) => {
			const one = this.drawn.get(id) ?? this.make(id);
			const w = (50 + 17 * String(count).length) * g.k + 4;
			const h = 38 * g.k + 4;
			const stands = one.at?.w === w && !lines.areaIn(one.at) && !marks.some((mark) => covers(/** @type {Rect} */ (one.at), mark, 0));
			const at = stands && one.at ? one.at : placeAt(g, id, w, h, taken, marks, lines);
			one.at = at;
			drawCount(one.g, count, at, g.k);
			return at;
		});
	}

	/** @param {number} id @returns {Count} */
	make(id) {
		const g = svg('g', { class: 'parked', 'data-testid': 'parked', 'data-node': id });
		g.append(svg('rect', {}), svg('path', {}), svg('text', {}));
		this.layer.append(g);
		const one = { g, at: undefined };
		this.drawn.set(id, one);
		return one;
	}
}

/** @param {View} view @returns {Map<number, number>} by node */
function countWaiting(view) {
	/** @type {Map<number, number>} */
	const count = new Map();
	for (const m of view.s.msgs.values()) {
		if (m.cls !== 'background' && isParked(view.s, m, view.v)) count.set(m.to, (count.get(m.to) ?? 0) + 1);
	}
	return count;
}

/** @param {SVGElement} g @param {number} count @param {Rect} at @param {number} k */
function drawCount(g, count, at, k) {
	const [rect, bars, text] = [...g.children];
	set(g, 'data-count', count);
	set(g, 'transform', `translate(${n(at.x)} ${n(at.y)})`);
	set(rect, 'width', n(at.w));
	set(rect, 'height', n(at.h));
	set(rect, 'rx', n(at.h / 2));
	set(bars, 'd', `M${n(17 * k)} ${n(at.h * 0.26)}v${n(at.h * 0.48)}m${n(10 * k)} 0v${n(-at.h * 0.48)}`);
	set(text, 'x', n(39 * k));
	set(text, 'y', n(at.h * 0.5 + 10 * k));
	say(text, String(count));
}

/** A place at the node's edge, free if there is a free one. The sides towards the ring's inside come first. @param {Geometry} g @param {number} id @param {number} w @param {number} h @param {(Rect|Disc)[]} taken @param {Disc[]} marks @param {Grid} lines @returns {Rect} */
function placeAt(g, id, w, h, taken, marks, lines) {
	const p = place(g, id);
	const [out, up] = [p.disc.x > p.x ? 1 : -1, p.disc.y < p.y ? -1 : 1];
	const corners = [[-out, -1], [-out, up], [-out, 0], [out, -up], [-out, 1], [out, 0]].filter(([x, y]) => x !== out || y !== up);
	const rects = corners.map(([x, y]) => ({ x: p.x + x * g.r * (y ? 0.74 : 0.9) - (x < 0 ? w : 0), y: p.y + y * g.r * 0.86 - h / 2, w, h }));
	const seen = rects.filter((r) => r.x > 0 && r.x + w < g.w && r.y > 0);
	const others = taken.filter((thing) => !('r' in thing && thing.x === p.x && thing.y === p.y)); // a count touches the circle of its own node
	const off = (/** @type {(Rect|Disc)[]} */ things) => seen.find((rect) => !things.some((thing) => covers(rect, thing, 2)));
	const clear = seen.find((rect) => !lines.areaIn(rect) && ![...others, ...marks].some((thing) => covers(rect, thing, 2)));
	return clear ?? off([...others, ...marks]) ?? off(marks) ?? seen[0] ?? rects[0];
}

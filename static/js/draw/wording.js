// The words on the ring: the × of each lost message with its reason, and the
// label of each fan.

import { say, set, svg } from './dom.js';
import { placeLabels } from './labels.js';
import { around, lane, n, pointOn } from './layout.js';
import { cross } from './marks.js';
import { words } from './shown.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('./shown.js').Seen} Seen */

export class Words {
	/** @param {SVGElement} layer above the nodes */
	constructor(layer) {
		this.layer = layer;
		/** @type {Map<string, SVGElement>} by message */
		this.crosses = new Map();
		/** @type {Map<string, SVGElement>} by fan */
		this.labels = new Map();
		/** @type {Map<string, Rect>} where labels stand, so that none jumps */
		this.stood = new Map();
	}

	clear() {
		this.stood = new Map();
		for (const c of this.crosses.values()) c.remove();
		this.crosses.clear();
	}

	/** @param {Geometry} g @param {Seen[]} seen */
	drawCrosses(g, seen) {
		const now = new Set();
		for (const { m, state, p, gone, hushed, ghost } of seen) {
			if (state !== 'lost' || gone) continue;
			now.add(m.id);
			const c = this.crosses.get(m.id) ?? this.makeCross(m, g);
			set(c, 'data-hushed', hushed ? '' : undefined);
			set(c, 'data-ghost', ghost || undefined);
			set(c, 'data-testid', ghost ? 'ghost' : 'lost');
			set(/** @type {Element} */ (c.firstChild), 'transform', `translate(${n(p.x)} ${n(p.y)})`);
		}
		for (const [id, c] of this.crosses) {
			if (now.has(id)) continue;
			c.remove();
			this.crosses.delete(id);
		}
	}

	/** @param {Msg} m @param {Geometry} g */
	makeCross(m, g) {
		const c = svg('g', { 'data-testid': 'lost', 'data-why': m.why || 'timeout', 'data-from': m.from, 'data-to': m.to, class: 'msg' });
		c.append(cross(g.k), svg('text', { class: 'reason halo' }));
		this.layer.append(c);
		this.crosses.set(m.id, c);
		return c;
	}

	/** @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Point[][]} tears @param {(Rect|Disc)[]} taken */
	draw(view, g, seen, tears, taken) {
		const wanted = words(view, g, seen);
		const spots = placeLabels(g, wanted, taken, () => soft(g, seen, tears), this.stood);
		this.stood = spots;
		const said = new Set();
		for (const { id, text, why } of wanted) {
			const spot = spots.get(id);
			if (why) said.add(why.m.id);
			const el = why ? /** @type {Element} */ (this.crosses.get(why.m.id)?.lastChild) : this.fanLabel(id, !!spot);
			if (!el) continue;
			say(el, spot ? text : '');
			if (!spot) continue;
			set(el, 'x', n(spot.x + spot.w / 2));
			set(el, 'y', n(spot.y + spot.h * 0.8));
		}
		for (const [id, c] of this.crosses) if (!said.has(id)) say(/** @type {Element} */ (c.lastChild), '');
		for (const [id, el] of this.labels) {
			if (spots.has(id)) continue;
			el.parentElement?.remove();
			this.labels.delete(id);
		}
	}

	/** @param {string} id @param {boolean} make whether one is made where there is none */
	fanLabel(id, make) {
		let el = this.labels.get(id);
		if (!el && make) {
			el = svg('text', { class: 'label halo' });
			const box = svg('g', { class: 'msg' });
			box.append(el);
			this.layer.append(box);
			this.labels.set(id, el);
		}
		return el;
	}
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

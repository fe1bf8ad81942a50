// The words on the ring: the × of each lost message with its reason, and the
// label of each fan.

import { gridOf } from './grid.js';
import { say, set, svg } from './dom.js';
import { placeLabels } from './labels.js';
import { MARK, n } from './layout.js';
import { missedOn } from './missed.js';
import { cross } from './marks.js';
import { labelsOfMessages } from './shown.js';
import { pointsOn } from './lane-place.js';
import { lane } from './stands.js';
import { typeWords } from '../model/text.js';
import { reason } from '../modes/words.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('./shown.js').Seen} Seen */
/** @typedef {import('./grid.js').Grid} Grid */

export class Words {
	/** @param {SVGElement} layer above the nodes */
	constructor(layer) {
		this.layer = layer;
		/** @type {Map<string, SVGElement>} by message */
		this.crosses = new Map();
		/** @type {Map<string, SVGElement>} by fan */
		this.labels = new Map();
		/** @type {Map<string, Rect>} the places of the labels in the last frame, so that no label jumps */
		this.stood = new Map();
		/** @type {Set<string>} the groups of lost messages that share one label, because there was no room for more */
		this.shared = new Set();
		/** @type {{lines: Grid, tears: Point[][], of: import('./labels.js').Cost}|undefined} */
		this.cost = undefined;
	}

	clear() {
		this.stood = new Map();
		this.shared.clear();
		this.cost = undefined;
		for (const c of this.crosses.values()) c.remove();
		this.crosses.clear();
	}

	/** @param {Geometry} g @param {Seen[]} seen */
	drawCrosses(g, seen) {
		const now = new Set();
		for (const { m, state, p, gone, dimmed, toCome } of seen) {
			if (state !== 'lost' || gone) continue;
			now.add(m.id);
			const c = this.crosses.get(m.id) ?? this.makeCross(m, g);
			set(c, 'data-dimmed', dimmed ? '' : undefined);
			set(c, 'data-to-come', toCome || undefined);
			set(c, 'data-testid', toCome ? 'to-come' : 'lost');
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
		const c = svg('g', { 'data-testid': 'lost', 'data-why': m.why || 'timeout', 'data-from': m.from, 'data-to': m.to, class: 'msg', role: 'img' });
		c.append(cross(g.k), svg('text', { class: 'reason halo' }));
		this.layer.append(c);
		this.crosses.set(m.id, c);
		return c;
	}

	/** @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Point[][]} tears @param {Grid} lines @param {(Rect|Disc)[]} taken */
	draw(view, g, seen, tears, lines, taken) {
		const { wanted, spots } = this.place(view, g, seen, tears, lines, taken);
		this.stood = spots;
		for (const { m } of seen) {
			const c = this.crosses.get(m.id);
			if (c) set(c, 'aria-label', `${typeWords(m.type)}, from ${m.from} to ${m.to}: ${reason(view.s, m)}`);
		}
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

	/**
	 * Places the labels. Lost messages share a label if their own labels cover a line.
	 * @param {View} view @param {Geometry} g @param {Seen[]} seen @param {Point[][]} tears @param {Grid} lines @param {(Rect|Disc)[]} taken
	 */
	place(view, g, seen, tears, lines, taken) {
		const missed = missedOn(view, g, tears);
		if (!seen.some((one) => one.state === 'lost')) this.shared.clear();
		const placed = () => {
			const wanted = labelsOfMessages(view, g, seen, missed, this.shared);
			return { wanted, spots: placeLabels(g, wanted, taken, this.costOf(g, lines, tears), this.stood) };
		};
		for (;;) {
			const now = placed();
			const crowded = now.wanted.filter(({ id, group }) => group && !this.shared.has(group) && (now.spots.get(id)?.crossed ?? 1));
			if (!crowded.length) return now;
			for (const { group } of crowded) this.shared.add(group ?? '');
		}
	}

	/** @param {Geometry} g @param {Grid} lines @param {Point[][]} tears */
	costOf(g, lines, tears) {
		if (this.cost?.lines !== lines || this.cost.tears !== tears) this.cost = { lines, tears, of: costOf(g, lines, tears) };
		return this.cost.of;
	}

	/** @param {string} id @param {boolean} make whether a missing label is made */
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

const CROSSED = 3; // the cost of each px² of a line under a label, at 1920×1080
const TORN = 6; // the cost of each px² of a tear under a label, at 1920×1080

/**
 * The cost of the lines and tears that a label covers.
 * @param {Geometry} g @param {Grid} lines @param {Point[][]} tears
 * @returns {import('./labels.js').Cost}
 */
function costOf(g, lines, tears) {
	const torn = gridOf(g, tears.flatMap((line) => line.map((p) => ({ ...p, r: 16 * g.k }))));
	return (rect) => (CROSSED * lines.areaIn(rect) + TORN * torn.areaIn(rect)) / (g.k * g.k);
}

/**
 * The lines of the messages that are shown. They are computed again only when a message appears,
 * ends or moves its mark.
 */
export class Lines {
	constructor() {
		this.key = '';
		/** @type {Grid|undefined} */
		this.grid = undefined;
	}

	/**
	 * A grid of the lines. For a message that moves, the whole lane is taken, because the message
	 * will pass there.
	 * @param {Geometry} g @param {Seen[]} seen @returns {Grid}
	 */
	of(g, seen) {
		const shown = seen.filter((one) => !one.gone).map(({ m, f, moves, state }) => ({ m, end: moves || state === 'flying' ? 1 : f, r: moves || state === 'flying' ? MARK : 6 }));
		const key = shown.map(({ m, end, r }) => `${m.from}-${m.to}:${end.toFixed(3)}:${r}`).sort().join();
		if (this.grid && key === this.key) return this.grid;
		this.key = key;
		return (this.grid = gridOf(g, shown.flatMap(({ m, end, r }) => pointsOn(lane(g, m.from, m.to), end).map((p) => ({ ...p, r: r * g.k })))));
	}

	clear() {
		this.grid = undefined;
	}
}

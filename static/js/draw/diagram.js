// The space-time diagram: one line for each node, time to the right, and messages as
// slanted arrows between the lines. It is a canvas, because there are many messages.
// It reads the timeline's events, which spacetime.js folds. It uses the same elastic
// axis as the ring.

import { Sight } from '../model/sight.js';
import { BUCKET, SpaceTime, repeatedOf } from '../model/spacetime.js';
import { focusOp } from '../model/state.js';
import { duration } from '../model/text.js';
import { modeOf } from '../modes/index.js';
import { drawArrow } from './diagram-arrows.js';
import { drawBar, drawGap, drawLane, drawStatus } from './diagram-lanes.js';
import { drawSplits } from './diagram-splits.js';
import { drawElections, drawTerms, isTaken } from './diagram-terms.js';
import { sizeOf } from './dom.js';
import { Pen } from './pen.js';

/** @typedef {import('../model/timeline.js').Timeline} Timeline */
/** @typedef {import('../model/spacetime.js').Arrow} Arrow */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {{a: Arrow, x0: number, y0: number, x1: number, y1: number}} Shown an arrow, and the ends of what the last frame drew of it */
/** @typedef {{arrow: Arrow, x: number, y: number}} Hit an arrow and the middle of what was drawn of it */
/**
 * @typedef {object} Frame One picture: the canvas and its scales.
 * @property {number} w
 * @property {number} h
 * @property {number} k the scale of type and marks
 * @property {boolean} small the canvas is too low for text
 * @property {number} left where the lines begin
 * @property {number} right where they end
 * @property {number} step between two lines
 * @property {number} x the place on the axis up to which events are drawn
 * @property {number} xMin the place on the axis at the left end
 * @property {number} xMax the place on the axis at the right end
 * @property {(x: number) => number} px the pixel of a place on the axis
 * @property {(id: number) => number} y the pixel of a node's line
 */

const REPEATED = 0.25; // the opacity of an arrow whose message was sent again later
const MOST = 500; // arrows in sight; above this number, arrows of other operations become counts
const NEAR = 9; // px from an arrow within which the pointer is on the arrow
const TO_COME = 0.28; // the opacity of events that are still to come

export class Diagram {
	/** @param {HTMLCanvasElement} canvas @param {Timeline} timeline @param {() => void} [resized] */
	constructor(canvas, timeline, resized) {
		this.pen = new Pen(canvas);
		this.size = sizeOf(canvas, resized);
		this.whole = false; // true: background traffic is drawn message by message, not as ticks
		this.playhead = 0; // px, where the last frame drew it
		/** @type {import('./diagram-terms.js').Span[]} the places of the words that the last frame wrote below the lines */
		this.words = [];
		/** @type {Shown[]} */
		this.shown = [];
		this.story = new SpaceTime(timeline);
		this.sight = new Sight();
	}

	/** Shows another timeline. @param {Timeline} timeline */
	use(timeline) {
		this.story = new SpaceTime(timeline);
		this.sight = new Sight();
	}

	recolour() {
		this.pen.recolour();
	}

	/** @param {View} view @param {boolean} past the playhead does not follow the present */
	draw(view, past) {
		this.story.fold();
		this.shown = [];
		const { w, h } = this.size;
		if (!w || !h) return;
		this.pen.clear(w, h);
		const ids = [...view.s.nodes.keys()].sort((a, b) => a - b);
		if (!ids.length) return;
		this.sight.frame(view.x, past, this.lengthAt(view.x));
		const { timeline } = this.story;
		const end = past ? Math.max(view.x, timeline.x[timeline.length - 1] ?? 0) : view.x;
		const f = this.frame(w, h, ids, end);
		this.playhead = f.px(view.x);
		if (past) this.drawPastAndFuture(f, ids, view);
		else this.drawStory(f, ids, view);
		this.drawPlayhead(f, past);
		this.drawTimes(f);
	}

	/** Draws the same picture once more, with another pen. @param {Pen} pen @param {View} view */
	drawWith(pen, view) {
		const own = this.pen;
		this.pen = pen;
		this.draw(view, !!view.past);
		this.pen = own;
	}

	/** In a replay the events that are still to come are drawn, too, but pale. @param {Frame} f @param {number[]} ids @param {View} view */
	drawPastAndFuture(f, ids, view) {
		const { ctx } = this.pen;
		for (const [from, to, alpha] of [[this.playhead, f.w, TO_COME], [0, this.playhead, 1]]) {
			ctx.save();
			ctx.beginPath();
			ctx.rect(from, 0, to - from, f.h);
			ctx.clip();
			this.shown = [];
			this.drawStory(f, ids, view, alpha);
			ctx.restore();
		}
	}

	/** @param {Frame} f @param {number[]} ids @param {View} view @param {number} [alpha] */
	drawStory(f, ids, view, alpha = 1) {
		const { pen, story, whole } = this;
		const { ctx } = pen;
		ctx.globalAlpha = 1;
		for (const id of ids) drawTerms(pen, f, id, story.termsOf(id, f.xMin, f.x, view.s.nodes.get(id)?.term ?? 0));
		for (const id of ids) drawLane(pen, f, id, periodsOf(story, f, id, view));
		ctx.globalAlpha = alpha;
		for (const b of story.bars) if (b.x0 <= Math.min(f.x, f.xMax) && b.x1 >= f.xMin) drawBar(pen, f, b);
		const from = view.flow ? Math.max(f.xMin, focusOp(view.s)?.x0 ?? f.x) : f.xMin;
		const arrows = story.between(from, Math.min(f.x, f.xMax)).filter((a) => whole || a.cls !== 'background');
		const summed = view.flow || arrows.length > MOST;
		if (summed) this.drawCounts(f);
		if (!whole) this.drawQuiet(f);
		const repeated = repeatedOf(arrows);
		for (const a of arrows) {
			if (summed && a.op !== view.s.focus) continue;
			const at = drawArrow(pen, f, a, view, alpha * (repeated.has(a) ? REPEATED : 1));
			if (at) this.shown.push({ a, ...at });
		}
		ctx.globalAlpha = alpha;
		this.words = drawElections(pen, f, story.elections.filter((e) => e.x >= f.xMin && e.x <= Math.min(f.x, f.xMax)), modeOf(view.s).isTrial);
		this.words = drawSplits(pen, f, ids, story, view.s, this.words);
		for (const b of story.bars) if (b.status && b.x1 <= f.x && b.x1 >= f.xMin) drawStatus(pen, f, b);
		for (const gap of story.gaps) if (gap.x <= f.x && gap.x >= f.xMin && gap.x <= f.xMax) drawGap(pen, f, gap);
		ctx.globalAlpha = 1;
	}

	/** The length of the newest operation, with room around it, in elastic ms. @param {number} x */
	lengthAt(x) {
		const op = this.story.barAt(x);
		return op ? (Math.min(x, op.x1 + 600) - op.x0) * 1.3 : 0;
	}

	/** Where the axis lies on a canvas of this size: its ends, and the scale of what is drawn. */
	ends() {
		const k = Math.max(0.75, Math.min(1.5, this.size.h / 132));
		return { k, left: 54 * k, right: this.size.w - 18 * k };
	}

	/** @param {number} w @param {number} h @param {number[]} ids @param {number} x @returns {Frame} */
	frame(w, h, ids, x) {
		const { k, left, right } = this.ends();
		const { left: xMin, right: xMax, span } = this.sight;
		const small = h < 70;
		const top = small ? h * 0.15 : 16 * k;
		const step = small ? (h * 0.7) / (ids.length - 1 || 1) : (h - 40 * k) / (ids.length - 1 || 1);
		const at = new Map(ids.map((id, i) => [id, top + i * step]));
		return { w, h, k, left, right, x, xMin, xMax, small, step, px: (at) => left + ((at - xMin) / span) * (right - left), y: (id) => at.get(id) ?? top };
	}

	/** The number of messages delivered to each node, where there are too many to draw. @param {Frame} f */
	drawCounts(f) {
		const { ctx, colour } = this.pen;
		ctx.fillStyle = colour.background;
		const w = Math.max(1, f.px(f.xMin + BUCKET) - f.left);
		for (let b = Math.floor(f.xMin / BUCKET); b * BUCKET < f.x; b++) {
			const x = f.px(b * BUCKET);
			if (x < f.left) continue;
			for (const [id, count] of this.story.counts.get(b) ?? []) {
				const h = Math.min(f.step * 0.7, 1.5 + 2.2 * Math.sqrt(count));
				ctx.fillRect(x, f.y(id) - h / 2, w, h);
			}
		}
	}

	/** Background traffic as ticks: a tick shows that background messages were delivered. @param {Frame} f */
	drawQuiet(f) {
		const { ctx, colour } = this.pen;
		ctx.fillStyle = colour.background;
		for (let b = Math.floor(f.xMin / BUCKET); b * BUCKET < f.x; b++) {
			const x = f.px(b * BUCKET);
			if (x >= f.left) for (const id of this.story.quiet.get(b) ?? []) ctx.fillRect(x, f.y(id) - 3 * f.k, 1.5, 6 * f.k);
		}
	}

	/** The playhead: a line and its handle. @param {Frame} f @param {boolean} past */
	drawPlayhead(f, past) {
		const x = this.playhead;
		if (x < f.left || x > f.w) return;
		const { ctx, colour } = this.pen;
		this.pen.stroke(past ? 'request' : 'ink', 2.2 * f.k);
		ctx.fillStyle = past ? colour.request : colour.ink;
		const low = f.small ? 4 : 14 * f.k;
		this.pen.line(x, 5, x, f.h - low);
		const a = (f.small ? 4 : 6) * f.k;
		ctx.fillRect(x - a, f.h - low - 3 * f.k, 2 * a, (f.small ? 5 : 9) * f.k);
	}

	/** Times at the bottom, from the start of the operation at the playhead. @param {Frame} f */
	drawTimes(f) {
		const { timeline } = this.story;
		const first = this.story.barAt(this.xAt(this.playhead));
		if (f.small || !first || first.x0 < f.xMin) return;
		const t0 = timeline.timeAt(first.x0);
		const font = `400 ${Math.round(7 + 5.5 * f.k)}px "Hyperlegible Mono", monospace`;
		let last = -Infinity;
		let said = '';
		const end = Math.min(f.x, timeline.x[timeline.length - 1] ?? f.x);
		for (let x = first.x0; x <= end; x += this.sight.span / 70) {
			const px = f.px(x);
			if (px < last + 120 * f.k || Math.abs(px - this.playhead) < 44 * f.k) continue;
			if (isTaken(this.words, { from: px - 30 * f.k, to: px + 30 * f.k })) continue;
			const ms = (timeline.timeAt(x) - t0) / 1000;
			const text = ms < 0.0005 ? '0' : duration(ms);
			if (text === said) continue;
			this.pen.text(text, px, f.h - 10 * f.k, { font, align: 'center', token: 'ink2' });
			last = px;
			said = text;
		}
	}

	/** @param {number} factor @param {number} [px] the pixel that stays where it is; without it, the middle stays */
	zoomBy(factor, px) {
		this.sight.zoomBy(factor, px === undefined ? (this.sight.left + this.sight.right) / 2 : this.xAt(px));
	}

	/** @param {number} px to the right @param {number} end of the axis */
	panBy(px, end) {
		const { left, right } = this.ends();
		this.sight.panBy((px / (right - left)) * this.sight.span, end);
	}

	/** Follows the playhead from now on. */
	follow() {
		this.sight.follow();
	}

	/** Whether the diagram follows the playhead. */
	follows() {
		return !this.sight.free;
	}

	/** Switches background traffic between ticks and single messages. @returns {boolean} whether it is drawn as single messages now */
	unfold() {
		return (this.whole = !this.whole);
	}

	/** The place on the elastic axis under a pixel. @param {number} px */
	xAt(px) {
		const { left, right } = this.ends();
		return this.sight.left + ((px - left) / (right - left)) * this.sight.span;
	}

	/** Where the last frame drew an arrow. @param {string} id @returns {Hit|undefined} */
	arrowOf(id) {
		return hitOf(this.shown.find((one) => one.a.id === id));
	}

	/** The arrow under a pixel of the canvas. @param {number} x @param {number} y @returns {Hit|undefined} */
	arrowAt(x, y) {
		let best;
		let near = NEAR;
		for (const s of this.shown) {
			const d = distance(x, y, s);
			if (d >= near) continue;
			near = d;
			best = s;
		}
		return hitOf(best);
	}

	/** The arrow that is `by` places after another, in the order in which the messages left. @param {string} id @param {number} by @returns {Hit|undefined} */
	arrowBeside(id, by) {
		if (!this.shown.length) return undefined;
		const sorted = [...this.shown].sort((p, q) => p.a.x0 - q.a.x0);
		const at = sorted.findIndex((s) => s.a.id === id);
		return hitOf(sorted[at < 0 ? (by < 0 ? sorted.length - 1 : 0) : Math.max(0, Math.min(sorted.length - 1, at + by))]);
	}
}

/** The periods of a node that are in sight. If no period is retained, the node's present status. @param {SpaceTime} story @param {Frame} f @param {number} id @param {View} view */
function periodsOf(story, f, id, view) {
	const periods = story.periodsOf(id, f.x).filter((s) => s.to >= f.xMin);
	const status = view.s.nodes.get(id)?.status ?? 'up';
	if (!periods.length && !story.periods.has(id) && status && status !== 'up') periods.push({ from: -Infinity, to: Infinity, status });
	return periods;
}

/** @param {Shown|undefined} s @returns {Hit|undefined} */
function hitOf(s) {
	return s && { arrow: s.a, x: (s.x0 + s.x1) / 2, y: (s.y0 + s.y1) / 2 };
}

/** The distance from a point to a segment. @param {number} x @param {number} y @param {Shown} s */
function distance(x, y, { x0, y0, x1, y1 }) {
	const dx = x1 - x0;
	const dy = y1 - y0;
	const f = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
	return Math.hypot(x - x0 - f * dx, y - y0 - f * dy);
}

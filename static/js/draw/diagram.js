// The space-time diagram: one line a node, time to the right, messages slanting
// between the lines. A canvas, because they are many. It reads the timeline's
// events and the same elastic axis as the ring; spacetime.js folds them.

import { Sight } from '../model/sight.js';
import { BUCKET, SpaceTime } from '../model/spacetime.js';
import { focusOp, isParked, isTimedOut } from '../model/state.js';
import { duration } from '../model/text.js';
import { sizeOf } from './dom.js';

/** @typedef {import('../model/timeline.js').Timeline} Timeline */
/** @typedef {import('../model/spacetime.js').Arrow} Arrow */
/** @typedef {import('../model/spacetime.js').Bar} Bar */
/** @typedef {import('../model/view.js').View} View */

const MOST = 500; // arrows in sight, above which those of other operations become counts
const NEAR = 9; // px around an arrow that count as it
/** @type {Record<string, number[]>} */
const DASHES = { no: [8, 4], repair: [1, 5], background: [3, 4] };
const COLOURS = ['ink', 'ink2', 'request', 'yes', 'no', 'decide', 'repair', 'background', 'frozen', 'frozen-fill', 'dead', 'link', 'paper', 'rule', 'lock'];

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Timeline} start
 * @param {() => void} [resized]
 */
export function createDiagram(canvas, start, resized) {
	const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
	const size = sizeOf(canvas, resized);
	let story = new SpaceTime(start);
	let sight = new Sight();
	let whole = false; // background traffic message by message, and not as ticks
	/** @type {Record<string, string>} */
	const colour = {};
	/** @type {{a: Arrow, x0: number, y0: number, x1: number, y1: number}[]} what the last frame drew, for the pointer */
	let shown = [];

	/** @param {Timeline} next */
	function use(next) {
		story = new SpaceTime(next);
		sight = new Sight();
	}

	function recolour() {
		const probe = document.createElement('span');
		canvas.parentElement?.append(probe);
		for (const name of COLOURS) {
			probe.style.color = `var(--${name})`;
			colour[name] = getComputedStyle(probe).color;
		}
		probe.remove();
	}

	/** @param {View} view @param {boolean} past the playhead does not follow */
	function draw(view, past) {
		story.fold();
		shown = [];
		const { w, h } = size;
		const ids = [...view.s.nodes.keys()].sort((a, b) => a - b);
		if (!w || !h) return;
		const dpr = devicePixelRatio || 1;
		if (canvas.width !== Math.round(w * dpr) || canvas.height !== Math.round(h * dpr)) {
			canvas.width = Math.round(w * dpr);
			canvas.height = Math.round(h * dpr);
		}
		ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
		ctx.clearRect(0, 0, w, h);
		if (!ids.length) return;
		sight.frame(view.x, past, lengthAt(view.x));
		const f = frame(w, h, ids, view.x);
		for (const id of ids) lane(f, id, view);
		for (const b of story.bars) if (b.x0 <= Math.min(f.x, f.xMax) && b.x1 >= f.xMin) bar(f, b);
		ctx.lineCap = 'round';
		const from = view.flow ? Math.max(f.xMin, focusOp(view.s)?.x0 ?? f.x) : f.xMin;
		const arrows = story.between(from, Math.min(f.x, f.xMax)).filter((a) => whole || a.cls !== 'background');
		const summed = view.flow || arrows.length > MOST;
		if (summed) crowd(f);
		if (!whole) quiet(f);
		for (const a of arrows) if (!summed || a.op === view.s.focus) arrow(f, a, view);
		for (const b of story.bars) if (b.status && b.x1 <= f.x && b.x1 >= f.xMin) status(f, b);
		playhead(f, past);
		times(f);
	}

	/** How long the newest operation is, with room around it. @param {number} x */
	function lengthAt(x) {
		const op = story.barAt(x);
		return op ? (Math.min(x, op.x1 + 600) - op.x0) * 1.3 : 0;
	}

	/** Where the axis lies on a canvas of this size: its ends, and the scale of what is drawn. @param {number} w @param {number} h */
	function ends(w, h) {
		const k = Math.max(0.75, Math.min(1.5, h / 132));
		return { k, left: 54 * k, right: w - 18 * k };
	}

	/** @typedef {ReturnType<typeof frame>} Frame */
	/** @param {number} w @param {number} h @param {number[]} ids @param {number} x */
	function frame(w, h, ids, x) {
		const { k, left, right } = ends(w, h);
		const { left: xMin, right: xMax, span } = sight;
		const small = h < 70;
		const top = small ? h * 0.15 : 16 * k;
		const step = small ? (h * 0.7) / (ids.length - 1 || 1) : (h - 40 * k) / (ids.length - 1 || 1);
		const at = new Map(ids.map((id, i) => [id, top + i * step]));
		return {
			w, h, k, left, right, ids, x, xMin, xMax, small, step,
			px: (/** @type {number} */ x) => left + ((x - xMin) / span) * (right - left),
			y: (/** @type {number} */ id) => at.get(id) ?? top,
		};
	}

	/** A node's line, with its frozen and dead stretches. @param {Frame} f @param {number} id @param {View} view */
	function lane(f, id, view) {
		const y = f.y(id);
		if (!f.small) {
			ctx.textAlign = 'right';
			ctx.textBaseline = 'middle';
			ctx.font = `700 ${Math.round(15 * f.k)}px "Hyperlegible Next", sans-serif`;
			ctx.fillStyle = colour.ink;
			ctx.fillText(String(id), f.left - 14 * f.k, y + 1);
		}
		const spells = story.spellsOf(id, f.x).filter((s) => s.to >= f.xMin);
		const status = view.s.nodes.get(id)?.status ?? 'up';
		if (!spells.length && !story.spells.has(id) && status !== 'up') spells.push({ from: -Infinity, to: Infinity, status });
		ctx.lineWidth = 1.5;
		let from = f.left;
		for (const s of spells) {
			const begin = Math.max(f.left, f.px(s.from));
			ctx.strokeStyle = colour.link;
			line(from, y, begin, y);
			from = Math.min(f.right, f.px(Math.min(s.to, f.xMax)));
			const now = f.px(Math.min(s.to, f.x));
			if (s.status === 'frozen') frozen(f, begin, now, y);
			else if (s.status === 'killed') dead(f, begin, now, y);
			else if (s.status === 'starting') starting(begin, now, y);
			ctx.strokeStyle = s.status === 'killed' ? colour.dead : colour.link;
			ctx.setLineDash(s.status === 'killed' ? [2, 8] : []);
			line(Math.max(begin, now), y, from, y);
			ctx.setLineDash([]);
		}
		ctx.strokeStyle = colour.link;
		line(from, y, f.right, y);
	}

	/** @param {Frame} f @param {number} from @param {number} to @param {number} y */
	function frozen(f, from, to, y) {
		if (to <= from) return;
		const h = (f.small ? 5 : 9) * f.k;
		ctx.save();
		ctx.beginPath();
		ctx.roundRect(from, y - h / 2, to - from, h, 2);
		ctx.fillStyle = colour['frozen-fill'];
		ctx.fill();
		ctx.strokeStyle = colour.frozen;
		ctx.stroke();
		ctx.clip();
		ctx.lineWidth = 1;
		ctx.beginPath();
		for (let x = from - h; x < to; x += 8) {
			ctx.moveTo(x, y + h / 2);
			ctx.lineTo(x + h, y - h / 2);
		}
		ctx.stroke();
		ctx.restore();
		ctx.lineWidth = 1.5;
	}

	/** The line of a dead node: broken, and stopped at its death. @param {Frame} f @param {number} from @param {number} to @param {number} y */
	function dead(f, from, to, y) {
		ctx.strokeStyle = colour.dead;
		ctx.lineWidth = 2.5;
		line(from, y - 6 * f.k, from, y + 6 * f.k);
		ctx.lineWidth = 1.5;
		ctx.setLineDash([2, 8]);
		line(from, y, to, y);
		ctx.setLineDash([]);
	}

	/** @param {number} from @param {number} to @param {number} y */
	function starting(from, to, y) {
		ctx.strokeStyle = colour.dead;
		ctx.setLineDash([4, 4]);
		line(from, y, to, y);
		ctx.setLineDash([]);
	}

	/** How much each node took in, where it is too much to draw. @param {Frame} f */
	function crowd(f) {
		ctx.fillStyle = colour.background;
		const w = Math.max(1, f.px(f.xMin + BUCKET) - f.left);
		const most = f.step * 0.7;
		for (let b = Math.floor(f.xMin / BUCKET); b * BUCKET < f.x; b++) {
			const of = story.counts.get(b);
			if (!of) continue;
			const x = f.px(b * BUCKET);
			if (x < f.left) continue;
			for (const [id, count] of of) {
				const h = Math.min(most, 1.5 + 2.2 * Math.sqrt(count));
				ctx.fillRect(x, f.y(id) - h / 2, w, h);
			}
		}
	}

	/** Background traffic, collapsed: a tick where something was taken in. @param {Frame} f */
	function quiet(f) {
		ctx.fillStyle = colour.background;
		for (let b = Math.floor(f.xMin / BUCKET); b * BUCKET < f.x; b++) {
			const x = f.px(b * BUCKET);
			if (x >= f.left) for (const id of story.quiet.get(b) ?? []) ctx.fillRect(x, f.y(id) - 3 * f.k, 1.5, 6 * f.k);
		}
	}

	/** An operation, as a bar at its node's line. @param {Frame} f @param {Bar} b */
	function bar(f, b) {
		const y = f.y(b.node);
		const from = Math.max(f.left, f.px(b.x0));
		const to = Math.min(f.right, f.px(Math.min(b.x1, f.x)));
		const known = b.status && b.x1 <= f.x;
		ctx.fillStyle = !known ? colour.ink2 : b.status < 300 || b.status === 404 ? colour.yes : colour.no;
		ctx.fillRect(from, y - 2.5 * f.k, Math.max(3, to - from), 5 * f.k);
	}

	/** What an operation's client was told. @param {Frame} f @param {Bar} b */
	function status(f, b) {
		if (f.small) return;
		const to = Math.min(f.right, f.px(b.x1));
		ctx.fillStyle = b.status < 300 || b.status === 404 ? colour.yes : colour.no;
		ctx.font = `700 ${Math.round(13 * f.k)}px "Hyperlegible Next", sans-serif`;
		ctx.textAlign = 'left';
		ctx.lineWidth = 4 * f.k;
		ctx.strokeStyle = colour.paper;
		const y = f.y(b.node) - 8 * f.k;
		ctx.strokeText(String(b.status), to + 5 * f.k, y);
		ctx.fillText(String(b.status), to + 5 * f.k, y);
	}

	/** @param {Frame} f @param {Arrow} a @param {View} view */
	function arrow(f, a, view) {
		if (a.x0 > view.x) return;
		const done = a.x1 <= view.x;
		const m = done ? undefined : view.s.msgs.get(a.id);
		const y0 = f.y(a.from);
		const y1 = f.y(a.to);
		let x1 = f.px(done ? a.x1 : view.x);
		let y = y1;
		if (done && a.end === 'lost') y = y0 + (y1 - y0) * (a.why === 'cut' ? 0.55 : 0.86);
		if (!done) {
			const part = m && m.due > m.v0 ? (view.v - m.v0) / (m.due - m.v0) : (view.x - a.x0) / 240;
			y = y0 + (y1 - y0) * Math.max(0, Math.min(0.92, part));
			if (part >= 0.92) x1 = Math.min(x1, f.px(a.x0 + 240));
		}
		const x0 = f.px(a.x0);
		if (x1 < f.left) return;
		const late = !!m && isParked(view.s, m, view.v) && isTimedOut(view.s, m);
		const lit = a.id === view.lit || a.id === view.hand;
		shown.push({ a, x0, y0, x1, y1: y });
		ctx.save();
		if (x0 < f.left) {
			ctx.beginPath();
			ctx.rect(f.left, 0, f.w, f.h);
			ctx.clip();
		}
		ctx.globalAlpha = lit || !a.op || a.op === view.s.focus ? 1 : 0.45;
		ctx.strokeStyle = ctx.fillStyle = colour[a.cls] ?? colour.request;
		ctx.lineWidth = (lit ? 5 : a.cls === 'background' ? 1 : 2) * Math.max(1, f.k * 0.9);
		ctx.setLineDash(DASHES[a.cls] ?? []);
		line(x0, y0, x1, y);
		ctx.setLineDash([]);
		if (done && a.end === 'delivered') {
			ctx.beginPath();
			ctx.arc(x1, y1, (lit ? 5.5 : 3.6) * f.k, 0, 7);
			ctx.fill();
		} else if (late || (done && a.end === 'lost')) cross(x1, y, (f.small ? 4 : 6) * f.k);
		ctx.restore();
	}

	/** @param {number} x @param {number} y @param {number} a */
	function cross(x, y, a) {
		for (const [stroke, width] of /** @type {[string, number][]} */ ([[colour.paper, a * 1.5], [colour.no, a * 0.72]])) {
			ctx.strokeStyle = stroke;
			ctx.lineWidth = width;
			line(x - a, y - a, x + a, y + a);
			line(x - a, y + a, x + a, y - a);
		}
	}

	/** @param {Frame} f @param {boolean} past */
	function playhead(f, past) {
		const x = f.px(f.x);
		if (x < f.left || x > f.w) return;
		ctx.strokeStyle = ctx.fillStyle = past ? colour.request : colour.ink;
		ctx.lineWidth = 2.2 * f.k;
		const low = f.small ? 4 : 14 * f.k;
		line(x, 5, x, f.h - low);
		const a = (f.small ? 4 : 6) * f.k;
		ctx.fillRect(x - a, f.h - low - 3 * f.k, 2 * a, (f.small ? 5 : 9) * f.k);
	}

	/** Times at the bottom, from the start of the first operation in sight. @param {Frame} f */
	function times(f) {
		const first = story.barAt(f.x);
		if (f.small || !first || first.x0 < f.xMin) return;
		const { timeline } = story;
		const t0 = timeline.timeAt(first.x0);
		ctx.font = `400 ${Math.round(7 + 5.5 * f.k)}px "Hyperlegible Mono", monospace`;
		ctx.fillStyle = colour.ink2;
		ctx.textAlign = 'center';
		let last = -Infinity;
		let said = '';
		const y = f.h - 10 * f.k;
		const end = Math.min(f.x, timeline.x[timeline.length - 1] ?? f.x);
		for (let x = first.x0; x <= end; x += sight.span / 70) {
			const px = f.px(x);
			if (px < last + 120 * f.k || Math.abs(px - f.px(f.x)) < 44 * f.k) continue;
			const text = x === first.x0 ? '0' : duration((timeline.timeAt(x) - t0) / 1000);
			if (text === said) continue;
			ctx.fillText(text, px, y);
			last = px;
			said = text;
		}
	}

	/** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
	function line(x0, y0, x1, y1) {
		ctx.beginPath();
		ctx.moveTo(x0, y0);
		ctx.lineTo(x1, y1);
		ctx.stroke();
	}

	/** The place on the elastic axis under a pixel. @param {number} px */
	function xAt(px) {
		const { left, right } = ends(size.w, size.h);
		return sight.left + ((px - left) / (right - left)) * sight.span;
	}

	return {
		draw, use, recolour,
		/** @param {number} factor @param {number} [px] the pixel that stays where it is, else the middle */
		zoomBy(factor, px) {
			sight.zoomBy(factor, px === undefined ? (sight.left + sight.right) / 2 : xAt(px));
		},
		/** @param {number} px to the right @param {number} end of the axis */
		panBy(px, end) {
			const { left, right } = ends(size.w, size.h);
			sight.panBy((px / (right - left)) * sight.span, end);
		},
		follow: () => sight.follow(),
		/** Whether it shows where the playhead is. */
		follows: () => !sight.free,
		/** Shows background traffic as ticks or message by message. @returns {boolean} whether it does the latter now */
		unfold: () => (whole = !whole),
		xAt,
		/** Where the last frame drew an arrow. @param {string} id @returns {{arrow: Arrow, x: number, y: number}|undefined} */
		arrowOf(id) {
			const s = shown.find((one) => one.a.id === id);
			return s && { arrow: s.a, x: (s.x0 + s.x1) / 2, y: (s.y0 + s.y1) / 2 };
		},
		/** The arrow under a pixel of the canvas. @param {number} x @param {number} y @returns {{arrow: Arrow, x: number, y: number}|undefined} */
		arrowAt(x, y) {
			let best;
			let near = NEAR;
			for (const s of shown) {
				const d = distance(x, y, s);
				if (d >= near) continue;
				near = d;
				best = { arrow: s.a, x: (s.x0 + s.x1) / 2, y: (s.y0 + s.y1) / 2 };
			}
			return best;
		},
		/** The arrow that comes by away from one, as they left. @param {string} id @param {number} by @returns {{arrow: Arrow, x: number, y: number}|undefined} */
		arrowBeside(id, by) {
			if (!shown.length) return undefined;
			const sorted = [...shown].sort((p, q) => p.a.x0 - q.a.x0);
			const at = sorted.findIndex((s) => s.a.id === id);
			const s = sorted[at < 0 ? (by < 0 ? sorted.length - 1 : 0) : Math.max(0, Math.min(sorted.length - 1, at + by))];
			return { arrow: s.a, x: (s.x0 + s.x1) / 2, y: (s.y0 + s.y1) / 2 };
		},
	};
}

/** From a point to a segment. @param {number} x @param {number} y @param {{x0: number, y0: number, x1: number, y1: number}} s */
function distance(x, y, { x0, y0, x1, y1 }) {
	const dx = x1 - x0;
	const dy = y1 - y0;
	const f = Math.max(0, Math.min(1, ((x - x0) * dx + (y - y0) * dy) / (dx * dx + dy * dy || 1)));
	return Math.hypot(x - x0 - f * dx, y - y0 - f * dy);
}

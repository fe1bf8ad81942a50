// The space-time diagram: one line a node, time to the right, messages slanting
// between the lines. A canvas, because they are many. It reads the timeline's
// events and the same elastic axis as the ring.

/** @typedef {import('./playhead.js').Timeline} Timeline */
/** @typedef {import('./view.js').View} View */
/** @typedef {{id: string, from: number, to: number, cls: string, x0: number, x1: number, end: string, why: string, op: string}} Arrow */

const MOST = 20_000; // arrows kept
const SPAN = 4200; // elastic ms across the diagram at zoom 1
const AHEAD = 0.14; // how much of the width lies right of the playhead

/**
 * @param {HTMLCanvasElement} canvas
 * @param {Timeline} start
 */
export function createDiagram(canvas, start) {
	const ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
	let timeline = start;
	let zoom = 1;
	/** @type {Record<string, string>} */
	let colour = {};
	/** @type {Arrow[]} */
	let arrows = [];
	/** @type {Map<string, Arrow>} */
	const open = new Map();
	/** @type {{node: number, status: string, x: number}[]} */
	let spells = [];
	/** @type {{op: string, node: number, x0: number, x1: number, status: number}[]} */
	let bars = [];
	let folded = 0; // events of the timeline that the lists above contain
	let dropped = 0;

	/** @param {Timeline} next */
	function use(next) {
		timeline = next;
		arrows = [];
		spells = [];
		bars = [];
		open.clear();
		folded = 0;
		dropped = 0;
	}

	function fold() {
		if (timeline.dropped !== dropped) {
			folded = Math.max(0, folded - (timeline.dropped - dropped));
			dropped = timeline.dropped;
			const first = timeline.x[0];
			arrows = arrows.filter((a) => a.x1 >= first);
			bars = bars.filter((b) => b.x1 >= first);
		}
		if (arrows.length > MOST) arrows.splice(0, arrows.length - MOST / 2);
		if (bars.length > MOST) bars.splice(0, bars.length - MOST / 2);
		for (; folded < timeline.length; folded++) {
			const e = timeline.events[folded];
			const x = timeline.x[folded];
			if (e.kind === 'sent' && e.class !== 'background') {
				const a = { id: e.msg ?? '', from: e.from ?? 0, to: e.to ?? 0, cls: e.class ?? '', x0: x, x1: Infinity, end: '', why: '', op: e.op ?? '' };
				open.set(a.id, a);
				arrows.push(a);
			} else if (e.kind === 'delivered' || e.kind === 'lost') {
				const a = open.get(e.msg ?? '');
				if (!a) continue;
				open.delete(a.id);
				a.x1 = x;
				a.end = e.kind;
				a.why = e.why ?? '';
			} else if (e.kind === 'status' && typeof e.status === 'string') {
				spells.push({ node: e.node, status: e.status, x });
			} else if (e.kind === 'invoke' && e.client !== 'load') {
				bars.push({ op: e.op ?? '', node: e.node, x0: x, x1: Infinity, status: 0 });
			} else if (e.kind === 'return') {
				const b = bars.findLast((one) => one.op === e.op);
				if (b) Object.assign(b, { x1: x, status: Number(e.status) || 0 });
			} else if (e.kind === 'mode' || e.kind === 'reset') {
				for (const a of open.values()) Object.assign(a, { x1: x, end: 'gone' });
				open.clear();
			}
		}
	}

	function readColours() {
		const probe = document.createElement('span');
		canvas.parentElement?.append(probe);
		for (const name of ['ink', 'ink2', 'request', 'yes', 'no', 'decide', 'repair', 'background', 'frozen', 'frozen-fill', 'dead', 'link', 'paper', 'rule']) {
			probe.style.color = `var(--${name})`;
			colour[name] = getComputedStyle(probe).color;
		}
		probe.remove();
	}

	/** @param {View} view @param {boolean} past the playhead does not follow */
	function draw(view, past) {
		fold();
		const w = canvas.clientWidth;
		const h = canvas.clientHeight;
		if (!w || !h) return;
		const dpr = devicePixelRatio || 1;
		if (canvas.width !== Math.round(w * dpr) || canvas.height !== Math.round(h * dpr)) {
			canvas.width = Math.round(w * dpr);
			canvas.height = Math.round(h * dpr);
		}
		ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
		ctx.clearRect(0, 0, w, h);
		const ids = [...view.s.nodes.keys()].sort((a, b) => a - b);
		if (!ids.length) return;
		const f = frame(w, h, ids, view.x);
		lanes(f, view);
		for (const b of bars) bar(f, b, view.x);
		ctx.lineCap = 'round';
		for (const a of arrows) if ((!view.flow || a.op === view.s.focus) && a.x0 <= f.xMax && Math.min(a.x1, view.x + 1e9) >= f.xMin) arrow(f, a, view);
		playhead(f, past);
		times(f);
	}

	/** How much of the axis is in sight: at least all of the newest operation. @param {number} x */
	function spanAt(x) {
		const op = bars.findLast((b) => b.x0 <= x);
		const whole = op ? (Math.min(x, op.x1 + 600) - op.x0) * 1.3 : 0;
		return Math.max(SPAN, whole) / zoom;
	}

	/** @typedef {ReturnType<typeof frame>} Frame */
	/** @param {number} w @param {number} h @param {number[]} ids @param {number} x */
	function frame(w, h, ids, x) {
		const k = Math.max(0.75, Math.min(1.5, h / 132));
		const left = 54 * k;
		const right = w - 18 * k;
		const span = spanAt(x);
		const xMin = x - span * (1 - AHEAD);
		const small = h < 70;
		const top = small ? h * 0.15 : 16 * k;
		const step = small ? (h * 0.7) / (ids.length - 1 || 1) : (h - 40 * k) / (ids.length - 1 || 1);
		return {
			w, h, k, left, right, ids, x, xMin, xMax: xMin + span, small,
			px: (/** @type {number} */ at) => left + ((at - xMin) / span) * (right - left),
			y: (/** @type {number} */ id) => top + ids.indexOf(id) * step,
		};
	}

	/** @param {Frame} f @param {View} view */
	function lanes(f, view) {
		ctx.textAlign = 'right';
		ctx.textBaseline = 'middle';
		ctx.font = `700 ${Math.round(15 * f.k)}px "Hyperlegible Next", sans-serif`;
		for (const id of f.ids) {
			const y = f.y(id);
			if (!f.small) {
				ctx.fillStyle = colour.ink;
				ctx.fillText(String(id), f.left - 14 * f.k, y + 1);
			}
			let from = f.left;
			let status = 'up';
			const mine = spells.filter((s) => s.node === id && s.x <= f.x);
			for (const s of [...mine, { status: '', x: f.xMax }]) {
				const to = Math.max(f.left, Math.min(f.right, f.px(s.status ? s.x : f.xMax)));
				stretch(f, status, from, to, y, s.status ? to : Math.min(to, f.px(f.x)));
				from = to;
				status = s.status;
			}
			if (!mine.length && view.s.nodes.get(id)?.status === 'frozen') stretch(f, 'frozen', f.left, f.right, y, f.px(f.x));
		}
	}

	/** One stretch of a node's line. @param {Frame} f @param {string} status @param {number} from @param {number} to @param {number} y @param {number} now */
	function stretch(f, status, from, to, y, now) {
		if (to <= from) return;
		ctx.lineWidth = 1.5;
		ctx.strokeStyle = status === 'killed' ? colour.dead : colour.link;
		ctx.setLineDash(status === 'killed' ? [2, 8] : []);
		line(from, y, to, y);
		ctx.setLineDash([]);
		if (status !== 'frozen') return;
		const h = 9 * f.k;
		ctx.save();
		ctx.beginPath();
		ctx.rect(from, y - h / 2, Math.max(2, now - from), h);
		ctx.fillStyle = colour['frozen-fill'];
		ctx.fill();
		ctx.strokeStyle = colour.frozen;
		ctx.stroke();
		ctx.clip();
		ctx.lineWidth = 1;
		for (let x = from - (from % 8) - h; x < now; x += 8) line(x, y + h / 2, x + h, y - h / 2);
		ctx.restore();
	}

	/** An operation, as a bar at its node's line. @param {Frame} f @param {typeof bars[number]} b @param {number} x */
	function bar(f, b, x) {
		if (b.x0 > Math.min(x, f.xMax) || b.x1 < f.xMin) return;
		const y = f.y(b.node);
		const from = Math.max(f.left, f.px(b.x0));
		const to = Math.min(f.right, f.px(Math.min(b.x1, x)));
		const known = b.status && b.x1 <= x;
		ctx.fillStyle = !known ? colour.ink2 : b.status < 300 || b.status === 404 ? colour.yes : colour.no;
		ctx.fillRect(from, y - 2 * f.k, Math.max(3, to - from), 4 * f.k);
		if (!known || f.small) return;
		ctx.font = `700 ${Math.round(13 * f.k)}px "Hyperlegible Next", sans-serif`;
		ctx.textAlign = 'left';
		ctx.lineWidth = 4 * f.k;
		ctx.strokeStyle = colour.paper;
		ctx.strokeText(String(b.status), to + 5 * f.k, y - 8 * f.k);
		ctx.fillText(String(b.status), to + 5 * f.k, y - 8 * f.k);
	}

	/** @param {Frame} f @param {Arrow} a @param {View} view */
	function arrow(f, a, view) {
		if (a.x0 > view.x) return;
		const done = a.x1 <= view.x;
		const m = view.s.msgs.get(a.id);
		const y0 = f.y(a.from);
		const y1 = f.y(a.to);
		let x1 = f.px(done ? a.x1 : view.x);
		let y = y1;
		if (done && a.end === 'lost') y = y0 + (y1 - y0) * (a.why === 'cut' ? 0.55 : 0.86);
		if (!done) {
			const part = m && m.due > m.v0 ? Math.min(0.92, (view.v - m.v0) / (m.due - m.v0)) : Math.min(0.92, (view.x - a.x0) / 240);
			y = y0 + (y1 - y0) * Math.max(0, part);
			if (part >= 0.92) x1 = Math.min(x1, f.px(a.x0 + 240));
		}
		const x0 = f.px(a.x0);
		if (x1 < f.left) return;
		ctx.save();
		if (x0 < f.left) {
			ctx.beginPath();
			ctx.rect(f.left, 0, f.w, f.h);
			ctx.clip();
		}
		ctx.globalAlpha = a.op && a.op !== view.s.focus ? 0.45 : 1;
		ctx.strokeStyle = ctx.fillStyle = colour[a.cls] ?? colour.request;
		ctx.lineWidth = (a.id === view.hand ? 4 : 2) * Math.max(1, f.k * 0.9);
		ctx.setLineDash(a.cls === 'no' ? [8, 4] : a.cls === 'repair' ? [1, 5] : []);
		line(x0, y0, x1, y);
		ctx.setLineDash([]);
		if (done && a.end === 'delivered') {
			ctx.beginPath();
			ctx.arc(x1, y1, 3.6 * f.k, 0, 7);
			ctx.fill();
		} else if (done && a.end === 'lost') cross(x1, y, 6 * f.k);
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
		ctx.strokeStyle = ctx.fillStyle = past ? colour.request : colour.ink;
		ctx.lineWidth = 2.2 * f.k;
		line(x, 5, x, f.h - 14 * f.k);
		const a = 6 * f.k;
		ctx.fillRect(x - a, f.h - 17 * f.k, 2 * a, 9 * f.k);
	}

	/** Times at the bottom, from the start of the first operation in sight. @param {Frame} f */
	function times(f) {
		if (f.small) return;
		const first = bars.findLast((b) => b.x0 <= f.x);
		if (!first || first.x0 < f.xMin) return;
		const t0 = timeline.timeAt(first.x0);
		ctx.font = `400 ${Math.round(7 + 5.5 * f.k)}px "Hyperlegible Mono", monospace`;
		ctx.fillStyle = colour.ink2;
		ctx.textAlign = 'center';
		let last = -Infinity;
		let said = '';
		const y = f.h - 10 * f.k;
		const end = Math.min(f.x, timeline.x[timeline.length - 1] ?? f.x);
		for (let x = first.x0; x <= end; x += 60) {
			const px = f.px(x);
			if (px < last + 120 * f.k || Math.abs(px - f.px(f.x)) < 44 * f.k) continue;
			const text = short((timeline.timeAt(x) - t0) / 1000);
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

	return {
		draw, use,
		recolour: readColours,
		/** @param {number} factor */
		zoomBy(factor) {
			zoom = Math.max(0.1, Math.min(12, zoom * factor));
		},
		/** The place on the elastic axis under a pixel. @param {number} px @param {number} x the playhead */
		xAt(px, x) {
			const k = Math.max(0.75, Math.min(1.5, canvas.clientHeight / 132));
			const span = spanAt(x);
			const share = (px - 54 * k) / (canvas.clientWidth - 72 * k);
			return x - span * (1 - AHEAD) + share * span;
		},
	};
}

/** @param {number} ms */
function short(ms) {
	if (ms <= 0) return '0';
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`;
}

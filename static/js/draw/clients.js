// The clients outside the ring: a box with a name, the arrow of the request, and
// the arrow of the answer with its status.

import { clients, outcome } from '../model/view.js';
import { transactionByHand } from '../modes/hand.js';
import { isConflicting, missedBy } from '../modes/judged.js';
import { onPress, say, set, svg } from './dom.js';
import { n, roomText } from './layout.js';
import { fit } from './letters.js';
import { clientAt } from './stands.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */

const FADE = 150; // ms

export class Clients {
	/** @param {SVGElement} layer @param {(op: string) => void} onClient called when a client is clicked */
	constructor(layer, onClient) {
		this.layer = layer;
		this.onClient = onClient;
		/** @type {Map<string, ReturnType<typeof makeClient>>} by operation */
		this.drawn = new Map();
	}

	/** @param {Geometry} _g */
	reshape(_g) {
		this.drawn.clear();
		this.layer.replaceChildren();
	}

	/** @param {View} view @param {Geometry} g @returns {Rect[]} the areas that labels must not cover */
	draw(view, g) {
		const { s, still, foreseen, since } = view;
		const hand = transactionByHand(s); // its calls have one client, in the middle of the ring
		const ops = clients(s, since).filter((op) => !view.outside?.(op) && !(hand && op.tx === hand.tx));
		for (const [id, box] of this.drawn) {
			if (ops.some((op) => op.id === id)) continue;
			this.drawn.delete(id);
			leave(box.g, still);
		}
		return ops.flatMap((op) => {
			const box = this.drawn.get(op.id) ?? this.enter(op, view, g);
			drawClient(box, op, foreseen?.ops.get(op.id)?.status ?? 0, missedBy(view, op) ? 'stale' : isConflicting(op) ? 'conflicting' : '');
			return box.covers;
		});
	}

	/** A small ring has no room for all clients at once, so the client keeps off those that stand there. @param {Op} op @param {View} view @param {Geometry} g */
	enter(op, { lists = [] }, g) {
		const others = [...this.drawn.values()].map((other) => other.covers[0]);
		const box = makeClient(g, op, clientAt(g, op.node, [...lists, ...others]), () => this.onClient(op.id));
		this.drawn.set(op.id, box);
		this.layer.append(box.g);
		return box;
	}
}

/** @param {ReturnType<typeof makeClient>} box @param {Op} op @param {number} foreseen in a replay, the status that the operation will get @param {string} wrong the verdict on a read, as 'stale'; '' if nothing is wrong */
function drawClient(box, op, foreseen, wrong) {
	const status = op.died && (!op.status || op.status === 504) ? 'no reply' : op.status ? String(op.status) : 'waits';
	set(box.g, 'data-outcome', outcome(op.status, op.kind));
	set(box.g, 'data-wrong', wrong || undefined);
	set(box.g, 'data-status', op.status || 'waits');
	set(box.touch, 'aria-label', `${op.client} asked node ${op.node}: ${status}${wrong ? `, ${wrong}` : ''}`);
	say(box.status, status);
	set(box.answer, 'visibility', op.status || foreseen ? undefined : 'hidden');
	set(box.answer, 'data-to-come', foreseen && !op.status ? outcome(foreseen, op.kind) : undefined);
}

/** @param {Geometry} g @param {Op} op @param {ReturnType<typeof clientAt>} place @param {() => void} onClick */
function makeClient(g, op, { box, asks, answers, covers }, onClick) {
	const { k } = g;
	const el = svg('g', { class: 'client', 'data-testid': 'client', 'data-op': op.id, 'data-node': op.node });
	const touch = svg('rect', { class: 'touch', x: n(box.x), y: n(box.y), width: n(box.w), height: n(box.h), role: 'button', tabindex: 0 });
	const half = box.h / 2;
	const name = svg('text', { class: 'name', x: n(box.x + box.w / 2), y: n(box.y + half * 0.68) });
	const size = roomText(g);
	name.textContent = fit(op.client === 'curl' ? '$ curl' : op.client, box.w - 8 * g.k, size, size, { mono: true }).text;
	const status = svg('text', { class: 'status', x: n(box.x + box.w / 2), y: n(box.y + box.h - half * 0.28) });
	const ask = arrow('ask', 'asks', asks, k, 'tip');
	const answer = arrow('answer', 'answers', answers, k, 'tip answer-tip');
	const face = svg('g', { 'aria-hidden': 'true' });
	const frame = svg('rect', { class: 'box', x: n(box.x), y: n(box.y), width: n(box.w), height: n(box.h), rx: n(6 * k + 2) });
	face.append(ask, answer, frame, svg('path', { class: 'head', d: headPath(box, 6 * k) }), name, status);
	el.append(face, touch);
	onPress(el, onClick);
	return { g: el, touch, status, answer, covers };
}

/** The upper half of the box, with its two round corners. @param {Rect} box @param {number} rad */
function headPath(box, rad) {
	const [left, right, top, middle] = [n(box.x), n(box.x + box.w - rad), n(box.y + rad), n(box.y + box.h / 2)];
	const arc = (/** @type {number} */ dy) => `a${n(rad)} ${n(rad)} 0 0 1 ${n(rad)} ${n(dy)}`;
	return `M${left} ${middle}V${top}${arc(-rad)}H${right}${arc(rad)}V${middle}Z`;
}

/** @param {string} cls @param {string} lineClass @param {[Point, Point]} line @param {number} k @param {string} tipClass */
function arrow(cls, lineClass, line, k, tipClass) {
	const [a, b] = line;
	const g = svg('g', { class: cls });
	g.append(svg('line', { class: lineClass, x1: n(a.x), y1: n(a.y), x2: n(b.x), y2: n(b.y) }), tip(line, k, tipClass));
	return g;
}

/** Removes an element from the stage. It fades out, unless motion is off. @param {Element} el @param {boolean} still */
function leave(el, still) {
	el.removeAttribute('data-testid');
	if (still) return el.remove();
	el.animate([{ opacity: 1 }, { opacity: 0 }], FADE).onfinish = () => el.remove();
}

/** An arrow's tip at the end of a line. @param {[Point, Point]} line @param {number} k @param {string} cls */
function tip([a, b], k, cls) {
	const turn = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
	return svg('path', { class: cls, d: `M${n(-15 * k)} ${n(-9 * k)}L${n(3 * k)} 0L${n(-15 * k)} ${n(9 * k)}Z`, transform: `translate(${n(b.x)} ${n(b.y)}) rotate(${n(turn)})` });
}

// The client in front of all lanes: one box with the call, a cell with the
// answer of each lane, and a line into each lane and back. A node that is not on top
// has its client beside it, in its lane.

import { $, el, say, set, svg } from '../draw/dom.js';
import { n } from '../draw/layout.js';
import { clip, duration } from '../model/text.js';
import { outcome } from '../model/view.js';

/** @typedef {import('./lane.js').Lane} Lane */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {{x: number, y: number}} Point */
/** @typedef {{left: number, right: number, top: number, bottom: number, middle: number}} Box */
/** @typedef {{w: number, h: number, from: Box, rings: Point[]}} Measures in pixels, from the corner of the lines: their size, the client's box, the corner of each ring */

const SAME = 5e6; // microseconds within which the same operation in two lanes is one call; a busy machine delays some
const ROOMY = 3; // lanes at most whose rings have room for clients
const BESIDE = 12; // px between a request's line and the answer's

export class Client {
	/** @param {Lane[]} lanes @param {{wake: () => void}} page */
	constructor(lanes, page) {
		this.lanes = lanes;
		this.page = page;
		this.box = $('client');
		this.lines = $('client-lines');
		this.asks = /** @type {HTMLElement} */ (this.box.querySelector('.client-asks'));
		this.cells = lanes.map((lane) => {
			const cell = el('div', '', { class: 'client-cell', 'data-mode': lane.mode });
			cell.append(el('span', lane.mode), el('b'), el('small'));
			this.box.querySelector('.client-answers')?.append(cell);
			return cell;
		});
		this.drawn = ''; // what the lines show
		/** The same operation in every lane, the newest; undefined where a lane has not seen it. @type {(Op|undefined)[]} */
		this.ops = lanes.map(() => undefined);
		/** @type {Measures|undefined} */
		this.measures = undefined; // taken when something has moved, and not in each frame
		const watch = new ResizeObserver(() => this.moved());
		for (const e of [this.box, this.lines, ...lanes.map((lane) => lane.svg)]) watch.observe(e);
	}

	/** Takes the measures again before the next line is drawn. */
	moved() {
		this.measures = undefined;
		this.page.wake();
	}

	/** Finds the newest operation of this frame. */
	look() {
		const newest = this.lanes.map((lane) => lane.newestOp());
		const lead = newest.reduce((a, b) => (!a || (b && b.t0 > a.t0) ? b : a), undefined);
		this.ops = newest.map((op) => (op && lead && op.kind === lead.kind && op.node === lead.node && op.key === lead.key && Math.abs(op.t0 - lead.t0) < SAME ? op : undefined));
	}

	/**
	 * Whether the ring does not draw the client of an operation: this client is drawn instead,
	 * or a load made the operation, or the rings of so many lanes have no room for clients.
	 * @param {Lane} lane @param {Op} op
	 */
	outside(lane, op) {
		if (this.lanes.length > ROOMY || op.client === 'load') return true;
		return lane.reaches(op.node) && op.id === this.ops[this.lanes.indexOf(lane)]?.id;
	}

	draw() {
		const { ops } = this;
		const lead = ops.find(Boolean);
		set(this.box, 'data-empty', lead ? undefined : '');
		say(this.asks, lead ? `curl ….${lead.node}/${clip(lead.key, 10)}${lead.kind === 'write' ? `/${clip(written(ops) ?? '', 10)}` : ''}` : 'curl');
		set(this.box, 'aria-label', lead ? `${lead.kind} ${lead.key} at node ${lead.node} in all lanes` : 'Nothing asked yet');
		ops.forEach((op, i) => this.drawCell(this.cells[i], op));
		this.drawLines(ops);
	}

	/** @param {HTMLElement} cell @param {Op|undefined} op */
	drawCell(cell, op) {
		set(cell, 'data-outcome', op ? outcome(op.status) : 'none');
		say(cell.children[1], !op ? '–' : op.status ? String(op.status) : '…');
		const read = op?.kind === 'read' && op.status === 200 ? clip(op.val || 'empty', 9) : '';
		say(cell.children[2], op?.status ? [read, duration((op.t1 - op.t0) / 1000)].filter(Boolean).join(' · ') : '');
	}

	/** @param {(Op|undefined)[]} ops */
	drawLines(ops) {
		this.measures ??= this.measure();
		const { w, h, from, rings } = this.measures;
		const ends = ops.map((op, i) => {
			const p = op && this.lanes[i].reaches(op.node) ? this.lanes[i].topOf(op.node) : undefined;
			return op && p && { x: rings[i].x + p.x, y: rings[i].y + p.y, kind: outcome(op.status) };
		});
		const key = JSON.stringify([from, ends, w, h]);
		if (key === this.drawn || !w) return;
		this.drawn = key;
		set(this.lines, 'viewBox', `0 0 ${n(w)} ${n(h)}`);
		this.lines.replaceChildren(...ends.flatMap((end) => (end ? linesTo(from, end, from.bottom - from.top) : [])));
	}

	/** Reads the layout. A frame must not do that: under load it costs many milliseconds. @returns {Measures} */
	measure() {
		const frame = this.lines.getBoundingClientRect();
		const box = this.box.getBoundingClientRect();
		const [left, top] = [box.left - frame.left, box.top - frame.top];
		return {
			w: frame.width, h: frame.height,
			from: { left, top, right: left + box.width, bottom: top + box.height, middle: left + box.width / 2 },
			rings: this.lanes.map(({ svg: ring }) => {
				const at = ring.getBoundingClientRect();
				return { x: at.left - frame.left, y: at.top - frame.top };
			}),
		};
	}
}

/** What was written; a read has no value before it is answered. @param {(Op|undefined)[]} ops */
const written = (ops) => ops.find((op) => op?.val)?.val;

/**
 * The line into a lane, and the line back. A lane below the box has straight lines;
 * any other has lines that leave the box at its side.
 * @param {Box} from @param {Point & {kind: string}} to @param {number} height of the box
 */
function linesTo(from, to, height) {
	const below = to.x > from.left + BESIDE && to.x < from.right - BESIDE;
	const left = to.x < from.middle;
	const [ask, answer] = [to.x + (left ? -BESIDE : BESIDE), to.x + (left ? BESIDE : -BESIDE)];
	const edge = left ? from.left : from.right;
	const turn = (/** @type {number} */ x, /** @type {number} */ y) => `H${n(x + (left ? 14 : -14))}Q${n(x)} ${n(y)} ${n(x)} ${n(y + 14)}`;
	const [high, low] = [from.top + height * 0.24, from.top + height * 0.66];
	const there = below ? `M${n(to.x - BESIDE)} ${n(from.bottom)}V${n(to.y - 12)}` : `M${n(edge)} ${n(high)}${turn(ask, high)}V${n(to.y - 12)}`;
	const tip = below ? to.x - BESIDE : ask;
	const lines = [
		svg('path', { class: 'client-line', d: there }),
		svg('path', { class: 'client-tip', d: `M${n(tip - 7)} ${n(to.y - 15)}L${n(tip)} ${n(to.y - 2)}L${n(tip + 7)} ${n(to.y - 15)}Z` }),
	];
	if (to.kind === 'waits') return lines;
	const back = below ? `M${n(to.x + BESIDE)} ${n(to.y - 4)}V${n(from.bottom + 12)}` : `M${n(answer)} ${n(to.y - 4)}V${n(low + 14)}Q${n(answer)} ${n(low)} ${n(answer + (left ? 14 : -14))} ${n(low)}H${n(edge + (left ? -12 : 12))}`;
	const end = below ? `M${n(to.x + BESIDE - 7)} ${n(from.bottom + 15)}L${n(to.x + BESIDE)} ${n(from.bottom + 2)}L${n(to.x + BESIDE + 7)} ${n(from.bottom + 15)}Z`
		: `M${n(edge + (left ? -15 : 15))} ${n(low - 7)}L${n(edge + (left ? -2 : 2))} ${n(low)}L${n(edge + (left ? -15 : 15))} ${n(low + 7)}Z`;
	return [...lines, svg('path', { class: 'client-line answer', 'data-outcome': to.kind, d: back }), svg('path', { class: 'client-tip answer', 'data-outcome': to.kind, d: end })];
}

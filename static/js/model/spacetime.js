// The content of the space-time diagram, folded from the timeline's events: arrows,
// periods of a node, operations, and the number of messages that are not drawn one by
// one. Nothing here touches the page.

import { NODE_GONE } from './text.js';

/** @typedef {import('./timeline.js').Timeline} Timeline */
/** @typedef {import('./types.js').Event} Event */
/** @typedef {{id: string, from: number, to: number, cls: string, type: string, label: string, x0: number, x1: number, t0: number, t1: number, end: string, why: string, op: string}} Arrow x1 is Infinity while it flies; t0 and t1 are the same in microseconds */
/** @typedef {{node: number, status: string, x: number}} StatusPeriod from x on */
/** @typedef {{op: string, kind: string, node: number, x0: number, x1: number, status: number, died: boolean}} Bar died: its node died before it answered */
/** @typedef {{from: number, to: number, term: number}} TermPeriod a stretch of the axis in which a node was in a term */
/** @typedef {{node: number, x: number, term: number, phase: string}} Election a node began to ask for votes */

const MOST = 20_000; // arrows and bars kept
const MOST_TERMS = 2000; // of a node; elections kept
const LONG = 1500; // elastic ms; a longer arrow may have left before the part that is shown
export const BUCKET = 50; // elastic ms that one count covers
const BUCKETS = 6000;

export class SpaceTime {
	/** @param {Timeline} timeline */
	constructor(timeline) {
		this.timeline = timeline;
		/** @type {Arrow[]} by x0 */
		this.arrows = [];
		/** @type {Arrow[]} the arrows that took longer than LONG, or still fly */
		this.long = [];
		/** @type {Map<string, Arrow>} */
		this.open = new Map();
		/** @type {Map<number, StatusPeriod[]>} by node */
		this.periods = new Map();
		/** @type {Bar[]} by x0 */
		this.bars = [];
		/** @type {{node: number, x: number, n: number}[]} where events of a node were lost, and how many */
		this.gaps = [];
		/** @type {Map<string, Bar>} operations that run */
		this.running = new Map();
		/** @type {Map<number, {x: number, term: number}[]>} by node: its terms, from x on; 0 while it has none */
		this.terms = new Map();
		/** @type {Election[]} by x */
		this.elections = [];
		/** @type {Set<string>} the directions that are cut, as "1-2" */
		this.cut = new Set();
		/** @type {Map<string, {from: number, to: number}[]>} by pair, as "1-2": the stretches of the axis in which both directions were cut */
		this.cuts = new Map();
		/** @type {{x: number, cut: boolean}[]} where the first pair was cut, and where the last one was joined */
		this.splits = [];
		/** @type {Map<number, Map<number, number>>} by bucket and receiver: messages that it took in, without background */
		this.counts = new Map();
		/** @type {Map<number, Set<number>>} by bucket: the nodes that took in background traffic */
		this.quiet = new Map();
		this.folded = 0; // events of the timeline that are folded already
		this.dropped = timeline.dropped;
	}

	/** Folds the new events of the timeline. */
	fold() {
		const { timeline } = this;
		if (timeline.dropped !== this.dropped) {
			this.folded = Math.max(0, this.folded - (timeline.dropped - this.dropped));
			this.dropped = timeline.dropped;
		}
		for (; this.folded < timeline.length; this.folded++) this.take(timeline.events[this.folded], timeline.x[this.folded]);
		if (this.arrows.length > MOST) this.arrows.splice(0, this.arrows.length - MOST / 2);
		if (this.bars.length > MOST) this.bars.splice(0, this.bars.length - MOST / 2);
		for (const buckets of [this.counts, this.quiet]) {
			for (const b of buckets.keys()) {
				if (buckets.size <= BUCKETS) break;
				buckets.delete(b);
			}
		}
	}

	/** @param {Event} e @param {number} x */
	take(e, x) {
		switch (e.kind) {
			case 'sent':
				return this.sent(e, x);
			case 'delivered':
			case 'lost':
				return this.ended(e, x);
			case 'status': {
				if (typeof e.status !== 'string' || !e.status) return;
				const of = this.periods.get(e.node);
				if (of) of.push({ node: e.node, status: e.status, x });
				else this.periods.set(e.node, [{ node: e.node, status: String(e.was || 'up'), x: -Infinity }, { node: e.node, status: e.status, x }]);
				if (e.status === 'killed') this.enterTerm(e.node, 0, x);
				return;
			}
			case 'invoke': {
				if (e.client === 'load') return;
				const bar = { op: e.op ?? '', kind: e.op_kind ?? 'read', node: e.node, x0: x, x1: Infinity, status: 0, died: false };
				this.bars.push(bar);
				this.running.set(bar.op, bar);
				return;
			}
			case 'return': {
				const bar = this.running.get(e.op ?? '');
				if (!bar) return;
				bar.x1 = x;
				bar.status = Number(e.status) || 0;
				bar.died = bar.status === 504 && NODE_GONE.includes(e.text ?? '');
				this.running.delete(bar.op);
				return;
			}
			case 'link':
				return this.linked(e, x);
			case 'role':
				return this.enterTerm(e.node, e.term ?? 0, x);
			case 'progress':
				return this.asked(e, x);
			case 'gap':
				if (e.node) this.gaps.push({ node: e.node, x, n: e.n ?? 0 });
				return;
			case 'mode':
			case 'reset':
				for (const a of this.open.values()) Object.assign(a, { x1: x, end: 'gone' });
				this.open.clear();
				for (const node of this.terms.keys()) this.enterTerm(node, 0, x);
				this.long = this.long.filter((a) => a.x1 - a.x0 > LONG);
		}
	}

	/** @param {Event} e @param {number} x */
	sent(e, x) {
		if (!e.msg || this.open.has(e.msg)) return;
		const a = {
			id: e.msg, from: e.from ?? 0, to: e.to ?? 0, cls: e.class ?? '', type: e.type ?? '', label: e.label ?? '',
			x0: x, x1: Infinity, t0: e.t, t1: 0, end: '', why: '', op: e.op ?? '',
		};
		this.open.set(a.id, a);
		this.arrows.push(a);
	}

	/** @param {Event} e @param {number} x */
	ended(e, x) {
		const bucket = Math.floor(x / BUCKET);
		if (e.kind === 'delivered' && e.class === 'background') {
			const of = this.quiet.get(bucket);
			if (of) of.add(e.to ?? 0);
			else this.quiet.set(bucket, new Set([e.to ?? 0]));
		} else if (e.kind === 'delivered') {
			let of = this.counts.get(bucket);
			if (!of) this.counts.set(bucket, (of = new Map()));
			of.set(e.to ?? 0, (of.get(e.to ?? 0) ?? 0) + 1);
		}
		const a = this.open.get(e.msg ?? '');
		if (!a) return;
		this.open.delete(a.id);
		a.x1 = x;
		a.t1 = e.t;
		a.end = e.kind;
		a.why = e.why ?? '';
		if (x - a.x0 > LONG) this.long.push(a);
		if (this.long.length > MOST / 10) this.long.splice(0, MOST / 20);
	}

	/** @param {number} node @param {number} term 0 for none @param {number} x */
	enterTerm(node, term, x) {
		const of = this.terms.get(node) ?? [];
		if ((of.at(-1)?.term ?? 0) === term) return;
		of.push({ x, term });
		if (of.length > MOST_TERMS) of.splice(0, MOST_TERMS / 2);
		this.terms.set(node, of);
	}

	/** @param {Event} e @param {number} x */
	linked({ link }, x) {
		if (!link) return;
		const way = (/** @type {number} */ a, /** @type {number} */ b) => `${a}-${b}`;
		if (link.cut) this.cut.add(way(link.from, link.to));
		else this.cut.delete(way(link.from, link.to));
		const [a, b] = [Math.min(link.from, link.to), Math.max(link.from, link.to)];
		const both = this.cut.has(way(a, b)) && this.cut.has(way(b, a));
		const of = this.cuts.get(way(a, b)) ?? [];
		const open = of.at(-1)?.to === Infinity;
		if (both === open) return;
		const before = this.isCut();
		if (both) of.push({ from: x, to: Infinity });
		else of[of.length - 1].to = x;
		if (of.length > MOST_TERMS) of.splice(0, MOST_TERMS / 2);
		this.cuts.set(way(a, b), of);
		if (this.isCut() !== before) this.splits.push({ x, cut: !before });
		if (this.splits.length > MOST_TERMS) this.splits.splice(0, MOST_TERMS / 2);
	}

	/** Whether any pair is cut in both directions. */
	isCut() {
		return [...this.cuts.values()].some((of) => of.at(-1)?.to === Infinity);
	}

	/**
	 * The stretches of the axis in which no message could go between two nodes.
	 * @param {number} a the smaller number @param {number} b @param {boolean} now whether they are cut now, which they were all the time where nothing else is known
	 */
	cutsOf(a, b, now) {
		return this.cuts.get(`${a}-${b}`) ?? (now ? [{ from: -Infinity, to: Infinity }] : []);
	}

	/** Progress without an operation is the progress of an election. @param {Event} e @param {number} x */
	asked(e, x) {
		if (e.op || !e.term) return;
		const { node, term, phase = '' } = e;
		const last = this.elections.findLast((one) => one.node === node);
		if (last?.term === term && last.phase === phase && (e.yes ?? []).length + (e.no ?? []).length > 1) return;
		this.elections.push({ node, x, term, phase });
		if (this.elections.length > MOST_TERMS) this.elections.splice(0, MOST_TERMS / 2);
	}

	/**
	 * The terms of a node between two places of the axis.
	 * @param {number} node @param {number} from @param {number} to @param {number} now its present term, which it has where nothing else is known
	 * @returns {TermPeriod[]}
	 */
	termsOf(node, from, to, now) {
		const of = this.terms.get(node) ?? [{ x: -Infinity, term: now }];
		const periods = of.map((one, i) => ({ from: one.x, to: of[i + 1]?.x ?? Infinity, term: one.term }));
		return periods.filter((period) => period.term > 0 && period.to > from && period.from <= to);
	}

	/**
	 * The arrows that lie at least partly between two places.
	 * @param {number} from @param {number} to
	 * @returns {Arrow[]}
	 */
	between(from, to) {
		const out = this.long.filter((a) => a.x0 < from - LONG && a.x1 >= from);
		for (const a of this.open.values()) if (a.x0 < from - LONG) out.push(a);
		for (let i = this.firstAt(from - LONG); i < this.arrows.length && this.arrows[i].x0 <= to; i++) {
			if (this.arrows[i].x1 >= from) out.push(this.arrows[i]);
		}
		return out;
	}

	/** The first arrow that left at x or later. @param {number} x */
	firstAt(x) {
		let lo = 0;
		let hi = this.arrows.length;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			if (this.arrows[mid].x0 < x) lo = mid + 1;
			else hi = mid;
		}
		return lo;
	}

	/**
	 * The periods up to x in which a node was not up: from, to and status.
	 * @param {number} node @param {number} x
	 * @returns {{from: number, to: number, status: string}[]}
	 */
	periodsOf(node, x) {
		const out = [];
		const of = this.periods.get(node) ?? [];
		for (let i = 0; i < of.length && of[i].x <= x; i++) {
			if (of[i].status === 'up') continue;
			const next = of[i + 1];
			out.push({ from: of[i].x, to: next && next.x <= x ? next.x : Infinity, status: of[i].status });
		}
		return out;
	}

	/** The newest operation that began at x or before. @param {number} x */
	barAt(x) {
		return this.bars.findLast((b) => b.x0 <= x);
	}
}

/** The arrows of an operation whose message the same node sent to the same node again, as a node in doubt asks again. @param {Arrow[]} arrows by x0 @returns {Set<Arrow>} */
export function repeatedOf(arrows) {
	/** @type {Map<string, Arrow>} */
	const newest = new Map();
	/** @type {Set<Arrow>} */
	const repeated = new Set();
	for (const a of arrows) {
		if (!a.op) continue;
		const sent = `${a.op} ${a.type} ${a.from} ${a.to}`;
		const before = newest.get(sent);
		if (before) repeated.add(before);
		newest.set(sent, a);
	}
	return repeated;
}

// The timeline keeps the events with their places on the elastic axis. It makes the
// state of any retained moment again.

import { apply } from './fold.js';
import { cloneState, newState } from './state.js';

/** @typedef {import('./types.js').Event} Event */
/** @typedef {import('./types.js').State} State */

const CHECKPOINT = 4000; // events between two checkpoints
const KEPT = 100_000;

/** Timeline retains events with their places, and can return to any of them. */
export class Timeline {
	constructor() {
		/** @type {Event[]} */ this.events = [];
		/** @type {number[]} */ this.at = [];
		/** @type {number[]} */ this.x = [];
		/** The time of each event, microseconds. It is never before the time of an earlier event: the clocks of nodes differ, and time must not run back. @type {number[]} */
		this.t = [];
		/** @type {{i: number, state: State}[]} state before event i */
		this.checkpoints = [{ i: 0, state: newState() }];
		this.dropped = 0; // events forgotten at the front, ever
	}

	get length() {
		return this.events.length;
	}

	/** @param {Event} e @param {{at: number, x: number}} place */
	push(e, place) {
		this.events.push(e);
		this.at.push(place.at);
		this.x.push(place.x);
		this.t.push(Math.max(e.t ?? 0, this.t.at(-1) ?? 0));
	}

	/** Stores the state after the first i events. @param {number} i @param {State} state */
	checkpoint(i, state) {
		if (i - this.checkpoints[this.checkpoints.length - 1].i >= CHECKPOINT) {
			this.checkpoints.push({ i, state: cloneState(state) });
		}
	}

	/** Forgets the oldest events if too many are kept. @returns {number} how many went */
	trim() {
		if (this.events.length <= KEPT * 1.1) return 0;
		const keep = this.checkpoints.find((c) => c.i >= this.events.length - KEPT);
		if (!keep || keep.i === 0) return 0;
		const n = keep.i;
		this.events.splice(0, n);
		this.at.splice(0, n);
		this.x.splice(0, n);
		this.t.splice(0, n);
		this.checkpoints = this.checkpoints.filter((c) => c.i >= n).map((c) => ({ i: c.i - n, state: c.state }));
		this.dropped += n;
		return n;
	}

	/** How many events lie at or before x. @param {number} x */
	indexAt(x) {
		let lo = 0;
		let hi = this.x.length;
		while (lo < hi) {
			const mid = (lo + hi) >> 1;
			if (this.x[mid] <= x) lo = mid + 1;
			else hi = mid;
		}
		return lo;
	}

	/**
	 * The state after the events at or before x. It keeps all messages of the operation
	 * op, even if the stage was crowded.
	 * @param {number} x @param {string} [op] @returns {State}
	 */
	seek(x, op = '') {
		const end = this.indexAt(x);
		const first = op ? Math.max(0, this.events.findIndex((e) => e.op === op)) : end;
		let from = this.checkpoints[0];
		for (const c of this.checkpoints) {
			if (c.i > Math.min(end, first)) break;
			from = c;
		}
		const state = cloneState(from.state);
		state.pinned = op;
		for (let i = from.i; i < end; i++) apply(state, this.events[i], this.x[i]);
		return state;
	}

	/** The event time at x, microseconds. Between two events it is interpolated. @param {number} x */
	timeAt(x) {
		const i = this.indexAt(x);
		if (i === 0) return this.t[0] ?? 0;
		const t0 = this.t[i - 1];
		if (i >= this.length) return t0 + (x - this.x[i - 1]) * 1000;
		const dx = this.x[i] - this.x[i - 1];
		return dx > 0 ? t0 + ((this.t[i] - t0) * (x - this.x[i - 1])) / dx : t0;
	}
}

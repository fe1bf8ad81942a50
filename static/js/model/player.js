// The player keeps the received events and shows them at the playhead. The playhead is
// live, a little late so that causes come before effects, or it is in the past.

import { Elastic } from './elastic.js';
import { apply } from './fold.js';
import { applyHello, stateBefore } from './hello.js';
import { cloneState, newState, virtual } from './state.js';
import { Timeline } from './timeline.js';

/** @typedef {import('./types.js').Event} Event */
/** @typedef {import('./types.js').State} State */

const QUIET = 3000; // ms without events after which flow ends
const IDLE = 300; // elastic ms for which the playhead goes on when nothing happens
const FRAME = 100; // ms by which one frame moves a replay at most

export class Player {
	constructor() {
		this.elastic = new Elastic();
		this.timeline = new Timeline();
		/** The state that the page shows while the playhead follows the present. */
		this.shown = newState();
		this.index = 0; // events of the timeline that are in shown
		/** The state after the events that wait to be shown; undefined if no event waits. @type {State|undefined} */
		this.ahead = undefined;
		this.epochOffset = 0; // page clock minus the playground's, microseconds
		/** @type {number|undefined} the playhead, if it does not follow the present */
		this.parked = undefined;
		/** @type {State|undefined} */
		this.past = undefined;
		/** The replay that plays: when a frame moved it last, where it ends, and whether the playhead then follows the present. @type {{at: number, until: number, back: boolean}|undefined} */
		this.playing = undefined;
		this.speed = 1; // of a replay
		this.isPlayback = false; // a recording is played, so there is no present to follow
		/** @type {{op: string, length: number, state: State}|undefined} */
		this.foreseen = undefined;
		this.skippedAt = -Infinity;
		this.tookAt = 0;
		this.waiting = { index: -1, is: false };
		this.counted = { at: 0, sent: 0, rate: 0 };
	}

	/** Messages a second, of the last second; 0 if no frame was drawn for longer. @param {number} now the screen clock */
	rate(now) {
		const sent = this.shown.totals.sent;
		if (now - this.counted.at > QUIET) this.counted = { at: now, sent, rate: 0 };
		const c = this.counted;
		if (now - c.at >= 1000 || sent < c.sent) this.counted = { at: now, sent, rate: Math.max(0, Math.round(((sent - c.sent) * 1000) / (now - c.at))) };
		return this.counted.rate;
	}

	/** The newest state, for actions. @returns {State} */
	get newest() {
		return this.ahead ?? this.shown;
	}

	/**
	 * Starts again from a whole state and the newest events.
	 * @param {import('./types.js').Hello} hello @param {number} now the screen clock, ms
	 * @param {boolean} [before] the state is that before the events, not that after them
	 */
	hello(hello, now, before = false) {
		this.isPlayback = false;
		this.elastic = new Elastic();
		this.timeline = new Timeline();
		this.seek(undefined);
		this.foreseen = undefined;
		const state = before ? newState() : stateBefore(hello);
		if (before) applyHello(state, hello, 0);
		this.timeline.checkpoints[0].state = cloneState(state);
		for (const e of /** @type {Event[]} */ (hello.events ?? [])) {
			const place = this.elastic.place(e);
			this.timeline.push(e, place);
			apply(state, e, place.x);
			this.timeline.checkpoint(this.timeline.length, state);
		}
		const x = this.elastic.x + IDLE;
		this.elastic.x = x;
		if (!before) applyHello(state, hello, x);
		this.timeline.checkpoints.push({ i: this.timeline.length, state: cloneState(state) });
		this.elastic.begin(now, state);
		this.shown = state;
		this.ahead = undefined;
		this.waiting.index = -1;
		this.index = this.timeline.length;
	}

	/**
	 * Plays a recording from its beginning.
	 * @param {import('./types.js').Hello} hello with all events @param {number} now the screen clock, ms
	 * @param {boolean} before the state is that before the events
	 */
	show(hello, now, before) {
		this.hello(hello, now, before);
		this.isPlayback = true;
		this.seek(0);
	}

	/**
	 * Takes in events. They are shown when the playhead reaches them.
	 * @param {Event[]} events @param {number} now the screen clock, ms @param {number} wall microseconds @param {boolean} watched
	 */
	take(events, now, wall, watched) {
		this.tookAt = now;
		for (const e of events) {
			if (e.t) this.epochOffset = this.epochOffset ? Math.min(this.epochOffset + 20, wall - e.t) : wall - e.t;
			const place = this.elastic.place(e, now);
			this.timeline.push(e, place);
			if (place.at <= now && this.index === this.timeline.length - 1) {
				this.step();
				continue;
			}
			this.ahead ??= cloneState(this.shown);
			apply(this.ahead, e, place.x);
		}
		if (!watched || this.elastic.isLate(now)) this.jump(now, watched);
		const gone = this.timeline.trim();
		this.index = Math.max(0, this.index - gone);
	}

	/** Shows everything at once. @param {number} now @param {boolean} watched */
	jump(now, watched) {
		while (this.index < this.timeline.length) this.step();
		this.ahead = undefined;
		this.elastic.jump(now);
		const last = this.timeline.length - 1;
		if (last >= 0) this.timeline.at[last] = Math.min(now, this.timeline.at[last]);
		if (watched) this.skippedAt = now;
	}

	step() {
		apply(this.shown, this.timeline.events[this.index], this.timeline.x[this.index]);
		this.index++;
		this.timeline.checkpoint(this.index, this.shown);
	}

	/** Brings the shown state, or the replay that plays, up to the screen clock. @param {number} now @returns {boolean} whether more waits to be shown */
	advance(now) {
		const more = this.follow(now);
		if (this.playing) this.advanceReplay(now, this.playing);
		return this.parked === undefined ? more : !!this.playing;
	}

	/** @param {number} now */
	follow(now) {
		while (this.index < this.timeline.length && this.timeline.at[this.index] <= now) this.step();
		if (this.index < this.timeline.length) return true;
		this.ahead = undefined;
		if (now - this.tookAt > QUIET) this.elastic.stretched = true;
		return false;
	}

	/** Where the playhead stands. @param {number} now */
	x(now) {
		return this.parked ?? this.end(now);
	}

	/** The end of the elastic axis: where the playhead stands while it follows. @param {number} now */
	end(now) {
		if (this.isPlayback) return this.elastic.x;
		const last = this.index - 1;
		const from = last >= 0 ? { at: this.timeline.at[last], x: this.timeline.x[last] } : { at: now, x: this.elastic.x };
		const base = Math.max(from.x, this.shown.x);
		const gone = Math.max(0, now - from.at);
		const next = this.index < this.timeline.length ? this.timeline.x[this.index] : Infinity;
		return Math.min(next, base + (this.waits() ? gone : Math.min(gone, IDLE)));
	}

	/** Whether the shown state waits for anything. */
	waits() {
		if (this.waiting.index !== this.index || this.elastic.stretched) this.waiting = { index: this.index, is: this.isWaiting() };
		return this.waiting.is;
	}

	isWaiting() {
		for (const op of this.shown.ops.values()) if (!op.status && op.client !== 'load') return true;
		for (const m of this.shown.msgs.values()) {
			if (m.state === 'flying' && m.cls !== 'background' && !this.elastic.still.has(m.to)) return true;
		}
		return false;
	}

	/**
	 * Parks the playhead in the past. With undefined it follows the present again. In a
	 * recording, undefined moves it to the end.
	 * @param {number|undefined} x @param {string} [op] that is asked about
	 */
	seek(x, op) {
		if (this.isPlayback) x ??= this.elastic.x;
		this.playing = undefined;
		this.parked = x;
		this.past = x === undefined ? undefined : this.timeline.seek(x, op);
	}

	/**
	 * Plays the replay from the parked playhead to a place, and stops there. Without a place it
	 * plays to what is the present now, and then follows the present again. The present at
	 * that time may be out of reach: with a load, or with the heartbeats of a leader, it moves
	 * as fast as the replay.
	 * @param {number} now the screen clock @param {number} [until]
	 */
	play(now, until) {
		if (this.parked !== undefined) this.playing = { at: now, until: until ?? this.end(now), back: until === undefined };
	}

	/**
	 * Plays the replay to the end of an operation, and then follows the present again. In a
	 * recording it plays on, as there is no present.
	 * @param {number} now the screen clock @param {string} [op]
	 */
	playOp(now, op = '') {
		this.play(now);
		const { status, x1 = 0 } = this.shown.ops.get(op) ?? {};
		if (status && !this.isPlayback && this.playing) this.playing = { at: now, until: Math.max(x1, endOfOp(this.timeline, op)) + IDLE, back: true };
	}

	/** Stops the replay where it is. */
	pause() {
		this.playing = undefined;
	}

	/**
	 * Moves the replay that plays. A page that draws few frames plays it slower: a part of a
	 * replay that no frame shows would be lost.
	 * @param {number} now @param {{at: number, until: number, back: boolean}} playing
	 */
	advanceReplay(now, playing) {
		const gone = Math.min(FRAME, now - playing.at) * this.speed;
		const x = Math.min(playing.until, (this.parked ?? 0) + gone);
		playing.at = now;
		const left = this.end(now) - x;
		if (left <= 0 || (playing.back && x >= playing.until)) {
			if (left > IDLE) this.skippedAt = now;
			return this.seek(undefined);
		}
		this.moveTo(x);
		if (x >= playing.until) this.playing = undefined;
	}

	/** Moves a replay forward, and applies the events between. @param {number} x */
	moveTo(x) {
		const { timeline, past, parked } = this;
		if (!past || parked === undefined || x < parked) return this.seek(x, past?.pinned);
		for (let i = timeline.indexAt(parked); i < timeline.indexAt(x); i++) apply(past, timeline.events[i], timeline.x[i]);
		this.parked = x;
	}

	/**
	 * In a replay, the state after the operation in focus. It is undefined outside a
	 * replay, and after the end of the operation.
	 * @returns {State|undefined}
	 */
	foresee() {
		const { past, timeline } = this;
		if (!past?.ops.has(past.focus)) return undefined;
		if (this.foreseen?.op !== past.focus || this.foreseen.length !== timeline.length) {
			const end = endOfOp(timeline, past.focus);
			this.foreseen = { op: past.focus, length: timeline.length, state: timeline.seek(end, past.focus) };
		}
		return this.foreseen.state.x > past.x ? this.foreseen.state : undefined;
	}

	/**
	 * What must be drawn. While events wait to be shown, the time is the playhead's. The
	 * wall clock is ahead of it then.
	 * @param {number} now the screen clock @param {number} wall microseconds
	 */
	view(now, wall) {
		const s = this.past ?? this.shown;
		const x = this.x(now);
		const behind = !this.past && this.index < this.timeline.length && s.pace.pace === 'live';
		const t = this.past || behind ? this.timeline.timeAt(x) : wall - this.epochOffset;
		return { s, x, t, v: virtual(s.pace, t), behind };
	}

	/** The real and the shown length of the operation in focus, ms; undefined if they hardly differ. @param {State} s */
	stretch(s) {
		const op = s.ops.get(s.focus);
		if (!op?.status) return undefined;
		const real = (op.t1 - op.t0) / 1000;
		const shown = op.x1 - op.x0;
		return shown > real * 1.5 && shown > 100 ? { real, shown } : undefined;
	}
}

const AFTERMATH = 3000; // elastic ms after an operation's end in which its last messages may end

/** The place of the last event of an operation. @param {Timeline} timeline @param {string} op */
function endOfOp({ events, x }, op) {
	const end = events.findIndex((e) => e.op === op && e.kind === 'return');
	const after = end < 0 ? Infinity : x[end] + AFTERMATH;
	const last = events.findLastIndex((e, i) => e.op === op && x[i] <= after);
	return last < 0 ? 0 : x[last];
}

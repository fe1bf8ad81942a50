// The playheads of all lanes. A key or the slider moves all of them to the same moment.
// Each lane plays from there to the next moment at its own elastic pace.

import { beats, placeOf, waves } from '../model/beats.js';

/** @typedef {import('../model/timeline.js').Timeline} Timeline */
/** @typedef {import('../model/player.js').Player} Player */

const SAME = 40_000; // microseconds within which moments of several lanes are one
const BEFORE = 30_000; // microseconds before an operation at which its replay begins

/**
 * The moments of several lanes, ascending. Those that are close together count as one.
 * @param {Timeline[]} timelines @param {(timeline: Timeline) => number[]} places
 * @returns {number[]} microseconds
 */
export function moments(timelines, places) {
	const all = timelines.flatMap((timeline) => places(timeline).map((x) => timeline.timeAt(x))).sort((a, b) => a - b);
	return all.filter((t, i) => i === all.length - 1 || all[i + 1] - t > SAME);
}

/** The places where the operations of clients begin. @param {Timeline} timeline */
const calls = ({ events, x }) => x.filter((_, i) => events[i].kind === 'invoke' && events[i].client !== 'load');

/** The first operation of a client after a player's playhead. @param {Player} player */
function opAfter({ timeline: { events, x }, parked = 0 }) {
	return events.find((e, i) => x[i] >= parked && e.kind === 'invoke' && e.client !== 'load')?.op;
}

export class Playheads {
	/** @param {Player[]} players @param {() => void} moved */
	constructor(players, moved) {
		this.players = players;
		this.moved = moved;
		this.goal = 0; // the moment at which playing stops, microseconds; 0: it plays to the end, or nothing plays
	}

	/** Whether a playhead stands in the past. */
	get past() {
		return this.players.some((p) => p.parked !== undefined);
	}

	get playing() {
		return this.players.some((p) => p.playing);
	}

	get timelines() {
		return this.players.map((p) => p.timeline).filter((timeline) => timeline.length);
	}

	/** The oldest and the newest moment that any lane retains. @returns {[number, number]} microseconds */
	get span() {
		const all = this.timelines;
		return [Math.min(...all.map(({ t }) => t[0])), Math.max(...all.map(({ t }) => t[t.length - 1]))];
	}

	/** The moment at which the playheads stand, microseconds. */
	get here() {
		const parked = this.players.filter((p) => p.parked !== undefined);
		if (!parked.length) return this.span[1];
		return Math.max(...parked.map((p) => p.timeline.timeAt(/** @type {number} */ (p.parked))));
	}

	/** All playheads follow the present. */
	now() {
		this.goal = 0;
		for (const p of this.players) p.seek(undefined);
		this.moved();
	}

	/** @param {number} t microseconds */
	seek(t) {
		this.goal = 0;
		for (const p of this.players) p.seek(placeOf(p.timeline, t) ?? 0);
		this.moved();
	}

	/** Plays, or stops playing. */
	toggle() {
		if (this.playing) for (const p of this.players) p.pause();
		else for (const p of this.players) p.play(performance.now());
		this.goal = 0;
		this.moved();
	}

	/** Moves by one wave of any lane. Forward it plays the wave, back it jumps. @param {number} by 1 or -1 */
	wave(by) {
		const all = moments(this.timelines, waves);
		const from = (this.playing && this.goal) || this.here; // while a wave plays, a press asks for the next wave
		if (by < 0) return this.before(all);
		if (!this.past) return;
		const to = all.find((t) => t > from + SAME);
		if (to === undefined) return this.now();
		if (this.playing) this.seek(from);
		const now = performance.now();
		for (const p of this.players) p.play(now, Math.min(placeOf(p.timeline, to) ?? 0, p.end(now) - 1));
		this.goal = to;
		this.moved();
	}

	/** Moves to the next or the previous sentence of any lane. @param {number} by 1 or -1 */
	beat(by) {
		const all = moments(this.timelines, beats);
		if (by < 0) return this.before(all);
		const to = all.find((t) => t > this.here + SAME);
		return to === undefined ? this.now() : this.seek(to);
	}

	/** Moves to the last of these moments before the playheads. @param {number[]} all */
	before(all) {
		const to = all.findLast((t) => t < this.here - SAME);
		if (to !== undefined || this.past) this.seek(to ?? this.span[0]);
	}

	/** Moves to the beginning of the operation at the playheads. From there it moves to the oldest event. */
	rewind() {
		const call = moments(this.timelines, calls).findLast((t) => t <= this.here + SAME);
		this.seek(call !== undefined && this.here > call - BEFORE + SAME ? call - BEFORE : this.span[0]);
	}

	/** Plays the last operation again, and then goes back to now. @returns {boolean} whether there is one */
	again() {
		const last = moments(this.timelines, calls).findLast((t) => t <= this.here + SAME);
		if (last === undefined) return false;
		this.seek(last - BEFORE);
		for (const p of this.players) p.playOp(performance.now(), opAfter(p));
		this.moved();
		return true;
	}
}

// Moves the playhead: to a place, by playing, by one wave, by one marker or one
// sentence, and back to now. While it stands in the past, the badge says REPLAY.

import { beats, waves } from '../model/beats.js';

/** @typedef {import('../model/player.js').Player} Player */

const BEFORE = 30; // elastic ms before an operation at which its replay begins
const SAME = 1; // elastic ms within which two places are one

export class Replay {
	/**
	 * @param {object} page
	 * @param {Player} page.player
	 * @param {import('../draw/diagram.js').Diagram} page.diagram
	 * @param {() => void} page.moved the playhead was moved by hand
	 * @param {() => void} page.settled it was moved on purpose, and stands where it was wanted
	 */
	constructor({ player, diagram, moved, settled }) {
		this.player = player;
		this.diagram = diagram;
		this.moved = moved;
		this.settled = settled;
		/** @type {number[]} the places of a recording's markers; without any, its sentences are used */
		this.markers = [];
	}

	/** Whether the playhead stands in the past. */
	get on() {
		return this.player.parked !== undefined;
	}

	/** @param {number|undefined} x a place on the axis; undefined is now, which is followed again @param {string} [op] that is asked about */
	seek(x, op) {
		const beyond = x !== undefined && x >= this.player.end(performance.now());
		this.player.seek(x === undefined || beyond ? undefined : Math.max(0, x), op);
		if (!this.on) this.diagram.follow();
		this.moved();
	}

	/** Goes to a place, and stays. @param {number|undefined} x @param {string} [op] */
	go(x, op) {
		this.seek(x, op);
		this.settled();
	}

	now() {
		this.go(undefined);
	}

	/** Plays, or stops playing. */
	toggle() {
		if (this.player.playing) this.player.pause();
		else this.player.play(performance.now());
		this.moved();
	}

	/** Moves by one wave. Forward it plays the wave, back it jumps. @param {number} by 1 or -1 */
	wave(by) {
		const { player } = this;
		const { playing } = player;
		const inWave = playing && !playing.back; // a press asks for the next wave
		const from = inWave ? playing.until : player.x(performance.now());
		const all = waves(player.timeline);
		if (by < 0) return this.go(all.findLast((x) => x < from - SAME) ?? (this.on ? 0 : undefined));
		if (!this.on) return;
		const to = all.find((x) => x > from + SAME);
		if (to === undefined) return this.now();
		if (playing) player.seek(from, player.past?.pinned);
		player.play(performance.now(), to);
		this.moved();
	}

	/** Moves to the next or the previous marker or sentence. It changes only the playhead. @param {number} by 1 or -1 */
	beat(by) {
		const all = this.markers.length ? this.markers : beats(this.player.timeline);
		const x = this.player.x(performance.now());
		const to = by < 0 ? all.findLast((at) => at < x - SAME) : all.find((at) => at > x + SAME);
		this.go(to === undefined && by < 0 ? this.player.parked : to);
	}

	/** Moves to the beginning of the operation at the playhead. From there it moves to the oldest event. */
	rewind() {
		const { player } = this;
		const x = player.x(performance.now());
		const op = player.past?.ops.get(player.past.focus);
		this.go(op && x > op.x0 - BEFORE + SAME ? op.x0 - BEFORE : 0);
	}

	/** Plays the last operation again, and then goes back to now. @returns {boolean} whether there is one */
	again() {
		const { player } = this;
		const s = player.shown;
		const last = s.ops.get(s.focus) ?? [...s.ops.values()].at(-1);
		if (!last) return false;
		this.go(last.x0 - BEFORE);
		player.playOp(performance.now(), last.id);
		this.moved();
		return true;
	}

	/** @param {number} speed 1 is the elastic pace */
	setSpeed(speed) {
		this.player.speed = speed;
		this.moved();
	}
}

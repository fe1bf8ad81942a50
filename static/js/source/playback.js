// A recording as a source of events: the events for the stage, the state of the talk at
// each moment, and the places of the markers. A file from the server and a file that a
// person drops on the page are treated alike.

import { reach } from './reach.js';
import { readFile } from './recording.js';

/** @typedef {import('./recording.js').Recording} Recording */
/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {import('../model/types.js').Hello} Hello */

/**
 * Fetches the recording of the scenario that is played, and keeps the events up to the
 * end of one step.
 * @param {string} path of the call @param {string} name of the scenario @param {number} step from 1
 * @param {{isTalk: (e: Event) => boolean, happened: (e: Event) => boolean}} of see Playback
 */
export async function playbackOfStep(path, name, step, { isTalk, happened }) {
	const answer = await reach.ask(path);
	if (!answer.ok) throw new Error(`status ${answer.status}`);
	const recording = await readFile(await answer.blob());
	const playback = new Playback(recording, isTalk, happened);
	if (recording.head.scenario !== name || !playback.keepStep(step)) throw new Error('it has no such step');
	return playback;
}

export class Playback {
	/**
	 * @param {Recording} recording
	 * @param {(e: Event) => boolean} isTalk whether an event is of the talk, not of the cluster
	 * @param {(e: Event) => boolean} happened whether an event changes what the stage shows
	 */
	constructor(recording, isTalk, happened) {
		this.recording = recording;
		/** @type {Event[]} */ this.events = [];
		/** @type {{i: number, report: any}[]} the talk after the first i events */
		this.talks = [];
		/** @type {number[]} how many events of the stage stand before each event */
		const before = [];
		/** @type {{i: number, report: any}[]} what was measured, after the first i events */
		this.verdicts = [];
		for (const e of recording.events) {
			before.push(this.events.length);
			if (e.kind === 'verdict') this.verdicts.push({ i: this.events.length, report: /** @type {any} */ (e).report });
			if (isTalk(e)) this.talks.push({ i: this.events.length, report: /** @type {any} */ (e).report });
			if (happened(e)) this.events.push(e);
		}
		before.push(this.events.length);
		this.markers = recording.markers.map((m) => ({ ...m, i: before[m.after] }));
		this.step = 0; // of the scenario, from 1; 0: the whole recording is played
		this.from = 0; // how many events of the stage stand before the step
		this.verdict = /** @type {any} */ (recording.events.findLast((e) => e.kind === 'verdict'));
	}

	/** The hello that the player begins with. @returns {Hello} */
	get hello() {
		const { hello, head } = this.recording;
		const nodes = Array.from({ length: head.nodes }, (_, i) => ({ id: i + 1, status: 'up' }));
		return { ...(hello ?? { cluster: { mode: head.mode, nodes } }), events: this.events };
	}

	/** Whether the hello holds the state before the first event. */
	get fromState() {
		const { hello, events } = this.recording;
		return !events.length || (events[0].seq ?? 0) > (hello?.seq ?? 0);
	}

	/**
	 * Removes the events after one step of the scenario.
	 * @param {number} step from 1
	 * @returns {boolean} whether the recording has that step
	 */
	keepStep(step) {
		const at = this.talks.findIndex(({ report }) => report?.step === step && !['beginning', 'replaying'].includes(report.phase));
		if (at < 0) return false;
		const end = this.talks.slice(at).find(({ report }) => report?.step !== step)?.i ?? this.events.length;
		this.step = step;
		this.from = this.talks[at].i;
		this.events.length = end;
		this.markers = this.markers.filter((m) => m.step === step && m.i < end);
		return true;
	}

	/** The state of the talk after i events of the stage. @param {number} i @returns {any} */
	talkAt(i) {
		return this.talks.findLast((t) => t.i <= i)?.report;
	}

	/** What was measured after so many events of the stage. @param {number} i @returns {any} */
	verdictAt(i) {
		return this.verdicts.findLast((v) => v.i <= i)?.report;
	}

	/** The title of the recording, or its mode and time. */
	get title() {
		const { head } = this.recording;
		return head.title || `${head.mode}, ${head.time.slice(0, 16).replace('T', ' ')}`;
	}
}

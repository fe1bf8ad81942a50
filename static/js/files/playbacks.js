// Recordings on the page: one that the server replays, a file that a person drops on the
// page, or the recording of one step of a scenario. The page then shows the recording
// alone, and says so.

import { el, say } from '../draw/dom.js';
import { pathHere } from '../model/place.js';
import { Playback, playbackOfStep } from '../source/playback.js';
import { reach } from '../source/reach.js';
import { BadRecording, readFile } from '../source/recording.js';

/**
 * @typedef {object} Stage What the playback of a recording needs of the page.
 * @property {(playback: Playback) => void} start shows a playback from its beginning
 * @property {(() => void)|undefined} back returns to the playground; undefined where there is none
 * @property {() => void} end asks the talk to end the recording of a step, on all pages
 * @property {(talk: any) => void} talk takes the state of the talk at the playhead; undefined: no talk
 * @property {(text: string) => void} notice
 * @property {(e: import('../model/types.js').Event) => boolean} isTalk
 * @property {(e: import('../model/types.js').Event) => boolean} happened
 */

export class Playbacks {
	/** @param {Stage} stage */
	constructor(stage) {
		this.stage = stage;
		/** @type {Playback|undefined} the playback that is shown */
		this.playback = undefined;
		/** @type {any} the talk that is shown */
		this.told = undefined;
		this.step = ''; // the scenario and the step whose recording is wanted
		this.words = el('span', '');
		this.chip = el('p', '', { class: 'playback', 'data-testid': 'playback', role: 'status', hidden: '' });
		this.chip.append(this.words);
		if (stage.back) {
			const back = el('button', 'Back to the playground', { type: 'button', 'data-testid': 'playback-back' });
			back.addEventListener('click', () => (this.ofStep ? stage.end() : this.leave()));
			this.chip.append(back);
		}
		document.body.append(this.chip);
		document.addEventListener('dragover', (e) => hasFile(e) && e.preventDefault());
		document.addEventListener('drop', (e) => {
			const file = e.dataTransfer?.files[0];
			if (!file) return;
			e.preventDefault();
			this.open(file);
		});
	}

	/** Whether the recording of a step is shown. The talk goes on meanwhile. */
	get ofStep() {
		return !!this.playback && this.playback.step > 0;
	}

	/** Reads a file and shows it; a file that cannot be read changes nothing. @param {Blob} file */
	async open(file) {
		try {
			const recording = await readFile(file, (share) => this.say(`Reading the recording: ${Math.round(100 * share)} %`));
			this.playback = new Playback(recording, this.stage.isTalk, this.stage.happened);
		} catch (error) {
			this.chip.hidden = !this.playback;
			this.stage.notice(error instanceof BadRecording ? `Not a recording: ${error.message}.` : `The file cannot be read: ${error}.`);
			return;
		}
		this.step = '';
		const { title, recording: { events, missing } } = this.playback;
		this.start([`Recording: ${title}, ${events.length} events.`, ...missing].join(' '));
	}

	/** @param {string} words */
	start(words) {
		if (!this.playback) return;
		this.told = undefined;
		this.say(words);
		document.documentElement.toggleAttribute('data-playback-file', !!this.stage.back);
		this.stage.start(this.playback);
	}

	/** Shows the recording of a step of a scenario. @param {string} name of the scenario @param {number} step */
	async openStep(name, step) {
		const wanted = `${name} ${step}`;
		if (this.step === wanted) return;
		this.step = wanted;
		try {
			const playback = await playbackOfStep(pathHere('/api/scenario/recording'), name, step, this.stage);
			if (this.step !== wanted) return; // it was ended while it was read
			this.playback = playback;
			this.start(`This is how step ${step} went when it was recorded.`);
		} catch (error) {
			if (this.step === wanted) this.step = '';
			this.stage.notice(`The recording of this step cannot be shown: ${error}.`);
		}
	}

	/** Ends the recording of a step. */
	closeStep() {
		const shown = this.ofStep;
		this.step = '';
		if (shown) this.leave();
	}

	/** Shows the recording that the server replays. */
	async openServers() {
		try {
			const answer = await reach.ask(pathHere('/api/recording'));
			if (!answer.ok) throw new Error(`status ${answer.status}`);
			await this.open(await answer.blob());
		} catch (error) {
			this.stage.notice(`The recording cannot be read: ${error}.`);
		}
	}

	/** Ends a playback that only this page shows. */
	leave() {
		if (!this.playback || !this.stage.back) return;
		this.playback = undefined;
		this.chip.hidden = true;
		document.documentElement.removeAttribute('data-playback-file');
		this.stage.back();
	}

	/** Shows the talk as it was after i events. @param {number} i */
	follow(i) {
		if (!this.playback || this.ofStep) return; // the page shows the live talk
		const now = this.playback.talkAt(i);
		if (now === this.told) return;
		this.told = now;
		this.stage.talk(now);
	}

	/** @param {string} text */
	say(text) {
		say(this.words, text);
		this.chip.hidden = false;
	}
}

/** @param {DragEvent} e */
function hasFile(e) {
	return e.dataTransfer?.types.includes('Files');
}

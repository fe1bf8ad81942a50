// Recordings on the page: one that the server replays, or a file that a hand
// drops on it. The page then follows the file alone, and says so.

import { el, say } from '../draw/dom.js';
import { at } from '../model/place.js';
import { Film } from '../source/film.js';
import { reach } from '../source/reach.js';
import { BadRecording, readFile } from '../source/recording.js';

/**
 * @typedef {object} Stage What a film needs of the page.
 * @property {(film: Film) => void} start shows a film from its beginning
 * @property {(() => void)|undefined} back returns to the playground; undefined where there is none
 * @property {(talk: any) => void} talk what the talk was at the playhead; undefined for no talk
 * @property {(text: string) => void} notice
 * @property {(e: import('../model/types.js').Event) => boolean} isTalk
 * @property {(e: import('../model/types.js').Event) => boolean} happened
 */

export class Films {
	/** @param {Stage} stage */
	constructor(stage) {
		this.stage = stage;
		/** @type {Film|undefined} the film that is shown */
		this.film = undefined;
		/** @type {any} the talk that is shown */
		this.told = undefined;
		this.words = el('span', '');
		this.chip = el('p', '', { class: 'film', 'data-testid': 'film', role: 'status', hidden: '' });
		this.chip.append(this.words);
		if (stage.back) {
			const back = el('button', 'Back to the playground', { type: 'button', 'data-testid': 'film-back' });
			back.addEventListener('click', () => this.leave());
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

	/** Reads a file and shows it; a file that cannot be read changes nothing. @param {Blob} file */
	async open(file) {
		try {
			const recording = await readFile(file, (share) => this.say(`Reading the recording: ${Math.round(100 * share)} %`));
			this.film = new Film(recording, this.stage.isTalk, this.stage.happened);
		} catch (error) {
			this.chip.hidden = !this.film;
			this.stage.notice(error instanceof BadRecording ? `Not a recording: ${error.message}.` : `The file cannot be read: ${error}.`);
			return;
		}
		this.told = undefined;
		const { title, recording: { events, missing } } = this.film;
		this.say([`Recording: ${title}, ${events.length} events.`, ...missing].join(' '));
		document.documentElement.toggleAttribute('data-film-file', !!this.stage.back);
		this.stage.start(this.film);
	}

	/** Shows the recording that the server replays. */
	async openServers() {
		try {
			const answer = await reach.ask(at('/api/recording'));
			if (!answer.ok) throw new Error(`status ${answer.status}`);
			await this.open(await answer.blob());
		} catch (error) {
			this.stage.notice(`The recording cannot be read: ${error}.`);
		}
	}

	/** Ends a film that this page alone plays. */
	leave() {
		if (!this.film || !this.stage.back) return;
		this.film = undefined;
		this.chip.hidden = true;
		document.documentElement.removeAttribute('data-film-file');
		this.stage.back();
	}

	/** The playhead stands after so many events. @param {number} i */
	follow(i) {
		if (!this.film) return;
		const now = this.film.talkAt(i);
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

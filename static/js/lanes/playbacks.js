// The recordings of one step of a scenario, one for each lane. While they are shown, the
// streams of the lanes go on, but only the talk in them is shown.

import { el, say } from '../draw/dom.js';
import { pathHere } from '../model/place.js';
import { playbackOfStep } from '../source/playback.js';
import { isTalk } from '../talk/talk.js';
import { happened } from './lane.js';

/** @typedef {import('./lane.js').Lane} Lane */

const BEFORE_STEP = 200_000; // microseconds before a step at which its recording begins to play

export class LanePlaybacks {
	/** @param {Lane[]} lanes @param {{heads: import('./playheads.js').Playheads, notice: (text: string) => void, end: () => void}} page end: asks the talk to end the recordings, on all pages */
	constructor(lanes, page) {
		this.lanes = lanes;
		this.page = page;
		this.step = ''; // the scenario and the step whose recordings are wanted
		this.shown = false;
		this.words = el('span', '');
		this.chip = el('p', '', { class: 'playback', 'data-testid': 'playback', role: 'status', hidden: '' });
		const back = el('button', 'Back to the playground', { type: 'button', 'data-testid': 'playback-back' });
		back.addEventListener('click', page.end);
		this.chip.append(this.words, back);
		document.body.append(this.chip);
	}

	/** Shows the recording of a step of a scenario in each lane. @param {string} name of the scenario @param {number} step */
	async open(name, step) {
		const wanted = `${name} ${step}`;
		if (this.step === wanted) return;
		this.step = wanted;
		try {
			const playbacks = await Promise.all(this.lanes.map(({ mode }) => playbackOfStep(pathHere(`/api/${mode}/scenario/recording`), name, step, { isTalk, happened })));
			if (this.step !== wanted) return; // it was ended while it was read
			this.shown = true;
			this.lanes.forEach((lane, i) => lane.show(playbacks[i]));
			this.play(playbacks);
			say(this.words, `This is how step ${step} went when it was recorded.`);
			this.chip.hidden = false;
		} catch (error) {
			if (this.step === wanted) this.step = '';
			this.page.notice(`The recording of this step cannot be shown: ${error}.`);
		}
	}

	/** Plays all lanes from the beginning of the step. @param {import('../source/playback.js').Playback[]} playbacks */
	play(playbacks) {
		const begins = playbacks.map(({ events, from }) => events[from]?.t ?? Infinity);
		const { heads } = this.page;
		heads.seek(Math.min(heads.span[1], ...begins) - BEFORE_STEP);
		heads.toggle();
	}

	/** Ends the recordings. */
	close() {
		this.step = '';
		if (!this.shown) return;
		this.shown = false;
		this.chip.hidden = true;
		for (const lane of this.lanes) lane.live();
	}
}

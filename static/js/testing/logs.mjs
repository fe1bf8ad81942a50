// What the tests share: recorded logs of real runs, folded.

import { readFileSync } from 'node:fs';
import { Elastic } from '../model/elastic.js';
import { apply } from '../model/fold.js';
import { newState } from '../model/state.js';
import { Timeline } from '../model/timeline.js';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {import('../model/types.js').Descriptor} Descriptor */

/** The descriptors of the modes, as the playground sends them: a test in web compares the file with the table of modes. @type {Descriptor[]} */
export const descriptors = JSON.parse(readFileSync(new URL('../testdata/modes.json', import.meta.url), 'utf8'));


/** @param {string} name @returns {Event[]} */
export function recorded(name) {
	const text = readFileSync(new URL(`../testdata/${name}.jsonl`, import.meta.url), 'utf8');
	return text.trim().split('\n').map((line) => JSON.parse(line));
}

/** Folds a log as history, in the given mode. @param {Event[]} events @param {string} mode */
export function folded(events, mode) {
	const elastic = new Elastic();
	const timeline = new Timeline();
	const state = newState();
	for (const begun of [state, timeline.checkpoints[0].state]) Object.assign(begun, { mode, modes: descriptors });
	for (const e of events) {
		const place = elastic.place(e);
		timeline.push(e, place);
		apply(state, e, place.x);
		timeline.checkpoint(timeline.length, state);
	}
	return { timeline, state };
}

/** A view of a state, after all events. @param {import('../model/types.js').State} s */
export function viewOf(s) {
	return { s, x: s.x, t: s.t, v: s.t, selected: 1, hand: '', lit: '', still: false, pending: new Set(), flow: false, rate: 0, endOf: () => Infinity };
}

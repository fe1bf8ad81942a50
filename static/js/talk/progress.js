// The thin line of progress, with one segment for each step, and its text, "2 of 5".

import { el, say, set } from '../draw/dom.js';

/** @typedef {import('./talk.js').Talk} Talk */

export class Progress {
	/** @param {HTMLElement} page */
	constructor(page) {
		this.line = el('div', '', { class: 'progress', 'data-testid': 'progress', role: 'progressbar', 'aria-label': 'Steps', hidden: '' });
		this.count = el('p', '', { class: 'step-count', 'data-testid': 'step-count', hidden: '' });
		page.append(this.line, this.count);
	}

	/** @param {Talk} talk */
	draw(talk) {
		this.line.hidden = this.count.hidden = !talk.running;
		if (!talk.running) return;
		const { step = 1, steps = 1 } = talk;
		segments(this.line, steps).forEach((segment, i) => set(segment, 'data-done', i < step ? '' : undefined));
		set(this.line, 'aria-valuenow', step);
		set(this.line, 'aria-valuemin', 1);
		set(this.line, 'aria-valuemax', steps);
		say(this.count, `${step} of ${steps}`);
	}
}

const MOST = 60; // segments; a scenario has at most 30 steps, and a file may say otherwise

/** Gives a line this many segments, and returns them. @param {HTMLElement} line @param {number} n @returns {Element[]} */
export function segments(line, n) {
	while (line.children.length < Math.min(n, MOST)) line.append(el('i'));
	while (line.children.length > n) line.lastChild?.remove();
	return [...line.children];
}

/** Draws a line of progress in which the present step is marked. @param {HTMLElement} line @param {Talk} talk */
export function drawSteps(line, talk) {
	const { step = 0, steps = 0 } = talk;
	segments(line, steps).forEach((segment, i) => set(segment, 'data-at', i + 1 < step ? 'done' : i + 1 === step ? 'now' : undefined));
}

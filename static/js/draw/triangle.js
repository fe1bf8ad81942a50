// The CAP triangle. It shows which sides hold, by the newest measurement at the playhead.

import { measured, sides } from '../model/measure.js';
import { descriptorOf } from '../model/state.js';
import { $, say, set, svg } from './dom.js';

/** @typedef {import('../model/measure.js').Report} Report */
/** @typedef {NonNullable<ReturnType<typeof measured>>} Measured */

const KEPT = 2000; // measurements

export class Triangle {
	/** @param {Element} [root] */
	constructor(root = $('triangle')) {
		this.root = root;
		/** @type {{t: number, m: Measured|undefined}[]} by time, microseconds */
		this.kept = [];
	}

	/** @param {Report} r @param {number} t when it was measured, microseconds */
	record(r, t) {
		this.kept.push({ t, m: measured(r) });
		if (this.kept.length > KEPT) this.kept.splice(0, KEPT / 2);
	}

	/** The measurement at the playhead. @param {import('../model/view.js').View} view @returns {Measured|undefined} */
	at({ t, past }) {
		return (past ? this.kept.findLast((one) => one.t <= t) : this.kept.at(-1))?.m;
	}

	/** @param {import('../model/view.js').View} view */
	draw(view) {
		const m = this.at(view);
		const triangle = this.root;
		for (const [name, state] of Object.entries(sides(m, descriptorOf(view.s).triangle))) set(/** @type {Element} */ (triangle.querySelector(`.${name}`)), 'data-state', state);
		set(triangle, 'aria-label', m?.text ?? 'Which two of consistency, availability and partition tolerance hold');
		if (!triangle.querySelector('title')) triangle.prepend(svg('title'));
		say(/** @type {Element} */ (triangle.querySelector('title')), m?.text ?? '');
	}
}

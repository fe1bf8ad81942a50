// The triangle of the top bar. It shows which corners hold, by the newest measurement at the
// playhead.

import { measured } from '../model/measure.js';
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

	/** @param {import('../model/view.js').View} view */
	draw({ t, past }) {
		const m = (past ? this.kept.findLast((one) => one.t <= t) : this.kept.at(-1))?.m;
		const triangle = this.root;
		set(triangle, 'data-measured', m ? '' : undefined);
		for (const corner of /** @type {const} */ (['c', 'a', 'p'])) set(triangle, `data-${corner}`, m?.[corner]);
		const text = m?.text ?? 'Which two of consistency, availability and partition tolerance hold';
		set(triangle, 'aria-label', text);
		if (!triangle.querySelector('title')) triangle.prepend(svg('title'));
		say(/** @type {Element} */ (triangle.querySelector('title')), m?.text ?? '');
	}
}

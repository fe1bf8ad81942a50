// The panel under the ring of a lane: the answer to the newest operation, the figures
// since the last reset, the verdict, the triangle.

import { el, say, set } from '../draw/dom.js';
import { Triangle } from '../draw/triangle.js';
import { percent, verdict } from '../model/measure.js';
import { newestCall } from '../model/state.js';
import { stampOf } from '../modes/stamp.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/measure.js').Report} Report */

/** The figures, in their order: the name, and the value of it. @type {[string, (f: import('../model/measure.js').Figures) => string][]} */
const FIGURES = [
	['answered', (f) => (f.asked ? percent(f.answered / f.asked).replace(' ', '') : '–')],
	['refused', (f) => String(f.refused)],
	['unknown', (f) => String(f.unknown)],
	['stale', (f) => String(f.stale)],
	['conflicting', (f) => String(f.conflicting)],
];
const WRONG = ['stale', 'conflicting']; // figures that no consistent cluster has

export class LanePanel {
	/** @param {HTMLElement} root */
	constructor(root) {
		const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (root.querySelector(name));
		this.stamp = part('.lane-stamp');
		this.stamp.append(el('b'), el('span'));
		this.verdict = part('.lane-verdict');
		this.triangle = new Triangle(part('.triangle'));
		this.values = FIGURES.map(([name]) => {
			const value = el('dd');
			const row = el('div', '', { 'data-figure': name });
			row.append(el('dt', name), value);
			part('.lane-figures').append(row);
			return value;
		});
		this.counts = false; // the stamp changes with time
		this.short = Number(document.documentElement.dataset.lanes) > 3; // so many panels are narrow
	}

	/** @param {View} view @param {Report|undefined} report */
	draw(view, report) {
		this.drawStamp(view);
		this.triangle.draw(view);
		FIGURES.forEach(([name, of], i) => {
			const text = report ? of(report.total) : '–';
			say(this.values[i], text);
			set(/** @type {Element} */ (this.values[i].parentElement), 'data-wrong', WRONG.includes(name) && text !== '0' && text !== '–' ? '' : undefined);
		});
		const v = report ? verdict(report) : { tone: 'none', title: 'Nothing to judge yet' };
		set(this.verdict, 'data-tone', v.tone);
		set(this.verdict, 'data-verdict', report?.verdict);
		say(this.verdict, this.short ? v.title.replace(' so far', '') : v.title);
	}

	/** @param {View} view */
	drawStamp(view) {
		const op = newestCall(view.s);
		const stamp = op ? stampOf(view, op) : { kind: 'none', big: '', text: 'nothing asked by hand yet', band: '', counts: false };
		this.counts = !!stamp.counts;
		set(this.stamp, 'data-kind', stamp.kind);
		set(this.stamp, 'data-op', op?.id);
		say(this.stamp.children[0], stamp.big);
		say(this.stamp.children[1], [stamp.text, stamp.band].filter(Boolean).map(oneLine).join('; '));
	}
}

/** Joins the lines of a stamp: the first line says what it is, the others why. @param {string} text */
function oneLine(text) {
	return text.replace(/(?<!,)\n/, ', ').replaceAll('\n', ' ');
}

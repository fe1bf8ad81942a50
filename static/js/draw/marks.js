// The mark at the head of a message. Each class of messages has its own mark. A mark is drawn
// around the origin and points to the right. It is a shape, not a character of a font, and it
// must be recognizable without colour.

import { svg } from './dom.js';

/**
 * The mark of a message.
 * @param {{cls: string, sense: string, via: string, for: number}} m
 * @param {number} k scale; the mark is 30 px wide at 1
 * @returns {{el: SVGElement, turns: boolean}} turns: the mark must be turned to the direction of travel
 */
export function mark(m, k) {
	const el = svg('g', { class: 'mark' });
	/** @param {string} name @param {Record<string, string|number>} a */
	const add = (name, a) => el.append(svg(name, a));
	const s = (/** @type {number} */ v) => Math.round(v * k * 10) / 10;
	switch (m.cls) {
		case 'yes':
			add('circle', { r: s(16), class: 'hollow' });
			add('path', { d: `M${s(-7)} ${s(1)}L${s(-2)} ${s(6)}L${s(7)} ${s(-6)}`, class: 'line' });
			return { el, turns: false };
		case 'no':
			add('rect', { x: s(-15), y: s(-15), width: s(30), height: s(30), rx: s(3), class: 'glyph' });
			add('path', { d: `M${s(-8)} 0H${s(8)}`, class: 'stroke-on' });
			return { el, turns: false };
		case 'decide':
			add('path', { d: `M0 ${s(-20)}L${s(20)} 0L0 ${s(20)}L${s(-20)} 0Z`, class: m.sense === 'abort' ? 'hollow' : 'glyph' });
			if (m.sense === 'abort') add('path', { d: `M${s(-8)} 0H${s(8)}`, class: 'line' });
			return { el, turns: false };
		case 'repair':
			add('path', { d: plus(s(15), s(5)), class: 'glyph' });
			return { el, turns: false };
		case 'background':
			return { el, turns: false };
	}
	if (m.via === 'forward') {
		for (const x of [-14, 0]) add('path', { d: `M${s(x - 6)} ${s(-13)}L${s(x + 16)} 0L${s(x - 6)} ${s(13)}Z`, class: 'glyph' });
		return { el, turns: true };
	}
	add('path', { d: `M${s(-14)} ${s(-13)}L${s(16)} 0L${s(-14)} ${s(13)}Z`, class: 'glyph' });
	return { el, turns: true };
}

/** The tip of a line that reached its node. It spans from the line's end to the node's edge. @param {number} k */
export function tip(k) {
	const s = (/** @type {number} */ v) => Math.round(v * k * 10) / 10;
	return svg('path', { class: 'end', d: `M${s(-4)} ${s(-8.5)}L${s(17)} 0L${s(-4)} ${s(8.5)}Z` });
}

/**
 * The flag of a hint, with the number of the home for which the hint is kept.
 * @param {number} home @param {number} k
 */
export function flag(home, k) {
	const el = svg('g', { class: 'flag-mark' });
	el.append(svg('path', { d: `M0 0V${-56 * k}H${40 * k}V${-24 * k}H0`, class: 'flag' }));
	const number = svg('text', { x: 20 * k, y: -31 * k, class: 'flag-number' });
	number.textContent = String(home);
	el.append(number);
	return el;
}

/** @param {number} a @param {number} b */
function plus(a, b) {
	return `M${-b} ${-a}H${b}V${-b}H${a}V${b}H${b}V${a}H${-b}V${b}H${-a}V${-b}H${-b}Z`;
}

/** The × of a lost message. An × has no other meaning. @param {number} k */
export function cross(k) {
	const el = svg('g');
	const a = 17 * k;
	const d = `M${-a} ${-a}L${a} ${a}M${a} ${-a}L${-a} ${a}`;
	el.append(svg('path', { d, class: 'cross-halo' }), svg('path', { d, class: 'cross' }));
	return el;
}

/** A padlock, 30 px wide. @param {number} k */
export function padlock(k) {
	const el = svg('g', { class: 'lock' });
	const s = (/** @type {number} */ v) => Math.round(v * k * 10) / 10;
	el.append(
		svg('rect', { x: s(-14), y: s(-1), width: s(28), height: s(20), rx: s(3) }),
		svg('path', { d: `M${s(-8)} ${s(0)}V${s(-9)}A${s(8)} ${s(8)} 0 0 1 ${s(8)} ${s(-9)}V${s(0)}`, 'stroke-width': s(4.5) }),
	);
	return el;
}

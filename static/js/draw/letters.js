// Computes how wide a text is, so that values fit into their circles and words do not
// touch. The widths of the embedded font are a table, so that the numbers are the same
// in every browser and in tests without a browser. A test in web measures the table
// again.

import { WIDE, lettersOf } from '../model/text.js';

/** Widths of Hyperlegible Next at weight 600 with tabular digits, in thousandths of the size: U+0020 to U+017F. */
export const WIDTHS = [
	303, 298, 362, 730, 604, 953, 727, 195, 324, 324, 485, 598, 252, 369, 253, 424, 632, 632, 632, 632, 632, 632, 632, 632, 632, 632, 253, 253, 564, 617, 564, 526,
	780, 662, 634, 654, 683, 589, 562, 711, 699, 415, 546, 654, 548, 848, 710, 737, 617, 747, 639, 604, 592, 687, 628, 877, 666, 627, 615, 333, 424, 344, 573, 391,
	274, 544, 587, 502, 586, 555, 349, 582, 565, 285, 255, 536, 301, 870, 565, 567, 587, 591, 368, 497, 360, 559, 509, 723, 522, 499, 492, 370, 249, 370, 543, 0,
	0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
	303, 298, 502, 627, 589, 627, 249, 547, 412, 798, 385, 622, 611, 0, 798, 375, 381, 601, 396, 400, 274, 736, 517, 277, 288, 276, 396, 622, 837, 843, 904, 503,
	662, 662, 662, 662, 662, 662, 943, 654, 589, 589, 589, 589, 415, 415, 415, 415, 703, 710, 737, 737, 737, 737, 737, 535, 737, 687, 687, 687, 687, 627, 617, 609,
	544, 544, 544, 544, 544, 544, 874, 502, 555, 555, 555, 555, 285, 285, 285, 299, 581, 565, 567, 567, 567, 567, 567, 598, 567, 559, 559, 559, 559, 499, 587, 499,
	662, 544, 662, 544, 662, 544, 654, 502, 734, 593, 654, 502, 654, 502, 683, 676, 703, 586, 589, 555, 683, 678, 589, 555, 589, 555, 589, 555, 821, 716, 711, 582,
	711, 582, 711, 582, 837, 712, 699, 565, 372, 343, 415, 285, 372, 343, 415, 285, 415, 285, 960, 540, 372, 343, 654, 536, 665, 548, 301, 548, 301, 548, 350, 637,
	557, 578, 332, 710, 565, 710, 565, 710, 565, 983, 837, 712, 850, 687, 850, 687, 737, 567, 1018, 932, 639, 368, 770, 493, 639, 368, 604, 497, 720, 595, 604, 497,
	604, 497, 592, 360, 592, 360, 682, 478, 812, 712, 687, 559, 812, 712, 687, 559, 687, 559, 687, 559, 877, 723, 627, 499, 627, 615, 492, 615, 492, 615, 492, 435,
];
/** @type {{[letter: string]: number}} punctuation beyond the table */
const MORE = { '–': 502, '—': 830, '…': 747, '“': 455, '”': 455, '’': 259, '‖': 500 };
const BOLD = 1.035; // weight 700 is wider by at most this factor
const MONO = 0.632; // the width of each letter of Hyperlegible Mono, in parts of the size

const ELLIPSIS = '…';

/** @typedef {{bold?: boolean, mono?: boolean}} Face bold: weight 700; mono: Hyperlegible Mono */

/** The width of a text in px. @param {string} text @param {number} size of the type, px @param {Face} [face] */
export function textWidth(text, size, face = {}) {
	return lettersOf(text).reduce((sum, letter) => sum + letterWidth(letter, face), 0) * size;
}

/** The width of one letter (a grapheme), in parts of the size. @param {string} letter @param {Face} face */
function letterWidth(letter, { bold, mono }) {
	const known = WIDTHS[(letter.codePointAt(0) ?? 0) - 0x20] || MORE[letter];
	if (!known) return foreignWidth(letter);
	return mono ? MONO : (known / 1000) * (bold ? BOLD : 1);
}

/** @type {Map<string, number>} the widths, in this browser, of letters that the embedded font does not have */
const foreign = new Map();
const MOST = 5000; // letters in foreign, at most

/** @param {string} letter */
function foreignWidth(letter) {
	let width = foreign.get(letter);
	if (width !== undefined) return width;
	if (foreign.size > MOST) foreign.clear();
	width = measuredWidth(letter) ?? (PICTURE.test(letter) ? 1.37 : WIDE.test(letter) ? 1 : 0.9);
	foreign.set(letter, width);
	return width;
}

const PICTURE = /\p{Extended_Pictographic}|\p{Regional_Indicator}/u;

/** @type {CanvasRenderingContext2D|null|undefined} */
let canvas;

/** undefined: there is no canvas to measure on. @param {string} letter */
function measuredWidth(letter) {
	if (typeof OffscreenCanvas === 'undefined') return undefined;
	canvas ??= /** @type {any} */ (new OffscreenCanvas(1, 1).getContext('2d'));
	if (!canvas) return undefined;
	canvas.font = '600 100px system-ui, sans-serif';
	return canvas.measureText(letter).width / 100;
}

/**
 * Fits a text into a width. First the type becomes smaller, down to the least size.
 * Then an ellipsis replaces the middle of the text.
 * @param {string} text @param {number} width px @param {number} size px @param {number} least px @param {Face} [face]
 * @returns {{text: string, size: number}}
 */
export function fit(text, width, size, least, face) {
	const wide = textWidth(text, 1, face);
	if (wide * least <= width) return { text, size: Math.min(size, width / (wide || 1)) };
	const letters = lettersOf(text);
	const room = width / least - textWidth(ELLIPSIS, 1, face);
	let [head, tail, used] = [0, 0, 0];
	while (head + tail < letters.length) {
		const atHead = head <= tail;
		const next = textWidth(letters[atHead ? head : letters.length - 1 - tail], 1, face);
		if (used + next > room) break;
		used += next;
		if (atHead) head++;
		else tail++;
	}
	return { text: letters.slice(0, head).join('') + ELLIPSIS + letters.slice(letters.length - tail).join(''), size: least };
}

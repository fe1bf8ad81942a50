// The meaning of a key press: an action of the table, a node, a mode, a tab. Keys
// that type a character can be switched off.

import { actions } from './actions.js';

/** @type {Record<string, string>} letters, as the table of actions has them */
const byLetter = Object.fromEntries(actions.filter((a) => a.key && /^[a-z]$/.test(a.key)).map((a) => [a.key, a.id]));

/** @type {Record<string, string>} letters with Shift */
const byShiftLetter = Object.fromEntries(actions.filter((a) => a.key && /^Shift\+[A-Z]$/.test(a.key)).map((a) => [a.key?.slice(-1).toLowerCase(), a.id]));

/** @type {Record<string, string>} keys that type no character */
const byKey = { ' ': 'pause', ArrowRight: 'on', ArrowLeft: 'back', Home: 'rewind', End: 'now', PageDown: 'next', PageUp: 'previous' };

/** @type {Record<string, string>} keys by the character that they type */
const bySign = { '?': 'help', '+': 'faster', '=': 'faster', '-': 'slower', '−': 'slower', ',': 'again', '.': 'black' };

/** @type {Record<string, string>} keys by their place on the keyboard, because layouts differ in what they type */
const byPlace = { BracketLeft: 'slower', BracketRight: 'faster' };

/**
 * The Latin letter of a key press, in lower case; '' for none. It is the letter that
 * the key types. On a layout without Latin letters it is the letter at the same place
 * of a US keyboard.
 * @param {{key: string, code: string}} e
 */
export function letterOf(e) {
	if (/^\p{Script=Latin}$/u.test(e.key)) return e.key.toLowerCase();
	return /^\p{L}$/u.test(e.key) ? /^Key([A-Z])$/.exec(e.code)?.[1].toLowerCase() ?? '' : '';
}

/**
 * The action that a key press means, or the number of a node. "mode-2" is the second
 * mode of the bar.
 * @param {{key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean}} e
 * @param {boolean} letters whether keys that print something are on
 * @returns {string|number|undefined}
 */
export function keyMeans(e, letters) {
	if (e.ctrlKey || e.altKey || e.metaKey || e.repeat) return undefined;
	if (byKey[e.key] && !e.shiftKey) return byKey[e.key];
	if (e.key === '?') return 'help';
	if (!letters) return undefined;
	const digit = /^(?:Digit|Numpad)(\d)$/.exec(e.code)?.[1];
	if (digit && !e.shiftKey) return digit === '0' ? 'reset' : Number(digit);
	if (bySign[e.key]) return bySign[e.key];
	if (digit && digit !== '0') return `mode-${digit}`;
	if (byPlace[e.code]) return byPlace[e.code];
	const letter = letterOf(e);
	if (letter) return (e.shiftKey ? byShiftLetter : byLetter)[letter];
	return e.code === 'Comma' && /^\p{L}$/u.test(e.key) ? 'again' : undefined;
}

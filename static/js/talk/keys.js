// The keys of a talk: what a key means while a scenario is played, and while the
// screen is black. They win over the keys of the stage. Every other key keeps the
// meaning that the table of actions gives it.

import { letterOf } from '../hands/keymap.js';

/** @typedef {import('./talk.js').Talk} Talk */

/** @type {Record<string, string>} */
const PLAYED = {
	PageDown: 'next', ArrowRight: 'next', ' ': 'next',
	PageUp: 'back', ArrowLeft: 'back', '.': 'black',
	Escape: 'leave', 'Shift+r': 'restart', a: 'again', 'Shift+a': 'recording', v: 'reveal', 'Shift+n': 'following',
};

/**
 * The action that a key means, or undefined.
 * @param {{key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean}} e
 * @param {Talk} talk
 * @param {boolean} [letters] whether keys that type a character act
 * @returns {string|undefined}
 */
export function press(e, talk, letters = true) {
	if (e.ctrlKey || e.altKey || e.metaKey || e.repeat) return undefined;
	if (!letters && e.key.length === 1 && e.key !== ' ') return undefined;
	const letter = letterOf(e);
	const means = PLAYED[letter && e.shiftKey ? `Shift+${letter}` : letter || e.key];
	if (talk.black && means) return 'black';
	if (talk.recording && means === 'leave') return 'recording';
	return talk.running ? means : undefined;
}

const ENDS = ['PageDown', 'PageUp', 'Escape', '.', 'a', 'A'];

/** Whether a key is for the talk while the recording of a step is shown. The other keys move the recording's playhead. @param {{key: string}} e */
export const endsRecording = (e) => ENDS.includes(e.key);

/** Whether a clicker sends this key, and no widget needs it. @param {{key: string}} e */
export const isClicker = (e) => ['PageDown', 'PageUp'].includes(e.key);

/** Whether a key is meant for the widget that has the focus. @param {KeyboardEvent} e */
export function isForWidget(e) {
	if (isClicker(e)) return false;
	const at = /** @type {HTMLElement} */ (e.target);
	if (at.matches?.('input:not([type=range]):not([type=checkbox]), textarea, select')) return true;
	const acts = ['Enter', ' '].includes(e.key) || e.key.startsWith('Arrow');
	return acts && !!at.closest?.('button, [role=button], [role=tab], [role=option], a, input, summary');
}

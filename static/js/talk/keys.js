// The keys of a talk: what a press means while a scenario is played. They come
// before the keys of the stage; a key that means nothing here means there what
// it always does.

/** @typedef {import('./talk.js').Talk} Talk */

/** @type {Record<string, string>} */
const ALWAYS = { s: 'list', q: 'qr' };

/** @type {Record<string, string>} */
const PLAYED = {
	PageDown: 'next', ArrowRight: 'next', ' ': 'next',
	PageUp: 'back', ArrowLeft: 'back', '.': 'black',
	Escape: 'leave', 'Shift+R': 'restart', a: 'again', v: 'reveal', 'Shift+N': 'following',
};

/**
 * What a key means, or undefined.
 * @param {{key: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean}} e
 * @param {Talk} talk
 * @returns {string|undefined}
 */
export function press(e, talk) {
	if (e.ctrlKey || e.altKey || e.metaKey || e.repeat) return undefined;
	const name = e.shiftKey && e.key.length === 1 && e.key !== ' ' ? `Shift+${e.key.toUpperCase()}` : e.key;
	const means = (talk.running ? PLAYED[name] : undefined) ?? ALWAYS[name];
	if (talk.black && (means || PLAYED[name])) return 'black';
	return means;
}

/** Says whether a key is meant for the widget that has the focus. @param {KeyboardEvent} e */
export function isForWidget(e) {
	const at = /** @type {HTMLElement} */ (e.target);
	if (at.matches?.('input:not([type=range]):not([type=checkbox]), textarea, select')) return true;
	const acts = ['Enter', ' '].includes(e.key) || e.key.startsWith('Arrow');
	return acts && !!at.closest?.('button, [role=button], [role=tab], [role=option], a, input, summary');
}

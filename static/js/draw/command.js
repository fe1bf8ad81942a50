// A curl command as people read it: broken at slashes and commas where it is
// too long for its line, never inside a flag.

/**
 * The parts of a command: it may be broken after each of them, and inside of
 * none that begins with a dash.
 * @param {string} text
 */
export function parts(text) {
	return text.split(/(?<=\s)/).flatMap((word) => (word.startsWith('-') ? [word] : word.split(/(?<=[^/:]\/)|(?<=,)/)));
}

/** Shows a command; nothing is touched where it is there already. @param {Element} code @param {string} text */
export function sayCommand(code, text) {
	const at = /** @type {HTMLElement} */ (code);
	if ((at.dataset.text ?? '') === text) return;
	at.dataset.text = text;
	at.replaceChildren(...parts(text).flatMap((part) => [part.startsWith('-') ? whole(part) : part, document.createElement('wbr')]));
}

/** @param {string} text */
function whole(text) {
	const span = document.createElement('span');
	span.className = 'whole';
	span.textContent = text;
	return span;
}

/** A new element with a command. @param {string} text @param {string} [name] of its class */
export function commandOf(text, name = '') {
	const code = document.createElement('code');
	code.className = name;
	sayCommand(code, text);
	return code;
}

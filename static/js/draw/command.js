// Shows a curl command. A command that is too long for its line is broken after a
// blank, a slash or a comma, never inside a flag.

/**
 * The parts of a command. The command may be broken after each part. A part that
 * begins with a dash must stay whole.
 * @param {string} text
 */
export function parts(text) {
	return text.split(/(?<=\s)/).flatMap((word) => (word.startsWith('-') ? [word] : word.split(/(?<=[^/:]\/)|(?<=,)/)));
}

/** Shows a command. It changes nothing if the element shows the command already. @param {Element} code @param {string} text */
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

/** A new element with a command. @param {string} text @param {string} [name] the class of the element */
export function commandOf(text, name = '') {
	const code = document.createElement('code');
	code.className = name;
	sayCommand(code, text);
	return code;
}

// A window of the simulated edition beside the stage: the presenter's page, or the page that
// compares modes. The window of the stage has the nodes. It opened this window, so this one
// makes its calls there.

import { reach } from '../source/reach.js';

/** @typedef {import('../source/reach.js').Channel} Channel */

/** The playground of the stage, or undefined: its window was closed, or loads its page. @returns {typeof reach|undefined} */
const playground = () => window.opener?.playground;

reach.ask = async (path, init) => {
	const there = playground();
	if (!there) throw new Error('the window of the stage was closed');
	return there.ask(path, init);
};

reach.open = (url) => {
	const there = playground();
	if (!there) return closed();
	const channel = there.open(url);
	addEventListener('pagehide', () => channel.close(), { once: true });
	window.opener.addEventListener('pagehide', () => channel.onclose?.({}), { once: true });
	return channel;
};

reach.toStage = () => {
	window.opener?.focus();
	window.close();
};

/** A stream that is closed soon, so that the page tries again. @returns {Channel} */
function closed() {
	/** @type {Channel} */
	const channel = { readyState: 3, onopen: null, onmessage: null, onclose: null, send: () => {}, close: () => {} };
	setTimeout(() => channel.onclose?.({}));
	return channel;
}

document.addEventListener('click', (e) => {
	if (!(/** @type {Element} */ (e.target).closest('a[href="/"]'))) return;
	e.preventDefault();
	reach.toStage();
});

if (!window.opener) location.replace('./'); // no stage opened this window: here is one

// The remote: the page on the speaker's phone. It has two huge buttons, a button for
// the black screen, and the sentence of the step. Its calls need the token that is in
// its address.

import { $, say } from '../draw/dom.js';
import { connect } from '../source/socket.js';
import { drawSteps } from './progress.js';
import { fold, NO_TALK, sentence } from './talk.js';

const token = new URLSearchParams(location.search).get('token') ?? '';
let talk = NO_TALK;
let taking = false; // the next press makes this phone the page that drives

/** @param {any} now */
function show(now) {
	talk = now;
	say($('title'), talk.running ? (talk.title ?? '') : 'No scenario');
	say($('step'), talk.running ? `step ${talk.step} of ${talk.steps}` : '');
	say($('say'), talk.black ? 'Black.' : sentence(talk) || talk.question?.text || '');
	drawSteps($('line'), talk);
}

/** @param {string} what */
async function press(what) {
	navigator.vibrate?.(what === 'back' ? [30, 60, 30] : 30);
	try {
		const r = await fetch(`/remote/${what}`, {
			method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ take: taking }),
		});
		const { error } = r.ok ? { error: '' } : await r.json();
		taking = r.status === 409 && /drives/.test(error);
		say($('notice'), r.ok ? 'this phone drives' : taking ? 'Another page drives. Press again to drive from here.' : error);
	} catch {
		say($('notice'), 'The playground does not answer.');
	}
}

for (const b of document.querySelectorAll('[data-press]')) b.addEventListener('click', () => press(/** @type {HTMLElement} */ (b).dataset.press ?? ''));

connect({
	onHello: (hello) => show(hello.talk ?? NO_TALK),
	onEvents: (events) => {
		const now = fold(talk, events);
		if (now !== talk) show(now);
	},
	onState: (up) => say($('notice'), up ? '' : 'Looking for the playground…'),
});
navigator.wakeLock?.request('screen').catch(() => {});

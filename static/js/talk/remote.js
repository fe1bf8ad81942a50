// The remote: the page on the speaker's phone. It has two huge buttons, a button for
// the black screen, and the sentence of the step. Its calls need the token that is in
// its address.

import { $, say } from '../draw/dom.js';
import { Presses } from '../source/presses.js';
import { connect } from '../source/socket.js';
import { drawSteps } from './progress.js';
import { beginsAnew, fold, isTalk, NO_TALK, sentence } from './talk.js';

const token = new URLSearchParams(location.search).get('token') ?? '';
let talk = NO_TALK;
let taking = false; // the next press makes this phone the page that drives
let dropped = ''; // what the page says of presses that were dropped, until the next press
const presses = new Presses((text) => say($('notice'), (dropped = text)));

let known = NO_TALK; // the newest talk, for the presses that wait

/** @param {import('./talk.js').Talk} now */
function note(now) {
	if (beginsAnew(known, now)) presses.began();
	known = now;
}

/** @param {any} now */
function show(now) {
	talk = now;
	say($('title'), talk.running ? (talk.title ?? '') : 'No scenario');
	say($('step'), talk.running ? `step ${talk.step} of ${talk.steps}` : '');
	say($('say'), talk.black ? 'Black.' : sentence(talk) || talk.question?.text || '');
	drawSteps($('line'), talk);
}

/** @param {string} what */
function press(what) {
	navigator.vibrate?.(what === 'back' ? [30, 60, 30] : 30);
	dropped = '';
	const take = taking; // by the person who presses now
	return presses.press(() => ask(what, take), what === 'back');
}

/** @param {string} what @param {boolean} take makes this phone the page that drives */
async function ask(what, take) {
	try {
		const r = await fetch(`/remote/${what}`, {
			method: 'POST', headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }, body: JSON.stringify({ take }),
		});
		const { error } = r.ok ? { error: '' } : await r.json();
		taking = r.status === 409 && /drives/.test(error);
		say($('notice'), r.ok ? dropped || 'this phone drives' : taking ? 'Another page drives. Press again to drive from here.' : error);
	} catch {
		say($('notice'), 'The playground does not answer.');
	}
}

for (const b of document.querySelectorAll('[data-press]')) b.addEventListener('click', () => press(/** @type {HTMLElement} */ (b).dataset.press ?? ''));

connect({
	onHello: (hello) => {
		const now = /** @type {any} */ (hello.talk) ?? NO_TALK;
		note(now);
		show(now);
	},
	onEvents: (events) => {
		for (const e of /** @type {any[]} */ (events.filter(isTalk))) note(e.report ?? NO_TALK);
		const now = fold(talk, events);
		if (now !== talk) show(now);
	},
	onState: (up) => say($('notice'), up ? '' : 'Looking for the playground…'),
});
navigator.wakeLock?.request('screen').catch(() => {});

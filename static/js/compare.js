// The page of a comparison. Its buttons start and stop one. A comparison empties all databases,
// so the first press of Compare only arms the button. The page shows the progress, and loads
// itself again when a lane has ended, and when the comparison is over. A reset or a scenario leads back to
// the stage, because the audience must see it.

import { $ } from './draw/dom.js';
import { handOverDrops } from './source/handover.js';
import { reach } from './source/reach.js';
import { connect } from './source/socket.js';
import { isTalk } from './talk/talk.js';

const EVERY = 400; // ms between two requests while a comparison runs
const ARMED = 4000; // ms in which the second press starts a comparison
const ASK = 'Press again: this empties every database';
const RUNS = 'The lane of each mode stands here as soon as it has played.';

/** @typedef {import('./model/types.js').Comparison} Comparison */

/**
 * What the page says about a comparison.
 * @param {Comparison} c
 */
export function wordsOfComparison(c) {
	if (c.running) return c.progress ? [c.progress.mode, c.progress.text].filter(Boolean).join(': ') : 'starting';
	return c.error ? `No result: ${c.error}` : '';
}

/** @param {string} method @returns {Promise<any>} */
async function ask(method) {
	const response = await reach.ask('/api/compare', { method });
	const body = await response.json().catch(() => ({}));
	return response.ok ? body : { running: false, error: body.error || `status ${response.status}` };
}

/** @param {Comparison} c */
function show(c) {
	const share = /** @type {HTMLProgressElement} */ ($('share'));
	$('progress').textContent = wordsOfComparison(c);
	$('start').hidden = c.running;
	$('stop').hidden = share.hidden = !c.running;
	share.value = c.progress?.done ?? 0;
	const nothing = /** @type {HTMLElement|null} */ (document.querySelector('.empty p'));
	if (!nothing) return;
	nothing.dataset.usual ??= nothing.textContent ?? '';
	nothing.textContent = c.running ? RUNS : nothing.dataset.usual;
}

/** Whether the page has other lanes than those that have ended, or those of the result. @param {Comparison} c */
function isOld(c) {
	const lanes = c.running ? (c.ended ?? 0) : c.result?.lanes.length;
	return lanes !== undefined && document.querySelectorAll('[data-testid=lane]').length !== lanes;
}

/** Follows a comparison until it is over. */
async function follow() {
	let played = false;
	for (;;) {
		const c = await ask('GET').catch(() => ({ running: played, progress: { mode: '', done: 0, text: 'the playground does not answer' } }));
		show(c);
		if (isOld(c)) return location.reload();
		if (!c.running) {
			if (played && !c.error) location.reload();
			return;
		}
		played = true;
		await new Promise((resolve) => setTimeout(resolve, EVERY));
	}
}

/** Whether an event shows that a person needs the stage. @param {any} e */
export const callsForStage = (e) => e.kind === 'reset' || (isTalk(e) && !!e.report?.running);

if (typeof document !== 'undefined' && $('start')) {
	handOverDrops();
	connect({ onHello() {}, onState() {}, onEvents: (events) => events.some(callsForStage) && reach.toStage() });
	const start = $('start');
	const usual = start.textContent;
	let calm = 0; // the timer that disarms the button; 0: it is not armed
	const disarm = () => {
		clearTimeout(calm);
		calm = 0;
		start.textContent = usual;
	};
	start.addEventListener('click', async () => {
		if (!calm) {
			start.textContent = ASK;
			calm = window.setTimeout(disarm, ARMED);
			return;
		}
		disarm();
		const c = await ask('POST');
		show(c);
		if (c.running) follow();
	});
	$('stop').addEventListener('click', () => ask('DELETE'));
	follow();
}

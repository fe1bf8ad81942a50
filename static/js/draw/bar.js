// The top bar: the mode and its promise, the badge with the pace, and the real and
// the shown length of the operation in focus.

import { descriptorOf } from '../model/state.js';
import { clip, duration } from '../model/text.js';
import { modeOf } from '../modes/index.js';
import { $, el, say, set } from './dom.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Pace} Pace */

/**
 * @typedef {object} Now What the bar shows besides the view.
 * @property {number} behind by how many ms the newest events are late; 0: they are not late
 * @property {boolean} isPlayback a recording is being played
 * @property {boolean} skipped the playhead jumped to now a moment ago
 * @property {string} title of the scenario that is being played, shown instead of the promise; '' for none
 * @property {boolean} fingers the page is on a touch screen without keys
 * @property {string} held the pace, as "pace-20", that returns when the hand releases its message; '' for none
 * @property {string} why which corner of the triangle is measured as broken, in a phrase; '' for none
 * @property {{real: number, shown: number}|undefined} stretch real and shown length of the operation in focus, ms
 */

/** @param {View} view @param {Now} now */
export function drawBar(view, now) {
	const { s } = view;
	const root = document.documentElement;
	const { sizes } = descriptorOf(s);
	set(root, 'data-mode', s.mode || undefined);
	set(root, 'data-sizes', sizes ? '' : undefined);
	set(root, 'data-replay', view.past ? '' : undefined);
	for (const b of document.querySelectorAll('.mode')) set(b, 'aria-pressed', String(/** @type {HTMLElement} */ (b).dataset.mode === s.mode));
	say($('promise'), now.title || now.why || (s.mode ? modeOf(s).promise(s) : ''));
	drawBadge(view, now);
	drawAside(keyWords(s), now.stretch && s.pace.pace === 'live' && !view.flow ? now.stretch : undefined);
}

/** @param {View} view @param {Now} now */
function drawBadge(view, now) {
	const { s, past, link } = view;
	const { isPlayback, skipped } = now;
	const badge = $('badge');
	set(badge, 'data-pace', link !== 'up' ? 'offline' : past ? 'replay' : s.pace.pace);
	set(badge, 'data-skipped', skipped ? '' : undefined);
	set(badge, 'title', isPlayback ? 'To the end' : past ? 'Back to now' : 'Pace');
	say(badge, badgeWords(view, now));
}

/** The words of the badge. @param {Pick<View, 's'|'past'|'link'>} view @param {Pick<Now, 'isPlayback'|'behind'|'skipped'|'fingers'|'held'>} now @returns {string} */
export function badgeWords({ s, past, link }, { isPlayback, behind, skipped, fingers, held }) {
	if (link !== 'up') return link === 'lost' ? 'OFFLINE' : 'CONNECTING';
	if (isPlayback) return 'REPLAY';
	if (past) return `REPLAY · ${fingers ? 'tap' : 'Esc'}: back to now`;
	const name = paceWords(s.pace, held);
	if (behind) return `${name}, ${Math.round(behind / 1000)} s behind`;
	return skipped ? `${name} · jumped to now` : name;
}

/** @param {Pace} pace @param {string} held */
function paceWords({ pace, rate }, held) {
	if (pace === 'step') return held ? `SLOW ${held.replace('pace-', '1/')}, held` : 'STEP';
	if (pace === 'slow') return rate > 0 && rate < 1 ? `SLOW 1/${Math.round(1 / rate)}` : 'SLOW';
	return 'LIVE';
}

/** Which key the circles show, if the nodes hold several keys. @param {import('../model/types.js').State} s @returns {string} */
export function keyWords(s) {
	const keys = new Set([...s.held.values()].filter((h) => h.val || h.version).map((h) => h.key));
	return keys.size > 1 ? `values of ${clip(s.key, 16)}` : '';
}

/** Writes what stands beside the caption. @param {string} key @param {{real: number, shown: number}|undefined} stretch */
function drawAside(key, stretch) {
	let p = document.querySelector('.stretched');
	if (!p) {
		p = el('p', '', { class: 'stretched', 'data-testid': 'stretched' });
		document.querySelector('.top')?.append(p);
	}
	say(p, [key, stretch && `${duration(stretch.real)} shown in ${duration(stretch.shown)}`].filter(Boolean).join(' · '));
}

// The buttons of a replay, below the diagram, and the place of the playhead in the operation.

import { focusOp } from '../model/state.js';
import { duration } from '../model/text.js';
import { $, el, say, set, svg } from './dom.js';

/** @typedef {import('../model/view.js').View} View */

const SHAPES = {
	rewind: 'M5 4h3v16H5ZM20 4v16L9 12Z',
	play: 'M6 3 21 12 6 21Z',
	stop: 'M6 4h4v16H6ZM14 4h4v16h-4Z',
	now: 'M16 4h3v16h-3ZM4 4l11 8L4 20Z',
};

/** @param {View} view @param {{playing: boolean, speed: number}} replay */
export function drawTransport(view, { playing, speed }) {
	const diagram = $('diagram');
	set(diagram, 'data-replay', view.past ? '' : undefined);
	const row = /** @type {HTMLElement} */ (diagram.querySelector('.transport') ?? makeTransport(diagram));
	row.hidden = !view.past;
	if (!view.past) return;
	say(/** @type {Element} */ (row.querySelector('.place')), placeWords(view));
	const play = /** @type {Element} */ (row.querySelector('[data-action=pause]'));
	set(play, 'aria-label', playing ? 'Stop' : 'Play');
	set(/** @type {Element} */ (play.querySelector('path')), 'd', playing ? SHAPES.stop : SHAPES.play);
	for (const b of row.querySelectorAll('[data-speed]')) set(b, 'aria-pressed', String(Number(b.getAttribute('data-speed')) === speed));
}

/** @param {HTMLElement} diagram */
function makeTransport(diagram) {
	const row = el('div', '', { class: 'transport', role: 'group', 'aria-label': 'Replay', 'data-testid': 'transport' });
	const button = (/** @type {string} */ action, /** @type {string} */ label, /** @type {string} */ d) => {
		const b = el('button', '', { type: 'button', 'data-action': action, 'aria-label': label });
		const picture = svg('svg', { viewBox: '0 0 24 24', 'aria-hidden': 'true' });
		picture.append(svg('path', { d }));
		b.append(picture);
		return b;
	};
	const speed = (/** @type {string} */ action, /** @type {string} */ factor, /** @type {string} */ text) => el('button', text, { type: 'button', 'data-action': action, 'data-speed': factor, 'aria-label': `Speed ${text}` });
	row.append(
		el('span', '', { class: 'place' }),
		button('rewind', 'To the beginning', SHAPES.rewind), button('pause', 'Play', SHAPES.play), button('now', 'Back to now', SHAPES.now),
		el('span', 'speed'), speed('half', '0.5', '½'), speed('normal', '1', '1'), speed('double', '2', '2'),
	);
	diagram.append(row);
	return row;
}

/** The place of the playhead in the operation in focus: "3.0 ms of 4.1 ms". @param {View} view */
function placeWords({ s, t, foreseen }) {
	const op = focusOp(s);
	if (!op) return '';
	const end = op.t1 || foreseen?.ops.get(op.id)?.t1 || 0;
	const at = Math.max(0, t - op.t0) / 1000;
	if (!end) return duration(at);
	const whole = (end - op.t0) / 1000;
	return `${duration(Math.min(at, whole))} of ${duration(whole)}`;
}

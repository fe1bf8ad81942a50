// Where a message is on its lane, from its sender (0) to its receiver (1), at a
// playhead. Pure functions of a view and a geometry.

import { WAVE } from '../model/elastic.js';
import { isCut, isParked } from '../model/state.js';
import { crossedAt } from './tears.js';

/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Curve} Curve */
/** @typedef {import('../model/view.js').View} View */

const PARKED = 0.88; // where a message waits for a node that does not take it in
const STOP = 0.97; // where a message stops until it ends
const QUEUE = 0.7; // where the first held message of a lane waits

/** cubic-bezier(.3, 0, .2, 1). @param {number} f */
export function ease(f) {
	if (f <= 0) return 0;
	if (f >= 1) return 1;
	let u = f;
	for (let i = 0; i < 6; i++) {
		const x = 3 * (1 - u) ** 2 * u * 0.3 + 3 * (1 - u) * u * u * 0.2 + u ** 3;
		const dx = 3 * (1 - u) ** 2 * 0.3 + 6 * (1 - u) * u * (0.2 - 0.3) + 3 * u * u * 0.8;
		u -= (x - f) / (dx || 1);
	}
	return 3 * (1 - u) * u * u + u ** 3;
}

/**
 * How far along its lane a message is, 0 to 1, and whether it still moves.
 * @param {View} view @param {Msg} m @param {Curve} lane @param {Point[][]} tears
 * @param {number} [place] how many messages wait before it on its lane
 * @returns {{f: number, moves: boolean}}
 */
export function progress(view, m, lane, tears, place = 0) {
	if (m.state === 'delivered') return { f: 1, moves: false };
	const stop = m.state === 'lost' ? stopOf(m, lane, tears) : isParked(view.s, m, view.v) ? PARKED : isCut(view.s, m.from, m.to) ? crossedAt(lane, tears) ?? 0.5 : STOP;
	const f = fraction(view, m, place);
	const arrived = f >= stop || (m.state === 'lost' && view.x >= m.x1);
	const waits = m.held || view.s.pace.pace === 'step';
	return { f: arrived ? stop : f, moves: !arrived && !(waits && f >= QUEUE - place * 0.13) };
}

/** @param {View} view @param {Msg} m @param {number} place */
function fraction(view, m, place) {
	const known = view.endOf(m.id) - m.x0;
	const wave = view.still ? 1 : ease((view.x - m.x0) / (known > 0 && known <= 4 * WAVE && m.why !== 'cut' ? known : WAVE));
	if (m.held || (view.s.pace.pace === 'step' && m.state === 'flying' && m.pace !== 'slow')) return (QUEUE - place * 0.13) * wave;
	const span = m.due - m.v0;
	if (span > WAVE * 1000 || (m.pace !== 'live' && span > 0)) {
		const v = m.state === 'flying' ? view.v : Math.min(view.v, m.v1);
		return Math.max(0, Math.min(1, (v - m.v0) / span));
	}
	return wave;
}

/** Where a lost message stopped. @param {Msg} m @param {Curve} lane @param {Point[][]} tears */
export function stopOf(m, lane, tears) {
	const span = m.due - m.v0;
	const there = m.pace !== 'live' && span > 0 ? Math.max(0.08, Math.min(STOP, (m.v1 - m.v0) / span)) : 0;
	switch (m.why) {
		case 'cut':
			return (crossedAt(lane, tears) ?? there) || 0.5;
		case 'timeout':
			return 0.88;
		case 'refused':
		case 'down':
			return 0.9;
		case 'overflow':
			return 0.2;
		case 'dropped':
			return m.pace === 'step' || m.held ? QUEUE : there || 0.55;
		default:
			return there || 0.55;
	}
}

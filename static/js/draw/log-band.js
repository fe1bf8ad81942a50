// The election band around a node's circle. It shows how much of the time
// without a leader has passed, and when the node may and will ask for votes. A
// click on it fires the election timer.

import { svg, say, set } from './dom.js';
import { n } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('../model/types.js').Node} Node */

/** How far the band reaches beyond the node's circle. */
export const BAND_REACH = 32; // at 1920×1080

const SWEEP = 2 * Math.PI - 0.96; // radians; the gap is for the node's number
const HALF_GAP = 0.42; // radians from the node's number to the start of the band
const TICKS = 12; // ticks of the raft engine between "may ask" and "will ask"

/** @param {Geometry} g @param {number} number the angle of the node's number, in radians @param {() => void} ask */
export function makeBand({ r, beyond }, number, ask) {
	const k = beyond / BAND_REACH;
	const start = number + HALF_GAP;
	const group = svg('g', { class: 'log-band', 'data-testid': 'band' });
	group.addEventListener('click', (e) => {
		e.stopPropagation();
		ask();
	});
	const title = svg('title');
	const passed = svg('path', { class: 'gone' });
	let drawn = '';

	/** @param {Node} node @param {number} v virtual time */
	function draw(node, v) {
		const part = passedOf(node, v);
		const now = part === null ? '' : part.toFixed(3);
		if (now === drawn) return;
		if (part === null) clear();
		else {
			if (!drawn) open();
			move(part);
		}
		drawn = now;
	}

	function clear() {
		group.replaceChildren();
		for (const name of ['role', 'aria-label', 'data-may', 'data-passed']) set(group, name, undefined);
	}

	function open() {
		set(group, 'role', 'button');
		group.replaceChildren(title, svg('path', { class: 'hit', d: sector(r + 6 * k, r + BAND_REACH * k, start, start + SWEEP) }), ...scaleOf(start, k, r), passed);
	}

	/** @param {number} part from 0 to 1 */
	function move(part) {
		const end = start + part * SWEEP;
		const mayAsk = part >= 0.5;
		set(passed, 'd', `${arc(r + 18 * k, start, end)}M${point(r + 10 * k, end)}L${point(r + 30 * k, end)}`);
		set(group, 'data-may', mayAsk ? '' : undefined);
		set(group, 'data-passed', part.toFixed(2));
		const label = `${mayAsk ? 'may ask for votes' : 'waits for a leader'}: ask now`;
		set(group, 'aria-label', label);
		say(title, label);
	}
	return { group, draw };
}

/**
 * The part of the band that has passed, from 0 to 1: at 0.5 the node may ask
 * for votes, at 1 it will. null: the node waits for no election.
 * @param {Node} node @param {number} v virtual time
 */
function passedOf({ log, status, role }, v) {
	if (!log?.willAsk || status === 'killed' || role === 'leader') return null;
	const length = log.willAsk - log.mayAsk;
	return Math.max(0, Math.min(1, (v - log.mayAsk + length) / (2 * length)));
}

/** The lines of the band that do not move: too early, may ask, will ask. @param {number} start radians @param {number} k @param {number} r radius of the node */
export function scaleOf(start, k, r) {
	const middle = start + SWEEP / 2;
	const will = start + SWEEP - 0.3;
	let ticks = '';
	for (let i = 0; i <= TICKS; i++) {
		const a = middle + ((will - middle) * i) / TICKS;
		ticks += `M${point(r + 12 * k, a)}L${point(r + 28 * k, a)}`;
	}
	return [
		svg('path', { class: 'early', d: arc(r + 18 * k, start, middle) }),
		svg('path', { class: 'may', d: `${arc(r + 12 * k, middle, will)}${arc(r + 28 * k, middle, will)}${ticks}` }),
		svg('path', { class: 'will', d: sector(r + 12 * k, r + 28 * k, will, start + SWEEP) }),
	];
}

/** @param {number} radius @param {number} a radians */
const point = (radius, a) => `${n(radius * Math.cos(a))} ${n(radius * Math.sin(a))}`;

/** @param {number} radius @param {number} a radians @param {number} b radians */
function arc(radius, a, b) {
	return `M${point(radius, a)}A${n(radius)} ${n(radius)} 0 ${b - a > Math.PI ? 1 : 0} 1 ${point(radius, b)}`;
}

/** A part of a ring. @param {number} inner @param {number} outer @param {number} a radians @param {number} b radians */
function sector(inner, outer, a, b) {
	const long = b - a > Math.PI ? 1 : 0;
	return `M${point(inner, a)}A${n(inner)} ${n(inner)} 0 ${long} 1 ${point(inner, b)}L${point(outer, b)}A${n(outer)} ${n(outer)} 0 ${long} 0 ${point(outer, a)}Z`;
}

// The message that a stale read missed: an amber band on its lane, the × where it was lost,
// and dots on the way that it did not go.

import { focusOp } from '../model/state.js';
import { clip } from '../model/text.js';
import { missedMessage } from '../modes/judged.js';
import { reason } from '../modes/words.js';
import { svg } from './dom.js';
import { n, partOf, pathOf, pointOn } from './layout.js';
import { cross } from './marks.js';
import { lane } from './stands.js';
import { crossedAt } from './tears.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('../model/view.js').View} View */

const STOP = 0.6; // the place of the × on a lane that no tear crosses

/**
 * Where the message was lost, and what it carried, in words; undefined if the read in focus
 * missed no message.
 * @param {View} view @param {Geometry} g @param {Point[][]} tears
 * @returns {{from: number, to: number, f: number, p: Point, text: string}|undefined}
 */
export function missedOn(view, g, tears) {
	const op = focusOp(view.s);
	const missed = op && missedMessage(view, op);
	if (!missed) return undefined;
	const { write, cause: { from, to, why = '' } } = missed;
	const there = g.places.map((p) => p.id);
	if (!there.includes(from) || !there.includes(to)) return undefined;
	const curve = lane(g, from, to);
	const f = (why === 'cut' && crossedAt(curve, tears)) || STOP;
	return { from, to, f, p: pointOn(curve, f), text: `${clip(write.val, 10)} for ${to}, ${reason(view.s, /** @type {any} */ ({ why, to, op: write.id }))}` };
}

export class Missed {
	/** @param {SVGElement} layer below the arrows */
	constructor(layer) {
		this.layer = layer;
		this.drawn = ''; // what the layer shows
	}

	/** @param {View} view @param {Geometry} g @param {Point[][]} tears */
	draw(view, g, tears) {
		const missed = missedOn(view, g, tears);
		const key = missed ? `${g.w}x${g.h} ${missed.from}-${missed.to} ${missed.f}` : '';
		if (key === this.drawn) return;
		this.drawn = key;
		this.layer.replaceChildren(...(missed ? parts(g, missed) : []));
	}
}

/** @param {Geometry} g @param {NonNullable<ReturnType<typeof missedOn>>} missed @returns {SVGElement[]} */
function parts(g, { from, to, f, p }) {
	const way = lane(g, from, to);
	const whole = pathOf(way);
	const at = svg('g', { class: 'msg', transform: `translate(${n(p.x)} ${n(p.y)})` });
	at.append(svg('circle', { class: 'missed-ring', r: n(33 * g.k) }), cross(g.k));
	const band = svg('path', { class: 'missed-band', d: whole, 'data-testid': 'missed', 'data-from': from, 'data-to': to });
	const gone = svg('path', { class: 'missed-gone', d: pathOf(partOf(way, f)) });
	return [band, svg('path', { class: 'missed-dots', d: whole }), gone, at];
}

// The step of all lanes: one press delivers the next message of every lane that stands
// still.

import { nextMessage } from '../model/order.js';

/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('./lane.js').Lane} Lane */

/**
 * The messages that one step delivers, each with its call.
 * @param {Pick<Lane, 'mode'|'player'>[]} lanes
 * @param {Set<string>} handled the messages that are being delivered; changed: those of this step are added
 * @returns {{msg: string, request: Request}[]}
 */
export function stepOf(lanes, handled) {
	return lanes.flatMap(({ mode, player }) => {
		const s = player.newest;
		const next = s.pace.pace === 'step' ? nextMessage(s, handled) : undefined;
		if (!next) return [];
		handled.add(next.id);
		return { msg: next.id, request: { method: 'POST', path: `/api/${mode}/messages/${encodeURIComponent(next.id)}/deliver` } };
	});
}

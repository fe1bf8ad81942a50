// The pace in the hand: slower and faster, pause and on again, and time that
// stands still while a message is held in slow motion.

import { action } from './actions.js';

/** The ids of the paces, the fastest first. */
const PACES = ['pace-live', 'pace-10', 'pace-20', 'pace-50', 'pace-step'];

/**
 * @param {import('../model/player.js').Player} player
 * @param {(requests: import('../model/types.js').Request[]) => Promise<boolean>} ask
 */
export function createPace(player, ask) {
	let before = 'pace-live'; // what a pause returns to
	let asked = ''; // and not yet heard of
	let ofHand = ''; // that goes on when the hand lets go
	let stopped = Promise.resolve(true); // when time stands still for the hand
	let still = false; // whether it was seen to stand still

	function now() {
		const p = player.newest.pace;
		if (p.pace !== 'slow') return `pace-${p.pace}`;
		return PACES.find((id) => id === `pace-${Math.round(1 / p.rate)}`) ?? 'pace-20';
	}

	/** @param {string} id */
	function put(id) {
		return ask([action(id)?.request?.(/** @type {any} */ ({})) ?? []].flat());
	}

	return {
		/** Somebody chose a pace. @param {string} id */
		choose(id) {
			ofHand = '';
			asked = id;
		},
		/** The playground refused it. */
		refused() {
			asked = '';
		},
		/** The pace that is slower or faster by steps; undefined at the end. @param {number} by @returns {string|undefined} */
		beside: (by) => PACES[PACES.indexOf(asked || now()) + by],
		/** The pace that a pause leads to: Step, or from there the one before. */
		toggled() {
			const at = asked || now();
			if (at === 'pace-step') return before;
			before = at;
			return 'pace-step';
		},
		/** A message was taken into the hand: in slow motion time stands still. */
		stop() {
			if (player.newest.pace.pace !== 'slow') return;
			ofHand = before = now();
			still = false;
			stopped = put('pace-step');
		},
		/** The hand let go: time goes on as before. */
		goOn() {
			const back = ofHand;
			ofHand = '';
			if (back) stopped.then(() => put(back));
		},
		/** The rate at which a held message would go on. */
		rate() {
			const { pace, rate } = player.newest.pace;
			return pace === 'slow' ? rate : 1 / Number(ofHand.replace('pace-', '') || Infinity);
		},
		/** Looks at what was heard since. @returns {string} the pace that the hand holds, '' for none */
		held() {
			if (asked === now()) asked = '';
			still ||= player.newest.pace.pace === 'step';
			if (still && player.newest.pace.pace !== 'step') ofHand = ''; // somebody let time go on
			return ofHand;
		},
	};
}

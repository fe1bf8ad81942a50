// The pace in the hand: slower and faster, pause and on again, and time that
// stands still while a message is held in slow motion.

import { action } from './actions.js';

/** The ids of the paces, the fastest first. */
const PACES = ['pace-live', 'pace-10', 'pace-20', 'pace-50', 'pace-step'];

export class Pace {
	/**
	 * @param {import('../model/player.js').Player} player
	 * @param {(requests: import('../model/types.js').Request[]) => Promise<boolean>} ask
	 */
	constructor(player, ask) {
		this.player = player;
		this.ask = ask;
		this.before = 'pace-live'; // what a pause returns to
		this.asked = ''; // and not yet heard of
		this.ofHand = ''; // that goes on when the hand lets go
		this.stopped = Promise.resolve(true); // when time stands still for the hand
		this.still = false; // whether it was seen to stand still
	}

	/** The pace that is in force, as the id of its action. */
	get now() {
		const p = this.player.newest.pace;
		if (p.pace !== 'slow') return `pace-${p.pace}`;
		return PACES.find((id) => id === `pace-${Math.round(1 / p.rate)}`) ?? 'pace-20';
	}

	/** @param {string} id */
	put(id) {
		return this.ask([action(id)?.request?.(/** @type {any} */ ({})) ?? []].flat());
	}

	/** A pace was chosen. @param {string} id */
	choose(id) {
		this.ofHand = '';
		this.asked = id;
	}

	/** The playground refused it. */
	refused() {
		this.asked = '';
	}

	/** The pace that is slower or faster by steps; undefined at the end. @param {number} by @returns {string|undefined} */
	beside(by) {
		return PACES[PACES.indexOf(this.asked || this.now) + by];
	}

	/** The pace that a pause leads to: Step, or from there the one before. */
	toggled() {
		const at = this.asked || this.now;
		if (at === 'pace-step') return this.before;
		this.before = at;
		return 'pace-step';
	}

	/** A message was taken into the hand: in slow motion time stands still. */
	stop() {
		if (this.player.newest.pace.pace !== 'slow' || this.player.film) return;
		this.ofHand = this.before = this.now;
		this.still = false;
		this.stopped = this.put('pace-step');
	}

	/** The hand let go: time goes on as before. */
	goOn() {
		const back = this.ofHand;
		this.ofHand = '';
		if (back) this.stopped.then(() => this.put(back));
	}

	/** The rate at which a held message would go on. */
	rate() {
		const { pace, rate } = this.player.newest.pace;
		return pace === 'slow' ? rate : 1 / Number(this.ofHand.replace('pace-', '') || Infinity);
	}

	/** Looks at what was heard since. @returns {string} the pace that the hand holds, '' for none */
	held() {
		if (this.asked === this.now) this.asked = '';
		const { pace } = this.player.newest.pace;
		this.still ||= pace === 'step';
		if (this.still && pace !== 'step') this.ofHand = ''; // time goes on again by another press
		return this.ofHand;
	}
}

// Changes of the pace by hand: slower, faster, pause, go on. While a message is held in
// slow motion, time stands still.

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
		this.before = 'pace-live'; // the pace after a pause
		this.asked = ''; // the pace that was asked for and is not in force yet
		this.ofHand = ''; // the pace that is set again when the hand lets go; '' if it holds nothing
		this.stopped = Promise.resolve(true); // resolves when time stands still for the hand
		this.still = false; // whether an event has reported that time stands still
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

	/** Notes that a pace was chosen. @param {string} id */
	choose(id) {
		this.ofHand = '';
		this.asked = id;
	}

	/** Notes that the playground refused the pace. */
	refused() {
		this.asked = '';
	}

	/** The pace that is slower or faster by steps; undefined at the end. @param {number} by @returns {string|undefined} */
	beside(by) {
		return PACES[PACES.indexOf(this.asked || this.now) + by];
	}

	/** The pace that the pause key sets: Step, or from Step the pace before it. */
	toggled() {
		const at = this.asked || this.now;
		if (at === 'pace-step') return this.before;
		this.before = at;
		return 'pace-step';
	}

	/** Stops time, if it is slow, because a message was taken into the hand. */
	stop() {
		if (this.player.newest.pace.pace !== 'slow' || this.player.isPlayback) return;
		this.ofHand = this.before = this.now;
		this.still = false;
		this.stopped = this.put('pace-step');
	}

	/** Lets time go on as before, because the hand let go. */
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

	/** Takes in the pace of the newest events. @returns {string} the pace that comes back when the hand lets go; '' for none */
	held() {
		if (this.asked === this.now) this.asked = '';
		const { pace } = this.player.newest.pace;
		this.still ||= pace === 'step';
		if (this.still && pace !== 'step') this.ofHand = ''; // another press has set a pace
		return this.ofHand;
	}
}

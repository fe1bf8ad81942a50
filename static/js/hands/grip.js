// The message in the hand. Its card is shown. In slow motion, time stands still.

import { $ } from '../draw/dom.js';

/** @typedef {import('./card.js').Card} Card */
/** @typedef {import('./controls.js').Ui} Ui */

export class Grip {
	/**
	 * @param {object} page
	 * @param {import('../model/player.js').Player} page.player
	 * @param {Ui} page.ui
	 * @param {Card} page.card
	 * @param {import('./pace.js').Pace|undefined} page.pace undefined in a window that follows, which must not change the pace
	 * @param {() => void} page.changed
	 */
	constructor({ player, ui, card, pace, changed }) {
		this.player = player;
		this.ui = ui;
		this.card = card;
		this.pace = pace;
		this.changed = changed;
	}

	/** Takes a message into the hand. @param {string} id */
	take(id) {
		const m = this.player.newest.msgs.get(id);
		if (!m || m.state !== 'flying') return this.letGo();
		this.pace?.stop();
		this.ui.hand = id;
		const { v } = this.player.view(performance.now(), Date.now() * 1000);
		this.card.show(m, m.due - v, this.pace?.rate() ?? 0);
		this.changed();
	}

	/** Empties the hand, and lets time go on as before. */
	letGo() {
		if (!this.ui.hand && $('card').hidden) return;
		this.ui.hand = '';
		this.card.hide();
		this.pace?.goOn();
		this.changed();
	}
}

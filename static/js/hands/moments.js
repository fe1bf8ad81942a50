// Links to a moment, and the history of the browser. A deliberate move of the
// playhead becomes an entry of the history: a press on a key or a button, the end
// of a drag. A move of the page itself, or a move pixel by pixel, becomes no entry. Back
// and forward go from entry to entry. A link that was opened is the first entry.

import { BadLink, findMoment, readMoment, writeMoment } from '../model/moment.js';
import { reach } from '../source/reach.js';
import { toClipboard } from './menus.js';

/** @typedef {import('../model/moment.js').Moment} Moment */

export class Moments {
	/**
	 * @param {object} page
	 * @param {import('../model/player.js').Player} page.player
	 * @param {import('./choice.js').Choice} page.choice
	 * @param {import('./replay.js').Replay} page.replay
	 * @param {(text: string) => void} page.notice
	 * @param {boolean} page.follows a window that another one leads: it opens a link, and makes no history
	 */
	constructor({ player, choice, replay, notice, follows }) {
		this.player = player;
		this.choice = choice;
		this.replay = replay;
		this.notice = notice;
		this.follows = follows;
		this.shown = ''; // the fragment of the moment that the page went to last
		this.told = ''; // the fragment that was refused last
		for (const kind of ['popstate', 'hashchange']) addEventListener(kind, () => this.travel());
	}

	/** The present of the cluster, or the end of a recording, microseconds. */
	present() {
		const { player } = this;
		return player.isPlayback ? (player.timeline.events.at(-1)?.t ?? 0) : player.view(performance.now(), Date.now() * 1000).t;
	}

	/** Opens the link of the address. It must be called after a hello or a recording was taken in. */
	open() {
		this.shown = '';
		if (location.hash) this.go(location.hash);
	}

	/** Removes the moment from the address, because the page now shows events of another source. */
	forget() {
		this.shown = '';
		if (location.hash) history.replaceState(null, '', location.pathname + location.search);
	}

	/** Goes to another entry of the history, or another fragment in the address bar. */
	travel() {
		if (location.hash === this.shown) return;
		if (location.hash) return this.go(location.hash);
		this.shown = '';
		this.replay.seek(this.player.isPlayback ? 0 : undefined);
	}

	/** Shows the moment of a fragment. A wrong one changes nothing, and says why. @param {string} hash */
	go(hash) {
		try {
			const moment = readMoment(hash);
			this.show(moment, findMoment(this.player, moment, this.present()));
			this.shown = hash;
		} catch (error) {
			if (!(error instanceof BadLink)) throw error;
			if (this.told !== hash) this.notice(error.message);
			this.told = hash;
		}
	}

	/** @param {Moment} moment @param {number|undefined} x */
	show({ op, tab, node }, x) {
		this.replay.seek(x, op);
		if (node) this.choice.select(node);
		if (op) this.choice.focus(op);
		if (tab) this.choice.tab(tab);
	}

	/** Makes an entry after the playhead was moved on purpose and has stopped. */
	settle() {
		const hash = this.replay.on ? writeMoment(this.here()) : '';
		if (this.follows || hash === this.shown) return;
		this.shown = hash;
		history.pushState(null, '', hash || location.pathname + location.search);
	}

	/** Removes the moment from the address after a replay has played to its end. */
	refresh() {
		if (!this.shown || this.replay.on || this.follows || !this.player.timeline.length) return;
		if (!readMoment(this.shown).at) return;
		this.forget();
	}

	/** What the page shows now. @returns {Moment} */
	here() {
		const { node, tab, op, at } = this.choice.look();
		return { at: at || Math.round(this.present()), op, tab, node };
	}

	/** The fragment of a link to `about`, at the moment that is shown. @param {Moment} [about] */
	fragment(about = {}) {
		return writeMoment({ ...this.here(), ...about });
	}

	/** Copies a link to a moment. @param {string} fragment */
	async copy(fragment) {
		const url = location.origin + location.pathname + location.search + fragment;
		try {
			await toClipboard(reach.link ? await reach.link(url) : url, this.notice);
		} catch (error) {
			this.notice(error instanceof Error ? error.message : String(error));
		}
	}

	/** Copies a link to what the page shows. In the simulated edition a link to the present plays the run again. */
	copyHere() {
		return this.copy(reach.link && !this.replay.on ? '' : this.fragment());
	}
}

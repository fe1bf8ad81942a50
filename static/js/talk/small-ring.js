// A small ring of the presenter's page. It shows the only cluster, or one lane, and
// takes no press.

import { Ring } from '../draw/ring.js';
import { Player } from '../model/player.js';
import { connect } from '../source/socket.js';
import { isTalk } from './talk.js';

/** Whether an event is part of the past that a ring shows. @param {any} e */
const happened = (e) => !isTalk(e) && e.kind !== 'verdict' && e.kind !== 'compare';

/**
 * @typedef {object} Means The functions that a small ring calls.
 * @property {() => void} began a stream began
 * @property {(events: any[]) => void} took events came
 * @property {(up: boolean) => void} up the stream came or went
 * @property {(pace: string) => void} pace the pace of the cluster, after each frame
 */

export class SmallRing {
	/** @param {HTMLElement} root with data-page, the path above the stream @param {Means} means */
	constructor(root, means) {
		this.means = means;
		this.player = new Player();
		this.frame = 0;
		this.several = !!(root.previousElementSibling?.matches('.small-ring') || root.nextElementSibling?.matches('.small-ring'));
		this.ring = new Ring(/** @type {any} */ (root.querySelector('.ring')), { node: () => {}, take: () => {}, client: () => {}, ask: () => {}, resized: () => this.wake() });
		connect({
			path: `${root.dataset.page}/ws`,
			onHello: (hello) => {
				this.player.hello({ ...hello, events: (hello.events ?? []).filter(happened) }, performance.now());
				means.began();
				this.wake();
			},
			onEvents: (events) => this.take(events),
			onState: means.up,
		});
	}

	/** @param {any[]} events */
	take(events) {
		this.means.took(events);
		const seen = events.filter(happened);
		if (!seen.length) return;
		this.player.take(seen, performance.now(), Date.now() * 1000, document.visibilityState === 'visible');
		this.wake();
	}

	wake() {
		this.frame ||= requestAnimationFrame(() => this.paint());
	}

	paint() {
		this.frame = 0;
		const { player } = this;
		const now = performance.now();
		const more = player.advance(now);
		const view = player.view(now, Date.now() * 1000);
		const moves = this.ring.draw({
			...view, selected: 0, hand: '', lit: '', still: false, pending: new Set(), flow: !player.elastic.stretched, rate: 0, lists: [],
			outside: this.several ? () => true : undefined, // several rings have no room for clients
			endOf: (/** @type {string} */ id) => player.newest.msgs.get(id)?.x1 ?? Infinity,
		});
		this.means.pace(view.s.pace.pace || 'live');
		if (more || moves) this.wake();
	}
}

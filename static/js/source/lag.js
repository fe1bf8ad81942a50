// How far the page is behind: how long ago the newest event happened when it came.
// The clocks of page and playground may differ, so the least delay that was ever
// seen counts as none.

export const SHOWN = 1500; // ms behind from which the page says so
const FRESH = 2000; // ms for which the newest event's delay is the page's

export class Lag {
	constructor() {
		this.least = Infinity;
		this.newest = 0;
		this.at = -Infinity;
	}

	/** Events came. @param {{t?: number}[]} events t in microseconds @param {number} wall ms since the epoch @param {number} now the screen clock, ms */
	take(events, wall, now) {
		const t = events.at(-1)?.t;
		if (!t) return;
		const delay = wall - t / 1000;
		this.least = Math.min(this.least, delay);
		this.newest = delay - this.least;
		this.at = now;
	}

	/** By how much the page is behind now, in ms; 0 where that is not worth a word. @param {number} now */
	behind(now) {
		return now - this.at < FRESH && this.newest >= SHOWN ? this.newest : 0;
	}
}

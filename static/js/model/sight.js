// The part of the elastic axis that the diagram shows. It follows the playhead until a
// person moves it by hand. It zooms around the place under the pointer. It follows again
// on a call, or when it was moved back to now. All values are elastic ms.

export const SPAN = 4200; // elastic ms across the diagram at zoom 1
const AHEAD = 0.14; // how much of the width lies right of the playhead while it follows
const EDGE = 0.04; // how near to an edge the playhead may come before the window moves
const ZOOM = { least: 0.1, most: 12 };

export class Sight {
	constructor() {
		this.zoom = 1;
		this.span = SPAN;
		this.right = 0; // its right edge
		this.free = false; // it was moved by hand, and does not follow
		this.x = 0; // where the playhead was at the last frame
	}

	get left() {
		return this.right - this.span;
	}

	/**
	 * Moves with the playhead.
	 * @param {number} x the playhead @param {boolean} past it does not follow the present
	 * @param {number} whole how long the operation in sight is, all of which it shows at zoom 1
	 */
	frame(x, past, whole) {
		const moved = x !== this.x;
		this.x = x;
		if (this.free && !(past && moved)) return;
		if (!past) this.span = Math.max(SPAN, whole) / this.zoom;
		if (!past || !this.right) this.right = x + AHEAD * this.span;
		this.right = Math.min(Math.max(this.right, x + EDGE * this.span), x + (1 - EDGE) * this.span);
	}

	/** @param {number} factor above 1 shows less @param {number} at the place that stays where it is */
	zoomBy(factor, at) {
		const zoom = Math.max(ZOOM.least, Math.min(ZOOM.most, this.zoom * factor));
		const span = (this.span * this.zoom) / zoom;
		this.right = at + (this.right - at) * (span / this.span);
		this.zoom = zoom;
		this.span = span;
	}

	/** Moves the part by hand, within the axis. @param {number} by @param {number} end of the axis */
	panBy(by, end) {
		const last = end + AHEAD * this.span;
		this.right = Math.min(last, Math.max(this.span * 0.2, this.right + by));
		this.free = this.right < last;
	}

	/** Follows the playhead again. */
	follow() {
		this.free = false;
	}
}

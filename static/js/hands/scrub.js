// The playhead by hand: a drag in the diagram, the slider, and the badge, which leads
// back to now. Other moves change what the diagram shows. The wheel zooms. With Shift,
// or sideways, it pans, as a drag with Shift does. Two fingers zoom and pan. One finger
// moves the playhead only when it draws or is lifted, since a second one may follow.

import { $ } from '../draw/dom.js';

const ZOOM = 1.25; // by one notch of the wheel, or one key
const CLICK = 4; // px; a press that moves less is a click
const HANDLE = 9; // px from the playhead within which a press takes hold of it
const NEAREST = 20; // px; two fingers zoom only if they are farther apart
const KEY_PAN = 160; // px by one key

/** @typedef {import('../model/player.js').Player} Player */

export class Scrub {
	/**
	 * @param {object} page
	 * @param {Player} page.player
	 * @param {import('../draw/diagram.js').Diagram} page.diagram
	 * @param {import('./replay.js').Replay} page.replay
	 * @param {(op: string) => void} page.focus an operation whose message was clicked
	 * @param {() => void} page.redraw
	 */
	constructor({ player, diagram, replay, focus, redraw }) {
		this.player = player;
		this.diagram = diagram;
		this.replay = replay;
		this.focus = focus;
		this.redraw = redraw;
		/** @type {Map<number, {x: number, y: number}>} the pointers that are down */
		this.pointers = new Map();
		this.from = 0; // where the press began, px
		this.hold = 0; // how far from the playhead the press took hold of it, px
		this.drags = false; // whether the press has moved too far for a click
		this.pans = false; // whether the press pans the diagram, until the last finger is lifted
		this.listen($('diagram-canvas'));
		$('playhead').addEventListener('input', (e) => replay.seek((Number(/** @type {HTMLInputElement} */ (e.target).value) / 1000) * player.end(performance.now())));
		$('playhead').addEventListener('change', () => replay.settled());
		$('badge').addEventListener('click', (e) => {
			if (!replay.on) return;
			e.stopPropagation();
			replay.now();
			toStage();
		});
	}

	/** @param {HTMLElement} canvas */
	listen(canvas) {
		canvas.addEventListener('pointerdown', (e) => this.down(e));
		canvas.addEventListener('pointermove', (e) => this.move(e));
		canvas.addEventListener('pointerup', (e) => this.up(e));
		for (const kind of /** @type {const} */ (['pointerup', 'pointercancel'])) canvas.addEventListener(kind, (e) => this.pointers.delete(e.pointerId));
		canvas.addEventListener('wheel', (e) => this.wheel(e), { passive: false });
		canvas.addEventListener('keydown', (e) => this.keydown(e));
	}

	/** @param {number} px */
	pan(px) {
		this.diagram.panBy(px, this.player.end(performance.now()));
		this.redraw();
	}

	/** @param {number} factor @param {number} [px] */
	zoom(factor, px) {
		this.diagram.zoomBy(factor, px);
		this.redraw();
	}

	/** @param {number} px */
	seekTo(px) {
		this.replay.seek(this.diagram.xAt(px - this.hold));
	}

	/** @param {PointerEvent} e */
	down(e) {
		if (e.button > 1) return;
		/** @type {Element} */ (e.target).setPointerCapture(e.pointerId);
		this.pointers.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
		this.pans = this.pointers.size > 1 || e.shiftKey || e.button === 1;
		if (this.pointers.size > 1) return;
		this.from = e.offsetX;
		this.drags = false;
		const off = e.offsetX - this.diagram.playhead;
		this.hold = Math.abs(off) <= HANDLE ? off : 0;
		if (!this.pans && e.pointerType !== 'touch' && Math.abs(off) > HANDLE) this.seekTo(e.offsetX);
	}

	/** @param {PointerEvent} e */
	move(e) {
		const was = this.pointers.get(e.pointerId);
		if (!was) return;
		this.pointers.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
		if (this.pointers.size === 2) this.moveTwo(e, was.x);
		else if (this.pans) this.pan(was.x - e.offsetX);
		else if ((this.drags ||= Math.abs(e.offsetX - this.from) >= (e.pointerType === 'touch' ? CLICK : 1))) this.seekTo(e.offsetX);
	}

	/** Two fingers zoom by their distance. If one is above the other, they pan. @param {PointerEvent} e @param {number} wasX */
	moveTwo(e, wasX) {
		const other = /** @type {{x: number}} */ ([...this.pointers].find(([id]) => id !== e.pointerId)?.[1]);
		const [apart, before] = [e.offsetX, wasX].map((x) => Math.abs(x - other.x));
		const above = Math.min(apart, before) < NEAREST;
		if (!above) this.diagram.zoomBy(apart / before, other.x); // the place under the other finger stays there
		this.pan(above ? (wasX - e.offsetX) / 2 : 0);
	}

	/** @param {PointerEvent} e */
	up(e) {
		if (this.pointers.size === 1) toStage();
		if (this.pointers.size > 1 || this.pans) return;
		if (Math.abs(e.offsetX - this.from) < CLICK) this.click(e);
		this.replay.settled();
	}

	/** @param {PointerEvent} e */
	click(e) {
		const hit = this.diagram.arrowAt(e.offsetX, e.offsetY);
		if (e.pointerType === 'touch') this.seekTo(e.offsetX);
		if (hit?.arrow.op) this.focus(hit.arrow.op);
	}

	/** @param {WheelEvent} e */
	wheel(e) {
		e.preventDefault();
		const sideways = e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY);
		if (sideways) this.pan(e.deltaX || e.deltaY);
		else this.zoom(e.deltaY < 0 ? ZOOM : 1 / ZOOM, e.offsetX);
	}

	/** @param {KeyboardEvent} e */
	keydown(e) {
		const does = {
			ArrowLeft: e.shiftKey && (() => this.pan(-KEY_PAN)), ArrowRight: e.shiftKey && (() => this.pan(KEY_PAN)),
			'+': () => this.zoom(ZOOM), '-': () => this.zoom(1 / ZOOM),
		}[e.key];
		if (!does || e.ctrlKey || e.altKey || e.metaKey) return;
		e.preventDefault();
		e.stopImmediatePropagation();
		does();
	}
}

/** Gives the focus to the stage, where the keys act. */
function toStage() {
	$('stage').focus({ preventScroll: true });
}

/** Sets the slider and its text to the playhead. @param {Player} player @param {number} x */
export function showScrub(player, x) {
	const slider = /** @type {HTMLInputElement} */ ($('playhead'));
	const end = player.end(performance.now()) || 1;
	slider.value = String(Math.round((x / end) * 1000));
	slider.setAttribute('aria-valuetext', player.parked === undefined ? 'now' : 'in the past');
}

// The playhead in the hand: drag in the diagram, the slider by keyboard, the
// badge back to now. The same hand moves what the diagram shows: the wheel
// zooms, and pans with Shift or sideways; Shift and a drag pan, two fingers do both.
// A finger seeks only once it draws or is lifted: another may follow it.

import { $ } from '../draw/dom.js';

/** @typedef {import('../model/player.js').Player} Player */

const ZOOM = 1.25; // by one notch of the wheel, or one key
const CLICK = 4; // px within which a press is no drag
const NEAREST = 20; // px that two fingers are apart, at least, if they zoom
const KEY_PAN = 160; // px by one key

/**
 * @param {object} on
 * @param {Player} on.player
 * @param {import('../draw/diagram.js').Diagram} on.diagram
 * @param {(x: number|undefined) => void} on.seek
 * @param {(op: string) => void} on.focus an operation whose message was clicked
 * @param {() => void} on.redraw
 */
export function createScrub({ player, diagram, seek, focus, redraw }) {
	const canvas = $('diagram-canvas');
	/** @type {Map<number, {x: number, y: number}>} the pointers that are down */
	const down = new Map();
	let from = 0; // where the press began, px
	let drags = false; // went farther from there than a click
	let pans = false; // moves what is shown, until the last finger is lifted

	/** @param {number} px */
	function pan(px) {
		diagram.panBy(px, player.end(performance.now()));
		redraw();
	}

	/** @param {number} factor @param {number} [px] */
	function zoom(factor, px) {
		diagram.zoomBy(factor, px);
		redraw();
	}

	/** @param {number} px */
	function seekTo(px) {
		const x = diagram.xAt(px);
		seek(x >= player.end(performance.now()) ? undefined : Math.max(0, x));
	}

	canvas.addEventListener('pointerdown', (e) => {
		if (e.button > 1) return;
		canvas.setPointerCapture(e.pointerId);
		down.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
		pans = down.size > 1 || e.shiftKey || e.button === 1;
		if (down.size > 1) return;
		from = e.offsetX;
		drags = false;
		if (!pans && e.pointerType !== 'touch') seekTo(e.offsetX);
	});
	canvas.addEventListener('pointermove', (e) => {
		const was = down.get(e.pointerId);
		if (!was) return;
		down.set(e.pointerId, { x: e.offsetX, y: e.offsetY });
		if (down.size === 2) {
			const other = /** @type {{x: number}} */ ([...down].find(([id]) => id !== e.pointerId)?.[1]);
			const [apart, before] = [e.offsetX, was.x].map((x) => Math.abs(x - other.x));
			const above = Math.min(apart, before) < NEAREST; // one above the other
			if (!above) diagram.zoomBy(apart / before, other.x); // which stays under its finger
			pan(above ? (was.x - e.offsetX) / 2 : 0);
		} else if (pans) pan(was.x - e.offsetX);
		else if ((drags ||= Math.abs(e.offsetX - from) >= (e.pointerType === 'touch' ? CLICK : 1))) seekTo(e.offsetX);
	});
	canvas.addEventListener('pointerup', (e) => {
		if (down.size > 1 || pans || Math.abs(e.offsetX - from) >= CLICK) return;
		const hit = diagram.arrowAt(e.offsetX, e.offsetY);
		if (e.pointerType === 'touch') seekTo(e.offsetX);
		if (hit?.arrow.op) focus(hit.arrow.op);
	});
	for (const kind of /** @type {const} */ (['pointerup', 'pointercancel'])) canvas.addEventListener(kind, (e) => down.delete(e.pointerId));
	canvas.addEventListener('wheel', (e) => {
		e.preventDefault();
		const sideways = e.shiftKey || Math.abs(e.deltaX) > Math.abs(e.deltaY);
		if (sideways) pan(e.deltaX || e.deltaY);
		else zoom(e.deltaY < 0 ? ZOOM : 1 / ZOOM, e.offsetX);
	}, { passive: false });
	canvas.addEventListener('keydown', (e) => {
		const does = {
			ArrowLeft: e.shiftKey && (() => pan(-KEY_PAN)), ArrowRight: e.shiftKey && (() => pan(KEY_PAN)),
			'+': () => zoom(ZOOM), '-': () => zoom(1 / ZOOM), End: () => seek(undefined),
		}[e.key];
		if (!does || e.ctrlKey || e.altKey || e.metaKey) return;
		e.preventDefault();
		e.stopImmediatePropagation();
		does();
	});
	$('playhead').addEventListener('input', (e) => {
		const v = Number(/** @type {HTMLInputElement} */ (e.target).value) / 1000;
		seek(v >= 1 ? undefined : v * player.end(performance.now()));
	});
	$('badge').addEventListener('click', (e) => {
		if (player.parked === undefined) return;
		e.stopPropagation();
		seek(undefined);
	});
}

/** The slider stands where the playhead is. @param {Player} player @param {number} x */
export function showScrub(player, x) {
	const slider = /** @type {HTMLInputElement} */ ($('playhead'));
	const end = player.end(performance.now()) || 1;
	if (document.activeElement !== slider) slider.value = String(Math.round((x / end) * 1000));
}

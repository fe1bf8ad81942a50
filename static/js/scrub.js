// The playhead in the hand: drag in the diagram, the slider by keyboard, the
// badge back to now.

/** @typedef {import('./player.js').Player} Player */

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {object} on
 * @param {Player} on.player
 * @param {ReturnType<typeof import('./draw-diagram.js').createDiagram>} on.diagram
 * @param {(x: number|undefined) => void} on.seek
 * @param {() => void} on.redraw
 */
export function createScrub({ player, diagram, seek, redraw }) {
	const canvas = $('diagram-canvas');
	canvas.addEventListener('pointerdown', (e) => {
		canvas.setPointerCapture(e.pointerId);
		const drag = (/** @type {PointerEvent} */ at) => {
			const x = diagram.xAt(at.offsetX);
			const end = player.end(performance.now());
			seek(x >= end ? undefined : Math.max(0, x));
		};
		drag(e);
		canvas.onpointermove = drag;
		canvas.onpointerup = canvas.onpointercancel = () => { canvas.onpointermove = null; };
	});
	canvas.addEventListener('wheel', (e) => {
		e.preventDefault();
		diagram.zoomBy(e.deltaY < 0 ? 1.25 : 0.8);
		redraw();
	}, { passive: false });
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

// Asks the browser to draw the next frame. A page on which nothing changes draws nothing.

const TICK = 100; // ms between frames while only a countdown runs

/**
 * The two ways to ask for a frame: wake draws one soon, wakeLater at the next tick. Two
 * requests before a frame draw one frame.
 * @param {() => void} draw
 */
export function onDemand(draw) {
	let frame = 0;
	let timer = 0;
	function wake() {
		if (frame) return;
		clearTimeout(timer);
		timer = 0;
		frame = requestAnimationFrame(() => {
			frame = 0;
			draw();
		});
	}
	function wakeLater() {
		if (!frame) timer ||= window.setTimeout(wake, TICK);
	}
	return { wake, wakeLater };
}

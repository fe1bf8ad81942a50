// Two windows, one talk: the window that was touched tells what it looks at,
// and those opened as /?follow show the same. In full screen the projector
// must not go dark.

/** @typedef {{kind: 'focus', key?: string, op?: string, node?: number, msg?: string, tab?: string, at?: number}} Focus */

const GAP = 40; // ms between two frames, while a playhead is dragged

/**
 * Sends the newest of what it is given, not too often.
 * @param {(frame: Focus) => void} send @param {() => Focus} look
 * @returns {() => void} to be called when something was chosen
 */
export function sharer(send, look) {
	let timer = 0;
	let last = '';
	return () => {
		timer ||= window.setTimeout(() => {
			timer = 0;
			const frame = look();
			const text = JSON.stringify(frame);
			if (text === last) return;
			last = text;
			send(frame);
		}, GAP);
	};
}

/** Whether the page fills the screen, by its own button or by the browser's key. */
export function isFull() {
	return !!document.fullscreenElement || matchMedia('(display-mode: fullscreen)').matches;
}

/** Keeps the screen awake while the page fills it. */
export function stayAwake() {
	/** @type {WakeLockSentinel|undefined} */
	let lock;
	async function check() {
		const wanted = isFull() && document.visibilityState === 'visible';
		if (wanted && (!lock || lock.released)) lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
		else if (!wanted && lock) {
			await lock.release();
			lock = undefined;
		}
		document.documentElement.toggleAttribute('data-awake', !!lock && !lock.released);
	}
	document.addEventListener('fullscreenchange', check);
	document.addEventListener('visibilitychange', check);
	matchMedia('(display-mode: fullscreen)').addEventListener('change', check);
}

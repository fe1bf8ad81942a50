// Two windows for one talk. The window that a person uses sends what it shows, and each
// window that was opened as /?follow shows the same. In full screen the screen must not
// turn off.

/** @typedef {{kind: 'focus', key?: string, op?: string, node?: number, msg?: string, tab?: string, at?: number}} Focus */

const GAP = 40; // ms between two frames, at least

/** The actions that work also in a window that follows. */
export const FOLLOWS = ['full', 'theme', 'legend', 'help'];

/**
 * Sends what the window shows, but not more often than once in GAP, and only if it changed.
 * @param {(frame: Focus) => void} send @param {() => Focus} look
 * @returns {() => void} must be called after each change
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

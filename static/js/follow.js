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

/**
 * The place on the elastic axis of a moment, the inverse of timeAt; undefined
 * for a moment that is not retained.
 * @param {{events: {t: number}[], x: number[]}} timeline @param {number} t microseconds
 */
export function placeOf(timeline, t) {
	const { events, x } = timeline;
	if (!events.length || t < events[0].t) return undefined;
	let i = events.length - 1;
	while (i > 0 && events[i].t > t) i--;
	if (i === events.length - 1) return x[i] + (t - events[i].t) / 1000;
	const dt = events[i + 1].t - events[i].t;
	return dt > 0 ? x[i] + ((x[i + 1] - x[i]) * (t - events[i].t)) / dt : x[i];
}

/**
 * Where the sentences begin: what clients asked, and what people did to the
 * cluster, those close together being one.
 * @param {{events: {kind: string, client?: string}[], x: number[]}} timeline
 * @returns {number[]}
 */
export function beats(timeline) {
	/** @type {number[]} */
	const out = [];
	let last = -Infinity;
	timeline.events.forEach((e, i) => {
		if (!['invoke', 'status', 'link', 'pace', 'mode', 'quorum'].includes(e.kind) || e.client === 'load') return;
		if (timeline.x[i] - last > 120) out.push(timeline.x[i]);
		last = timeline.x[i];
	});
	return out;
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

// Places on a timeline: where the sentences of the caption begin, and where a moment
// lies that another window shows.

const SAME = 20; // elastic ms within which two waves are one

/**
 * The place of a moment on the elastic axis. It is the inverse of timeAt. It is
 * undefined for a moment that is not retained.
 * @param {import('./timeline.js').Timeline} timeline @param {number} at microseconds
 */
export function placeOf({ t, x }, at) {
	if (!t.length || at < t[0]) return undefined;
	let i = t.length - 1;
	while (i > 0 && t[i] > at) i--;
	if (i === t.length - 1) return x[i] + (at - t[i]) / 1000;
	return x[i] + ((x[i + 1] - x[i]) * (at - t[i])) / (t[i + 1] - t[i]);
}

/**
 * The places where waves end: where an operation begins or ends, and where the last
 * message of a fan ended.
 * @param {{events: import('./types.js').Event[], x: number[]}} timeline
 * @returns {number[]} ascending
 */
export function waves({ events, x }) {
	/** @type {Map<string, number>} by operation and type of message */
	const fans = new Map();
	/** @type {number[]} */
	const ends = [];
	events.forEach((e, i) => {
		if (!e.op || e.client === 'load' || e.class === 'background') return;
		if (e.kind === 'invoke' || e.kind === 'return') ends.push(x[i]);
		else if (e.kind === 'delivered' || e.kind === 'lost') fans.set(`${e.op}:${e.type}`, x[i]);
	});
	const all = [...ends, ...fans.values()].sort((a, b) => a - b);
	return all.filter((at, i) => i === all.length - 1 || all[i + 1] - at > SAME);
}

/**
 * The places where sentences begin: at the operations of clients, and at what people
 * did to the cluster. Places that are close together count as one.
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

// Moments of a timeline: where the sentences of the caption begin, and the
// place of a moment that another window looks at.

const SAME = 20; // elastic ms within which two waves are one

/**
 * The place on the elastic axis of a moment, the inverse of timeAt; undefined
 * for a moment that is not retained.
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
 * Where one wave after the other has come in: where an operation begins and
 * ends, and where the last message of each of its fans ended.
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

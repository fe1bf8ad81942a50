// The measurements in words and figures: the corners of the triangle, the verdict, the
// quality of a read, the series of the charts. These are pure functions.

/** @typedef {import('./wire.js').Figures} Figures */
/** @typedef {Pick<import('./wire.js').Op, 'op'|'node'|'key'> & Partial<import('./wire.js').Op>} Read an operation that is a read */
/** @typedef {import('./wire.js').Second} Second */
/** @typedef {import('./wire.js').Fault} Fault */
/** @typedef {Omit<import('./wire.js').Verdict, 'forgotten'|'open'> & {forgotten?: number, load?: import('./types.js').Load}} Report GET /api/verdict, and the report of a verdict event; load: the load that runs now */

export const GREEN = 'linearizable so far';
export const RED = 'not linearizable';

const WHOLE = 0.995; // from this share of answered calls on, at nodes that run, availability counts as kept

/** The share of calls that were answered, at nodes that run. This is availability as CAP defines it. It is undefined if there were no calls. @param {Figures} f @returns {number|undefined} */
export function reachable(f) {
	const asked = f.asked - f.unreached;
	return asked > 0 ? f.answered / asked : undefined;
}

/** @param {number|null|undefined} share */
export function percent(share) {
	if (share === null || share === undefined) return 'no calls';
	const p = 100 * share;
	return `${p > 99.9 && p < 100 ? '99.9' : p.toFixed(p === 100 ? 0 : 1)} %`;
}

/**
 * A median and a p99 in milliseconds, as short text. From 100 ms on it has no tenths.
 * @param {{p50_ms: number, p99_ms: number}|undefined} latency
 */
export function latencies(latency) {
	if (!latency) return '–';
	return [latency.p50_ms, latency.p99_ms].map((ms) => ms.toFixed(ms < 99.95 ? 1 : 0)).join(' / ');
}

/** @typedef {'kept'|'broken'|'unknown'} Corner */

/**
 * Consistency and availability as measured in the last ten seconds, or since the last
 * reset if nothing was asked in that time. It is undefined if nothing was measured.
 * text: the figures in a sentence. why: which corner is broken, in a phrase; '' for none.
 * @param {Report} r
 * @returns {{c: Corner, a: Corner, text: string, why: string}|undefined}
 */
export function measured(r) {
	const now = r.recent.asked > 0 ? r.recent : r.total;
	if (now.asked === 0) return undefined;
	const bad = r.recent.stale + r.recent.conflicting;
	const c = r.verdict === RED || bad > 0 ? 'broken' : r.verdict === GREEN ? 'kept' : 'unknown';
	const share = reachable(now);
	const a = share === undefined ? 'unknown' : share >= WHOLE ? 'kept' : 'broken';
	const consistent = { kept: 'consistency kept', broken: bad ? `${bad} ${bad === 1 ? 'read' : 'reads'} stale or conflicting` : 'consistency broken', unknown: `consistency: ${r.verdict}` }[c];
	const span = r.recent.asked > 0 ? 'in the last 10 s' : 'since the last reset';
	const answered = `${percent(share)} answered`;
	const text = `Measured: ${consistent}; ${answered} at nodes that run, ${span}${r.faulty ? '; something is broken now' : ''}`;
	const broken = [c === 'broken' && (bad ? wrongReads(r.recent) : 'not linearizable'), a === 'broken' && answered].filter(Boolean);
	return { c, a, text, why: broken.length ? `${broken.join(', ')} ${r.recent.asked > 0 ? 'in 10 s' : 'since the reset'}` : '' };
}

/** How many reads were wrong, and in which way if it was the same for all. @param {Figures} f */
function wrongReads({ stale, conflicting }) {
	const word = !conflicting ? 'stale' : !stale ? 'conflicting' : 'wrong';
	return `${stale + conflicting} ${word} ${stale + conflicting === 1 ? 'read' : 'reads'}`;
}

/** @typedef {'holds'|'broken'|'open'} Side */

/**
 * The three sides of the triangle. A side is broken if one of its corners is measured as
 * broken. The side that the mode promises holds, unless a measurement of one of its
 * corners is broken or unknown. The other sides are open.
 * @param {{c: Corner, a: Corner}|undefined} m @param {string[]} promised the two corners that the mode promises
 * @returns {{ca: Side, cp: Side, ap: Side}}
 */
export function sides(m, promised) {
	const side = (/** @type {'ca'|'cp'|'ap'} */ name) => {
		const corners = [...name].map((corner) => (corner === 'p' ? 'kept' : m?.[/** @type {'c'|'a'} */ (corner)] ?? 'kept'));
		if (corners.includes('broken')) return 'broken';
		return promised.join('').toLowerCase() === name && !corners.includes('unknown') ? 'holds' : 'open';
	};
	return { ca: side('ca'), cp: side('cp'), ap: side('ap') };
}

/** The verdict in words. @param {Report} r @returns {{tone: string, title: string, text: string}} */
export function verdict(r) {
	const worst = r.keys[0];
	const same = r.keys.filter((k) => k.verdict === r.verdict).length;
	const suspect = r.keys.find((k) => k.suspect);
	if (suspect && r.verdict !== RED) return { tone: 'open', title: 'Looks wrong', text: `key ${suspect.key}, unless an event that explains it is late` };
	const keys = r.keys.length === 1 ? 'one key' : `${r.keys.length} keys`;
	switch (r.verdict) {
		case GREEN:
			return r.total.asked ? { tone: 'good', title: 'Linearizable so far', text: `${keys}, ${r.total.asked} operations` } : { tone: 'none', title: 'Nothing to judge yet', text: '' };
		case RED:
			return { tone: 'bad', title: 'Not linearizable', text: `key ${worst?.key ?? '?'}, since operation ${(worst?.since ?? '').slice(0, 4)}${same > 1 ? `, and ${same - 1} more` : ''}` };
		case 'cannot tell':
			return { tone: 'open', title: 'Cannot tell', text: worst?.why ? `${worst.key}: ${worst.why}` : '' };
	}
	return { tone: 'open', title: 'Too many to tell yet', text: `${same} of ${keys}` };
}

/** The operations that the verdict and the figures leave out, in sentences. @param {Report} r */
export function leftOut(r) {
	const many = (/** @type {number} */ n, /** @type {string} */ what) => `${n.toLocaleString('en')} ${what}${n === 1 ? '' : 's'}`;
	return [
		r.forgotten ? `Judged, and no longer kept: the ${many(r.forgotten, 'oldest operation')}.` : '',
		r.unjudged ? `Counted and not judged, for want of room: ${many(r.unjudged, 'operation')} on further keys.` : '',
		r.left_out ? `Heard of too late to be judged: ${many(r.left_out, 'read')}.` : '',
	].filter(Boolean).join(' ');
}

/** The load that runs now, in a sentence. @param {import('./types.js').Load|undefined} l */
export function traffic(l) {
	if (!l) return '';
	const [c, k] = [l.clients, l.keys].map((n, i) => (n === 1 ? ['one client', 'one key'][i] : `${n} ${['clients', 'keys'][i]}`));
	return `Load: ${l.rate}/s by ${c} on ${k}, ${Math.round(100 * l.read_ratio)} % reads.`;
}

/** The quality of a read, in a phrase. @param {Read} r */
export function qualityOfRead(r) {
	const w = r.word;
	if (!w) return '';
	const n = w.missed === 1 ? 'by 1 write' : `by ${w.missed} writes`;
	if (w.word === 'stale') return `stale ${n}`;
	return w.word === 'lost write' ? `lost write, stale ${n}` : w.word;
}

const WHY = {
	cut: 'was cut off', loss: 'was lost', dropped: 'was dropped', refused: 'was refused',
	timeout: 'was never taken in', overflow: 'found the queue full', down: 'died with its receiver',
	gap: 'has an end that was not reported',
};

/** Why a read missed the newest write, in a phrase. @param {Read} r */
export function cause(r) {
	const w = r.word;
	if (!w?.newest) return '';
	const c = w.cause;
	if (!c) return `no lost message of write ${w.newest.slice(0, 4)} is known that explains it`;
	const why = WHY[/** @type {keyof WHY} */ (c.why)] ?? 'was still under way';
	const what = c.op === w.newest ? `${c.type.replaceAll('-', ' ')} of write ${w.newest.slice(0, 4)}` : `${c.answer ? 'answer to' : 'question of'} this read`;
	return `${what}, ${c.from} to ${c.to}, ${why}`;
}

/**
 * Merges new seconds into the known ones, the oldest first. It keeps at most `keep`.
 * @param {Second[]} known @param {Second[]} fresh @param {number} keep
 */
export function merge(known, fresh, keep) {
	const byTime = new Map(known.map((s) => [s.t, s]));
	for (const s of fresh) byTime.set(s.t, s);
	return [...byTime.values()].sort((a, b) => a.t - b.t).slice(-keep);
}

/**
 * The columns of the charts for the last span seconds before now. A second in
 * which no operation ended has counts of 0 and no latency.
 * @param {Second[]} series @param {number} now seconds @param {number} span
 */
export function columns(series, now, span) {
	const byTime = new Map(series.map((s) => [s.t, s]));
	/** @type {{t: number[], good: number[], bad: number[], stale: number[], p50: (number|null)[], p99: (number|null)[]}} */
	const c = { t: [], good: [], bad: [], stale: [], p50: [], p99: [] };
	for (let t = now - span; t < now; t++) {
		const s = byTime.get(t);
		c.t.push(t);
		c.good.push(s?.answered ?? 0);
		c.bad.push(s ? s.refused + s.unknown : 0);
		c.stale.push(s ? s.stale + s.conflicting : 0);
		c.p50.push(s?.p99_ms ? s.p50_ms : null);
		c.p99.push(s?.p99_ms ? s.p99_ms : null);
	}
	return c;
}

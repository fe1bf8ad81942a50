// What the stage says about a state at a playhead: where a message is, which
// words a node carries, what a slot of the quorum shows, what a status means.
// Pure functions; drawing asks them and adds nothing of its own.

import { WAVE } from './playhead.js';
import { focusOp, isCut, isParked } from './model.js';
import { crossedAt } from './tears.js';

/** @typedef {import('./model.js').State} State */
/** @typedef {import('./model.js').Msg} Msg */
/** @typedef {import('./model.js').Op} Op */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Curve} Curve */

/**
 * @typedef {object} View A state at a playhead.
 * @property {State} s
 * @property {number} x the playhead on the elastic axis
 * @property {number} t the same as wall time, microseconds
 * @property {number} v the same as virtual time, microseconds
 * @property {number} selected the node that actions go to
 * @property {string} hand the message in the hand
 * @property {string} lit the message that is pointed at, in the ring or in the diagram
 * @property {boolean} still no motion: appear and vanish
 * @property {Set<string>} pending actions under way, as "freeze:4"
 * @property {import('./layout.js').Rect[]} [lists] what stands over the ring, for labels to keep off
 * @property {boolean} flow too much happens to be drawn one by one: links show it
 * @property {number} rate messages a second, where flow is shown
 * @property {(id: string) => number} endOf where on the axis a message ends, as far as is known
 */

const PARKED = 0.88; // where it stands at a frozen node's door
const DOOR = 0.97; // where a message stands that was not taken in yet
const QUEUE = 0.7; // where held messages wait, the first of a lane

/** cubic-bezier(.3, 0, .2, 1). @param {number} f */
export function ease(f) {
	if (f <= 0) return 0;
	if (f >= 1) return 1;
	let u = f;
	for (let i = 0; i < 6; i++) {
		const x = 3 * (1 - u) ** 2 * u * 0.3 + 3 * (1 - u) * u * u * 0.2 + u ** 3;
		const dx = 3 * (1 - u) ** 2 * 0.3 + 6 * (1 - u) * u * (0.2 - 0.3) + 3 * u * u * 0.8;
		u -= (x - f) / (dx || 1);
	}
	return 3 * (1 - u) * u * u + u ** 3;
}

/**
 * How far along its lane a message is, 0 to 1, and whether it still moves.
 * @param {View} view @param {Msg} m @param {Curve} lane @param {Point[][]} tears
 * @param {number} [place] how many messages wait before it on its lane
 * @returns {{f: number, moves: boolean}}
 */
export function progress(view, m, lane, tears, place = 0) {
	if (m.state === 'delivered') return { f: 1, moves: false };
	const stop = m.state === 'lost' ? stopOf(m, lane, tears) : isParked(view.s, m, view.v) ? PARKED : isCut(view.s, m.from, m.to) ? crossedAt(lane, tears) ?? 0.5 : DOOR;
	const f = fraction(view, m, place);
	const arrived = f >= stop || (m.state === 'lost' && view.x >= m.x1);
	const waits = m.held || view.s.pace.pace === 'step';
	return { f: arrived ? stop : f, moves: !arrived && !(waits && f >= QUEUE - place * 0.13) };
}

/** @param {View} view @param {Msg} m @param {number} place */
function fraction(view, m, place) {
	const known = view.endOf(m.id) - m.x0;
	const wave = view.still ? 1 : ease((view.x - m.x0) / (known > 0 && known <= 4 * WAVE && m.why !== 'cut' ? known : WAVE));
	if (m.held || (view.s.pace.pace === 'step' && m.state === 'flying' && m.pace !== 'slow')) return (QUEUE - place * 0.13) * wave;
	const span = m.due - m.v0;
	if (span > WAVE * 1000 || (m.pace !== 'live' && span > 0)) {
		const v = m.state === 'flying' ? view.v : Math.min(view.v, m.v1);
		return Math.max(0, Math.min(1, (v - m.v0) / span));
	}
	return wave;
}

/** Where a lost message stopped. @param {Msg} m @param {Curve} lane @param {Point[][]} tears */
function stopOf(m, lane, tears) {
	const span = m.due - m.v0;
	const there = m.pace !== 'live' && span > 0 ? Math.max(0.08, Math.min(DOOR, (m.v1 - m.v0) / span)) : 0;
	switch (m.why) {
		case 'cut':
			return (crossedAt(lane, tears) ?? there) || 0.5;
		case 'timeout':
			return 0.88;
		case 'refused':
		case 'down':
			return 0.9;
		case 'overflow':
			return 0.2;
		case 'dropped':
			return m.pace === 'step' || m.held ? QUEUE : there || 0.55;
		default:
			return there || 0.55;
	}
}

/** The type of a message, as people say it. @param {string} type */
export function typeWords(type) {
	return { rollback: 'roll back', handover: 'hand over' }[type] ?? type.replaceAll('-', ' ');
}

/** The word beside an ×. @param {State} s @param {Msg} m */
export function reason(s, m) {
	switch (m.why) {
		case '': // not lost yet, but too late: see isTimedOut
		case 'timeout':
			return 'timed out';
		case 'loss':
			return 'lost';
		case 'down':
			return 'killed';
		case 'refused':
			return s.nodes.get(m.to)?.status === 'killed' || s.ops.get(m.op)?.faults.killed.includes(m.to) ? 'killed' : 'refused';
		case 'overflow':
			return 'queue full';
		default:
			return m.why;
	}
}

/** The value of a node's circle: of the key in focus. @param {State} s @param {number} id */
export function valueAt(s, id) {
	const h = s.held.get(`${id}/${s.key}`);
	return { held: h, text: h && (h.version || h.val) ? h.val : '', locked: h?.lockedBy ?? '', version: h?.version ?? '' };
}

/** @param {string} text @param {number} most the middle gives way to an ellipsis */
export function shorten(text, most) {
	const c = [...text];
	if (c.length <= most) return text;
	const head = Math.ceil((most - 1) / 2);
	return c.slice(0, head).join('') + '…' + c.slice(c.length - (most - 1 - head)).join('');
}

/** The homes of the key in focus, as operations and keys report them. @param {State} s @returns {number[]} */
export function homesOf(s) {
	const op = focusOp(s);
	for (const p of op?.phases ?? []) if (p.homes.length) return p.homes;
	for (const h of s.held.values()) if (h.key === s.key && h.homes.length) return h.homes;
	return [];
}

/** The words below a node. @param {State} s @param {number} id @param {Set<number>} chief the coordinators @returns {string} */
export function wordsOf(s, id, chief) {
	const n = s.nodes.get(id);
	if (!n) return '';
	const words = [];
	if (s.mode === 'AP' && homesOf(s).includes(id)) words.push('home');
	if (n.status === 'frozen' || n.status === 'killed' || n.status === 'starting') return [...words, n.status].join(' · ');
	if (n.silent) return [...words, 'silent'].join(' · ');
	const hints = [...s.hints.values()].filter((h) => h.node === id);
	if (hints.length) {
		const homes = [...new Set(hints.map((h) => h.for))].sort();
		const what = hints.length === 1 && hints[0].key === s.key ? shorten(hints[0].val, 8) : hints.length;
		return [...words, `keeps ${what} for ${homes.join(', ')}`].join(' · ');
	}
	if (s.mode === 'RAFT' && n.role) words.push(n.term ? `${n.role} ${n.term}` : n.role);
	else if (n.badges['in doubt'] || n.badges.in_doubt) words.push('in doubt');
	else if (chief.has(id)) words.push(share(s, id) || 'coordinator');
	return words.join(' · ');
}

/** What keeps a frozen node still, in a few words: not every system has a signal for it. @param {import('./types.js').Node} n */
export function freezeWords(n) {
	if (n.status !== 'frozen') return '';
	return { self: 'pauses itself', signal: 'stopped by a signal' }[n.freeze] ?? '';
}

/** How many a coordinator could reach under the split of its operation, itself included. @param {State} s @param {number} id */
function share(s, id) {
	const parts = clients(s).find((op) => (op.coordinator || op.node) === id)?.faults.parts ?? [];
	if (parts.length < 2 || s.mode === 'CA') return '';
	return `${parts.find((g) => g.includes(id))?.length ?? 1} of ${s.nodes.size}`;
}

/** The nodes that coordinate what the stage shows. @param {State} s @returns {Set<number>} */
export function coordinators(s) {
	return new Set(clients(s).map((op) => op.coordinator || op.node));
}

/**
 * The operations that the stage is about, and whose clients stand on it: the
 * one in focus, those that ran beside it or still run, and under a split the
 * newest of each other side; one a node.
 * @param {State} s @returns {Op[]}
 */
export function clients(s) {
	const focus = focusOp(s);
	const parts = focus?.faults.parts ?? [];
	const split = parts.length > 1 ? JSON.stringify(parts) : '';
	const sides = new Set(focus && split ? [sideOf(parts, focus.node)] : []);
	/** @type {Map<number, Op>} */
	const at = new Map(focus ? [[focus.node, focus]] : []);
	for (const op of [...s.ops.values()].slice(-30).reverse()) {
		if (op.client === 'load' || at.has(op.node) || at.size > 2) continue;
		const beside = !op.status || (focus && op.x1 > focus.x0 && op.x0 <= focus.x1);
		const side = split && JSON.stringify(op.faults.parts) === split ? sideOf(parts, op.node) : undefined;
		if (!beside && (side === undefined || sides.has(side))) continue;
		if (side !== undefined) sides.add(side);
		at.set(op.node, op);
	}
	return [...at.values()];
}

/** @param {number[][]} parts @param {number} id */
function sideOf(parts, id) {
	return parts.findIndex((g) => g.includes(id));
}

/** @param {number} status @returns {'good'|'bad'|'waits'} */
export function outcome(status) {
	if (!status) return 'waits';
	return status < 300 || status === 404 ? 'good' : 'bad';
}

/** @param {Op} op the phase that tells most: the last that counts answers */
export function phaseOf(op) {
	return op.phases.findLast((p) => p.need > 0 && p.phase !== 'acks') ?? op.phases.at(-1);
}

/**
 * What each node said in an operation, for its slots.
 * @param {View} view @param {Op} op
 * @returns {{id: number, said: 'yes'|'no'|'silent'|'lost'|'flying'|'waiting', home: boolean}[]}
 */
export function slots(view, op) {
	const p = phaseOf(op);
	const homes = homesOf(view.s);
	const flying = new Set();
	const lost = new Set();
	for (const m of view.s.msgs.values()) {
		if (m.op !== op.id) continue;
		if (m.state === 'flying' && !isParked(view.s, m, view.v)) flying.add(m.from === op.coordinator ? m.to : m.from);
		if (m.state === 'lost') lost.add(m.from === op.coordinator ? m.to : m.from);
	}
	return [...view.s.nodes.values()].sort((a, b) => a.id - b.id).map((n) => {
		const home = view.s.mode === 'AP' && homes.includes(n.id);
		if (p?.yes.includes(n.id)) return { id: n.id, said: 'yes', home };
		if (p?.no.includes(n.id)) return { id: n.id, said: 'no', home };
		const asked = !p || home || p.waiting.includes(n.id);
		if (asked && (n.status === 'frozen' || n.silent)) return { id: n.id, said: 'silent', home };
		if (lost.has(n.id)) return { id: n.id, said: 'lost', home };
		return { id: n.id, said: flying.has(n.id) ? 'flying' : 'waiting', home };
	});
}

/** The bar's words: how many answered, how many are missing. @param {View} view @param {Op} op */
export function meterWords(view, op) {
	const p = phaseOf(op);
	const yes = p?.yes.length ?? 0;
	const need = p?.need ?? 0;
	const all = slots(view, op);
	const count = (/** @type {string} */ said) => all.filter((s) => s.said === said).length;
	const said = view.s.mode === 'CA' && op.kind === 'write' ? 'yes' : 'answered';
	const parts = [`${yes} ${said}`];
	if (count('no')) parts.push(`${count('no')} no`);
	if (count('silent')) parts.push(`${count('silent')} silent`);
	else if (!op.status && count('flying')) parts.push(`${count('flying')} in the air`);
	else if (yes < need) parts.push(`${need - yes} short`);
	return { yes, need, total: all.length, text: parts.join(', ') };
}

/** The three words of the stamp. @param {State} s @param {Op} op */
export function meaning(s, op) {
	const write = op.kind !== 'read';
	const homes = homesOf(s);
	const p = phaseOf(op);
	switch (op.status) {
		case 201:
			if (s.mode === 'AP') {
				const at = (p?.yes ?? []).filter((id) => homes.includes(id)).length;
				return `written\n${at} of ${homes.length || s.quorum.n} homes${hint(s, op)}`;
			}
			return s.mode === 'CA' ? `committed\nby all ${s.nodes.size}` : 'written\nby a majority';
		case 200:
			return op.kind === 'read' ? `read\n${shorten(op.val || 'the value', 12)}` : 'done';
		case 404:
			return 'answered:\nno value';
		case 409:
			return s.mode === 'CA' ? 'refused\nkey is locked' : 'refused';
		case 503:
			if (!write) return 'refused\nno quorum';
			return s.mode === 'CA' ? 'rolled back\nnothing\nwas written' : 'refused\nnothing\nwas written';
		case 504:
			return 'unknown\nit may yet\ntake effect';
		case 0:
			return '';
		default:
			return op.status < 300 ? 'done' : 'refused';
	}
}

/** @param {State} s @param {Op} op */
function hint(s, op) {
	const kept = op.kept.at(-1);
	if (!kept) return '';
	return s.hints.has(`${kept.node}/${kept.for}/${op.key}`) ? `\nhint for ${kept.for}` : `\nhanded to ${kept.for}`;
}

/**
 * What is left of an operation's wait, in real milliseconds at the present
 * pace; undefined where nothing says, Infinity where time stands still.
 * @param {View} view @param {Op} op
 */
export function countdown(view, op) {
	const p = op.phases.at(-1);
	let due = 0;
	for (const t of view.s.timers.values()) {
		const matches = p?.timer ? t.id === p.timer : t.op === op.id;
		if (matches && (!due || t.due < due)) due = t.due;
	}
	if (!due) return undefined;
	const rate = view.s.pace.rate;
	return rate > 0 ? Math.max(0, (due - view.v) / 1000 / rate) : Infinity;
}

/** When a timer fires, in a few words. @param {View} view @param {{node: number, due: number}} t */
export function dueWords({ s, v }, t) {
	if (s.pace.rate <= 0) return 'held';
	const left = (t.due - v) / 1000 / s.pace.rate;
	return left <= 0 && s.nodes.get(t.node)?.status === 'frozen' ? 'at the thaw' : duration(Math.max(0, left));
}

/** Times for people. @param {number} ms */
export function duration(ms) {
	if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

// The messages that the stage shows, their places on the lanes, and the labels
// beside them. Pure functions of a view and a geometry.

import { focusOp, isParked, isTimedOut } from '../model/state.js';
import { clients } from '../model/view.js';
import { typeWords } from '../model/text.js';
import { modeOf } from '../modes/index.js';
import { reason } from '../modes/words.js';
import { progress, stopOf } from './flight.js';
import { MARK, PLACES, around, covers, pointOn, roomText } from './layout.js';
import { textWidth } from './letters.js';
import { lane } from './stands.js';

/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./labels.js').Wanted} Wanted */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {{one: Seen, text: string, at: Point[], group: string}} Lost a lost message, and the label beside its ×; at: the points beside which the label may stand; group: the messages with which it could share a label */
/** @typedef {{m: Msg, state: string, f: number, p: Point, gone: boolean, moves: boolean, dimmed: boolean, rest: number, toCome: string}} Seen a message as it is drawn now; toCome: in a replay, 'whole' for a message that has not left yet, 'rest' for the remaining way of a message that has left, else '' */

const FADE = 150; // elastic ms for which a delivered message stays, in a replay or if its operation is not on the stage
const LOST_STAYS = 1500;
const MOST = 120; // messages drawn one by one; if there are more, only those of the operation in focus
const RESTS = [0.5, 0.56, 0.44, 0.62, 0.38, 0.68]; // places on a lane for the mark of a delivered message; the first free place is used

/**
 * The messages that the stage shows now, with their states. A replay also shows
 * the messages to come.
 * @param {View} view @param {Geometry} g @param {Point[][]} tears
 * @param {Map<string, number>} stops the places of lost messages, so that an × does not move when the partition heals
 * @returns {Seen[]}
 */
export function messagesShown(view, g, tears, stops) {
	const { s, x, v, since } = view;
	const onStage = new Set(clients(s, since).map((op) => op.id));
	const shown = onTheStage(view, g, onStage);
	const lanes = crowdedLanes(view, shown);
	/** @type {Map<string, number>} */
	const queued = new Map();
	const repeats = isRepeated(s);
	const ofStep = (/** @type {Msg} */ m) => since !== undefined && m.x1 >= since;
	const stays = (/** @type {Msg} */ m) => onStage.has(m.op) || ofStep(m);
	const seen = shown.map((m) => {
		const id = laneOf(m);
		const before = m.state === 'flying' ? queued.get(id) ?? 0 : 0;
		if (m.state === 'flying') queued.set(id, before + 1);
		const curve = lane(g, m.from, m.to);
		const { f: now, moves } = progress(view, m, curve, tears, before);
		const dies = m.state === 'lost' && x < m.x1;
		const died = m.state === 'lost' && !dies && !moves;
		if (died && !stops.has(m.id)) stops.set(m.id, now);
		const f = died ? stops.get(m.id) ?? now : now;
		const parked = isParked(s, m, v) && !moves;
		const timedOut = parked && isTimedOut(s, m);
		const state = dies ? 'flying' : timedOut ? 'lost' : parked ? 'parked' : m.state;
		const gone = (timedOut && !onStage.has(m.op)) || (parked && !timedOut && lanes.hides(m)) || (m.state !== 'flying' && m.x0 < (lanes.newest.get(id) ?? 0)) || (m.state === 'delivered' && (!stays(m) || repeats(m)));
		return { m, state, f, p: pointOn(curve, f), gone, moves, dimmed: state !== 'flying' && ((m.op !== s.focus && !ofStep(m)) || isBeforeMending(s, m)), rest: f, toCome: '' };
	});
	return [...seen, ...messagesToCome(view, g, tears)];
}

/**
 * Whether a message ended before the split was healed, or was lost at a node that runs again
 * since then. Such a message shows the cluster as it was under the fault.
 * @param {import('../model/types.js').State} s @param {Msg} m
 */
function isBeforeMending({ news: { what, nodes, x } }, m) {
	if (m.state === 'flying' || m.x1 > x) return false;
	return what === 'healed' || (what === 'back' && m.state === 'lost' && nodes.includes(m.to));
}

/**
 * Whether a message is a question, or its answer, among nodes that wait for the word of a dead
 * coordinator. They ask again and again, so what has arrived is not kept on the stage.
 * @param {import('../model/types.js').State} s @returns {(m: Msg) => boolean}
 */
function isRepeated(s) {
	const op = focusOp(s);
	const asks = op ? modeOf(s).blocked(s, op) : [];
	return (m) => m.op === op?.id && asks.includes(m.from) && asks.includes(m.to);
}

/** @param {Msg} m */
const laneOf = (m) => `${m.from}-${m.to}`;

/** @param {View} view @param {Geometry} g @param {Set<string>} onStage operations whose clients are on the stage @returns {Msg[]} */
function onTheStage(view, g, onStage) {
	const { s, x, since } = view;
	const there = new Set(g.places.map((p) => p.id));
	const shown = [...s.msgs.values()].filter((m) => {
		if (!there.has(m.from) || !there.has(m.to)) return false;
		if (m.cls === 'background' && (m.state !== 'flying' || (!m.held && s.pace.pace === 'live'))) return false;
		if (view.flow && m.op !== s.focus) return false;
		if (since !== undefined && m.state !== 'flying') return m.x1 >= since;
		if (m.state === 'delivered' && x > m.x1 + FADE && (view.past || !onStage.has(m.op))) return false;
		return m.state !== 'lost' || m.op === s.focus || x <= m.x1 + LOST_STAYS;
	});
	return shown.length > MOST ? shown.filter((m) => m.op === s.focus) : shown;
}

/**
 * newest: for each lane, the departure of the newest message. hides: whether a message that waits
 * at a node is counted but not drawn.
 * @param {View} view @param {Msg[]} shown
 */
function crowdedLanes({ s, v }, shown) {
	/** @type {Map<string, number>} */
	const newest = new Map();
	/** @type {Set<string>} lanes that show a request that timed out */
	const late = new Set();
	/** @type {Map<string, number>} by lane and class: the departure of the newest message that waits at a node */
	const waits = new Map();
	const raise = (/** @type {Map<string, number>} */ map, /** @type {string} */ id, /** @type {number} */ x) => map.set(id, Math.max(map.get(id) ?? -Infinity, x));
	for (const m of shown) {
		raise(newest, laneOf(m), m.x0);
		if (!isParked(s, m, v)) continue;
		raise(waits, `${laneOf(m)}-${m.cls}`, m.x0);
		if (m.op === s.focus && isTimedOut(s, m)) late.add(laneOf(m));
	}
	return { newest, hides: (/** @type {Msg} */ m) => late.has(laneOf(m)) || m.x0 < (waits.get(`${laneOf(m)}-${m.cls}`) ?? 0) };
}

/**
 * In a replay, for each lane: the next message of the operation in focus that has not ended yet
 * at the playhead.
 * @param {View} view @param {Geometry} g @param {Point[][]} tears @returns {Seen[]}
 */
function messagesToCome(view, g, tears) {
	const there = new Set(g.places.map((p) => p.id));
	/** @type {Map<string, Msg>} */
	const next = new Map();
	for (const m of view.foreseen?.msgs.values() ?? []) {
		if (m.op !== view.s.focus || m.x1 <= view.x || m.state === 'flying' || m.cls === 'background' || !there.has(m.from) || !there.has(m.to)) continue;
		if (m.x0 < (next.get(laneOf(m))?.x0 ?? Infinity)) next.set(laneOf(m), m);
	}
	return [...next.values()].map((m) => {
		const curve = lane(g, m.from, m.to);
		const f = m.state === 'lost' ? stopOf(m, curve, tears) : 1;
		const toCome = m.x0 <= view.x ? 'rest' : 'whole';
		return { m: { ...m, id: `~${m.id}` }, state: m.state, f, p: pointOn(curve, f), gone: false, moves: false, dimmed: false, rest: f, toCome };
	});
}

/**
 * Finds a place on its lane for the mark of each message that does not move. A
 * mark covers nothing on the stage and no other mark, if there is room. An × stays
 * as close as possible to the point where its message was lost. The × of a cut
 * stays on the tear if it can, even if it covers another mark.
 * @param {Geometry} g @param {Seen[]} seen changes p of each to the place found
 * @param {(Rect|Disc)[]} taken @param {Map<string, number>} before the places in the last frame, by message; changed
 * @returns {Disc[]} all marks that do not move
 */
export function placeMarks(g, seen, taken, before) {
	/** @type {Disc[]} */
	const marks = [];
	const firm = taken.filter((thing) => !('soft' in thing));
	const still = seen.filter((one) => !one.gone && !one.moves);
	const cut = (/** @type {Seen} */ one) => one.state === 'lost' && one.m.why === 'cut';
	for (const one of [...still.filter(cut), ...still.filter((o) => o.state !== 'delivered' && !cut(o)), ...still.filter((o) => o.state === 'delivered')]) {
		const arrived = one.state === 'delivered';
		if (one.state !== 'flying') {
			const curve = lane(g, one.m.from, one.m.to);
			const off = (/** @type {(Rect|Disc)[]} */ things, /** @type {number} */ f) => !things.some((thing) => covers(around(pointOn(curve, f), MARK * g.k), thing, 0));
			const tries = cut(one) ? [firm] : [[...taken, ...marks], [...firm, ...marks], taken, firm];
			let f = before.get(one.m.id);
			if (f === undefined || !off(tries[0], f)) {
				const places = [...(f === undefined ? [] : [f]), ...(arrived ? [...RESTS, ...near(RESTS[0], false)] : near(one.f, isAtReceiver(one)))];
				f = first(tries, (things) => places.find((at) => off(things, at))) ?? places[0];
				before.set(one.m.id, f);
			}
			if (arrived) one.rest = f;
			else one.f = f;
			one.p = pointOn(curve, f);
		}
		if (!arrived || !isPlain(one.m)) marks.push({ ...one.p, r: MARK * g.k });
	}
	return marks;
}

/**
 * The first result that is not undefined.
 * @template T, U @param {T[]} all @param {(one: T) => U|undefined} to @returns {U|undefined}
 */
function first(all, to) {
	for (const one of all) {
		const found = to(one);
		if (found !== undefined) return found;
	}
	return undefined;
}

/**
 * Places along a lane, the closest to f first. For a message that waits, places beyond f come last.
 * @param {number} f @param {boolean} waits
 */
function near(f, waits) {
	const far = (/** @type {number} */ at) => Math.abs(at - f) + (at > f ? (waits ? 1 : 0.001) : 0);
	return [f, ...[...PLACES].sort((a, b) => far(a) - far(b))];
}

/** Whether a message reached its receiver, even if its mark is drawn elsewhere. @param {Seen} one */
function isAtReceiver({ m, state }) {
	return state === 'parked' || (state === 'lost' && (m.state === 'flying' || ['timeout', 'refused', 'down'].includes(m.why)) && m.pace === 'live');
}

/** Whether a message is an ordinary request, which needs no mark on its line. @param {Msg} m */
export function isPlain(m) {
	return m.cls === 'request' && !m.via;
}

/**
 * The labels on the ring, the most important first: why a message was lost, then
 * one label for each fan of messages that are under way, or for the newest fan. At
 * the live pace votes have marks only.
 * @param {View} view @param {Geometry} g @param {Seen[]} seen @param {ReturnType<typeof import('./missed.js').missedOn>} [missed]
 * @param {Set<string>} [shared] the groups of lost messages that share one label
 * @returns {(Wanted & {text: string, why?: Seen, group?: string})[]}
 */
export function labelsOfMessages(view, g, seen, missed, shared = new Set()) {
	const size = roomText(g);
	const of = (/** @type {string} */ text) => ({ text, w: textWidth(text, size), h: size });
	return [
		...missedLabel(missed, g, of),
		...reasons(view, seen, shared).map(({ one, text, at, group }) => ({ id: `why:${one.m.id}`, ...of(text), at, group, off: 25 * g.k, must: [0.8, 0.6, 0.4, 0.2].map((f) => pointOn(lane(g, one.m.from, one.m.to), f * one.f)), why: one })),
		...fans(view, seen).map(({ id, text, fan }) => ({ id, ...of(text), at: besides(g, fan), off: 25 * g.k })),
	];
}

/** The label of the message that a stale read missed. @param {ReturnType<typeof import('./missed.js').missedOn>} missed @param {Geometry} g @param {(text: string) => {text: string, w: number, h: number}} of @returns {(Wanted & {text: string})[]} */
function missedLabel(missed, g, of) {
	if (!missed) return [];
	const way = lane(g, missed.from, missed.to);
	return [{ id: 'missed', ...of(missed.text), at: [missed.p, ...[0.75, 0.65, 0.85].map((f) => pointOn(way, f))], off: 30 * g.k, must: [0.4, 0.2].map((f) => pointOn(way, f)) }];
}

/**
 * The lost messages that get a label with the reason. Messages to one killed node share a label
 * with their number. If three messages or more of one sender were lost for the same reason, only
 * the outer two get a label. Where there is no room, the messages of one sender share a label, or
 * all messages that were lost for the same reason.
 * @param {View} view @param {Seen[]} seen @param {Set<string>} shared the groups that share one label @returns {Lost[]}
 */
function reasons(view, seen, shared) {
	/** @type {Map<string, {text: string, lost: Seen[]}>} */
	const groups = new Map();
	for (const one of seen) {
		if (one.state !== 'lost' || one.gone || one.toCome || isBeforeMending(view.s, one.m)) continue;
		const text = reason(view.s, one.m);
		const id = shared.has(text) ? text : text === 'killed' ? `to ${one.m.to} ${text}` : `${one.m.from} ${text}`;
		groups.set(id, { text, lost: [...groups.get(id)?.lost ?? [], one] });
	}
	return [...groups].flatMap(([id, { text, lost }]) => {
		const isOne = lost.length > 1 && (id === text || shared.has(id) || id.startsWith('to '));
		if (isOne) return [{ one: lost[0], text: `${text} ×${lost.length}`, at: lost.map(({ p }) => p), group: text }];
		return (lost.length < 3 ? lost : farthest(lost)).map((one) => ({ one, text, at: [one.p], group: lost.length > 1 ? id : text }));
	});
}

/** The two messages that are farthest apart. @param {Seen[]} group */
function farthest(group) {
	let pair = [group[0]];
	let most = -1;
	for (const a of group) {
		for (const b of group) {
			const d = Math.hypot(a.p.x - b.p.x, a.p.y - b.p.y);
			if (a.m.id < b.m.id && d > most) {
				most = d;
				pair = [a, b];
			}
		}
	}
	return pair;
}

/** @param {View} view @param {Seen[]} seen */
function fans(view, seen) {
	/** @type {Map<string, {id: string, text: string, fan: Seen[], x: number, flies: boolean}>} */
	const by = new Map();
	const repeats = isRepeated(view.s); // all of them share one label
	for (const one of seen) {
		const { m } = one;
		if (one.gone || one.toCome || one.dimmed || one.state === 'lost' || one.state === 'parked' || m.cls === 'background') continue;
		const vote = m.cls === 'yes';
		if (vote && view.s.pace.pace === 'live') continue;
		const name = m.via === 'hint' ? 'hint' : m.via === 'forward' ? 'forward' : typeWords(m.type);
		const id = repeats(m) ? `${m.op}:${name}` : `${m.op}:${m.cls}:${name}:${vote ? m.to : m.from}:${m.sense}`;
		let fan = by.get(id);
		if (!fan) by.set(id, (fan = { id, text: name, fan: [], x: 0, flies: false }));
		fan.fan.push(one);
		fan.x = Math.max(fan.x, m.x0);
		fan.flies ||= one.state === 'flying';
	}
	const all = [...by.values()];
	const newest = Math.max(...all.map((f) => f.x));
	return all.filter((f) => f.flies || f.x === newest).map((f) => ({ ...f, text: f.text + (f.fan.length > 1 ? ` ×${f.fan.length}` : '') }));
}

/**
 * The points on a fan's lanes beside which its label may stand.
 * @param {Geometry} g @param {Seen[]} fan @returns {Point[]}
 */
function besides(g, fan) {
	const ahead = [...fan].sort((a, b) => b.f - a.f);
	const rests = ahead.map((one) => (one.state === 'delivered' ? one.p : pointOn(lane(g, one.m.from, one.m.to), RESTS[0])));
	return [...rests, ...[0.4, 0.62].flatMap((f) => ahead.map(({ m }) => pointOn(lane(g, m.from, m.to), f)))];
}

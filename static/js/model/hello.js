// A hello has the whole present state and the newest events. This module overlays the
// present on the state that the events led to. It also finds the state before the first
// of these events, so that a page that was opened late shows a correct past.

import { apply } from './fold.js';
import { faultsOf, newState, noFaults, node } from './state.js';

/** @typedef {import('./types.js').Event} Event */
/** @typedef {import('./types.js').Hello} Hello */
/** @typedef {import('./types.js').State} State */

const KEYS = 200; // the most keys of a hello: of the others it says nothing

/**
 * Overlays the present of a hello on the state that its retained events led to.
 * @param {State} s
 * @param {Hello} hello
 * @param {number} x
 */
export function applyHello(s, hello, x) {
	const c = /** @type {import('./types.js').Cluster} */ (hello.cluster ?? {});
	const folded = s.seq; // the newest event that is in the state
	s.mode = c.mode ?? s.mode;
	s.modes = hello.modes ?? s.modes;
	s.epoch = hello.epoch ?? s.epoch;
	s.pace = hello.pace ?? s.pace;
	s.quorum = hello.quorum ?? c.quorum ?? s.quorum;
	s.rules = hello.rules ?? [];
	for (const n of c.nodes ?? []) {
		Object.assign(node(s, n.id), { url: n.url ?? '', status: n.status ?? 'up', role: n.role ?? '', pid: n.pid ?? 0, silent: !!n.silent, freeze: n.freeze ?? '', down: n.status === 'killed' });
	}
	s.links.clear();
	for (const l of faultyLinks(hello)) s.links.set(`${l.from}-${l.to}`, l);
	s.timers.clear();
	s.held.clear();
	s.late = (hello.keys?.length ?? 0) >= KEYS;
	s.hints.clear();
	for (const e of [...(hello.roles ?? []), ...(hello.keys ?? []), ...(hello.timers ?? [])]) apply(s, e, x);
	addOps(s, (hello.ops ?? []).filter((e) => (e.seq ?? Infinity) > folded), x);
	for (const { lane: id, x: ended } of s.early.values()) { // sent before the oldest retained event
		const lane = s.flow.get(id);
		if (lane && lane.summed >= ended) continue; // a sum of the lane has counted the message
		s.totals.sent++;
		if (lane) lane.sent++;
	}
	s.early.clear();
	const flying = new Set();
	for (const e of hello.inflight ?? []) {
		flying.add(e.msg);
		apply(s, { ...e, kind: 'sent' }, x);
	}
	for (const [id, m] of s.msgs) {
		if (m.state !== 'flying' || flying.has(id)) continue;
		s.totals.delivered++; // it ended, and no event said how: count it as delivered
		const lane = s.flow.get(`${m.from}-${m.to}-${m.cls}`);
		if (lane) lane.delivered++;
		s.msgs.delete(id);
	}
	s.faults = faultsOf(s);
	s.seq = hello.seq ?? s.seq;
	s.x = x;
	s.news = { x: -Infinity, what: '', nodes: [], n: 0 };
}

/**
 * The state before the oldest retained event of a hello. A thing that no retained event
 * changed was then as it is now. A thing that a retained event changed is left unknown.
 * The exception is the status of a node, because its event says what it was before. An
 * event of an older playground does not say it: then the status is '', and nothing is
 * said of it.
 * @param {Hello} hello
 * @returns {State}
 */
export function stateBefore(hello) {
	const s = newState();
	const c = /** @type {import('./types.js').Cluster} */ (hello.cluster ?? {});
	/** @type {Map<string, Event>} the first event that changed a thing */
	const first = new Map();
	for (const e of /** @type {Event[]} */ (hello.events ?? [])) {
		const thing = thingOf(e);
		if (!first.has(thing)) first.set(thing, e);
	}
	s.modes = hello.modes ?? s.modes;
	const emptied = first.has('mode') || first.has('reset');
	if (!first.has('mode')) s.mode = c.mode ?? '';
	if (!first.has('pace')) s.pace = hello.pace ?? s.pace;
	if (!first.has('quorum')) s.quorum = hello.quorum ?? c.quorum ?? s.quorum;
	for (const n of c.nodes ?? []) {
		const then = first.get(`status ${n.id}`);
		const was = then ? { status: String(then.was ?? ''), silent: !!then.was_silent } : { status: n.status ?? 'up', silent: !!n.silent, pid: n.pid ?? 0, freeze: n.freeze ?? '' };
		Object.assign(node(s, n.id), { url: n.url ?? '', ...was, down: was.status === 'killed' });
	}
	for (const l of faultyLinks(hello)) if (!first.has(`link ${l.from}-${l.to}`)) s.links.set(`${l.from}-${l.to}`, l);
	if (!emptied) for (const e of [...(hello.roles ?? []), ...(hello.keys ?? [])]) if (!first.has(thingOf(e))) apply(s, e, 0);
	s.faults = faultsOf(s);
	s.late = true;
	const oldest = hello.events?.[0]?.seq ?? Infinity;
	addOps(s, (hello.ops ?? []).filter((e) => (e.seq ?? 0) < oldest), 0);
	return s;
}

/**
 * Adds the operations of a hello. Their messages are not among these events, and the faults
 * and values of their time are not known.
 * @param {State} s @param {Event[]} events @param {number} x
 */
function addOps(s, events, x) {
	for (const e of events) {
		apply(s, e, x);
		const op = s.ops.get(e.op ?? '');
		if (!op) continue;
		op.partial = true;
		op.faults = noFaults();
	}
}

/** The name of the thing that an event changes. @param {Event} e */
function thingOf(e) {
	switch (e.kind) {
		case 'key':
			return `key ${e.node}/${e.hint_for ?? ''}/${e.key}`;
		case 'status':
		case 'role':
			return `${e.kind} ${e.node}`;
		case 'link':
			return `link ${e.link?.from}-${e.link?.to}`;
	}
	return e.kind;
}

/** The links that are not perfect. @param {Hello} hello @returns {import('./types.js').Link[]} */
function faultyLinks(hello) {
	const all = /** @type {import('./types.js').Link[]} */ (hello.links ?? hello.cluster?.links ?? []);
	return all.filter((l) => l.cut || l.delay_ms || l.jitter_ms || l.loss);
}

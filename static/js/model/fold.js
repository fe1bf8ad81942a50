// The cluster's state as a fold of its events. Nothing here touches the page, so the
// live stage, the replay and the tests use the same functions.
//
// Every event has a place x on the elastic time axis in milliseconds (see elastic.js).
// The state stores x where drawing needs it. So the stage is a function of a state and
// a playhead only.

import { faultsOf, focusOp, isFaulty, newestCall, node, virtual } from './state.js';
import { NODE_GONE } from './text.js';
import { phaseOf } from './view.js';

/** @typedef {import('./types.js').Event} Event */
/** @typedef {import('./types.js').Msg} Msg */
/** @typedef {import('./types.js').Node} Node */
/** @typedef {import('./types.js').Op} Op */
/** @typedef {import('./types.js').Phase} Phase */
/** @typedef {import('./types.js').State} State */

const SCREEN_LINES = 200;
const OPS_KEPT = 200;
const CROWD = 300; // messages; above it, ended ones are dropped at once if their operation is not kept
const LATE = 5e6; // µs by which the event of an operation may come late
const FOCUS_STAYS = 1500; // elastic ms for which an operation of the workload keeps the focus
const EARLY_KEPT = 5000; // how many messages are kept whose end came before their sent
const TOGETHER = 1500; // elastic ms within which news of one kind are merged
const GONE_AFTER = 3000; // elastic ms for which an ended message of an old operation is kept

/** @type {Record<string, (s: State, e: Event, x: number) => void>} */
const folds = {
	sent: foldSent,
	delivered: (s, e, x) => foldEnd(s, e, x, 'delivered'),
	lost: (s, e, x) => foldEnd(s, e, x, 'lost'),
	invoke: foldInvoke,
	return: foldReturn,
	progress: foldProgress,
	key: foldKey,
	role: foldRole,
	log: foldLog,
	timer: foldTimer,
	status: foldStatus,
	link: foldLink,
	pace: (s, e) => { if (e.pace) s.pace = e.pace; },
	quorum: (s, e) => { if (e.quorum) s.quorum = e.quorum; },
	rule: (s, e) => { s.rules = e.rules ?? []; },
	point: foldPoint,
	mode: foldMode,
	reset: foldReset,
	screen: foldScreen,
	gap: foldGap,
	flow: foldFlow,
};

/**
 * Folds one event into the state. It ignores unknown kinds.
 * @param {State} s
 * @param {Event} e
 * @param {number} x the event's place on the elastic axis
 */
export function apply(s, e, x) {
	if (Object.hasOwn(folds, e.kind)) folds[e.kind](s, e, x); // a kind may be any word, also 'constructor'
	if (e.seq) s.seq = e.seq;
	s.t = Math.max(s.t, e.t || 0);
	s.x = x;
}

/** @param {State} s @param {Event} e @param {number} x */
function foldSent(s, e, x) {
	if (!e.msg) return;
	const ended = s.early.delete(e.msg);
	if (!ended && s.msgs.has(e.msg)) return;
	s.totals.sent++;
	tally(s, e, 'sent');
	if (e.type === 'repair') recordRepair(s, e);
	touchFlow(s, e, x, 'sent');
	if (!ended) add(s, e, x);
}

/** Adds a message that the state does not have. @param {State} s @param {Event} e @param {number} x */
function add(s, e, x) {
	if (!e.msg) return;
	s.msgs.set(e.msg, {
		id: e.msg, from: e.from ?? e.node, to: e.to ?? 0, type: e.type ?? '', cls: e.class ?? 'request',
		sense: e.sense ?? '', op: e.op ?? '', label: e.label ?? '', due: e.due ?? 0, via: e.via ?? '',
		for: e.for ?? 0, held: !!e.held, dupOf: e.dup_of ?? '',
		t0: e.t, v0: e.v ?? virtual(s.pace, e.t), lc: e.lc ?? 0, x0: x, pace: s.pace.pace,
		state: 'flying', t1: 0, v1: 0, x1: Infinity, why: '', late: '',
	});
}

/** @param {State} s @param {Event} e @param {number} x @param {'delivered'|'lost'} state */
function foldEnd(s, e, x, state) {
	if (!e.msg) return;
	if (!s.msgs.has(e.msg)) {
		add(s, e, x);
		s.early.set(e.msg, { lane: laneOf(e), x }); // its sent comes later, and must be counted then
		if (s.early.size > EARLY_KEPT) s.early.delete(/** @type {string} */ (s.early.keys().next().value));
	}
	const m = /** @type {Msg} */ (s.msgs.get(e.msg));
	if (m.state !== 'flying') return;
	m.state = state;
	m.t1 = e.t;
	m.v1 = e.v ?? virtual(s.pace, e.t);
	m.x1 = x;
	m.why = e.why ?? '';
	m.late = e.late ?? '';
	s.totals[state]++;
	tally(s, e, state === 'lost' ? 'lost' : 'arrived');
	touchFlow(s, e, x, state);
	if (s.msgs.size > CROWD && !isKept(s, m.op)) s.msgs.delete(m.id);
}

/** @param {State} s @param {Event} e @param {'sent'|'lost'|'arrived'} what */
function tally(s, e, what) {
	const op = s.ops.get(e.op ?? '');
	if (!op || !e.type || (op.client === 'load' && op.id !== s.focus)) return;
	// A type may be any word, also the name of a property that every object has.
	const of = Object.hasOwn(op.types, e.type) ? op.types[e.type] : (op.types[e.type] = { sent: 0, lost: 0, arrived: 0 });
	of[what]++;
}

/** Records that a read repairs a node, and the value that the node holds before the repair. @param {State} s @param {Event} e */
function recordRepair(s, e) {
	const op = s.ops.get(e.op ?? '');
	const node = e.to ?? 0;
	if (!op || op.repairs.some((r) => r.node === node)) return;
	op.repairs.push({ node, was: s.held.get(`${node}/${op.key}`)?.val ?? (s.late ? undefined : '') });
}

/** The id of a lane: one direction of a link, and one class. A sum counts one lane. @param {{from?: number, to?: number, class?: string}} e */
function laneOf(e) {
	return `${e.from}-${e.to}-${e.class}`;
}

/** @param {State} s @param {Event} e @param {number} x @param {'sent'|'delivered'|'lost'} what */
function touchFlow(s, e, x, what) {
	const id = laneOf(e);
	let f = s.flow.get(id);
	if (!f) s.flow.set(id, (f = { sent: 0, delivered: 0, lost: 0, x, summed: -Infinity }));
	f[what]++;
	f.x = x;
}

/** @param {State} s @param {Event} e @param {number} x */
function foldFlow(s, e, x) {
	const id = laneOf(e);
	const f = s.flow.get(id) ?? { sent: 0, delivered: 0, lost: 0 };
	const next = { sent: e.sent ?? 0, delivered: e.delivered ?? 0, lost: e.lost ?? 0, x, summed: x };
	s.totals.sent += next.sent - f.sent;
	s.totals.delivered += next.delivered - f.delivered;
	s.totals.lost += next.lost - f.lost;
	s.flow.set(id, next);
	endSurplus(s, e, next.sent - next.delivered - next.lost);
}

/**
 * Drops the oldest messages of a lane that its sum has counted as ended.
 * @param {State} s @param {Event} e @param {number} under how many are under way on the lane
 */
function endSurplus(s, e, under) {
	const flying = [];
	for (const m of s.msgs.values()) if (m.state === 'flying' && m.from === e.from && m.to === e.to && m.cls === e.class) flying.push(m);
	for (const m of flying.slice(0, Math.max(0, flying.length - Math.max(0, under)))) s.msgs.delete(m.id);
}

/** @param {State} s @param {Event} e @param {number} x */
function foldInvoke(s, e, x) {
	if (!e.op) return;
	const known = s.ops.get(e.op);
	/** @type {Op} */
	const op = {
		id: e.op, client: e.client || 'curl', node: e.node, coordinator: known?.coordinator ?? 0,
		kind: e.op_kind ?? 'read', tx: e.tx ?? '', key: e.key ?? '', val: e.val ?? '', siblings: [], status: 0,
		t0: e.t, t1: 0, x0: x, x1: Infinity, phases: known?.phases ?? [], types: known?.types ?? {},
		faults: s.faults, kept: known?.kept ?? [], repairs: [], entries: known?.entries ?? [], died: false,
		partial: known?.partial ?? false,
	};
	insert(s, op);
	if (s.ops.size > 1.5 * OPS_KEPT) forget(s, x);
	if (op.client === 'load' ? holdsFocus(s, x) : op !== newestCall(s)) return;
	s.focus = e.op;
	if (e.key) s.key = e.key;
	forget(s, x);
}

/** Adds an operation behind those that began before it. @param {State} s @param {Op} op */
function insert(s, op) {
	s.ops.delete(op.id);
	const all = [...s.ops.values()];
	s.ops.set(op.id, op);
	for (const later of all.slice(all.findLastIndex((one) => !isOlder(op, one)) + 1)) {
		s.ops.delete(later.id);
		s.ops.set(later.id, later);
	}
}

/**
 * Whether an operation began before another, whose event came earlier: events of different
 * nodes come in the order of their arrival. Clocks of different machines may differ, so a
 * longer time than LATE says nothing.
 * @param {Op} op @param {Op} other
 */
function isOlder(op, other) {
	return other.node !== op.node && other.t0 > op.t0 && other.t0 - op.t0 < LATE;
}

/**
 * Whether the workload must not take the focus. It must not if a person's operation has
 * it, or if the workload took it less than FOCUS_STAYS ago.
 * @param {State} s @param {number} x
 */
function holdsFocus(s, x) {
	const op = s.ops.get(s.focus);
	return !!op && (op.client !== 'load' || x - op.x0 < FOCUS_STAYS);
}

/** @param {State} s @param {Event} e @param {number} x */
function foldReturn(s, e, x) {
	const op = s.ops.get(e.op ?? '');
	if (!op) return;
	op.status = Number(e.status) || 0;
	op.died ||= op.status === 504 && NODE_GONE.includes(e.text ?? '');
	op.answered = phaseOf(op);
	op.t1 = e.t;
	op.x1 = x;
	if (isFaulty(s.faults) && !op.partial) op.faults = s.faults;
	if (!isRead(op)) return;
	op.val = e.val ?? '';
	op.siblings = (e.siblings ?? []).map((one) => one.val ?? '');
}

/** @param {Op} op */
const isRead = (op) => op.kind === 'read' || op.kind === 'local-read';

/** @param {State} s @param {Event} e @param {number} x */
function foldProgress(s, e, x) {
	if (!e.op && e.term) {
		node(s, e.node).ballots = { phase: e.phase ?? '', term: e.term, need: e.need ?? 0, yes: e.yes ?? [], no: e.no ?? [], waiting: e.waiting ?? [], x };
		return;
	}
	const op = s.ops.get(e.op ?? '');
	if (!op) return;
	if (e.phase !== 'forward') op.coordinator = e.node;
	/** @type {Phase} */
	const now = {
		phase: e.phase ?? '', need: e.need ?? 0, yes: e.yes ?? [], no: e.no ?? [], waiting: e.waiting ?? [],
		hinted: e.hinted ?? [], homes: e.homes ?? [], timer: e.timer ?? '', node: e.node, x,
	};
	op.phases = [...op.phases.filter((p) => p.phase !== now.phase || p.node !== now.node), now];
}

/** @param {State} s @param {Event} e */
function foldKey(s, e) {
	const key = e.key ?? '';
	if (e.hint_for) {
		const id = `${e.node}/${e.hint_for}/${key}`;
		if (e.gone) s.hints.delete(id);
		else {
			s.hints.set(id, { node: e.node, key, for: e.hint_for, val: e.val ?? '', version: e.version ?? '' });
			const op = focusOp(s);
			if (op?.key === key && op.kind === 'write' && op.val === e.val && !op.kept.some((k) => k.node === e.node && k.for === e.hint_for)) op.kept.push({ node: e.node, for: e.hint_for });
		}
		return;
	}
	const id = `${e.node}/${key}`;
	if (e.gone) {
		s.held.delete(id);
		return;
	}
	s.held.set(id, {
		node: e.node, key, val: e.val ?? '', hash: e.val_hash ?? '', version: e.version ?? '', lockedBy: e.locked_by ?? '',
		siblings: e.siblings ?? [], homes: e.homes ?? [], byHand: !!e.by_hand,
	});
}

/** @param {State} s @param {Event} e @param {number} x */
function foldRole(s, e, x) {
	const n = node(s, e.node);
	n.role = e.role ?? '';
	n.roleX = x;
	n.term = e.term ?? 0;
	n.badges = e.badges ?? {};
	n.ballots = null; // the ballots of the new role come after its event
}

/** @param {State} s @param {Event} e @param {number} x */
function foldLog(s, e, x) {
	const n = node(s, e.node);
	const l = e.log;
	if (!l) return;
	const cells = l.cells ?? [];
	const last = l.last ?? 0;
	const now = new Map(cells.map((c) => [c.i, c.t]));
	recordEntries(s, e.node, cells, l.commit ?? 0);
	const gone = (n.log?.cells ?? []).filter((c) => c.i > last || (now.has(c.i) && now.get(c.i) !== c.t));
	n.log = {
		leader: l.leader ?? 0, vote: l.vote ?? 0, last, commit: l.commit ?? 0, applied: l.applied ?? 0, mayAsk: l.may_ask ?? 0, willAsk: l.will_ask ?? 0,
		cells, match: l.match ?? [], struck: gone.length ? gone : n.log?.struck ?? [], struckX: gone.length ? x : n.log?.struckX ?? -Infinity,
	};
}

/**
 * Records in the operations which entries of a log are theirs, and which of these entries are committed
 * or can never be. An entry is committed in the log of a node that has it and has committed up to it. It
 * cannot be committed after a node has committed another entry at its place.
 * @param {State} s @param {number} node @param {import('./types.js').Cell[]} cells @param {number} commit
 */
function recordEntries(s, node, cells, commit) {
	for (const { i, t, o } of cells) {
		const op = o && s.ops.get(o);
		if (!op) continue;
		const known = op.entries.find((e) => e.i === i && e.t === t);
		if (!known) op.entries = [...op.entries, { i, t, nodes: [node], state: 'open' }];
		else if (!known.nodes.includes(node)) op.entries = op.entries.map((e) => (e === known ? { ...e, nodes: [...e.nodes, node] } : e));
	}
	const first = cells[0]?.i ?? Infinity;
	for (const op of s.ops.values()) {
		if (!op.entries.some((e) => e.state === 'open' && e.i <= commit && e.i >= first)) continue;
		op.entries = op.entries.map((e) => {
			const there = e.state === 'open' && e.i <= commit && cells.find((c) => c.i === e.i);
			return there ? { ...e, state: there.t === e.t ? 'committed' : 'replaced' } : e;
		});
	}
}

/** @param {State} s @param {Event} e */
function foldTimer(s, e) {
	const id = e.op ? `${e.name}:${e.op}` : e.name ?? '';
	if (e.state === 'set') s.timers.set(`${e.node}/${id}`, { node: e.node, id, name: e.name ?? '', op: e.op ?? '', due: e.due ?? 0, state: 'set' });
	else s.timers.delete(`${e.node}/${id}`);
}

/** @param {State} s @param {Event} e @param {number} x */
function foldStatus(s, e, x) {
	const n = node(s, e.node);
	const was = n.status;
	if (typeof e.status === 'string' && e.status) n.status = e.status;
	if (e.pid !== undefined) n.pid = e.pid;
	n.silent = !!e.silent;
	n.freeze = e.freeze ?? '';
	if (n.status === 'killed') {
		n.role = '';
		n.badges = {};
		n.ballots = null;
		for (const [id, t] of s.timers) if (t.node === e.node) s.timers.delete(id);
	}
	s.faults = faultsOf(s);
	if (was !== n.status) recordStatus(s, n, was, x);
}

/** Records the news of a node's new status. @param {State} s @param {Node} n @param {string} was @param {number} x */
function recordStatus(s, n, was, x) {
	switch (n.status) {
		case 'frozen':
			return tell(s, x, 'frozen', n.id);
		case 'killed':
			n.down = true;
			for (const op of s.ops.values()) if (!op.status && op.node === n.id) op.died = true;
			return tell(s, x, 'killed', n.id);
		case 'up':
			if (was === 'frozen') tell(s, x, 'thawed', n.id);
			else if (n.down) tell(s, x, 'back', n.id);
			n.down = false;
	}
}

/** Records news of a node. News of one kind within TOGETHER are merged. @param {State} s @param {number} x @param {import('./types.js').Change} what @param {number} node */
function tell(s, x, what, node) {
	const joins = s.news.what === what && x - s.news.x < TOGETHER;
	const nodes = joins ? [...new Set([...s.news.nodes, node])].sort((a, b) => a - b) : [node];
	s.news = { x, what, nodes, n: 0 };
}

/** @param {State} s @param {Event} e @param {number} x */
function foldLink(s, e, x) {
	const l = e.link;
	if (!l) return;
	const id = `${l.from}-${l.to}`;
	const wasCut = s.links.get(id)?.cut ?? false;
	if (l.cut || l.delay_ms || l.jitter_ms || l.loss) s.links.set(id, l);
	else s.links.delete(id);
	const wasSplit = s.faults.parts.length > 0;
	s.faults = faultsOf(s);
	if (wasCut === l.cut) return;
	const healed = !l.cut && (wasSplit ? !s.faults.parts.length : s.news.what === 'healed');
	s.news = { x, what: healed ? 'healed' : 'link', nodes: [l.from, l.to], n: 0 };
}

/** @param {State} s @param {Event} e @param {number} x */
function foldMode(s, e, x) {
	empty(s);
	s.mode = e.mode ?? s.mode;
	s.epoch = e.epoch ?? s.epoch;
	s.news = { x, what: 'mode', nodes: [], n: 0 };
}

/** @param {State} s @param {Event} e @param {number} x */
function foldReset(s, e, x) {
	empty(s);
	s.epoch = e.epoch ?? s.epoch;
	s.news = { x, what: 'reset', nodes: [], n: 0 };
}

/** @param {State} s @param {Event} e */
function foldScreen(s, e) {
	const lines = node(s, e.node).screen;
	const text = e.text ?? '';
	if (text.includes('\n')) lines.push(...text.split('\n'));
	else lines.push(text);
	if (lines.length > 2 * SCREEN_LINES) lines.splice(0, lines.length - SCREEN_LINES);
}

/** Records that a rule did not act at its point. A rule that acts needs no news: its node's events show the effect. @param {State} s @param {Event} e @param {number} x */
function foldPoint(s, e, x) {
	if (e.state === 'passed' || e.state === 'failed') s.news = { x, what: e.state, nodes: [e.node], n: 0 };
}

/** Counts events of a node that were lost before they reached the playground. @param {State} s @param {Event} e @param {number} x */
function foldGap(s, e, x) {
	const n = e.n ?? 0;
	s.totals.gap += n;
	if (!e.node) return;
	node(s, e.node).gap = { x, n };
	s.news = { x, what: 'gap', nodes: [e.node], n };
}

/** Empties the databases, operations and messages. @param {State} s */
function empty(s) {
	for (const m of [s.msgs, s.ops, s.timers, s.held, s.hints, s.flow, s.early]) m.clear();
	for (const n of s.nodes.values()) {
		n.role = '';
		n.term = 0;
		n.badges = {};
		n.ballots = n.log = null;
		n.down = false;
	}
	s.late = false;
	s.focus = '';
	s.totals = { sent: 0, delivered: 0, lost: 0, gap: 0 };
}

/** @param {State} s @param {string} op */
function isKept(s, op) {
	return op !== '' && (op === s.focus || op === s.pinned);
}

/** Drops ended messages and old operations, so that the state stays small. @param {State} s @param {number} x */
export function forget(s, x) {
	for (const [id, m] of s.msgs) {
		if (m.state !== 'flying' && !isKept(s, m.op) && m.x1 < x - GONE_AFTER) s.msgs.delete(id);
	}
	for (const [id] of s.ops) {
		if (s.ops.size <= OPS_KEPT) break;
		if (!isKept(s, id)) s.ops.delete(id);
	}
}

// The cluster's state as a fold of its events. Nothing here touches the page:
// the same functions serve the live stage, the replay and the tests.
//
// Every event comes with x, its place on the elastic time axis in milliseconds
// (see playhead.js). The state remembers x where drawing needs it, so that the
// stage is a function of a state and a playhead and of nothing else.

/**
 * @typedef {object} Event One event of /ws; which fields are set depends on kind.
 * @property {number} [seq]
 * @property {string} kind
 * @property {number} node 0 is the playground
 * @property {number} t microseconds since the epoch, at its origin
 * @property {number} [lc]
 * @property {number} [v] virtual microseconds, at its origin
 * @property {string} [msg]
 * @property {number} [from]
 * @property {number} [to]
 * @property {string} [type]
 * @property {string} [class]
 * @property {string} [sense]
 * @property {string} [op]
 * @property {string} [label]
 * @property {number} [due] virtual microseconds
 * @property {number} [deadline]
 * @property {string} [dup_of]
 * @property {string} [via]
 * @property {number} [for]
 * @property {boolean} [held]
 * @property {string} [late]
 * @property {string} [why]
 * @property {string} [client]
 * @property {string} [op_kind]
 * @property {string} [key]
 * @property {string} [val]
 * @property {string} [val_hash]
 * @property {number|string} [status]
 * @property {string} [phase]
 * @property {number} [need]
 * @property {number[]} [yes]
 * @property {number[]} [no]
 * @property {number[]} [waiting]
 * @property {number[]} [hinted]
 * @property {number[]} [homes]
 * @property {string} [timer]
 * @property {string} [version]
 * @property {string} [locked_by]
 * @property {{val: string, version: string}[]} [siblings]
 * @property {number} [hint_for]
 * @property {boolean} [by_hand]
 * @property {boolean} [gone]
 * @property {string} [role]
 * @property {number} [term]
 * @property {Record<string, number>} [badges]
 * @property {string} [name]
 * @property {string} [state]
 * @property {number} [pid]
 * @property {string} [incarnation]
 * @property {boolean} [silent]
 * @property {string} [freeze]
 * @property {string} [text]
 * @property {number} [n]
 * @property {number} [sent]
 * @property {number} [delivered]
 * @property {number} [lost]
 * @property {Link} [link]
 * @property {Pace} [pace]
 * @property {Quorum} [quorum]
 * @property {Rule[]} [rules]
 * @property {string} [mode]
 * @property {number} [epoch]
 */

/** @typedef {{from: number, to: number, cut: boolean, delay_ms: number, jitter_ms: number, loss: number}} Link */
/** @typedef {{pace: string, t0: number, v0: number, rate: number, latency_ms: number}} Pace */
/** @typedef {{n: number, r: number, w: number}} Quorum */
/** @typedef {{id: string, from: number|string, to: number|string, type: string, do: string, count?: number}} Rule */
/** @typedef {{id: number, url: string, status: string, pid: number, role: string, term: number, badges: Record<string, number>, silent: boolean, screen: string[]}} Node */
/**
 * @typedef {object} Msg A message, from its departure to its end.
 * @property {string} id
 * @property {number} from
 * @property {number} to
 * @property {string} type
 * @property {string} cls its class
 * @property {string} sense
 * @property {string} op
 * @property {string} label
 * @property {number} due virtual microseconds; 0 is at once
 * @property {string} via
 * @property {number} for
 * @property {boolean} held
 * @property {string} dupOf
 * @property {number} t0 when it left
 * @property {number} v0 the same in virtual time
 * @property {number} lc the same on its sender's Lamport clock
 * @property {number} x0 the same on the elastic axis
 * @property {string} pace the pace in which it left
 * @property {'flying'|'delivered'|'lost'} state
 * @property {number} t1 when it ended
 * @property {number} v1
 * @property {number} x1
 * @property {string} why
 * @property {string} late
 */
/**
 * @typedef {object} Phase How one phase of an operation stands.
 * @property {string} phase
 * @property {number} need
 * @property {number[]} yes
 * @property {number[]} no
 * @property {number[]} waiting
 * @property {number[]} hinted
 * @property {number[]} homes
 * @property {string} timer
 * @property {number} x
 */
/**
 * @typedef {object} Op A client's operation.
 * @property {string} id
 * @property {string} client
 * @property {number} node that the client called
 * @property {number} coordinator that reports its progress; 0 while nobody did
 * @property {string} kind
 * @property {string} key
 * @property {string} val
 * @property {number} status 0 while it runs
 * @property {number} t0
 * @property {number} t1
 * @property {number} x0
 * @property {number} x1
 * @property {Phase[]} phases
 * @property {Record<string, {sent: number, lost: number, arrived: number}>} types
 */
/** @typedef {{node: number, key: string, val: string, hash: string, version: string, lockedBy: string, siblings: {val: string, version: string}[], homes: number[], byHand: boolean}} Held */
/** @typedef {{node: number, key: string, for: number, val: string, version: string}} Hint */
/** @typedef {{node: number, id: string, name: string, op: string, due: number, state: string}} Timer */

/**
 * @typedef {object} State
 * @property {number} seq
 * @property {number} t of the newest event
 * @property {number} x of the newest event
 * @property {number} epoch
 * @property {string} mode
 * @property {Pace} pace
 * @property {Quorum} quorum
 * @property {Map<number, Node>} nodes
 * @property {Map<string, Link>} links those not perfect, by "from-to"
 * @property {Rule[]} rules
 * @property {Map<string, Msg>} msgs in flight, and those that the stage still shows
 * @property {Map<string, Op>} ops the newest, oldest first
 * @property {Map<string, Timer>} timers by "node/id"
 * @property {Map<string, Held>} held by "node/key"
 * @property {Map<string, Hint>} hints by "node/for/key"
 * @property {Map<string, {sent: number, delivered: number, lost: number, x: number}>} flow by "from-to-class"
 * @property {string} focus the operation in focus
 * @property {string} key the key in focus
 * @property {{sent: number, delivered: number, lost: number, gap: number}} totals
 * @property {{x: number, text: string}} news the latest thing that a person did to the cluster
 */

const SCREEN_LINES = 200;
const OPS_KEPT = 200;
const CROWD = 300; // messages above which ended ones are forgotten at once
const FOCUS_STAYS = 1500; // elastic ms for which an operation of the workload keeps the focus
const GONE_AFTER = 3000; // elastic ms for which an ended message of an old operation is kept

/** @returns {State} */
export function newState() {
	return {
		seq: 0, t: 0, x: 0, epoch: 0, mode: '',
		pace: { pace: 'live', t0: 0, v0: 0, rate: 1, latency_ms: 0 },
		quorum: { n: 3, r: 2, w: 2 },
		nodes: new Map(), links: new Map(), rules: [], msgs: new Map(), ops: new Map(),
		timers: new Map(), held: new Map(), hints: new Map(), flow: new Map(),
		focus: '', key: 'city',
		totals: { sent: 0, delivered: 0, lost: 0, gap: 0 },
		news: { x: -Infinity, text: '' },
	};
}

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
	timer: foldTimer,
	status: foldStatus,
	link: foldLink,
	pace: (s, e) => { if (e.pace) s.pace = e.pace; },
	quorum: (s, e) => { if (e.quorum) s.quorum = e.quorum; },
	rule: (s, e) => { s.rules = e.rules ?? []; },
	mode: foldMode,
	reset: (s, e) => {
		empty(s);
		s.epoch = e.epoch ?? s.epoch;
	},
	screen: foldScreen,
	gap: (s, e) => { s.totals.gap += e.n ?? 0; },
	flow: foldFlow,
};

/**
 * Folds one event into the state. Kinds that it does not know are passed over.
 * @param {State} s
 * @param {Event} e
 * @param {number} x the event's place on the elastic axis
 */
export function apply(s, e, x) {
	folds[e.kind]?.(s, e, x);
	if (e.seq) s.seq = e.seq;
	s.t = Math.max(s.t, e.t || 0);
	s.x = x;
}

/** @param {State} s @param {number} id @returns {Node} */
function node(s, id) {
	let n = s.nodes.get(id);
	if (!n) {
		n = { id, url: '', status: 'up', pid: 0, role: '', term: 0, badges: {}, silent: false, screen: [] };
		s.nodes.set(id, n);
	}
	return n;
}

/** @param {State} s @param {Event} e @param {number} x */
function foldSent(s, e, x) {
	if (!e.msg || s.msgs.has(e.msg)) return;
	s.msgs.set(e.msg, {
		id: e.msg, from: e.from ?? e.node, to: e.to ?? 0, type: e.type ?? '', cls: e.class ?? 'request',
		sense: e.sense ?? '', op: e.op ?? '', label: e.label ?? '', due: e.due ?? 0, via: e.via ?? '',
		for: e.for ?? 0, held: !!e.held, dupOf: e.dup_of ?? '',
		t0: e.t, v0: e.v ?? virtual(s.pace, e.t), lc: e.lc ?? 0, x0: x, pace: s.pace.pace,
		state: 'flying', t1: 0, v1: 0, x1: Infinity, why: '', late: '',
	});
	s.totals.sent++;
	tally(s, e, 'sent');
	touchFlow(s, e, x, 'sent');
}

/** @param {State} s @param {Event} e @param {number} x @param {'delivered'|'lost'} state */
function foldEnd(s, e, x, state) {
	if (!e.msg) return;
	if (!s.msgs.has(e.msg)) foldSent(s, e, x);
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
}

/** @param {State} s @param {Event} e @param {'sent'|'lost'|'arrived'} what */
function tally(s, e, what) {
	const op = s.ops.get(e.op ?? '');
	if (!op || !e.type) return;
	const of = (op.types[e.type] ??= { sent: 0, lost: 0, arrived: 0 });
	of[what]++;
}

/** @param {State} s @param {Event} e @param {number} x @param {'sent'|'delivered'|'lost'} what */
function touchFlow(s, e, x, what) {
	const id = `${e.from}-${e.to}-${e.class}`;
	let f = s.flow.get(id);
	if (!f) s.flow.set(id, (f = { sent: 0, delivered: 0, lost: 0, x }));
	f[what]++;
	f.x = x;
}

/** @param {State} s @param {Event} e @param {number} x */
function foldFlow(s, e, x) {
	const id = `${e.from}-${e.to}-${e.class}`;
	const f = s.flow.get(id) ?? { sent: 0, delivered: 0, lost: 0, x };
	const next = { sent: e.sent ?? 0, delivered: e.delivered ?? 0, lost: e.lost ?? 0, x };
	s.totals.sent += Math.max(0, next.sent - f.sent);
	s.totals.delivered += Math.max(0, next.delivered - f.delivered);
	s.totals.lost += Math.max(0, next.lost - f.lost);
	s.flow.set(id, next);
}

/** @param {State} s @param {Event} e @param {number} x */
function foldInvoke(s, e, x) {
	if (!e.op) return;
	const known = s.ops.get(e.op);
	s.ops.set(e.op, {
		id: e.op, client: e.client || 'curl', node: e.node, coordinator: known?.coordinator ?? 0,
		kind: e.op_kind ?? 'read', key: e.key ?? '', val: e.val ?? '', status: 0,
		t0: e.t, t1: 0, x0: x, x1: Infinity, phases: known?.phases ?? [], types: known?.types ?? {},
	});
	if (s.msgs.size > CROWD) forget(s, x);
	if (e.client === 'load' && holdsFocus(s, x)) return;
	s.focus = e.op;
	if (e.key) s.key = e.key;
	forget(s, x);
}

/** Whether the workload must leave the focus where it is: with a person's operation, or for a while. @param {State} s @param {number} x */
function holdsFocus(s, x) {
	const op = s.ops.get(s.focus);
	return !!op && (op.client !== 'load' || x - op.x0 < FOCUS_STAYS);
}

/** @param {State} s @param {Event} e @param {number} x */
function foldReturn(s, e, x) {
	const op = s.ops.get(e.op ?? '');
	if (!op) return;
	op.status = Number(e.status) || 0;
	op.t1 = e.t;
	op.x1 = x;
	if (e.val && op.kind !== 'write') op.val = e.val;
}

/** @param {State} s @param {Event} e @param {number} x */
function foldProgress(s, e, x) {
	const op = s.ops.get(e.op ?? '');
	if (!op) return;
	op.coordinator = e.node;
	/** @type {Phase} */
	const now = {
		phase: e.phase ?? '', need: e.need ?? 0, yes: e.yes ?? [], no: e.no ?? [], waiting: e.waiting ?? [],
		hinted: e.hinted ?? [], homes: e.homes ?? [], timer: e.timer ?? '', x,
	};
	const last = op.phases.at(-1);
	if (last?.phase === now.phase) op.phases[op.phases.length - 1] = now;
	else op.phases.push(now);
}

/** @param {State} s @param {Event} e */
function foldKey(s, e) {
	const key = e.key ?? '';
	if (e.hint_for) {
		const id = `${e.node}/${e.hint_for}/${key}`;
		if (e.gone) s.hints.delete(id);
		else s.hints.set(id, { node: e.node, key, for: e.hint_for, val: e.val ?? '', version: e.version ?? '' });
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

/** @param {State} s @param {Event} e */
function foldRole(s, e) {
	const n = node(s, e.node);
	n.role = e.role ?? '';
	n.term = e.term ?? 0;
	n.badges = e.badges ?? {};
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
	if (n.status === 'killed') {
		n.role = '';
		n.badges = {};
		for (const [id, t] of s.timers) if (t.node === e.node) s.timers.delete(id);
	}
	if (was === n.status) return;
	/** @type {Record<string, string>} */
	const words = {
		frozen: `Node ${e.node} is frozen.`, killed: `Node ${e.node} is killed. What it wrote to disk stays.`,
		up: was === 'frozen' ? `Node ${e.node} thaws, and takes in what waited at its door.` : `Node ${e.node} is back.`,
		starting: '',
	};
	if (words[n.status]) s.news = { x, text: words[n.status] };
}

/** @param {State} s @param {Event} e @param {number} x */
function foldLink(s, e, x) {
	const l = e.link;
	if (!l) return;
	const id = `${l.from}-${l.to}`;
	if (l.cut || l.delay_ms || l.jitter_ms || l.loss) s.links.set(id, l);
	else s.links.delete(id);
	s.news = { x, text: '' };
}

/** @param {State} s @param {Event} e @param {number} x */
function foldMode(s, e, x) {
	empty(s);
	s.mode = e.mode ?? s.mode;
	s.epoch = e.epoch ?? s.epoch;
	s.news = { x, text: `Mode ${s.mode}. Every database is empty.` };
}

/** @param {State} s @param {Event} e */
function foldScreen(s, e) {
	const lines = node(s, e.node).screen;
	lines.push(...(e.text ?? '').split('\n'));
	if (lines.length > SCREEN_LINES) lines.splice(0, lines.length - SCREEN_LINES);
}

/** Databases, operations and messages are no more. @param {State} s */
function empty(s) {
	for (const m of [s.msgs, s.ops, s.timers, s.held, s.hints, s.flow]) m.clear();
	for (const n of s.nodes.values()) {
		n.role = '';
		n.badges = {};
	}
	s.focus = '';
	s.totals = { sent: 0, delivered: 0, lost: 0, gap: 0 };
}

/** Drops ended messages and old operations, so that the state stays small. @param {State} s @param {number} x */
export function forget(s, x) {
	for (const [id, m] of s.msgs) {
		if (m.state !== 'flying' && m.op !== s.focus && m.x1 < x - (s.msgs.size > CROWD ? 200 : GONE_AFTER)) s.msgs.delete(id);
	}
	for (const [id] of s.ops) {
		if (s.ops.size <= OPS_KEPT) break;
		if (id !== s.focus) s.ops.delete(id);
	}
}

/**
 * Overlays what a hello says is true now on what its retained events led to.
 * @param {State} s
 * @param {any} hello
 * @param {number} x
 */
export function applyHello(s, hello, x) {
	const c = hello.cluster ?? {};
	s.mode = c.mode ?? s.mode;
	s.epoch = hello.epoch ?? s.epoch;
	s.pace = hello.pace ?? s.pace;
	s.quorum = hello.quorum ?? c.quorum ?? s.quorum;
	s.rules = hello.rules ?? [];
	for (const n of c.nodes ?? []) {
		Object.assign(node(s, n.id), { url: n.url ?? '', status: n.status ?? 'up', role: n.role ?? '', pid: n.pid ?? 0, silent: !!n.silent });
	}
	s.links.clear();
	for (const l of hello.links ?? c.links ?? []) s.links.set(`${l.from}-${l.to}`, l);
	s.timers.clear();
	s.held.clear();
	s.hints.clear();
	for (const e of [...(hello.roles ?? []), ...(hello.keys ?? []), ...(hello.timers ?? [])]) folds[e.kind]?.(s, e, x);
	for (const e of hello.ops ?? []) if (e.kind === 'progress' || !s.ops.has(e.op)) folds[e.kind]?.(s, e, x);
	const flying = new Set();
	for (const e of hello.inflight ?? []) {
		flying.add(e.msg);
		foldSent(s, e, x);
	}
	for (const [id, m] of s.msgs) if (m.state === 'flying' && !flying.has(id)) s.msgs.delete(id);
	s.seq = hello.seq ?? s.seq;
	s.x = x;
	s.news = { x: -Infinity, text: '' };
}

/** Virtual time at wall time t, both in microseconds. @param {Pace} p @param {number} t */
export function virtual(p, t) {
	return p.t0 ? p.v0 + p.rate * (t - p.t0) : t;
}

/** @param {State} s @returns {Op|undefined} */
export function focusOp(s) {
	return s.ops.get(s.focus);
}

/** @param {State} s @param {number} a @param {number} b */
export function isCut(s, a, b) {
	return !!s.links.get(`${a}-${b}`)?.cut;
}

/**
 * The groups into which cut links divide the nodes, each ascending; one group
 * where the network is whole.
 * @param {State} s
 * @returns {number[][]}
 */
export function groups(s) {
	const ids = [...s.nodes.keys()].sort((a, b) => a - b);
	/** @type {Set<number>} */
	const seen = new Set();
	const out = [];
	for (const id of ids) {
		if (seen.has(id)) continue;
		const group = [id];
		seen.add(id);
		for (const at of group) {
			for (const to of ids) {
				if (seen.has(to) || (isCut(s, at, to) && isCut(s, to, at))) continue;
				seen.add(to);
				group.push(to);
			}
		}
		out.push(group.sort((a, b) => a - b));
	}
	return out;
}

/**
 * Whether a request still waits at a door although its operation is over: it
 * came too late, whatever its receiver makes of it at the thaw.
 * @param {State} s @param {Msg} m
 */
export function isTimedOut(s, m) {
	const op = s.ops.get(m.op);
	return m.state === 'flying' && (m.cls === 'request' || m.cls === 'repair') && !!op && op.status > 0 && m.x0 < op.x1;
}

/**
 * Whether a message waits at the door of a node that does not take it in.
 * @param {State} s @param {Msg} m @param {number} v virtual time now
 */
export function isParked(s, m, v) {
	const n = s.nodes.get(m.to);
	return m.state === 'flying' && !!n && (n.status === 'frozen' || n.silent) && v >= m.due;
}

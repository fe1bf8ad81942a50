// The state of the cluster as the page knows it: a new state, a copy, and the questions
// that other modules ask about a state. Nothing here touches the page.

/** @typedef {import('./types.js').Pace} Pace */
/** @typedef {import('./types.js').Node} Node */
/** @typedef {import('./types.js').Msg} Msg */
/** @typedef {import('./types.js').Op} Op */
/** @typedef {import('./types.js').Faults} Faults */
/** @typedef {import('./types.js').State} State */

/** @returns {State} */
export function newState() {
	return {
		seq: 0, t: 0, x: 0, epoch: 0, mode: '', modes: [],
		pace: { pace: 'live', t0: 0, v0: 0, rate: 1, latency_ms: 0 },
		quorum: { n: 3, r: 2, w: 2 },
		nodes: new Map(), links: new Map(), rules: [], msgs: new Map(), ops: new Map(),
		timers: new Map(), held: new Map(), late: false, hints: new Map(), flow: new Map(),
		focus: '', pinned: '', key: 'city',
		totals: { sent: 0, delivered: 0, lost: 0, gap: 0 }, early: new Map(),
		news: { x: -Infinity, what: '', nodes: [], n: 0 },
		faults: noFaults(),
	};
}

/** @returns {Faults} */
export function noFaults() {
	return { parts: [], frozen: [], killed: [], silent: [] };
}

/**
 * A copy that further events do not change. It shares the parts that folds replace as a
 * whole, and copies the parts that folds change in place.
 * @param {State} s @returns {State}
 */
export function cloneState(s) {
	const copy = { ...s, totals: { ...s.totals } };
	copy.nodes = copied(s.nodes, (n) => ({ ...n, screen: n.screen.slice() }));
	copy.msgs = copied(s.msgs, (m) => ({ ...m }));
	copy.ops = copied(s.ops, cloneOp);
	copy.flow = copied(s.flow, (f) => ({ ...f }));
	copy.links = new Map(s.links);
	copy.timers = new Map(s.timers);
	copy.held = new Map(s.held);
	copy.hints = new Map(s.hints);
	copy.early = new Map(s.early);
	return copy;
}

/** @template K, V @param {Map<K, V>} map @param {(v: V) => V} copyOf @returns {Map<K, V>} */
function copied(map, copyOf) {
	const copy = new Map();
	map.forEach((v, id) => copy.set(id, copyOf(v)));
	return copy;
}

/** @param {Op} op @returns {Op} */
function cloneOp(op) {
	/** @type {Op['types']} */
	const types = {};
	for (const type of Object.keys(op.types)) types[type] = { ...op.types[type] };
	return { ...op, phases: op.phases.slice(), kept: op.kept.slice(), repairs: op.repairs.slice(), types };
}

/** A node. It is made if the state does not have it. @param {State} s @param {number} id @returns {Node} */
export function node(s, id) {
	let n = s.nodes.get(id);
	if (!n) {
		n = { id, url: '', status: 'up', pid: 0, role: '', roleX: -Infinity, term: 0, badges: {}, ballots: null, log: null, silent: false, freeze: '', down: false, screen: [] };
		s.nodes.set(id, n);
	}
	return n;
}

/** Virtual time at wall time t, both in microseconds. @param {Pace} p @param {number} t */
export function virtual(p, t) {
	return p.t0 ? p.v0 + p.rate * (t - p.t0) : t;
}

/** @param {State} s @returns {Op|undefined} */
export function focusOp(s) {
	return s.ops.get(s.focus);
}

/** The newest operation that a person made, not a load. @param {State} s @returns {Op|undefined} */
export function newestCall(s) {
	let newest;
	for (const op of s.ops.values()) if (op.client !== 'load') newest = op;
	return newest;
}

/** @param {State} s @param {number} a @param {number} b */
export function isCut(s, a, b) {
	return !!s.links.get(`${a}-${b}`)?.cut;
}

/** The delay and the loss of one direction of a link: "100 ms, loses 5 %"; '' for none. @param {import('./types.js').Link|undefined} l */
export function weaknessOf(l) {
	if (!l) return '';
	const delay = l.delay_ms || l.jitter_ms ? `${l.delay_ms}${l.jitter_ms ? `±${l.jitter_ms}` : ''} ms` : '';
	return [delay, l.loss ? `loses ${Math.round(l.loss * 100)} %` : ''].filter(Boolean).join(', ');
}

/** The delay and the loss that both directions of every link have; '' if they differ or there are none. @param {State} s */
export function weaknessOfAll(s) {
	const links = [...s.links.values()];
	const same = links.length > 0 && links.length === s.nodes.size * (s.nodes.size - 1) && new Set(links.map(weaknessOf)).size === 1;
	return same ? weaknessOf(links[0]) : '';
}

/** The faults that are in force now. @param {State} s @returns {Faults} */
export function faultsOf(s) {
	const ids = (/** @type {(n: Node) => boolean} */ test) => [...s.nodes.values()].filter(test).map((n) => n.id).sort((a, b) => a - b);
	const parts = groups(s);
	return {
		parts: parts.length > 1 ? parts : [], frozen: ids((n) => n.status === 'frozen'), killed: ids((n) => n.status === 'killed'),
		silent: ids((n) => n.silent && n.status === 'up'),
	};
}

/** @param {Faults} f */
export function isFaulty(f) {
	return f.parts.length + f.frozen.length + f.killed.length + f.silent.length > 0;
}

/**
 * The groups into which cut links divide the nodes, each ascending. Without a partition
 * it is one group.
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
 * Whether a request is still under way although its operation is over. It is too late,
 * even if its receiver takes it in after the thaw.
 * @param {State} s @param {Msg} m
 */
export function isTimedOut(s, m) {
	const op = s.ops.get(m.op);
	return m.state === 'flying' && (m.cls === 'request' || m.cls === 'repair') && !!op && op.status > 0 && m.x0 < op.x1;
}

/**
 * Whether a message has arrived at a node that takes in no messages.
 * @param {State} s @param {Msg} m @param {number} v virtual time now
 */
export function isParked(s, m, v) {
	const n = s.nodes.get(m.to);
	return m.state === 'flying' && !!n && (n.status === 'frozen' || n.silent) && v >= m.due;
}

/** @type {Omit<import('./types.js').Descriptor, 'beside'|'copies'|'types'>} of a mode that the playground did not describe: it promises nothing */
const undescribed = { name: '', approach: '', triangle: [], keeps: [], gives_up: '', linearizable: false, disk: true, sizes: false, by_hand: false, plant: false, if_match: false, calls: [], roles: [], moments: [] };

/** The descriptor of the mode in which the cluster runs. @param {State} s */
export function descriptorOf(s) {
	return s.modes.find((d) => d.name === s.mode) ?? undescribed;
}

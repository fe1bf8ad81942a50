// A state at a playhead, and the questions that words and drawing ask about it: the
// value of a node, the homes of a key, the operations that the stage shows, the content
// of a slot of the quorum. These are pure functions.

import { focusOp, isParked } from './state.js';

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Op} Op */
/**
 * @typedef {object} View A state at a playhead.
 * @property {State} s
 * @property {number} x the playhead on the elastic axis
 * @property {number} t the same as wall time, microseconds
 * @property {number} v the same as virtual time, microseconds
 * @property {number} selected the node that actions go to
 * @property {string} hand the message in the hand
 * @property {string} lit the message under the pointer, in the ring or in the diagram
 * @property {boolean} still without motion: things appear and vanish
 * @property {Set<string>} pending actions under way, as "freeze:4"
 * @property {{x: number, y: number, w: number, h: number}[]} [lists] the boxes over the ring, which labels must not cover
 * @property {boolean} [past] a replay: the playhead does not follow the present
 * @property {number} [since] in a scenario, where on the axis its step began. What ended before is not drawn. Every client of the step stays
 * @property {State} [foreseen] in a replay, the state after the operation in focus
 * @property {(op: Op) => boolean} [outside] whether the client of an operation is not drawn in this ring, as the one in front of all lanes
 * @property {boolean} flow whether there are too many messages to draw one by one, so that links show the flow
 * @property {number} rate messages a second, if flow is shown
 * @property {'connecting'|'up'|'lost'} [link] the connection to the playground: before the first frame, after a frame, after its loss. Missing: the state comes from elsewhere
 * @property {boolean} [behind] whether received events wait to be shown. The playhead is stretched then, and shows no real wait
 * @property {(op: string) => import('./measure.js').Read|undefined} [judged] the verdict on a read
 * @property {(id: string) => number} endOf where on the axis a message ends, as far as is known
 */

/** The value in a node's circle, which is its value of the key in focus. none: it is sure that the node has no value. @param {State} s @param {number} id */
export function valueAt(s, id) {
	const h = s.held.get(`${id}/${s.key}`);
	const has = !!h && !!(h.version || h.val);
	return { held: h, text: has ? h.val : '', none: !has && (!!h || !s.late), locked: h ? lockOf(s, h) : '', version: h?.version ?? '' };
}

/** The transaction that locks what a node holds; '' for none. The lock of a coordinator is not on its disk: it ends with the process. @param {State} s @param {import('./types.js').Held} h */
export function lockOf(s, h) {
	const dead = s.nodes.get(h.node)?.status === 'killed';
	return dead && s.ops.get(h.lockedBy)?.coordinator === h.node ? '' : h.lockedBy;
}

/** The homes of the key in focus, as operations and keys report them. @param {State} s @returns {number[]} */
export function homesOf(s) {
	const op = focusOp(s);
	for (const p of op?.phases ?? []) if (p.homes.length) return p.homes;
	for (const h of s.held.values()) if (h.key === s.key && h.homes.length) return h.homes;
	return [];
}

/** The nodes that coordinate the operations on the stage, as far as they have reported it. @param {State} s @param {number} [since] @returns {Set<number>} */
export function coordinators(s, since) {
	return new Set(clients(s, since).map((op) => op.coordinator).filter((id) => id > 0));
}

/** The numbers of the nodes for which `holds` is true, ascending. @param {State} s @param {(n: import('./types.js').Node) => boolean} holds */
export function nodesOf(s, holds) {
	return [...s.nodes.values()].filter(holds).map((n) => n.id).sort((a, b) => a - b);
}

/** Whether a node takes in no messages but is not dead. @param {import('./types.js').Node} n */
export function isStill(n) {
	return n.status === 'frozen' || (n.silent && n.status === 'up');
}

/**
 * The operations whose clients stand on the stage, at most one for each node. They are
 * the operation in focus, the operations that ran at the same time, and the operations
 * that still run. Under a split the newest operation of each other side is added. In a
 * step of a scenario, which began at `since`, they are the operations that began or ended
 * in the step, and the operations that still run.
 * @param {State} s @param {number} [since] on the elastic axis @returns {Op[]}
 */
export function clients(s, since) {
	const focus = focusOp(s);
	if (since !== undefined) return newestOfNodes(s, focus, (op) => op.x0 >= since || !op.status || op.x1 >= since);
	const parts = focus?.faults.parts ?? [];
	const split = parts.length > 1 ? JSON.stringify(parts) : '';
	const sides = new Set(focus && split ? [sideOf(parts, focus.node)] : []);
	return newestOfNodes(s, focus, (op) => {
		if (op === focus) return true;
		const beside = !op.status || (focus && op.x1 > focus.x0 && op.x0 <= focus.x1);
		const side = split && JSON.stringify(op.faults.parts) === split ? sideOf(parts, op.node) : undefined;
		if (!beside && (side === undefined || sides.has(side))) return false;
		if (side !== undefined) sides.add(side);
		return true;
	});
}

/** The newest wanted operation of each node, the one in focus first; at most three. @param {State} s @param {Op|undefined} focus @param {(op: Op) => boolean|undefined} wanted */
function newestOfNodes(s, focus, wanted) {
	/** @type {Map<number, Op>} */
	const at = new Map(focus && wanted(focus) ? [[focus.node, focus]] : []);
	for (const op of [...s.ops.values()].slice(-30).reverse()) {
		if (op.client === 'load' || at.has(op.node) || at.size > 2 || !wanted(op)) continue;
		at.set(op.node, op);
	}
	return [...at.values()];
}

/** @param {number[][]} parts @param {number} id */
function sideOf(parts, id) {
	return parts.findIndex((g) => g.includes(id));
}

/**
 * The hints of a write: those that nodes still keep, and those that were handed over. A hint
 * that a newer write replaced is in neither, nor is the hint of an earlier try for a node
 * that is no home any more.
 * @param {State} s @param {Op} op
 */
export function hintsOf(s, op) {
	const homes = phaseOf(op)?.homes ?? [];
	const all = homes.length ? op.kept.filter((k) => homes.includes(k.for)) : op.kept;
	const now = (/** @type {{node: number, for: number}} */ k) => s.hints.get(`${k.node}/${k.for}/${op.key}`);
	return { kept: all.filter((k) => now(k)?.val === op.val), given: all.filter((k) => !now(k)) };
}

/** The phase that the stage shows: the newest that counts answers. A forwarded operation counts at its coordinator. The wait for a lock is left out after a good answer. @param {Op} op */
export function phaseOf(op) {
	const phases = outcome(op.status, op.kind) === 'good' ? op.phases.filter((p) => p.phase !== 'lock') : op.phases;
	const counted = phases.filter((p) => p.need > 0 && p.phase !== 'acks');
	return counted.findLast((p) => p.phase !== 'forward' || p.yes.length < p.need) ?? counted.at(-1) ?? phases.at(-1);
}

/** How many of the needed answers of a phase have arrived: "2 of 3". It is never more than needed. @param {import('./types.js').Phase} p */
export function countWords(p) {
	return `${Math.min(p.yes.length, p.need)} of ${p.need}`;
}

/** @typedef {'yes'|'no'|'late'|'late-yes'|'dead'|'silent'|'lost'|'flying'|'waiting'|'none'} Said late, late-yes: an answer that came after the operation had failed; none: no answer was counted */

/**
 * The answer of each node in an operation, for the slots of the quorum.
 * @param {View} view @param {Op} op
 * @returns {{id: number, said: Said, home: boolean}[]}
 */
export function slots(view, op) {
	const p = phaseOf(op);
	const homes = homesOf(view.s);
	const at = op.coordinator || op.node;
	const dead = (op.died || !op.status) && view.s.nodes.get(at)?.status === 'killed';
	const promised = new Set([...view.s.ops.values()].filter((one) => op.tx && one.tx === op.tx && one.kind === 'propose' && one.status && one.status < 300).map((one) => one.node));
	const [flying, lost, late, lateYes, voted] = [new Set(), new Set(), new Set(), new Set(), new Set()];
	for (const m of view.s.msgs.values()) {
		if (m.op !== op.id) continue;
		const other = m.from === at ? m.to : m.from;
		if (m.state === 'flying' && !isParked(view.s, m, view.v)) flying.add(other);
		if (m.state === 'lost' && !op.partial) lost.add(other);
		if (m.cls === 'yes' && m.to === at) voted.add(m.from);
		const after = op.node === at ? m.t1 > op.t1 : m.x1 > op.x1; // events of two nodes have no common clock
		const tooLate = m.to === at && m.state === 'delivered' && after && !op.partial;
		if (tooLate && op.status && m.cls === 'no') late.add(m.from);
		if (tooLate && outcome(op.status, op.kind) === 'bad' && m.cls === 'yes') lateYes.add(m.from);
	}
	/** @param {import('./types.js').Node} n @returns {Said} */
	const said = (n) => {
		if (dead && n.id === at) return 'dead';
		if ((dead || op.died) && (voted.has(n.id) || isPromised(view.s, op, n.id))) return 'yes';
		if (p?.yes.includes(n.id) || promised.has(n.id)) return 'yes';
		if (!op.phases.length && n.id === op.node && outcome(op.status, op.kind) === 'good' && !op.partial) return 'yes'; // it answered alone
		if (p?.no.includes(n.id)) return 'no';
		if (late.has(n.id)) return 'late';
		if (lateYes.has(n.id)) return 'late-yes';
		const asked = p ? homes.includes(n.id) || p.waiting.includes(n.id) : n.id === op.node;
		if (asked && n.status === 'killed') return 'dead';
		if (asked && isStill(n)) return 'silent';
		if (lost.has(n.id)) return 'lost';
		if (op.status) return 'none';
		return flying.has(n.id) ? 'flying' : 'waiting';
	};
	return [...view.s.nodes.values()].sort((a, b) => a.id - b.id).map((n) => ({ id: n.id, said: said(n), home: homes.includes(n.id) }));
}

/** Whether a participant holds a lock for a write: it voted yes, even if the page does not have its vote. @param {State} s @param {Op} op @param {number} id */
function isPromised(s, op, id) {
	return op.kind === 'write' && s.held.get(`${id}/${op.key}`)?.lockedBy === op.id;
}

/** Only a read may find nothing: a commit of an unknown transaction is refused. @param {number} status @param {string} [kind] of the operation @returns {'good'|'bad'|'waits'} */
export function outcome(status, kind = 'read') {
	if (!status) return 'waits';
	return status < 300 || (status === 404 && (kind === 'read' || kind === 'local-read')) ? 'good' : 'bad';
}

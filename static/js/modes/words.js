// Words about a state at a playhead: what a node says below its circle, the
// stamp, the meter, times. Pure functions.

import { clients, homesOf, phaseOf, slots } from '../model/view.js';

/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('../model/view.js').View} View */

/** @param {import('../model/types.js').Quorum} q */
export function overlap(q) {
	return `${q.r} + ${q.w} ${q.r + q.w > q.n ? `> ${q.n}: overlap` : `≤ ${q.n}: no overlap`}`;
}

/** @param {Op} op */
export function title(op) {
	return op.kind === 'write' ? `write ${shorten(op.key, 16)} = ${shorten(op.val, 16)}` : `${op.kind} ${shorten(op.key, 24)}`;
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

/** @param {string} text @param {number} most the middle gives way to an ellipsis */
export function shorten(text, most) {
	const c = [...text];
	if (c.length <= most) return text;
	const head = Math.ceil((most - 1) / 2);
	return c.slice(0, head).join('') + '…' + c.slice(c.length - (most - 1 - head)).join('');
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

/** What keeps a frozen node still, in a few words: not every system has a signal for it. @param {import('../model/types.js').Node} n */
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

/** @param {number} status @returns {'good'|'bad'|'waits'} */
export function outcome(status) {
	if (!status) return 'waits';
	return status < 300 || status === 404 ? 'good' : 'bad';
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

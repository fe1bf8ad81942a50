// The hello of a page that is opened late, as package server/collect makes it.

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {import('../model/types.js').Hello} Hello */
/** @typedef {import('../model/types.js').State} State */

/**
 * The hello after these events.
 * @param {State} s the state after them @param {Event[]} events @param {number} newest how many of them the hello has
 * @returns {Hello}
 */
export function helloOf(s, events, newest) {
	const nodes = [...s.nodes.values()].map((n) => ({ id: n.id, url: n.url, status: n.status, silent: n.silent, role: n.role, pid: n.pid, freeze: n.freeze }));
	const last = (/** @type {string} */ kind, /** @type {(e: Event) => any} */ id) => [...new Map(events.filter((e) => e.kind === kind).map((e) => [id(e), e])).values()];
	const alive = (/** @type {Event} */ e) => (e.seq ?? 0) > (events.findLast((one) => one.kind === 'status' && one.node === e.node && one.status === 'killed')?.seq ?? 0);
	const flying = new Set([...s.msgs.values()].filter((m) => m.state === 'flying').map((m) => m.id));
	return {
		seq: s.seq, epoch: s.epoch, pace: s.pace, quorum: s.quorum, cluster: { mode: s.mode, nodes }, modes: s.modes, links: [...s.links.values()], rules: s.rules,
		roles: [...last('role', (e) => e.node), ...last('log', (e) => e.node), ...last('progress', (e) => (e.op ? '' : e.node)).filter((e) => !e.op && s.nodes.get(e.node)?.ballots)].filter(alive),
		keys: last('key', (e) => `${e.node} ${e.hint_for} ${e.key}`).filter((e) => !e.gone),
		timers: last('timer', (e) => `${e.node} ${e.name} ${e.op}`).filter((e) => e.state === 'set' && s.timers.has(`${e.node}/${e.op ? `${e.name}:${e.op}` : e.name}`)),
		inflight: events.filter((e) => e.kind === 'sent' && flying.has(e.msg ?? '')),
		ops: opsOf(s, events), events: newestOf(events, newest),
	};
}

/** The newest events. Those of a status say what it was before, as package server/collect adds it. @param {Event[]} events @param {number} newest */
export function newestOf(events, newest) {
	const first = Math.max(0, events.length - newest);
	return events.slice(first).map((e, i) => {
		if (e.kind !== 'status') return e;
		const before = events.slice(0, first + i).findLast((one) => one.kind === 'status' && one.node === e.node);
		return before ? { ...e, was: before.status, was_silent: before.silent } : e;
	});
}

/** The events of the open operations, and of the newest. @param {State} s @param {Event[]} events */
function opsOf(s, events) {
	const persons = [...s.ops.values()].filter((op) => op.client !== 'load');
	const newest = (persons.length ? persons : [...s.ops.values()]).at(-1);
	return [...s.ops.values()].filter((op) => !op.status || op === newest || (op.tx && op.tx === newest?.tx)).flatMap((op) => {
		const own = events.filter((e) => e.op === op.id);
		const ended = own.findLast((e) => e.kind === 'return')?.seq ?? 0;
		const kept = new Map();
		for (const e of own) if (e.kind === 'invoke' || e.kind === 'return' || e.kind === 'progress') kept.set(`${e.kind} ${e.phase} ${e.node} ${(e.seq ?? 0) > ended}`, e);
		return /** @type {Event[]} */ ([...kept.values()]).sort((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
	});
}

// No sentence of the page can be false, whatever fails: at every event, each sentence
// has a rule, and the rule holds for the state. SENTENCES=2000 simulates that
// many runs in each mode, FROM=1000 begins with that seed.

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';
import { Elastic } from '../model/elastic.js';
import { apply } from '../model/fold.js';
import { Player } from '../model/player.js';
import { focusOp, newestCall, newState } from '../model/state.js';
import { helloOf } from '../testing/hellos.mjs';
import { descriptors, recorded, viewOf } from '../testing/logs.mjs';
import { runsOf, simulated } from '../testing/runs.mjs';
import { judge, rules, saidAt } from '../testing/sentences.mjs';
import { fateOf } from './fate.js';
import { stampOf } from './stamp.js';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {import('../model/types.js').State} State */

const RUNS = Number(process.env.SENTENCES ?? 2);
const FROM = Number(process.env.FROM ?? 1);
const OPS = 40; // operations in each simulated run
const OPENED = 40; // events between two pages that are opened late
const HELLO = [0, 8, 40]; // events in their hellos
const WAIT = 0.4; // s of a wait that is checked after each event
const total = { sentences: 0, states: 0, runs: 0, inDoubt: 0, used: new Set(), sure: new Set() };

/** Whether an event changes no sentence. @param {Event} e */
const isQuiet = (e) => e.kind === 'screen';

/** Checks each sentence at each event by its rule. @param {Event[]} events @param {string} mode @param {string} name @param {Map<string, string>} bad by its form, where each false sentence stood first */
function hold(events, mode, name, bad) {
	const elastic = new Elastic();
	const s = { ...newState(), mode, modes: descriptors };
	/** @type {Map<string, import('../model/measure.js').Read>} */
	const judged = new Map();
	/** @type {Map<string, string>} the outcome that the page called sure, by operation */
	const sure = new Map();
	events.forEach((e, i) => {
		apply(s, e, elastic.place(e).x);
		if (isQuiet(e)) return;
		if (e.kind === 'return' && mode === 'AP') judgeRead(s, e.op ?? '', judged);
		const gap = ((events[i + 1]?.t ?? e.t) - e.t) / 1e6;
		const view = { ...viewOf(s), judged: (/** @type {string} */ op) => judged.get(op) };
		check(view, `${name}, event ${i}`, bad);
		isStillSure(s, sure, `${name}, event ${i}`, bad);
		const waits = Math.min(WAIT, 0.9 * gap) * 1e6;
		if (i % OPENED === 0) openLate(view, events.slice(0, i + 1), `${name}, opened after event ${i}`, bad);
		if (waits > 50_000) check({ ...view, t: s.t + waits, v: s.t + waits }, `${name}, after event ${i}`, bad);
	});
	total.runs++;
}

/**
 * Checks the sentences of pages that are opened late, by the rules and by the state of a
 * page that got all events.
 * @param {import('../model/view.js').View} whole @param {Event[]} events @param {string} where @param {Map<string, string>} bad
 */
function openLate(whole, events, where, bad) {
	const focus = focusOp(whole.s);
	for (const newest of HELLO) {
		const player = new Player();
		player.hello(helloOf(whole.s, events, newest), 0);
		player.shown.t = whole.s.t; // a hello does not say when the newest event happened
		const view = { ...whole, s: player.shown, x: player.shown.x };
		if (focus && focus.client !== 'load' && isByBeginning(whole.s) && view.s.focus !== focus.id) bad.set('the operation in focus of a late page', `${view.s.focus}, not ${focus.id}: ${newest} events, ${where}`);
		if (view.s.focus !== (focus?.id ?? '')) continue;
		check(view, `${newest} events, ${where}`, bad, whole);
		if (focus && isInDoubt(whole) && !isInDoubt(view)) bad.set('a late page does not say in doubt', `${newest} events, ${where}`);
	}
}

/** Whether the page says that no node may decide. @param {import('../model/view.js').View} view */
function isInDoubt(view) {
	const op = focusOp(view.s);
	const { kind, text } = op ? stampOf(view, op) : { kind: '', text: '' };
	if (kind === 'doubt') total.inDoubt++;
	return kind === 'doubt' && text.includes('no node may decide');
}

/** Whether the operations are ordered by their beginning. They are not if the clocks of two nodes differ by seconds: then it is unknown which operation is the newest. @param {State} s */
function isByBeginning(s) {
	if (newestCall(s)?.id !== s.focus) return false; // a repeat under the same id began earlier, by the clock of another node
	const begun = [...s.ops.values()].map((op) => op.t0);
	return begun.every((t, i) => i === 0 || t >= begun[i - 1]);
}

/** Checks that the sure outcome of a write does not change. @param {State} s @param {Map<string, string>} sure @param {string} where @param {Map<string, string>} bad */
function isStillSure(s, sure, where, bad) {
	const op = s.ops.get(s.focus);
	if (!op) return;
	const fate = fateOf(s, op);
	const before = sure.get(op.id);
	if (fate) total.sure.add(`${s.mode} ${fate}`);
	if (fate) sure.set(op.id, fate);
	if (before && fate && before !== fate) bad.set(`sure: ${before}, then ${fate}`, `write ${op.id} at ${where}`);
}

/** @param {import('../model/view.js').View} view @param {string} where @param {Map<string, string>} bad by its form, where each false sentence stood first @param {import('../model/view.js').View} [truth] by which the sentences are judged */
function check(view, where, bad, truth = view) {
	total.states++;
	for (const sentence of saidAt(view)) {
		total.sentences++;
		const { rule, holds } = judge(truth, sentence);
		if (rule) total.used.add(rule);
		if (!holds && bad.size < 12) bad.set(`${rule ? 'false' : 'no rule'}: ${sentence.kind} "${sentence.text.replace(/\d+/g, '#')}"`, `${sentence.text} at ${where}`);
	}
}

/** Judges a read as the verdict would in the simplest case: the newest write of the key that ended before it began has another value. @param {State} s @param {string} id @param {Map<string, any>} judged */
function judgeRead(s, id, judged) {
	const read = s.ops.get(id);
	if (read?.kind !== 'read' || read.status !== 200) return;
	const writes = [...s.ops.values()].filter((o) => o.kind === 'write' && o.key === read.key && o.status === 201 && o.t1 < read.t0);
	const newest = writes.sort((a, b) => a.t1 - b.t1).at(-1);
	if (newest && newest.val !== read.val) judged.set(id, { op: id, node: read.node, key: read.key, word: { word: 'stale', missed: 1, newest: newest.id } });
}

const logs = readdirSync(new URL('../testdata', import.meta.url)).filter((name) => name.endsWith('.jsonl')).map((name) => name.replace('.jsonl', ''));
for (const log of logs) {
	test(`recorded: every sentence of ${log} is true`, () => {
		/** @type {Map<string, string>} */
		const bad = new Map();
		hold(recorded(log), log.split('-')[0].toUpperCase(), log, bad);
		assert.deepEqual([...bad], []);
	});
}

test('scripts: every sentence of every transcript is true', async () => {
	/** @type {Map<string, string>} */
	const bad = new Map();
	await runsOf(['./scripts/transcripts'], ({ name, mode, events }) => hold(events, mode, name, bad));
	assert.deepEqual([...bad], []);
});

for (const { name: mode } of descriptors) {
	test(`simulated: every sentence of ${mode} is true, whatever fails`, async () => {
		/** @type {Map<string, string>} */
		const bad = new Map();
		await simulated(mode, { seeds: RUNS, ops: OPS, from: FROM }, ({ name, events }) => hold(events, mode, name, bad));
		assert.deepEqual([...bad], []);
	});
}

/** The seeds of runs in which a sentence was false once. */
const ONCE_FALSE = { CA: [125, 245, 824, 1253, 2001, 2056], CP: [14, 1929, 4036], AP: [703, 804, 1181, 1565, 2097, 2123, 2141], RAFT: [3035] };
for (const [mode, seeds] of Object.entries(ONCE_FALSE)) {
	test(`simulated: sentences of ${mode} that were false once are true`, async () => {
		/** @type {Map<string, string>} */
		const bad = new Map();
		for (const from of seeds) await simulated(mode, { seeds: 1, ops: OPS, from }, ({ name, events }) => hold(events, mode, name, bad));
		assert.deepEqual([...bad], []);
	});
}

/** Sentences that neither the recorded nor the simulated runs reach: each with events that lead to it. @type {Record<string, Event[]>} */
const RARE = (() => {
	const at = (/** @type {any[]} */ events) => [1, 2, 3, 4, 5].map((node) => ({ kind: 'status', node, status: 'up' })).concat(events).map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }));
	const link = (/** @type {number} */ from, /** @type {number} */ to, cut = true) => ({ kind: 'link', node: 0, link: { from, to, cut, delay_ms: 0, jitter_ms: 0, loss: 0 } });
	const invoke = { kind: 'invoke', node: 1, op: 'w1', op_kind: 'write', key: 'city', val: 'Porto' };
	const sent = { kind: 'sent', node: 1, msg: 'm1', from: 1, to: 2, type: 'prepare', class: 'request', op: 'w1' };
	const vote = (/** @type {string} */ msg, /** @type {string} */ type, /** @type {string} */ cls, /** @type {string} */ end) => {
		const m = { node: 2, msg, from: 2, to: 1, type, class: cls, op: 'w1' };
		return [{ ...m, kind: 'sent' }, { ...m, kind: end, node: 1, ...(end === 'lost' && { why: 'killed' }) }];
	};
	return {
		'CA: all nodes start': [1, 2, 3, 4, 5].map((node, i) => ({ seq: i + 1, t: (i + 1) * 1000, kind: 'status', node, status: 'starting' })),
		'CA: a rule that its node passed by': at([{ kind: 'point', node: 2, state: 'passed' }]),
		'CA: a rule that could not act': at([{ kind: 'point', node: 2, state: 'failed' }]),
		'CA: events that never came': at([{ kind: 'gap', node: 3, n: 1 }]),
		'AP: another mode': at([{ kind: 'mode', node: 0, mode: 'AP', epoch: 2 }]),
		'CP: one link is cut': at([link(1, 2), link(2, 1)]),
		'CP: one direction is cut': at([link(1, 2)]),
		'AP: a hint is left after the heal': at([{ kind: 'key', node: 1, key: 'city', val: 'Porto', version: 'n1.1a.1', hint_for: 4 }, ...[1, 2].flatMap((a) => [3, 4, 5].flatMap((b) => [link(a, b), link(b, a)])), ...[1, 2].flatMap((a) => [3, 4, 5].flatMap((b) => [link(a, b, false), link(b, a, false)]))]),
		'CA: in step nothing moves': at([{ kind: 'pace', node: 0, pace: { pace: 'step', t0: 1, v0: 0, rate: 0, latency_ms: 0 } }, invoke, sent]),
		'CA: the coordinator is back, and a question to it was lost': at([
			invoke, sent, { kind: 'delivered', node: 2, msg: 'm1' },
			{ kind: 'progress', node: 1, op: 'w1', phase: 'votes', need: 5, yes: [1], no: [], waiting: [2, 3, 4, 5] },
			...vote('m2', 'yes', 'yes', 'delivered'), { kind: 'status', node: 1, status: 'killed' },
			...vote('m3', 'ask', 'request', 'lost'), { kind: 'status', node: 1, status: 'up' },
		]),
		'CA: in doubt, and no write is known': at([2, 3].map((node) => ({ kind: 'role', node, role: 'participant', badges: { undecided: 1, 'in doubt': 1 } }))),
		'CA: all promised by hand': at([1, 2, 3, 4, 5].flatMap((node) => [{ kind: 'invoke', node, op: `p${node}`, op_kind: 'propose', tx: 'T1', key: 'city', val: 'London' }, { kind: 'key', node, key: 'city', val: '', locked_by: 'T1' }, { kind: 'return', node, op: `p${node}`, status: 200 }])),
		'CA: two ends by hand': at([1, 2].flatMap((node) => [{ kind: 'invoke', node, op: `e${node}`, op_kind: node === 1 ? 'commit' : 'rollback', tx: 'T1' }, { kind: 'return', node, op: `e${node}`, status: 200 }])),
		'AP: a read of two values': at([{ ...invoke, op_kind: 'read', val: '' }, { kind: 'return', node: 1, op: 'w1', status: 200, val: 'Porto', siblings: [{ val: 'Faro' }] }]),
		'AP: a read of three values': at([{ ...invoke, op_kind: 'read', val: '' }, { kind: 'return', node: 1, op: 'w1', status: 200, val: 'Porto', siblings: [{ val: 'Faro' }, { val: 'Braga' }] }]),
		'RAFT: a split, and the minority': at([...[1, 2].flatMap((a) => [3, 4, 5].flatMap((b) => [link(a, b), link(b, a)])), invoke, { kind: 'return', node: 1, op: 'w1', status: 503 }]),
		'RAFT: a split, and the majority': at([...[1, 2].flatMap((a) => [3, 4, 5].flatMap((b) => [link(a, b), link(b, a)])), { ...invoke, node: 4 }, { kind: 'return', node: 4, op: 'w1', status: 201 }]),
		'RAFT: a dead voter': at([{ kind: 'progress', node: 1, term: 2, phase: 'vote', need: 3, yes: [1], waiting: [2, 3, 4, 5] }, { kind: 'status', node: 5, status: 'killed' }, { kind: 'progress', node: 1, term: 2, phase: 'vote', need: 3, yes: [1, 2], waiting: [3, 4, 5] }]),
	};
})();

for (const [name, events] of Object.entries(RARE)) {
	test(`rare: every sentence is true, ${name}`, () => {
		/** @type {Map<string, string>} */
		const bad = new Map();
		hold(events, name.split(':')[0], name, bad);
		assert.deepEqual([...bad], []);
	});
}

test('the page says that it connects, and that it lost the connection', () => {
	const none = { ...viewOf({ ...newState(), mode: 'CA', modes: descriptors }), link: /** @type {const} */ ('connecting') };
	const [last] = saidAt(none);
	assert.equal(last.text, 'Connecting to the playground.');
	const s = newState();
	for (const node of [1, 2, 3]) apply(s, { kind: 'status', node, status: 'up', seq: node, t: node }, node);
	const lost = { ...viewOf({ ...s, mode: 'CA', modes: descriptors }), link: /** @type {const} */ ('lost') };
	assert.match(saidAt(lost).filter((one) => one.kind === 'caption').map((one) => one.text).join(' '), /^The connection is lost\. The stage shows the last state that arrived\.$/);
	assert.doesNotMatch(saidAt({ ...lost, past: true })[0].text, /lost/, 'a replay shows what happened');
	assert.equal(judge({ ...lost, link: 'up' }, saidAt(lost)[0]).holds, false, 'a false sentence while the connection exists');
});

test('the rule of votes and answers reads a number of two digits as one', () => {
	const [pattern] = rules.fact[0];
	const [, , answers, own, no, onTheWay] = pattern.exec('answers: 11 on the way') ?? [];
	assert.deepEqual([answers, own, no, onTheWay], [undefined, undefined, undefined, '11']);
});

test('the rules catch false sentences that are planted', () => {
	const s = { ...newState(), mode: 'CA', modes: descriptors };
	const events = JSON.parse(`[${readFileSync(new URL('../testdata/ca-frozen.jsonl', import.meta.url), 'utf8').trim().split('\n').join()}]`);
	const elastic = new Elastic();
	/** @type {Record<string, number>} how often each planted sentence was caught */
	const caught = {};
	const planted = [
		{ kind: 'caption', text: 'A read asks one node only: all five hold the same.', id: 0 },
		{ kind: 'stamp', text: '201 | committed\nby all 5 | ', id: 0 },
		{ kind: 'caption', text: 'Votes come in: 6 of 5.', id: 0 },
		{ kind: 'caption', text: 'Node 4 is frozen.', id: 0 },
		{ kind: 'node', text: 'home', id: 3 },
	];
	for (const e of events) {
		apply(s, e, elastic.place(e).x);
		for (const one of planted) if (!judge(viewOf(s), one).holds) caught[one.text] = (caught[one.text] ?? 0) + 1;
	}
	for (const one of planted) assert.ok(caught[one.text] > 0, one.text);
	assert.equal(judge(viewOf(s), { kind: 'caption', text: 'Everybody is happy.', id: 0 }).rule, undefined, 'a sentence without a rule');
});

test('how many sentences were checked by the rules', (t) => {
	const all = Object.values(rules).flat().length;
	t.diagnostic(`${total.sentences} sentences in ${total.states} states of ${total.runs} runs; ${total.used.size} of ${all} rules met`);
	for (const [kind, of] of Object.entries(rules)) for (const rule of of) if (!total.used.has(rule)) t.diagnostic(`never met: ${kind} ${rule[0]}`);
	t.diagnostic(`sure of writes without an outcome: ${[...total.sure].sort().join(', ')}`);
	assert.ok(total.sentences > 50_000);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newestOf } from '../testing/hellos.mjs';
import { descriptors, folded, recorded } from '../testing/logs.mjs';
import { apply } from './fold.js';
import { applyHello, stateBefore } from './hello.js';
import { Player } from './player.js';
import { SpaceTime } from './spacetime.js';
import { newestCall, newState } from './state.js';
import { valueAt } from './view.js';

/** A link without faults. */
const whole = { from: 1, to: 2, cut: false, delay_ms: 0, jitter_ms: 0, loss: 0 };

test('the state of a hello replaces the state that its events led to', () => {
	const s = newState();
	apply(s, { kind: 'sent', node: 1, t: 1, msg: 'gone', from: 1, to: 2, class: 'request' }, 0);
	applyHello(s, {
		seq: 9, epoch: 2, cluster: { mode: 'AP', nodes: [{ id: 1, url: 'http://h:1', status: 'frozen' }] }, links: [{ ...whole, cut: true }],
		inflight: [{ kind: 'sent', node: 1, t: 2, msg: 'm', from: 1, to: 2, class: 'request' }], keys: [{ kind: 'key', node: 1, t: 1, key: 'city', val: 'x' }],
	}, 10);
	assert.deepEqual([...s.msgs.keys()], ['m']);
	assert.equal(s.nodes.get(1)?.status, 'frozen');
	assert.equal(s.held.get('1/city')?.val, 'x');
	assert.equal(s.seq, 9);
});

test('the numbers shown add up after a hello and after sums', () => {
	const s = newState();
	const m = (/** @type {string} */ kind, /** @type {string} */ msg) => apply(s, { kind, node: 1, t: 1, msg, from: 1, to: 2, class: 'yes' }, 0);
	for (const id of ['a', 'b', 'c']) m('sent', id);
	m('delivered', 'a');
	applyHello(s, { seq: 9, cluster: { mode: 'CA', nodes: [] }, inflight: [{ kind: 'sent', node: 1, t: 2, msg: 'c', from: 1, to: 2, class: 'yes' }] }, 10);
	assert.deepEqual({ ...s.totals }, { sent: 3, delivered: 2, lost: 0, gap: 0 });
	apply(s, { kind: 'flow', node: 1, t: 3, from: 1, to: 2, class: 'yes', sent: 10, delivered: 9, lost: 1 }, 11);
	assert.deepEqual({ ...s.totals }, { sent: 10, delivered: 9, lost: 1, gap: 0 });
	assert.equal(s.msgs.size, 1, 'the sums counted the end of the one that flew');
	assert.equal([...s.msgs.values()].filter((one) => one.state === 'flying').length, 0);
});

test('a hello after sums counts no message twice whose beginning the sums have counted', () => {
	const s = newState();
	const about = { node: 2, t: 1, from: 1, to: 2, class: /** @type {const} */ ('yes') };
	apply(s, { ...about, kind: 'delivered', msg: 'a' }, 0); // its sent is in the next sum
	apply(s, { ...about, kind: 'flow', sent: 4, delivered: 4 }, 1);
	s.msgs.clear(); // as when there are too many messages to draw
	applyHello(s, { seq: 9, cluster: { mode: 'CA', nodes: [] } }, 2);
	assert.deepEqual({ ...s.totals }, { sent: 4, delivered: 4, lost: 0, gap: 0 });
});

test('a page that is opened late shows the newest answer, and claims no fault of that time', () => {
	const about = { kind: 'invoke', node: 1, op: 'w', op_kind: /** @type {const} */ ('write'), key: 'city', val: 'Porto' };
	const p = new Player();
	p.hello({
		seq: 90, cluster: { mode: 'CP', nodes: [1, 2, 3].map((id) => ({ id, status: id === 3 ? 'frozen' : 'up' })) }, modes: descriptors,
		ops: [{ ...about, seq: 5, t: 1e6 }, { ...about, kind: 'return', seq: 9, t: 2e6, status: 201 }],
		events: [{ kind: 'role', node: 2, seq: 90, t: 9e6, role: 'follower' }],
	}, 0);
	assert.equal(newestCall(p.shown)?.status, 201);
	assert.equal(p.shown.focus, 'w');
	assert.deepEqual(p.shown.ops.get('w')?.faults.frozen, [], 'node 3 may have been frozen later');
	p.seek(0);
	assert.equal(p.past?.ops.get('w')?.status, 201, 'it had ended before the first event that the page has');
});

/**
 * The hello of a page that is opened after a log has ended. It has only the newest
 * events of the log.
 * @param {string} name @param {string} mode @param {number} newest
 */
function helloAt(name, mode, newest) {
	const events = recorded(name);
	const { state } = folded(events, mode);
	const nodes = [...state.nodes.values()].map((n) => ({ id: n.id, url: n.url, status: n.status, silent: n.silent }));
	const last = (/** @type {string} */ kind) => [...new Map(events.filter((e) => e.kind === kind).map((e) => [`${e.node} ${e.hint_for} ${e.key}`, e])).values()].filter((e) => !e.gone);
	return {
		full: folded(events, mode).timeline, from: events.length - newest,
		hello: { seq: state.seq, epoch: state.epoch, pace: state.pace, quorum: state.quorum, cluster: { mode, nodes }, links: [...state.links.values()], roles: last('role'), keys: last('key'), events: newestOf(events, newest) },
	};
}

for (const [name, mode] of /** @type {const} */ ([['ca-frozen', 'CA'], ['cp-split', 'CP'], ['ap-hint', 'AP']])) {
	test(`${name}: a page that is opened late shows the same nodes and faults in the past`, () => {
		for (const newest of [40, 90, 150]) {
			const { full, from, hello } = helloAt(name, mode, newest);
			const p = new Player();
			p.hello(hello, 0);
			for (let i = 0; i < newest; i += 7) {
				p.seek(p.timeline.x[i]);
				const seen = /** @type {import('./types.js').State} */ (p.past);
				const i2 = p.timeline.indexAt(p.timeline.x[i]) - 1; // events at one place are one moment
				const { state: was } = folded(full.events.slice(0, from + i2 + 1), mode);
				const statuses = (/** @type {typeof seen} */ s) => [...s.nodes.values()].map((n) => `${n.id} ${n.status}`).sort();
				assert.deepEqual(statuses(seen), statuses(was), `${newest} events, at ${i}`);
				assert.equal(seen.mode, mode);
				for (const [id, h] of seen.held) assert.equal(h.val, was.held.get(id)?.val, `${newest} events, at ${i}: ${id}`);
			}
		}
	});
}

test('a retained event shows the change of its own time, not the present state', () => {
	const s = stateBefore({
		cluster: { mode: 'CP', nodes: [{ id: 1, status: 'frozen' }, { id: 2, status: 'up' }] },
		links: [{ ...whole, cut: true }, { ...whole, from: 2, to: 1, cut: true }],
		keys: [{ kind: 'key', t: 1, node: 1, key: 'city', val: 'new' }, { kind: 'key', t: 1, node: 2, key: 'city', val: 'old' }],
		events: [
			{ kind: 'key', t: 1, node: 1, key: 'city', val: 'new' }, { kind: 'link', t: 1, node: 0, link: { ...whole, cut: true } }, { kind: 'status', t: 1, node: 1, status: 'frozen' },
		],
	});
	assert.deepEqual([...s.held.values()].map((h) => [h.node, h.val]), [[2, 'old']]);
	assert.deepEqual([...s.links.keys()], ['2-1']);
});

test('before a change a node was as the event of the change says, else its status is not known', () => {
	const before = (/** @type {object} */ e, /** @type {object} */ now = {}) => stateBefore({
		cluster: { mode: 'CP', nodes: [{ id: 1, status: 'up', pid: 7, ...now }] }, events: [{ kind: 'status', t: 1, node: 1, status: 'up', ...e }],
	}).nodes.get(1);
	for (const was of ['starting', 'frozen', 'killed', 'up']) assert.equal(before({ was })?.status, was);
	assert.equal(before({ was: 'up', was_silent: true })?.silent, true);
	assert.equal(before({ was: 'up' }, { silent: true })?.silent, false, 'it is silent since the event');
	assert.equal(before({ was: 'killed' })?.pid, 0, 'the process of that time is not known');
	for (const status of ['up', 'frozen', 'killed', 'starting']) assert.equal(before({ status })?.status, '', `before ${status}, of an older playground`);
});

test('after the oldest change of a page that is opened late, no news guesses what was before', () => {
	const p = new Player();
	p.hello({ seq: 2, cluster: { mode: 'CP', nodes: [{ id: 1, status: 'up' }] }, modes: descriptors, events: [{ kind: 'status', seq: 1, t: 1, node: 1, status: 'up' }, { kind: 'role', seq: 2, t: 2, node: 1 }] }, 0);
	p.seek(p.timeline.x[0]);
	assert.equal(p.past?.news.what, '', 'it may have been killed, frozen, or new');
});

test('the diagram shows how a node was before the oldest event', () => {
	const story = new SpaceTime(new Player().timeline);
	story.take({ kind: 'status', t: 1, node: 1, status: 'up', was: 'frozen' }, 5);
	assert.deepEqual(story.periodsOf(1, 9), [{ from: -Infinity, to: 5, status: 'frozen' }]);
});

test('a node has no value only if all that it holds is known', () => {
	const s = newState();
	assert.equal(valueAt(s, 1).none, true);
	assert.equal(valueAt({ ...s, late: true }, 1).none, false);
	const keys = Array.from({ length: 200 }, (_, i) => ({ kind: 'key', t: 1, node: 1, key: `k${i}`, val: 'x' }));
	applyHello(s, { keys }, 0);
	assert.equal(valueAt(s, 1).none, false, 'the hello holds the newest keys only');
	applyHello(s, { keys: keys.slice(1) }, 0);
	assert.equal(valueAt(s, 1).none, true);
});

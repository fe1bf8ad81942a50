import assert from 'node:assert/strict';
import { test } from 'node:test';
import { caption } from '../modes/caption.js';
import { stampWords } from '../modes/stamp.js';
import { nodeWords } from '../modes/words.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { apply } from './fold.js';
import { SpaceTime, repeatedOf } from './spacetime.js';
import { groups, isTimedOut, newestCall, newState } from './state.js';
import { outcome, slots } from './view.js';

const logs = /** @type {const} */ ([['ca-frozen', 'CA'], ['cp-split', 'CP'], ['ap-hint', 'AP']]);

for (const [name, mode] of logs) {
	test(`${name}: each sent message is counted once`, () => {
		const events = recorded(name);
		const { state } = folded(events, mode);
		const sent = new Set(events.filter((e) => e.kind === 'sent').map((e) => e.msg));
		const ended = events.filter((e) => e.kind === 'delivered' || e.kind === 'lost').map((e) => e.msg);
		assert.equal(new Set(ended).size, ended.length, 'a message ended twice');
		assert.equal(state.totals.sent, sent.size);
		assert.equal(state.totals.delivered + state.totals.lost, ended.length);
		assert.equal([...state.msgs.values()].filter((m) => m.state === 'flying').length, sent.size - ended.length);
	});
}

test('CA with a frozen node: refused at first, then committed by all', () => {
	const { state, timeline } = folded(recorded('ca-frozen'), 'CA');
	const writes = [...state.ops.values()];
	assert.deepEqual(writes.map((op) => op.status), [201, 503, 201]);
	for (const id of [1, 2, 3, 4, 5]) assert.equal(state.held.get(`${id}/city`)?.val, 'Braga');
	const refused = writes[1];
	const then = timeline.seek(refused.x1 + 1);
	assert.equal(outcome(refused.status), 'bad');
	assert.match(stampWords(then, refused), /nothing\nwas written/);
	assert.equal(caption(viewOf(then)), 'Two-phase commit needs all five. Node 4 is frozen, so the write is rolled back.');
	assert.deepEqual(slots(viewOf(then), refused).map((s) => s.said), ['yes', 'yes', 'yes', 'silent', 'yes']);
	const late = [...then.msgs.values()].filter((m) => isTimedOut(then, m));
	assert.deepEqual(late.map((m) => [m.type, m.to]), [['prepare', 4]]);
});

test('CP split: the majority writes, the minority refuses, and the cut loses three messages', () => {
	const { state, timeline } = folded(recorded('cp-split'), 'CP');
	assert.deepEqual([...state.ops.values()].map((op) => op.status), [201, 201, 503]);
	const minority = [...state.ops.values()][2];
	const then = timeline.seek(minority.x1);
	assert.deepEqual(groups(then), [[1, 2], [3, 4, 5]]);
	assert.equal([...then.msgs.values()].filter((m) => m.op === minority.id && m.why === 'cut').length, 3);
	assert.match(caption(viewOf(then)), /^Split 1 2 \| 3 4 5\. Three can still agree\. Two cannot, so they say no\./);
	assert.deepEqual(groups(state), [[1, 2, 3, 4, 5]], 'healed');
});

test('AP: a home is away, another node keeps a hint, and hands it over', () => {
	const { state, timeline } = folded(recorded('ap-hint'), 'AP');
	const write = [...state.ops.values()][1];
	assert.equal(write.status, 201);
	const hinted = timeline.events.findIndex((e) => e.kind === 'key' && e.hint_for && e.val === write.val); // the write before left a hint, too
	assert.ok(hinted > 0);
	const then = timeline.seek(timeline.x[hinted]);
	assert.equal(then.hints.size, 1);
	assert.match(caption(viewOf(then)), /^Home 4 is frozen, so 2 keeps the write for it\. The client got 201\.$/);
	assert.equal(state.hints.size, 0, 'handed over');
});

test('unknown kinds, and messages of which only one end is known, do no harm', () => {
	const s = newState();
	apply(s, { kind: 'of the future', node: 0, t: 1 }, 0);
	apply(s, { kind: 'lost', node: 1, t: 1, msg: 'm', from: 1, to: 2, why: 'cut' }, 1);
	apply(s, { kind: 'return', node: 1, t: 1, op: 'never asked', status: 200 }, 2);
	assert.equal(s.msgs.get('m')?.state, 'lost');
});

test('a message whose end comes before its beginning counts once, even if it is forgotten in between', () => {
	const s = newState();
	const about = { node: 2, t: 1, msg: 'm', from: 1, to: 2, class: /** @type {const} */ ('request'), type: 'query' };
	apply(s, { ...about, kind: 'delivered' }, 0);
	assert.deepEqual(s.totals, { sent: 0, delivered: 1, lost: 0, gap: 0 });
	s.msgs.delete('m');
	apply(s, { ...about, kind: 'sent', node: 1 }, 1);
	assert.deepEqual(s.totals, { sent: 1, delivered: 1, lost: 0, gap: 0 });
	assert.equal(s.msgs.size, 0);
	assert.equal(s.early.size, 0);
});

test('sums of a lane at rest remove its messages from the stage, and count exactly', () => {
	const s = newState();
	const about = { node: 1, t: 1, from: 1, to: 2, class: /** @type {const} */ ('request'), type: 'query' };
	apply(s, { ...about, kind: 'sent', msg: 'a' }, 0);
	apply(s, { ...about, kind: 'delivered', node: 2, msg: 'b' }, 0); // its sent comes later
	apply(s, { ...about, kind: 'flow', sent: 5, delivered: 5, lost: 0 }, 1);
	assert.deepEqual(s.totals, { sent: 5, delivered: 5, lost: 0, gap: 0 });
	assert.equal([...s.msgs.values()].filter((m) => m.state === 'flying').length, 0);
	apply(s, { ...about, kind: 'sent', msg: 'b' }, 2);
	assert.deepEqual(s.totals, { sent: 6, delivered: 5, lost: 0, gap: 0 });
});

test('an operation that began before the one in focus does not take the focus when its event comes late', () => {
	const s = newState();
	const begins = (/** @type {string} */ op, /** @type {number} */ node, /** @type {number} */ t) => {
		apply(s, { kind: 'invoke', node, t, op, op_kind: 'read', key: 'city' }, t / 1000);
		return s.focus;
	};
	assert.equal(begins('read', 1, 5_000_000), 'read');
	assert.equal(begins('write', 4, 4_990_000), 'read', 'its node was not heard in time');
	assert.equal(begins('again', 1, 4_990_000), 'again', 'events of one node keep their order');
	assert.deepEqual([...s.ops.keys()], ['write', 'read', 'again'], 'the oldest first');
	assert.equal(newestCall(s)?.id, 'again');
	begins('later', 1, 12_000_000);
	assert.equal(begins('elsewhere', 4, 6_000_000), 'elsewhere', 'a clock of another machine says nothing');
});

test('an operation of a person takes the focus from a load, even if its event comes late', () => {
	const s = newState();
	apply(s, { kind: 'invoke', node: 1, t: 5_000_000, op: 'load', client: 'load', op_kind: 'read', key: 'k1' }, 0);
	apply(s, { kind: 'invoke', node: 4, t: 4_990_000, op: 'write', client: 'curl', op_kind: 'write', key: 'city' }, 0);
	assert.equal(s.focus, 'write');
	assert.equal(newestCall(s)?.id, 'write');
});

test('lost events are shown at the node, in the caption and in the diagram', () => {
	const { timeline, state } = folded(recorded('cp-split'), 'CP');
	const x = state.x + 10;
	const gap = { kind: 'gap', node: 2, t: state.t, n: 12 };
	timeline.push(gap, { at: x, x });
	apply(state, gap, x);
	assert.equal(state.totals.gap, 12);
	assert.match(caption(viewOf(state)), /^12 events of node 2 never reached the page/);
	assert.match(nodeWords(state, 2, new Set()), /12 not heard of/);
	assert.doesNotMatch(nodeWords(state, 3, new Set()), /not heard of/);
	const story = new SpaceTime(timeline);
	story.fold();
	assert.deepEqual(story.gaps, [{ node: 2, x, n: 12 }]);
});

test('a message that was sent again is told from the newest one', () => {
	const arrow = (/** @type {number} */ from, /** @type {number} */ to, op = 'w1', type = 'ask') => /** @type {import('./spacetime.js').Arrow} */ ({ id: '', from, to, op, type });
	const arrows = [arrow(2, 3), arrow(2, 4), arrow(2, 3), arrow(3, 2), arrow(2, 3, 'w2'), arrow(2, 3), arrow(1, 2, ''), arrow(1, 2, '')];
	assert.deepEqual([...repeatedOf(arrows)], [arrows[0], arrows[2]]);
	assert.ok(!repeatedOf(arrows).has(arrows[5]), 'the newest one');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { geometry } from '../draw/layout.js';
import { crossed, linkNear, nearest } from '../hands/aim.js';
import { folded, recorded } from '../testing/logs.mjs';
import { beats, placeOf } from './beats.js';
import { apply } from './fold.js';
import { changes, groupsOf, inbox, isBridge, nextMessage, splits } from './order.js';
import { newState } from './state.js';

const five = [1, 2, 3, 4, 5];

/** A state with messages on the way: [id, from, to, due, lc, held]. @param {[string, number, number, number, number, boolean?][]} messages */
function air(messages) {
	const s = newState();
	for (const id of five) apply(s, { kind: 'status', node: id, t: 0, status: 'up' }, 0);
	messages.forEach(([msg, from, to, due, lc, held], i) => apply(s, { kind: 'sent', node: from, t: i, v: 100, msg, from, to, type: 'prepare', class: 'request', due, lc, held }, i));
	return s;
}

test('a step takes the message that is due first, then the one with the lower clock', () => {
	const s = air([['late', 1, 2, 900, 1], ['effect', 2, 1, 500, 9], ['cause', 1, 3, 500, 4], ['later', 1, 4, 500, 5]]);
	assert.equal(nextMessage(s)?.id, 'cause');
	assert.equal(nextMessage(s, new Set(['cause']))?.id, 'later', 'a message is not delivered twice');
	apply(s, { kind: 'delivered', node: 3, t: 9, msg: 'cause', from: 1, to: 3 }, 9);
	assert.equal(nextMessage(s)?.id, 'later');
	apply(s, { kind: 'status', node: 4, t: 9, status: 'frozen' }, 9);
	assert.equal(nextMessage(s)?.id, 'effect', 'a frozen node takes nothing in');
});

test('messages that are due at the same time go in the order in which they left', () => {
	const s = air([['second', 1, 2, 101, 1], ['first', 1, 3, 0, 7]]);
	assert.equal(nextMessage(s)?.id, 'first');
	assert.equal(nextMessage(air([])), undefined);
});

test('an inbox lists the messages that wait for its node, in order, without background traffic', () => {
	const s = air([['b', 1, 2, 500, 2], ['a', 3, 2, 400, 1], ['other', 1, 3, 1, 1]]);
	apply(s, { kind: 'sent', node: 4, t: 9, msg: 'ping', from: 4, to: 2, type: 'ping', class: 'background', due: 1 }, 9);
	assert.deepEqual(inbox(s, 2).map((m) => m.id), ['a', 'b']);
});

test('a recorded run steps through in causal order', () => {
	const { state } = folded(recorded('ca-frozen'), 'CA');
	for (const m of state.msgs.values()) if (m.to !== 4) assert.notEqual(m.state, 'flying');
});

test('the nearest thing within reach is found, and none beyond', () => {
	const things = [{ id: 'a', p: { x: 0, y: 0 } }, { id: 'b', p: { x: 30, y: 0 } }];
	assert.equal(nearest(things, { x: 20, y: 0 }, 34)?.id, 'b');
	assert.equal(nearest(things, { x: 70, y: 0 }, 34), undefined);
});

test('a stroke across the ring cuts the links that it crosses, in both directions', () => {
	const g = geometry(868, 464, five);
	const all = crossed(g, { x: g.centre.x, y: 0 }, { x: g.centre.x, y: g.h });
	assert.deepEqual(new Set(all.filter((link) => !link.includes(1)).map(([a, b]) => [a, b].sort().join('-'))), new Set(['2-4', '2-5', '3-4', '3-5']));
	assert.ok(all.some(([a, b]) => a === 2 && b === 5) && all.some(([a, b]) => a === 5 && b === 2));
	assert.deepEqual(crossed(g, { x: 1, y: 1 }, { x: 5, y: 5 }), []);
});

test('the link near a finger is found', () => {
	const g = geometry(868, 464, five);
	const [a, b] = [g.places[2], g.places[3]];
	assert.deepEqual(linkNear(g, { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 + 8 }, 14), [3, 4]);
	assert.equal(linkNear(g, { x: 2, y: 2 }, 14), undefined);
});

test('the usual splits', () => {
	assert.deepEqual(splits(five).map((s) => s.name), ['1 2 | 3 4 5', '1 | 2 3 4 5', '1 2 – 3 – 4 5']);
	assert.deepEqual(splits([1, 2, 3]).map((s) => s.name), ['1 | 2 3', '1 – 2 – 3']);
	assert.ok(isBridge(splits(five)[2].groups) && !isBridge(splits(five)[1].groups));
	const s = air([]);
	assert.equal(changes(s, [[1], [2, 3, 4, 5]]).length, 8);
	s.links.set('2-3', { from: 2, to: 3, cut: true, delay_ms: 0, jitter_ms: 0, loss: 0 });
	assert.deepEqual(changes(s, [five]).map(({ link, cut }) => `${link.from}-${link.to} ${cut}`), ['2-3 false']);
});

test('groups of a split that a person typed', () => {
	assert.deepEqual(groupsOf('3 1 | 2,4 5', five), { groups: [[1, 3], [2, 4, 5]], wrong: '' });
	assert.deepEqual(groupsOf('1|2', five).groups, [[1], [2], [3, 4, 5]], 'the others are one more group');
	assert.deepEqual(groupsOf(' 4 2 ', five).groups, [[2, 4], [1, 3, 5]]);
	for (const [text, wrong] of [['', /two groups/], ['1 2 3 4 5', /two groups/], ['1 6', /no node 6/], ['1 two', /no node two/], ['1 2 | 2 3', /node 2 is in two/]]) {
		assert.match(groupsOf(/** @type {string} */ (text), five).wrong, /** @type {RegExp} */ (wrong));
		assert.deepEqual(groupsOf(/** @type {string} */ (text), five).groups, []);
	}
});

test('the place of a moment is the inverse of the moment of a place', () => {
	const { timeline } = folded(recorded('ca-frozen'), 'CA');
	for (const i of [1, 40, 200]) { // the events of five nodes come up to some ms out of order
		const x = placeOf(timeline, timeline.events[i].t) ?? -1;
		assert.ok(Math.abs(timeline.timeAt(x) - timeline.events[i].t) < 20_000, `event ${i}`);
	}
	assert.equal(placeOf(timeline, timeline.t[0] - 1), undefined);
});

test('a sentence begins where a client calls or a person acts', () => {
	const { timeline } = folded(recorded('ca-frozen'), 'CA');
	const all = beats(timeline);
	assert.ok(all.length > 1 && all.every((x, i) => i === 0 || x > all[i - 1]));
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { folded, recorded } from '../testing/logs.mjs';
import { Elastic, WAVE } from './elastic.js';
import { apply } from './fold.js';
import { Player } from './player.js';
import { newState } from './state.js';

/** @param {object} e @returns {import('./types.js').Event} */
const event = (e) => ({ kind: '', node: 1, t: 0, ...e });

for (const name of ['ca-frozen', 'cp-split', 'ap-hint']) {
	test(`${name}: the map is monotone, and no effect is shown before its cause`, () => {
		const events = recorded(name);
		const { timeline } = folded(events, '');
		/** @type {Map<string|undefined, number>} */
		const left = new Map();
		events.forEach((e, i) => {
			if (i) assert.ok(timeline.x[i] >= timeline.x[i - 1] && timeline.at[i] >= timeline.at[i - 1]);
			if (e.kind === 'sent') left.set(e.msg, timeline.at[i]);
			if (e.kind === 'delivered') assert.ok(timeline.at[i] >= (left.get(e.msg) ?? 0) + WAVE);
		});
	});

	test(`${name}: seeking leads to the state that folding leads to`, () => {
		const events = recorded(name);
		const { timeline, state } = folded(events, '');
		for (const at of [0.2, 0.5, 0.8]) {
			const x = timeline.x[Math.floor(events.length * at)];
			const i = timeline.indexAt(x);
			assert.deepEqual(timeline.seek(x), folded(events.slice(0, i), '').state);
		}
		assert.deepEqual(timeline.seek(Infinity), state);
	});
}

test('seeking in 100,000 events costs a small part of folding them', () => {
	const log = recorded('ca-frozen');
	const length = log[log.length - 1].t - log[0].t + 1e6;
	const elastic = new Elastic();
	const player = new Player();
	const { timeline } = player;
	for (let i = 0; i < 100_000; i++) { // the same real events again and again, each time with other ids
		const round = Math.floor(i / log.length);
		const e = log[i % log.length];
		const again = { ...e, seq: i + 1, t: e.t + round * length, msg: e.msg && `${e.msg}.${round}`, op: e.op && `${e.op}.${round}` };
		timeline.push(again, elastic.place(again));
		player.step();
	}
	const spent = (/** @type {() => void} */ work) => {
		const from = process.cpuUsage(); // processor time, because other programs run on this machine
		work();
		const used = process.cpuUsage(from);
		return (used.user + used.system) / 1000;
	};
	const places = Array.from({ length: 40 }, (_, i) => timeline.x[Math.floor((100_000 * (i + 0.93)) / 40)]);
	const state = newState();
	const all = spent(() => timeline.events.forEach((e, i) => apply(state, e, timeline.x[i])));
	const each = places.map((x) => spent(() => timeline.seek(x))).sort((a, b) => a - b)[places.length / 2];
	console.log(`a seek takes ${each.toFixed(2)} ms, folding all ${all.toFixed(0)} ms: 1/${(all / each).toFixed(0)}`);
	assert.ok(each < all / 10, `a seek takes ${each.toFixed(1)} ms, and folding 100,000 events ${all.toFixed(0)} ms`);
	assert.deepEqual(timeline.seek(Infinity), player.shown);
});

test('the axis skips idle time, but no time in which an operation waits', () => {
	const elastic = new Elastic();
	elastic.place(event({ kind: 'invoke', op: 'a', t: 1e6 }));
	const waited = elastic.place(event({ kind: 'return', op: 'a', t: 3e6 }));
	assert.equal(waited.x, 2000);
	const idle = elastic.place(event({ kind: 'invoke', op: 'b', t: 60e6 }));
	assert.equal(idle.x - waited.x, 300);
});

test('a backlog makes the playhead jump to now, and no event is left out', () => {
	const player = new Player();
	player.hello({ events: [], cluster: { nodes: [] } }, 0);
	const events = [];
	for (let i = 0; i < 400; i++) {
		events.push(event({ kind: 'sent', msg: `m${i}`, from: 1, to: 2, class: 'request', t: i * 10 + 1 }));
		events.push(event({ kind: 'delivered', msg: `m${i}`, from: 1, to: 2, class: 'request', t: i * 10 + 5 }));
	}
	player.take(events, 100, 4000, true);
	assert.equal(player.index, player.timeline.length);
	assert.equal(player.shown.totals.delivered, 400);
	assert.equal(player.skippedAt, 100);
});

test('in slow motion events are shown when they arrive', () => {
	const elastic = new Elastic();
	elastic.place(event({ kind: 'pace', pace: { pace: 'slow', rate: 0.05 }, t: 1 }), 1000);
	elastic.place(event({ kind: 'sent', msg: 'm', t: 2 }), 1010);
	assert.equal(elastic.place(event({ kind: 'delivered', msg: 'm', t: 3 }), 1020).at, 1020);
});

test('under load, looking back at an operation finds all its messages', () => {
	/** @type {import('./types.js').Event[]} */
	const events = [];
	const add = (/** @type {any} */ e) => events.push({ seq: events.length + 1, node: 1, t: 1e15 + events.length * 100, ...e });
	const send = (/** @type {string} */ op, /** @type {string} */ msg) => add({ kind: 'sent', msg, from: 1, to: 2, type: 'store', class: 'request', op });
	add({ kind: 'invoke', op: 'a', client: 'curl', op_kind: 'write', key: 'city' });
	for (let i = 0; i < 400; i++) send('a', `a${i}`);
	add({ kind: 'invoke', op: 'b', client: 'load', op_kind: 'write', key: 'load1' });
	send('b', 'b1');
	add({ kind: 'lost', msg: 'b1', from: 1, to: 2, type: 'store', class: 'request', op: 'b', why: 'cut' });
	const { timeline, state } = folded(events, 'AP');
	assert.equal(state.msgs.has('b1'), false, 'there was no room for it');
	assert.equal(timeline.seek(Infinity, 'b').msgs.get('b1')?.why, 'cut');
});

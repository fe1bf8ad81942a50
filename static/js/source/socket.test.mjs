import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../testing/logs.mjs';
import { connect } from './socket.js';

/** @typedef {import('../model/types.js').Event} Event */

/** The sockets that were opened, newest last. @type {FakeSocket[]} */
let sockets = [];

class FakeSocket {
	static OPEN = 1;

	/** @param {URL} url */
	constructor(url) {
		this.url = url;
		this.readyState = FakeSocket.OPEN;
		/** @type {string[]} */
		this.sent = [];
		/** @type {any} */ this.onopen = undefined;
		/** @type {any} */ this.onmessage = undefined;
		/** @type {any} */ this.onclose = undefined;
		sockets.push(this);
	}

	/** @param {any[]} events a frame from the playground */
	tell(events) {
		this.onmessage({ data: JSON.stringify(events) });
	}

	/** @param {string} text */
	send(text) {
		this.sent.push(text);
	}

	close() {
		this.readyState = 3;
		this.onclose();
	}
}

Object.assign(globalThis, { WebSocket: FakeSocket, location: { href: 'http://localhost:8080/', protocol: 'http:' } });

/** A stream, and the events that it delivered. */
function listen() {
	sockets = [];
	/** @type {Event[]} */
	const got = [];
	/** @type {any[]} */
	const hellos = [];
	/** @type {boolean[]} */
	const states = [];
	const stream = connect({ onHello: (h) => hellos.push(h), onEvents: (events) => got.push(...events), onState: (up) => states.push(up) });
	return { got, hellos, states, stream };
}

/** The frames that the playground sends to a viewer that has all events up to since. @param {Event[]} log @param {number} since */
const after = (log, since) => log.filter((e) => (e.seq ?? 0) > since);

for (const name of ['ca-frozen', 'cp-split', 'ap-hint']) {
	test(`${name}: cut off again and again, each event comes once and in order`, (t) => {
		t.mock.timers.enable({ apis: ['setTimeout'] });
		const log = recorded(name);
		const { got, hellos, states, stream } = listen();
		const first = (log[0].seq ?? 1) - 1;
		sockets[0].onopen();
		sockets[0].tell([{ kind: 'hello', seq: first, boot: 'b1', events: [] }]);
		for (let round = 0; got.length < log.length; round++) {
			assert.ok(round < 100, 'no end');
			const socket = /** @type {FakeSocket} */ (sockets.at(-1));
			const since = Number(socket.url.searchParams.get('since') ?? first);
			if (round) {
				assert.equal(socket.url.searchParams.get('boot'), 'b1');
				assert.equal(since, got.at(-1)?.seq ?? first, 'resumes where it stopped');
			}
			const rest = after(log, since);
			for (let i = 0; i < 40; i += 8) socket.tell([...(i ? rest.slice(i - 2, i) : []), ...rest.slice(i, i + 8)]); // the last two again
			socket.close();
			t.mock.timers.tick(2000);
			sockets.at(-1)?.onopen();
		}
		assert.deepEqual(got.map((e) => e.seq), log.map((e) => e.seq));
		assert.equal(hellos.length, 1);
		sockets.at(-1)?.tell([]);
		assert.ok(states.includes(false) && states.at(-1) === true);
		stream.close();
	});
}

test('it tries to connect for ever, and waits longer each time, up to two seconds', (t) => {
	t.mock.timers.enable({ apis: ['setTimeout'] });
	const { stream } = listen();
	/** @type {number[]} */
	const waits = [];
	for (let i = 0; i < 12; i++) {
		const before = sockets.length;
		sockets.at(-1)?.close();
		let waited = 0;
		for (; sockets.length === before && waited < 10_000; waited += 10) t.mock.timers.tick(10);
		waits.push(waited);
	}
	assert.ok(waits.every((w, i) => !i || w >= waits[i - 1] - 10), waits.join());
	assert.ok(waits[0] <= 260 && waits.at(-1) === 2000, waits.join());
	stream.close();
	const before = sockets.length;
	t.mock.timers.tick(10_000);
	assert.equal(sockets.length, before, 'closed is closed');
});

test('after a hello only later events are delivered', () => {
	const { got, hellos, stream } = listen();
	sockets[0].tell([{ kind: 'hello', seq: 10, boot: 'b1' }, { kind: 'sent', seq: 9 }, { kind: 'sent', seq: 11 }]);
	sockets[0].tell([{ kind: 'sent', seq: 11 }, { kind: 'sent', seq: 12 }]);
	sockets[0].tell([{ kind: 'flow', seq: 13, seq_to: 20 }]);
	sockets[0].tell([{ kind: 'sent', seq: 19 }, { kind: 'sent', seq: 21 }]);
	assert.deepEqual(got.map((e) => e.seq), [11, 12, 13, 21]);
	sockets[0].tell([{ kind: 'hello', seq: 3, boot: 'b2' }, { kind: 'sent', seq: 4 }]); // another playground
	assert.equal(got.at(-1)?.seq, 4);
	assert.equal(hellos.length, 2);
	stream.send({ kind: 'focus' });
	assert.deepEqual(sockets[0].sent, ['{"kind":"focus"}']);
	stream.close();
});

test('it is up only when the first frame of a connection has arrived', (t) => {
	t.mock.timers.enable({ apis: ['setTimeout'] });
	const { states, stream } = listen();
	sockets[0].onopen();
	assert.deepEqual(states, [], 'an open connection says nothing about the nodes');
	sockets[0].tell([{ kind: 'hello', seq: 10, boot: 'b1' }]);
	sockets[0].tell([{ kind: 'sent', seq: 11 }]);
	sockets[0].close();
	assert.deepEqual(states, [true, false]);
	t.mock.timers.tick(2000);
	sockets[1].onopen();
	assert.deepEqual(states, [true, false]);
	sockets[1].tell([]); // nothing happened in between
	assert.deepEqual(states, [true, false, true]);
	stream.close();
});

test('a stream that is closed while it opens is closed when it is open, and delivers nothing', () => {
	const { got, states, stream } = listen();
	const [socket] = sockets;
	socket.readyState = 0;
	stream.close();
	assert.equal(socket.readyState, 0);
	socket.readyState = FakeSocket.OPEN;
	socket.onopen();
	assert.equal(socket.readyState, 3);
	socket.tell([{ kind: 'invoke', node: 1, t: 1, seq: 1 }]);
	assert.deepEqual([got, states, sockets.length], [[], [], 1]);
});

test('a stream that is closed while it waits to come back does not come back', (t) => {
	t.mock.timers.enable({ apis: ['setTimeout'] });
	const { states, stream } = listen();
	sockets[0].close();
	stream.close();
	t.mock.timers.tick(10_000);
	assert.deepEqual([states, sockets.length], [[false], 1]);
});

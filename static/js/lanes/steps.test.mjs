import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Player } from '../model/player.js';
import { stepOf } from './steps.js';

/** A lane at a pace, with these messages on the way to node 2. @param {string} mode @param {string} pace @param {string[]} messages the one that is due first comes first */
function lane(mode, pace, messages) {
	const player = new Player();
	const node = (/** @type {number} */ id) => ({ id, status: 'up', url: `http://127.0.0.${id}:3001` });
	player.hello(/** @type {any} */ ({ boot: 'b', seq: 0, pace: { pace, rate: pace === 'step' ? 0 : 1 }, cluster: { mode, nodes: [node(1), node(2)] }, events: [] }), 0);
	messages.forEach((msg, i) => {
		const sent = { kind: 'sent', seq: i + 1, t: 1_000_000 + i, v: i, node: 1, from: 1, to: 2, msg, type: 'prepare', lc: i + 1 };
		player.take(/** @type {any} */ ([sent]), i, 1_000_000 + i, true);
	});
	return { mode, player };
}

const deliver = (/** @type {string} */ mode, /** @type {string} */ msg) => ({ msg, request: { method: 'POST', path: `/api/${mode}/messages/${encodeURIComponent(msg)}/deliver` } });

test('one step delivers one message in every lane that stands still', () => {
	const lanes = [lane('CA', 'step', ['1.a/1', '1.a/2']), lane('AP', 'step', ['1.b/1']), lane('CP', 'live', ['1.c/1'])];
	/** @type {Set<string>} */
	const handled = new Set();
	assert.deepEqual(stepOf(lanes, handled), [deliver('CA', '1.a/1'), deliver('AP', '1.b/1')]);
	assert.deepEqual(stepOf(lanes, handled), [deliver('CA', '1.a/2')], 'a message is delivered once, also before its event arrives');
	assert.deepEqual(stepOf(lanes, handled), []);
});

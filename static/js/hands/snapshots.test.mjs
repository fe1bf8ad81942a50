import assert from 'node:assert/strict';
import { test } from 'node:test';
import '../testing/dom.mjs';
import { newState, node } from '../model/state.js';
import { descriptors } from '../testing/logs.mjs';
import { callsTo, snapshotOf, snapshotWords } from './snapshots.js';

/** @param {Partial<import('../model/types.js').Held>} h @returns {import('../model/types.js').Held} */
const held = (h) => ({ node: 1, key: 'city', val: '', hash: '', version: '1', lockedBy: '', siblings: [], homes: [], byHand: false, ...h });

function busy() {
	const s = { ...newState(), mode: 'AP', modes: descriptors, quorum: { n: 5, r: 1, w: 1 } };
	for (const id of [1, 2, 3, 4, 5]) node(s, id);
	node(s, 4).status = 'frozen';
	node(s, 5).status = 'killed';
	s.pace = { pace: 'slow', t0: 0, v0: 0, rate: 0.05, latency_ms: 0 };
	s.links.set('1-2', /** @type {any} */ ({ from: 1, to: 2, cut: true, delay_ms: 0, jitter_ms: 0, loss: 0 }));
	s.rules = [/** @type {any} */ ({ id: 'r1', from: '*', to: 2, type: 'store', do: 'hold', count: 3 }), /** @type {any} */ ({ id: 'r2', when: { type: 'stored', count: 1, node: 1 }, then: 'kill' })];
	for (const id of [1, 2]) s.held.set(`${id}/city`, held({ node: id, val: 'Porto' }));
	s.held.set('1/town', held({ key: 'town', val: 'Faro' }));
	s.held.set('2/town', held({ node: 2, key: 'town', val: 'Braga' }));
	return s;
}

test('a snapshot keeps the settings, the faults, and each value on which the nodes agree', () => {
	const snap = snapshotOf(busy(), { rate: 60, clients: 4, keys: 2, read_ratio: 0.5 }, 'before the split');
	assert.deepEqual(snap.values, [['city', 'Porto']]);
	assert.deepEqual(snap.differ, ['town']);
	assert.equal(snapshotWords(snap), 'AP, 1 key, 1 link setting, 2 rules, frozen 4, killed 5, load 60/s');
});

test('the calls that restore a snapshot: reset, mode, values, and only then the faults', () => {
	const snap = JSON.parse(JSON.stringify(snapshotOf(busy(), undefined, 'x')));
	const calls = callsTo({ ...busy(), mode: 'CP' }, snap);
	assert.deepEqual(calls.map((r) => `${r.method} ${r.path}`), [
		'POST /api/reset', 'PUT /api/mode', 'POST /api/ops', 'PUT /api/quorum', 'PUT /api/pace', 'PUT /api/links/1/2',
		'POST /api/nodes/4/freeze', 'POST /api/nodes/5/kill', 'POST /api/rules', 'POST /api/rules',
	]);
	assert.deepEqual(calls[2].body, { kind: 'write', node: 1, key: 'city', val: 'Porto' });
	assert.deepEqual(calls.slice(-2).map((r) => r.body), [{ from: '*', to: 2, type: 'store', do: 'hold', count: 3 }, { when: { type: 'stored', count: 1, node: 1 }, then: 'kill' }]);
	assert.equal(callsTo(busy(), snap)[1].path, '/api/ops', 'no change of the mode where it is the same');
});

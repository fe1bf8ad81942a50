import assert from 'node:assert/strict';
import { test } from 'node:test';
import { action, actions, curl, keyMeans, splits } from './actions.js';
import { folded, recorded } from './testing.js';

const press = (/** @type {object} */ e) => ({ key: '', code: '', shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...e });

function context() {
	const { state } = folded(recorded('ca-frozen'), 'CA');
	for (const n of state.nodes.values()) n.url = `http://127.0.0.${n.id}:300${n.id}`;
	return { s: state, node: 3, key: 'a/b', val: 'é x', mode: 'AP', groups: [[1], [2]], hand: '', quorum: state.quorum };
}

test('ids and keys name one action each', () => {
	assert.equal(new Set(actions.map((a) => a.id)).size, actions.length);
	const keys = actions.map((a) => a.key).filter(Boolean);
	assert.equal(new Set(keys).size, keys.length);
});

test('keys', () => {
	assert.equal(keyMeans(press({ code: 'Digit4', key: '$' }), true), 4);
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f' }), true), 'freeze');
	assert.equal(keyMeans(press({ code: 'KeyH', key: 'H', shiftKey: true }), true), 'recover');
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f' }), false), undefined, 'letters off');
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f', ctrlKey: true }), true), undefined);
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f', repeat: true }), true), undefined);
	assert.equal(keyMeans(press({ code: 'BracketLeft', key: 'ü' }), true), 'slower');
});

test('curl commands are the calls that the page makes', () => {
	const c = context();
	const of = (/** @type {string} */ id) => curl(/** @type {any} */ (action(id)), c, 'http://localhost:8080');
	assert.equal(of('write'), 'curl -X POST 127.0.0.3:3003/database/a%2Fb/%C3%A9%20x');
	assert.equal(of('freeze'), 'curl -X POST http://localhost:8080/api/nodes/3/freeze');
	assert.equal(of('mode'), `curl -X PUT http://localhost:8080/api/mode -H 'Content-Type: application/json' -d '{"mode":"AP"}'`);
});

test('what makes no sense says why', () => {
	const c = context();
	const n = /** @type {import('./model.js').Node} */ (c.s.nodes.get(3));
	n.status = 'killed';
	assert.equal(action('freeze')?.allowed?.(c), 'node 3 is killed');
	assert.equal(action('kill')?.name?.(c), 'Restart');
	assert.match(String(action('wipe')?.allowed?.(c)), /disks/);
});

test('the usual splits', () => {
	assert.deepEqual(splits([1, 2, 3, 4, 5]).map((s) => s.map((g) => g.join('')).join('|')), ['1|2345', '12|345', '123|45']);
});

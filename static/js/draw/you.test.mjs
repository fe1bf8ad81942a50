import assert from 'node:assert/strict';
import { test } from 'node:test';
import { FakeElement } from '../testing/dom.mjs';
import { folded, viewOf } from '../testing/logs.mjs';
import { geometry } from './layout.js';
import { You } from './you.js';

test('you stand in the middle, with a line to each node that you told something', () => {
	const calls = [['propose', 1], ['propose', 2], ['propose', 3], ['commit', 1], ['rollback', 2]];
	const events = [1, 2, 3].map((node) => ({ kind: 'status', node, status: 'up' }));
	const ops = calls.flatMap(([op_kind, node], i) => [{ kind: 'invoke', node, op: `op${i}`, op_kind, tx: 'T1' }, { kind: 'return', node, op: `op${i}`, status: 200 }]);
	const { state } = folded(/** @type {any} */ ([...events, ...ops].map((e, i) => ({ seq: i + 1, t: (i + 1) * 1000, ...e }))), 'CA');
	const layer = new FakeElement('g');
	const you = new You(/** @type {any} */ (layer));
	const g = geometry(868, 464, [1, 2, 3], 0);
	assert.equal(you.draw(viewOf(state), g).length, 1);
	assert.equal(layer.all('data-testid', 'you')[0].textContent, 'youT1');
	assert.deepEqual(layer.all('data-testid', 'by-hand').map((el) => `${el.getAttribute('data-node')} ${el.textContent}`), ['1 commit', '2 roll back', '3 propose']);
	state.focus = '';
	assert.deepEqual(you.draw(viewOf(state), g), []);
	assert.equal(layer.children.length, 0);
});

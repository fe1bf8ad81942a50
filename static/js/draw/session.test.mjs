import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newState } from '../model/state.js';
import { folded, recorded } from '../testing/logs.mjs';
import { keptWords } from './session.js';

test('the operations of the session are those that the page keeps', () => {
	assert.equal(keptWords(newState()), 'no operations');
	const { state } = folded(recorded('cp-split'), 'CP');
	const all = [...state.ops.values()];
	const good = all.filter((o) => o.status === 200 || o.status === 201 || o.status === 404).length;
	assert.ok(good > 0 && good < all.length);
	assert.equal(keptWords(state), `${all.length} operations, ${good} answered`);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newState } from '../model/state.js';
import { descriptors } from '../testing/logs.mjs';
import { inWordsOf } from './hints.js';
import { modeOf } from './index.js';

test('no mode names a key to a person without keys', () => {
	for (const name of [...descriptors.map((d) => d.name), 'NEW']) {
		const s = { ...newState(), mode: name, modes: descriptors };
		const text = `Every database is empty. ${modeOf(s).first(s)}`;
		assert.equal(inWordsOf('keys', text), text);
		for (const reader of /** @type {const} */ (['fingers', 'eyes'])) assert.doesNotMatch(inWordsOf(reader, text), /press|  | $/i);
	}
});

test('a hint names what the person can do', () => {
	assert.equal(inWordsOf('fingers', 'Press w to write. A majority must answer.'), 'Tap Write. A majority must answer.');
	assert.equal(inWordsOf('eyes', 'Press w to write. A majority must answer.'), 'A majority must answer.');
	const still = 'Nothing moves by itself. Four on the way: press the right arrow.';
	assert.equal(inWordsOf('fingers', still), 'Nothing moves by itself. Four on the way: tap a message.');
	assert.equal(inWordsOf('eyes', still), 'Nothing moves by itself. Four on the way.');
});

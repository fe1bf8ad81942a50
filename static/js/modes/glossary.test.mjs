import assert from 'node:assert/strict';
import { test } from 'node:test';
import { entriesIn, glossary } from './glossary.js';

const terms = (/** @type {string} */ text) => entriesIn(text).map((e) => e.term);

test('a text has the terms that are in it as whole words', () => {
	assert.deepEqual(terms('home · coordinator'), ['home', 'coordinator']);
	assert.deepEqual(terms('keeps 2 for 3, 5'), ['hint']);
	assert.deepEqual(terms('rolled back by hand'), ['roll back', 'by hand']);
	assert.deepEqual(terms('127.0.0.1:3001'), []);
	assert.deepEqual(terms('homeless'), []);
	assert.deepEqual(terms('refused\nkey is locked'), ['refused', 'lock']);
});

test('a term has one sentence, and no form belongs to two terms', () => {
	const forms = glossary.flatMap((e) => [e.term, ...(e.also ?? [])]);
	assert.equal(new Set(forms).size, forms.length);
	for (const e of glossary) {
		assert.match(e.says, /[.]$/, e.term);
		assert.ok(e.says.length < 110, `${e.term}: ${e.says.length} characters`);
	}
});

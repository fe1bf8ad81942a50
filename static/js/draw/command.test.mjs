import assert from 'node:assert/strict';
import test from 'node:test';
import { parts } from './command.js';

test('a command may be broken at its blanks, its slashes and its commas', () => {
	assert.deepEqual(parts('curl -X POST 127.0.0.1:3001/database/city/Porto'),
		['curl ', '-X ', 'POST ', '127.0.0.1:3001/', 'database/', 'city/', 'Porto']);
	assert.deepEqual(parts(`curl http://localhost:8080/x -d '{"n":3,"r":2}'`),
		['curl ', 'http://localhost:8080/', 'x ', '-d ', `'{"n":3,`, `"r":2}'`]);
});

test('no flag is parted from its letter, and nothing is lost', () => {
	const text = `curl -X PUT http://localhost:8080/api/pace -H 'Content-Type: application/json' -d '{"pace":"live"}'`;
	assert.deepEqual(parts(text).filter((part) => part.startsWith('-')), ['-X ', '-H ', '-d ']);
	assert.equal(parts(text).join(''), text);
});

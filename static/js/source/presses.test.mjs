// Presses wait for the ones before them. When the playground begins anew, those that wait are
// dropped, and the page says so.

import assert from 'node:assert/strict';
import test from 'node:test';
import { Presses } from './presses.js';

/** Presses whose answers a test gives, and what the page said. */
function page() {
	/** @type {string[]} */
	const said = [];
	/** @type {string[]} */
	const made = [];
	/** @type {Map<string, (answer: string) => void>} */
	const answers = new Map();
	const presses = new Presses((text) => said.push(text));
	const act = (/** @type {string} */ name) => () => new Promise((/** @type {(answer: string) => void} */ resolve) => {
		made.push(name);
		answers.set(name, resolve);
	});
	const answer = async (/** @type {string} */ name) => {
		answers.get(name)?.('done');
		await settled();
	};
	return { presses, act, answer, made, said };
}

/** Resolves after all work that is ready has run. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

test('presses are carried out one after another, in their order', async () => {
	const { presses, act, answer, made, said } = page();
	const all = ['a', 'b', 'c'].map((name) => presses.press(act(name)));
	assert.deepEqual(made, ['a']);
	await answer('a');
	assert.deepEqual(made, ['a', 'b']);
	await answer('b');
	await answer('c');
	assert.deepEqual(await Promise.all(all), ['done', 'done', 'done']);
	assert.deepEqual(said, []);
});

test('a press that fails does not stop the ones after it', async () => {
	const { presses, act, made } = page();
	const bad = presses.press(async () => { throw new Error('no'); });
	presses.press(act('b'));
	await assert.rejects(bad, /no/);
	await settled();
	assert.deepEqual(made, ['b']);
});

test('presses that wait are dropped when the playground begins anew elsewhere', async () => {
	const { presses, act, answer, made, said } = page();
	const first = presses.press(act('kill 1'));
	const waiting = [presses.press(act('kill 2')), presses.press(act('kill 3'))];
	presses.began();
	assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
	assert.deepEqual(said, ['Dropped: 2 presses that waited. The playground began anew.']);
	presses.began();
	assert.equal(said.length, 1, 'the page says it once');
	const after = presses.press(act('kill 4'));
	await answer('kill 1');
	assert.equal(await first, 'done', 'the press that was under way has its answer');
	await answer('kill 4');
	assert.equal(await after, 'done', 'a later press acts');
	assert.deepEqual(made, ['kill 1', 'kill 4']);
});

test('a rescue drops the presses that wait, and does not wait for the one under way', async () => {
	const { presses, act, answer, made, said } = page();
	presses.press(act('restart 1'));
	const waiting = presses.press(act('kill 2'));
	const rescue = presses.rescue(act('reset'));
	assert.deepEqual(made, ['restart 1', 'reset']);
	assert.equal(await waiting, undefined);
	assert.deepEqual(said, ['Dropped: 1 press that waited.']);
	const after = presses.press(act('write'));
	presses.began(); // the event of this page's own reset
	await answer('restart 1');
	assert.equal(made.length, 2, 'a press after the rescue waits for its answer');
	await answer('reset');
	assert.equal(await rescue, 'done');
	await answer('write');
	assert.equal(await after, 'done', 'and is not dropped');
	assert.equal(said.length, 1);
});

test('a press of this page that lets the playground begin anew keeps what was pressed after it', async () => {
	const { presses, act, answer, said } = page();
	presses.press(act('mode'), true);
	const after = presses.press(act('write'));
	presses.began();
	await answer('mode');
	await answer('write');
	assert.equal(await after, 'done');
	assert.deepEqual(said, []);
});

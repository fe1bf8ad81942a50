import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';
import { packRun, partFragment, withRun } from './link.js';

/** The functions of the worker, without its start. */
function worker() {
	const source = readFileSync(new URL('worker.js', import.meta.url), 'utf8');
	const scope = { name: '', location: { href: 'http://here/static/1/js/simulated/worker.js' }, postMessage() {}, importScripts() { throw new Error('no files here'); }, URL, URLSearchParams, Uint8Array, Blob, Response, DecompressionStream, atob };
	/** @type {any} */ (scope).globalThis = scope;
	vm.runInNewContext(source, scope);
	return /** @type {any} */ (scope);
}

test('the worker reads the run that the page wrote', async () => {
	const { unpackRun } = worker();
	const text = JSON.stringify({ seed: 7, actions: Array.from({ length: 500 }, (_, at) => ({ at, do: 'request', val: 'Évora «東京»' })) });
	const packed = await packRun(text);
	assert.match(packed, /^[\w-]+$/);
	assert.ok(packed.length < text.length / 3, `${packed.length} characters`);
	assert.equal(await unpackRun(packed), text);
});

test('a run that is cut, of another form or too long gets an error', async () => {
	const { unpackRun } = worker();
	const packed = await packRun(JSON.stringify({ text: Array.from({ length: 999 }, (_, i) => Math.sin(i)).join() }));
	for (const bad of [packed.slice(0, -40), 'not base64 !', 'AAAA', await packRun('x'.repeat(20_000_000))]) {
		await assert.rejects(unpackRun(bad), /the run of the link cannot be read/, bad.slice(0, 20));
	}
});

test('a fragment is split into the run and the moment', () => {
	assert.deepEqual(partFragment(''), { run: '', moment: '' });
	assert.deepEqual(partFragment('#at=5&op=a'), { run: '', moment: '#at=5&op=a' });
	assert.deepEqual(partFragment('#run=xyz'), { run: 'xyz', moment: '' });
	assert.deepEqual(partFragment('#run=x-_&at=5'), { run: 'x-_', moment: '#at=5' });
	assert.equal(withRun('http://here/talk/?seed=7#at=5', 'xyz'), 'http://here/talk/?seed=7#run=xyz&at=5');
	assert.equal(withRun('http://here/talk/?seed=7', 'xyz'), 'http://here/talk/?seed=7#run=xyz');
});

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gzipSync } from 'node:zlib';
import { BadRecording, readFile } from './recording.js';

const testdata = new URL('../testdata/recordings/', import.meta.url);
const text = readFileSync(new URL('refused.jsonl', testdata));
/** @type {{name: string, text: string, error?: string, events?: number, markers?: number, missing?: string[]}[]} */
const cases = JSON.parse(readFileSync(new URL('cases.json', testdata), 'utf8'));

test('the page and the server accept and refuse the same recordings', async () => {
	assert.ok(cases.length > 50);
	for (const c of cases) {
		for (const file of [c.text, gzipSync(c.text)]) {
			const read = readFile(new Blob([file]));
			if (c.error) {
				await assert.rejects(read, (error) => error instanceof BadRecording && error.message === c.error, c.name);
				continue;
			}
			const { events, markers, missing } = await read;
			assert.deepEqual({ events: events.length, markers: markers.length, missing }, { events: c.events, markers: c.markers, missing: c.missing }, c.name);
		}
	}
});

test('a recording of a real run is read whole, compressed or not', async () => {
	for (const file of [text, gzipSync(text)]) {
		const { head, hello, events, missing } = await readFile(new Blob([file]));
		assert.deepEqual([head.mode, head.nodes, hello.seq, events.length, missing], ['CA', 5, 0, 224, []]);
	}
});

test('a compressed file that grows without bounds is refused', async () => {
	const bomb = gzipSync(Buffer.concat([text.subarray(0, text.indexOf('\n') + 1), Buffer.alloc(8 << 20, '#')]));
	assert.ok(bomb.length < 20_000);
	await assert.rejects(readFile(new Blob([bomb]), undefined, 4 << 20), /line 2: the recording is longer than 4194304 bytes/);
});

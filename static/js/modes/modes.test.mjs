import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newState } from '../model/state.js';
import { descriptors, folded, recorded, viewOf } from '../testing/logs.mjs';
import { caption } from './caption.js';
import { factsOf } from './facts.js';
import { modeOf } from './index.js';
import { stampWords } from './stamp.js';
import { meterWords, nodeWords } from './words.js';

test('each mode that the playground describes has words of its own', () => {
	assert.ok(descriptors.length >= 3);
	for (const d of descriptors) {
		const s = { ...newState(), mode: d.name, modes: descriptors };
		assert.equal(modeOf(s).name, d.name, `no file for ${d.name}`);
		assert.ok(modeOf(s).promise(s));
	}
});

for (const log of ['ca-frozen', 'cp-split', 'ap-hint']) {
	test(`a mode without a file is drawn with neutral words: ${log}`, () => {
		const events = recorded(log);
		const { timeline } = folded(events, 'NEW');
		for (const x of timeline.x) {
			const s = timeline.seek(x);
			const view = viewOf(s);
			const said = [caption(view), ...[...s.nodes.keys()].map((id) => nodeWords(s, id, new Set([1])))];
			for (const op of s.ops.values()) said.push(stampWords(s, op), meterWords(view, op).text, ...factsOf(view, op).flat());
			const text = said.join(' ');
			assert.doesNotMatch(text, /undefined|NaN|\[object|majority|commit by all|homes answered/);
		}
	});
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clip, lettersOf } from '../model/text.js';
import { fit, textWidth } from './letters.js';

const values = ['Porto', 'Portugal', 'WWWWWWWW', 'iiiiiiiiiiiiiiiiiiiiiiii', '東京都千代田区丸の内一丁目', '👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦👨‍👩‍👧‍👦', 'a\u0301e\u0301'.repeat(12), '', '7', 'Zażółć gęślą jaźń', 'w14589'];

for (const width of [20, 58, 116, 300]) {
	for (const value of values) {
		test(`"${value}" fits ${width} px`, () => {
			const { text, size } = fit(value, width, 38, 24);
			assert.ok(textWidth(text, size) <= width + 0.01 || text === '…', `"${text}" at ${size} is ${textWidth(text, size)} wide`);
			assert.ok(size >= Math.min(24, size) && size <= 38);
			if (text === value) return;
			const [head, tail] = text.split('…');
			assert.ok(value.startsWith(head) && value.endsWith(tail), 'the middle gives way');
			for (const letter of lettersOf(head + tail)) assert.ok(lettersOf(value).includes(letter), `half of a letter: "${letter}"`);
			assert.ok(size === 24, 'letters go only when the type cannot be smaller');
		});
	}
}

test('a text of few columns stays whole, and no letter is cut in two', () => {
	assert.equal(clip('Portugal', 8), 'Portugal');
	assert.equal(clip('Atlantis is far', 8), 'Atla…far');
	assert.equal(clip('東京都千代', 7), '東京…代');
	assert.equal(clip('👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧👨‍👩‍👧', 6), '👨‍👩‍👧…👨‍👩‍👧');
});

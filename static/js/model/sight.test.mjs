import assert from 'node:assert/strict';
import { test } from 'node:test';
import { SPAN, Sight } from './sight.js';

test('the window follows the playhead, and shows all of a long operation', () => {
	const s = new Sight();
	for (const x of [10_000, 10_016, 12_000]) {
		s.frame(x, false, 0);
		assert.ok(s.left < x && x < s.right);
		assert.equal(s.span, SPAN);
	}
	s.frame(20_000, false, 9000 * 1.3);
	assert.ok(s.left <= 11_000 && s.right > 20_000);
});

test('a window moved by hand stays, until it is back at now or a call makes it follow', () => {
	const s = new Sight();
	s.frame(50_000, false, 0);
	s.panBy(-20_000, 50_000);
	const { right } = s;
	s.frame(51_000, false, 0);
	assert.equal(s.right, right, 'the playhead runs on, and the window stays');
	assert.ok(s.right < 50_000);
	s.panBy(-1e9, 51_000);
	assert.ok(s.right > 0, 'not beyond the beginning');
	s.panBy(1e9, 51_000);
	assert.equal(s.free, false, 'back at now');
	s.panBy(-20_000, 51_000);
	s.follow();
	s.frame(52_000, false, 0);
	assert.ok(s.left < 52_000 && 52_000 < s.right);
});

test('a playhead that moves comes into sight, a parked one may be out of sight', () => {
	const s = new Sight();
	s.frame(50_000, false, 0);
	s.panBy(-30_000, 50_000);
	s.frame(5000, true, 0);
	assert.ok(s.left < 5000 && 5000 < s.right);
	s.panBy(30_000, 50_000);
	s.frame(5000, true, 0);
	assert.ok(s.left > 5000);
});

test('zoom keeps the place under the pointer, within its bounds', () => {
	const s = new Sight();
	s.frame(50_000, true, 0);
	const at = s.left + s.span * 0.3;
	s.zoomBy(2, at);
	assert.ok(Math.abs(s.left + s.span * 0.3 - at) < 1e-6);
	assert.equal(s.span, SPAN / 2);
	for (let i = 0; i < 50; i++) s.zoomBy(2, at);
	assert.equal(s.span, SPAN / 12);
	for (let i = 0; i < 50; i++) s.zoomBy(0.5, at);
	assert.equal(s.span, SPAN * 10);
});

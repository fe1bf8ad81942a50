import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { Touch } from './touch.js';

/** @type {any} */ (globalThis).window = globalThis;

/**
 * Presses node 3 with a finger. The page is busy: the timers that are due by the end of the
 * press have not run yet.
 * @param {number} rested ms between the two events
 */
function press(rested) {
	mock.timers.enable({ apis: ['setTimeout'] });
	const done = { menus: /** @type {any[]} */ ([]), clicks: 0 };
	const root = /** @type {any} */ ({ addEventListener() {}, getBoundingClientRect: () => ({ x: 0, y: 0 }), querySelectorAll: () => [], closest: () => null });
	const touch = new Touch(root, /** @type {any} */ ({ menu: (/** @type {any} */ what) => done.menus.push(what) }));
	const node = { getAttribute: () => '3' };
	const target = { closest: (/** @type {string} */ what) => (what.includes('.node') ? node : null) };
	const event = (/** @type {number} */ timeStamp) => /** @type {any} */ ({ timeStamp, pointerId: 1, pointerType: 'touch', isPrimary: true, button: 0, clientX: 9, clientY: 9, target, stopPropagation: () => done.clicks-- });
	touch.down(event(10));
	touch.up(event(10 + rested));
	done.clicks++;
	touch.click(event(10 + rested));
	mock.timers.tick(5000);
	mock.timers.reset();
	return done;
}

test('a busy page knows a finger that rested from one that tapped', () => {
	assert.deepEqual(press(700), { menus: [{ node: 3 }], clicks: 0 });
	assert.deepEqual(press(200), { menus: [], clicks: 1 });
});

import assert from 'node:assert/strict';
import { mock, test } from 'node:test';
import { holdOf } from './hold.js';

/** @type {any} */ (globalThis).window = globalThis;

/**
 * Holds a key from its event down to its event up. The timers that are due by then have not run
 * yet, because the page was busy.
 * @param {number} held ms
 */
function press(held) {
	mock.timers.enable({ apis: ['setTimeout'] });
	const done = { acted: 0, tapped: 0 };
	const b = /** @type {any} */ ({ dataset: { hold: '1000' }, removeAttribute: () => delete b.dataset.pending });
	const hold = holdOf(b, () => done.acted++, () => done.tapped++);
	hold.start(/** @type {any} */ ({ timeStamp: 50 }));
	hold.stop(/** @type {any} */ ({ timeStamp: 50 + held }));
	const atOnce = { ...done };
	mock.timers.tick(5000);
	assert.deepEqual(done, atOnce, 'something happened after the key was let go');
	assert.equal(b.dataset.pending, undefined);
	mock.timers.reset();
	return done;
}

test('a busy page knows a key that was held from one that was tapped', () => {
	assert.deepEqual(press(1300), { acted: 1, tapped: 0 });
	assert.deepEqual(press(1000), { acted: 1, tapped: 0 });
	assert.deepEqual(press(900), { acted: 0, tapped: 1 });
});

test('a key that is still held acts by itself, once', () => {
	mock.timers.enable({ apis: ['setTimeout'] });
	let acted = 0;
	const b = /** @type {any} */ ({ dataset: { hold: '1000' }, removeAttribute() {} });
	const hold = holdOf(b, () => acted++, () => assert.fail('it was held'));
	hold.start(/** @type {any} */ ({ timeStamp: 0 }));
	mock.timers.tick(999);
	assert.equal(acted, 0);
	mock.timers.tick(1);
	assert.equal(acted, 1);
	hold.stop(/** @type {any} */ ({ timeStamp: 1300 }));
	assert.equal(acted, 1);
	mock.timers.reset();
});

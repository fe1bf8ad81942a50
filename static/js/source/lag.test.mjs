import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Lag } from './lag.js';

test('the lag of a page is the time that an event needed beyond that of the quickest event', () => {
	const lag = new Lag();
	assert.equal(lag.behind(0), 0);
	lag.take([{ t: 1_000_000 }], 5_000, 0); // the clocks differ by 4 s
	assert.equal(lag.behind(10), 0);
	lag.take([{ t: 2_000_000 }], 14_000, 9_000);
	assert.equal(lag.behind(9_100), 8_000);
	assert.equal(lag.behind(12_000), 0, 'nothing came since: nothing says that it is behind');
	lag.take([{ t: 10_000_000 }], 14_050, 9_050);
	assert.equal(lag.behind(9_100), 0, 'it caught up');
});

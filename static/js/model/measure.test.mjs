import assert from 'node:assert/strict';
import { test } from 'node:test';
import { GREEN, RED, cause, columns, latencies, leftOut, measured, merge, percent, sides, traffic, verdict, qualityOfRead } from './measure.js';

/** @param {Partial<import('./measure.js').Figures>} f @returns {import('./measure.js').Figures} */
const figures = (f) => ({ seconds: 10, asked: 0, answered: 0, availability: null, refused: 0, unknown: 0, unreached: 0, stale: 0, conflicting: 0, latency: {}, ...f });

/** @param {Partial<import('./measure.js').Report>} r @returns {import('./measure.js').Report} */
const report = (r) => ({ epoch: 1, verdict: GREEN, keys: [], total: figures({}), recent: figures({}), reads: [], faulty: false, faults: [], series: [], ...r });

/** @param {number} t @param {Partial<import('./measure.js').Second>} [s] */
const second = (t, s = {}) => ({ t, answered: 0, refused: 0, unknown: 0, stale: 0, conflicting: 0, p50_ms: 0, p99_ms: 0, ...s });

test('the triangle follows the measurements, not the label of the mode', () => {
	const corners = (/** @type {Partial<import('./measure.js').Report>} */ r) => {
		const m = measured(report(r));
		return m && `${m.c} ${m.a}`;
	};
	assert.equal(corners({}), undefined);
	assert.equal(corners({ recent: figures({ asked: 100, answered: 100 }) }), 'kept kept');
	assert.equal(corners({ recent: figures({ asked: 100, answered: 60 }), faulty: true }), 'kept broken');
	assert.equal(corners({ recent: figures({ asked: 100, answered: 80, unreached: 20 }), faulty: true }), 'kept kept');
	assert.equal(corners({ recent: figures({ asked: 100, answered: 100, stale: 3 }), faulty: true }), 'broken kept');
	assert.equal(corners({ verdict: RED, recent: figures({ asked: 100, answered: 100 }) }), 'broken kept');
	assert.equal(corners({ verdict: 'cannot tell', recent: figures({ asked: 9, answered: 9 }) }), 'unknown kept');
	assert.equal(corners({ total: figures({ asked: 10, answered: 5 }) }), 'kept broken');
});

test('a side has a bar if a corner of it was measured as broken, and only the promised side is thick', () => {
	const named = (/** @type {any} */ m, /** @type {string} */ promised) => Object.entries(sides(m, [...promised])).map(([name, state]) => `${name} ${state}`).join(', ');
	assert.equal(named(undefined, 'CP'), 'ca open, cp holds, ap open');
	assert.equal(named({ c: 'kept', a: 'kept' }, 'CA'), 'ca holds, cp open, ap open');
	assert.equal(named({ c: 'kept', a: 'broken' }, 'CP'), 'ca broken, cp holds, ap broken');
	assert.equal(named({ c: 'kept', a: 'broken' }, 'CA'), 'ca broken, cp open, ap broken');
	assert.equal(named({ c: 'broken', a: 'kept' }, 'AP'), 'ca broken, cp broken, ap holds');
	assert.equal(named({ c: 'unknown', a: 'kept' }, 'CA'), 'ca open, cp open, ap open');
});

test('a broken corner has its reason in a phrase', () => {
	const why = (/** @type {Partial<import('./measure.js').Report>} */ r) => measured(report(r))?.why;
	assert.equal(why({ recent: figures({ asked: 100, answered: 100 }) }), '');
	assert.equal(why({ recent: figures({ asked: 100, answered: 60 }) }), '60.0 % answered in 10 s');
	assert.equal(why({ recent: figures({ asked: 100, answered: 100, stale: 1 }) }), '1 stale read in 10 s');
	assert.equal(why({ verdict: RED, total: figures({ asked: 10, answered: 5 }) }), 'not linearizable, 50.0 % answered since the reset');
});

test('verdicts in words', () => {
	assert.equal(verdict(report({})).title, 'Nothing to judge yet');
	assert.deepEqual(verdict(report({ keys: [{ key: 'city', verdict: GREEN }], total: figures({ asked: 7 }) })), { tone: 'good', title: 'Linearizable so far', text: 'one key, 7 operations' });
	assert.deepEqual(verdict(report({ verdict: RED, keys: [{ key: 'city', verdict: RED, since: '3f2a9c' }, { key: 'x', verdict: RED, since: '1' }] })), { tone: 'bad', title: 'Not linearizable', text: 'key city, since operation 3f2a, and 1 more' });
	assert.equal(verdict(report({ verdict: 'cannot tell', keys: [{ key: 'city', verdict: 'cannot tell', why: 'set by hand at node 2' }] })).text, 'city: set by hand at node 2');
});

test('reads in words', () => {
	const read = (/** @type {any} */ word) => ({ op: '1', node: 2, key: 'city', word });
	assert.equal(qualityOfRead(read({ word: 'stale', missed: 1, newest: 'abcdef' })), 'stale by 1 write');
	assert.equal(qualityOfRead(read({ word: 'lost write', missed: 3, newest: 'abcdef' })), 'lost write, stale by 3 writes');
	assert.equal(qualityOfRead(read({ word: 'conflicting' })), 'conflicting');
	assert.equal(cause(read({ word: 'stale', missed: 1, newest: 'abcdef', cause: { msg: 'm', op: 'abcdef', from: 3, to: 1, type: 'store', why: 'cut' } })), 'store of write abcd, 3 to 1, was cut off');
	assert.equal(cause(read({ word: 'stale', missed: 1, newest: 'abcdef', cause: { msg: 'm', op: 'abcdef', from: 3, to: 1, type: 'store' } })), 'store of write abcd, 3 to 1, was still under way');
	assert.equal(cause(read({ word: 'stale', missed: 1, newest: 'abcdef', cause: { msg: 'm', op: '1', from: 2, to: 5, type: 'read', why: 'cut' } })), 'question of this read, 2 to 5, was cut off');
	assert.equal(cause(read({ word: 'stale', missed: 1, newest: 'abcdef', cause: { msg: 'm', op: '1', from: 5, to: 2, type: 'value', answer: true } })), 'answer to this read, 5 to 2, was still under way');
	assert.equal(cause(read({ word: 'conflicting' })), '');
});

test('small latencies have tenths', () => {
	assert.equal(latencies(undefined), '–');
	assert.equal(latencies({ p50_ms: 0.42, p99_ms: 99.94 }), '0.4 / 99.9');
	assert.equal(latencies({ p50_ms: 99.96, p99_ms: 2004.2 }), '100 / 2004');
});

test('percentages never round up to 100', () => {
	assert.equal(percent(1), '100 %');
	assert.equal(percent(0.99999), '99.9 %');
	assert.equal(percent(0.634), '63.4 %');
	assert.equal(percent(null), 'no calls');
});

test('series are merged by second, and a gap has no value', () => {
	const merged = merge([second(1), second(2)], [second(2, { answered: 5, p50_ms: 1, p99_ms: 2 }), second(4)], 3);
	assert.deepEqual(merged.map((s) => s.t), [1, 2, 4]);
	const c = columns(merged, 5, 4);
	assert.deepEqual(c.t, [1, 2, 3, 4]);
	assert.deepEqual(c.good, [0, 5, 0, 0]);
	assert.deepEqual(c.p50, [null, 1, null, null]);
});

test('the load that runs, and the operations that were left out, in words', () => {
	assert.equal(traffic(undefined), '');
	assert.equal(traffic({ rate: 40, clients: 1, keys: 3, read_ratio: 0.6 }), 'Load: 40/s by one client on 3 keys, 60 % reads.');
	assert.equal(leftOut(report({})), '');
	assert.equal(leftOut(report({ forgotten: 2001, left_out: 1 })), 'Judged, and no longer kept: the 2,001 oldest operations. Heard of too late to be judged: 1 read.');
});

test('a suspected key is no longer green, and not red yet', () => {
	const keys = [{ key: 'a', verdict: GREEN }, { key: 'b', verdict: GREEN, suspect: true }];
	const { tone, title, text } = verdict(report({ keys, total: figures({ asked: 3 }) }));
	assert.deepEqual([tone, title], ['open', 'Looks wrong']);
	assert.match(text, /key b/);
	assert.equal(verdict(report({ verdict: RED, keys: [{ key: 'c', verdict: RED, since: 'abcd' }, ...keys] })).tone, 'bad');
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../testing/logs.mjs';
import { BadLink, findMoment, readMoment, writeMoment } from './moment.js';
import { Player } from './player.js';

/** A player that has a whole log. @param {string} name */
function player(name) {
	const p = new Player();
	const nodes = [1, 2, 3, 4, 5].map((id) => ({ id, url: '', status: 'up' }));
	p.hello({ events: recorded(name), cluster: { mode: 'CA', nodes } }, 0);
	return p;
}

test('a link is read as it was written', () => {
	for (const moment of [{}, { at: 1764212345678901 }, { op: '10fe3098-c124-4443-b65b-276390afbbd8', tab: 'session', node: 3 }, { at: 5, op: 'a.b:c_d', tab: 'op', node: 12 }]) {
		const hash = writeMoment(moment);
		assert.deepEqual(hash ? readMoment(hash) : {}, moment, hash);
	}
	assert.equal(writeMoment({ op: '"><b>', node: 1 }), '#node=1');
	assert.equal(writeMoment({ at: 0, op: '', tab: 'op', node: 2 }), '#tab=op&node=2');
});

test('a wrong link is refused with a sentence', () => {
	/** @type {[string, RegExp][]} */
	const wrong = [
		['#', /has ""/], ['#legend', /has "legend"/], ['#at', /at=\. Wanted/], ['#at=0', /Wanted: microseconds/], ['#at=-1', /Wanted/], ['#at=1e3', /Wanted/], ['#at=12345678901234567', /at=12345678901234567\./],
		['#at=1&at=2', /at twice/], ['#op=', /Wanted: the id/], ['#op=<b>', /Wanted/], ['#op=%3Cb%3E', /Wanted/], [`#op=${'a'.repeat(65)}`, /op=a{20}…\./], ['#tab=help', /Wanted: op, node, session/],
		['#node=0', /Wanted/], ['#node=100', /Wanted/], ['#node=1&', /has ""/], ['#__proto__=1', /has "__proto__"/], ['#toString=1', /has "toString"/], ['#at=1=2', /at=1=2/],
	];
	for (const [hash, text] of wrong) assert.throws(() => readMoment(hash), (e) => e instanceof BadLink && text.test(e.message), hash);
});

test('a link to each event leads to that event', () => {
	for (const name of ['ca-frozen', 'ap-hint', 'cp-split']) {
		const p = player(name);
		const { timeline } = p;
		const present = timeline.events.at(-1)?.t ?? 0;
		timeline.x.forEach((x, i) => {
			const at = Math.round(timeline.timeAt(x));
			const found = findMoment(p, { at, node: 5 }, present);
			assert.ok(found !== undefined);
			const to = timeline.indexAt(found) - 1; // the last event that is shown
			assert.ok(to >= i, `${name}: event ${i} led to ${to}, which is earlier`);
			assert.ok(timeline.t.slice(i, to + 1).every((t) => t === at), `${name}: event ${i} led to ${to}, which is later`);
		});
	}
});

test('a link to a thing that is not there is refused with a sentence', () => {
	const p = player('ca-frozen');
	const { events } = p.timeline;
	const [first, present] = [events[0].t, events.at(-1)?.t ?? 0];
	const op = events.find((e) => e.kind === 'invoke');
	assert.ok(op?.op);
	/** @type {[import('./moment.js').Moment, RegExp][]} */
	const wrong = [
		[{ at: first - 1 }, /does not remember/], [{ at: present + 2e6 }, /not come yet/], [{ node: 6 }, /node 6, and there is none/],
		[{ op: 'none' }, /does not know/], [{ at: op.t - 1, op: op.op }, events.indexOf(op) ? /does not know/ : /does not remember/],
	];
	for (const [moment, text] of wrong) assert.throws(() => findMoment(p, moment, present), (e) => e instanceof BadLink && text.test(e.message), JSON.stringify(moment));
	assert.equal(findMoment(p, {}, present), undefined);
	assert.equal(findMoment(p, { op: op.op, node: 1 }, present), undefined);
	assert.ok(Number.isFinite(findMoment(p, { at: op.t, op: op.op }, present)));
});

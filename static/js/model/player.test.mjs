import assert from 'node:assert/strict';
import { test } from 'node:test';
import { recorded } from '../testing/logs.mjs';
import { BACKLOG, STAGGER, WAVE } from './elastic.js';
import { Player } from './player.js';
import { SpaceTime } from './spacetime.js';

/** @typedef {import('./types.js').Event} Event */

/** A player that knows five nodes. @param {string} mode */
function player(mode) {
	const p = new Player();
	const nodes = [1, 2, 3, 4, 5].map((id) => ({ id, url: '', status: 'up' }));
	p.hello({ events: [], cluster: { mode, nodes } }, 0);
	return p;
}

/** The events of the first operation of a log. @param {string} name */
function first(name) {
	const events = recorded(name);
	const op = events.find((e) => e.kind === 'invoke')?.op;
	return events.filter((e) => e.op === op);
}

/**
 * Gives events to a player as they come live, each at its own time. The screen clock
 * begins at 1000 ms.
 * @param {Player} p @param {Event[]} events
 */
function live(p, events) {
	for (const e of events) p.take([e], 1000 + (e.t - events[0].t) / 1000, e.t, true);
}

test('a write that arrives live is shown in whole waves', () => {
	const p = player('CA');
	const events = first('ca-frozen');
	live(p, events);
	const { timeline } = p;
	/** @type {Map<string|undefined, number>} */
	const left = new Map();
	let waves = 0;
	timeline.events.forEach((e, i) => {
		if (e.kind === 'sent') left.set(e.msg, timeline.at[i]);
		if (e.kind !== 'delivered') return;
		waves++;
		const shown = timeline.at[i] - (left.get(e.msg) ?? 0);
		assert.ok(shown >= WAVE, `${e.type} from ${e.from} to ${e.to} flew ${shown} ms`);
	});
	assert.ok(waves >= 12, `only ${waves} messages`);
	assert.equal(p.skippedAt, -Infinity, 'a single write made the playhead jump');
	const sent = timeline.events.flatMap((e, i) => (e.kind === 'sent' && e.type === 'prepare' ? [timeline.at[i]] : []));
	for (let i = 1; i < sent.length; i++) assert.ok(sent[i] - sent[i - 1] >= STAGGER - 1e-6, 'starts are staggered');
});

for (const name of ['ca-frozen', 'cp-split', 'ap-hint']) {
	test(`${name}, live: no effect before its cause, and in the end all is shown`, () => {
		const p = player('');
		const events = recorded(name);
		const start = events[0].t;
		/** @type {Set<string|undefined>} */
		const told = new Set();
		let at = 0;
		for (const e of events) {
			const now = 1000 + (e.t - start) / 1000;
			for (; at < now; at += 16) {
				p.advance(at);
				for (const op of p.shown.ops.values()) {
					if (!op.status || told.has(op.id)) continue;
					told.add(op.id);
					const votes = p.timeline.events.slice(0, p.index).filter((v) => v.op === op.id && v.kind === 'delivered').length;
					const all = events.slice(0, events.findIndex((r) => r.kind === 'return' && r.op === op.id)).filter((v) => v.op === op.id && v.kind === 'delivered').length;
					assert.ok(votes >= all, 'an outcome was shown before a message that it followed');
				}
			}
			p.take([e], Math.max(now, at), e.t, true);
		}
		while (p.advance(at)) at += 16;
		assert.equal(p.index, p.timeline.length);
		assert.equal(p.newest, p.shown);
	});
}

test('a hidden page shows everything at once, and replays nothing', () => {
	const p = player('CA');
	const events = first('ca-frozen');
	p.take(events, 1000, events[0].t, false);
	assert.equal(p.index, events.length);
	assert.equal(p.advance(1001), false);
	assert.equal(p.skippedAt, -Infinity, 'no viewer saw a jump');
});

test('after a pause the rate of messages is counted anew, and is no average over the pause', () => {
	const p = player('CA');
	const rates = [10_000, 11_000, 12_000, 92_000, 93_000].map((now) => {
		p.shown.totals.sent += now === 92_000 ? 90_000 : 500;
		return p.rate(now);
	});
	assert.deepEqual(rates, [0, 500, 500, 0, 500]);
});

test('under many operations the playhead leaves out waves, and shows them again when it is calm', () => {
	const p = player('CA');
	const events = first('ca-frozen');
	for (let i = 0; i < 40; i++) {
		const copy = events.map((e) => ({ ...e, op: `${e.op}${i}`, msg: e.msg && `${e.msg}.${i}` }));
		p.take(copy, 1000 + i * 20, events[0].t + i * 20_000, true);
		assert.ok(p.elastic.at - (1000 + i * 20) <= BACKLOG + 3 * WAVE, 'too far behind');
	}
	assert.equal(p.elastic.stretched, false);
	p.advance(8000);
	assert.equal(p.elastic.stretched, true);
});

for (const every of [16, 90, 400, 5000]) {
	test(`a replay is seen in whole, also if the page draws a frame each ${every} ms only`, () => {
		const p = player('CA');
		const events = first('ca-frozen');
		live(p, events);
		let now = 60_000;
		p.advance(now);
		p.seek(0);
		p.play(now);
		let from = 0;
		for (let frames = 0; p.playing; frames++) {
			p.advance((now += every));
			const to = p.parked ?? p.end(now);
			assert.ok(to > from || p.parked === undefined, 'the replay stands');
			assert.ok(to - from <= WAVE / 2, `a frame left out ${to - from} ms`);
			from = to;
		}
		assert.equal(p.parked, undefined, 'it did not go on to the present');
	});
}

/** The ways to play that lead back to the present. @type {[string, (p: Player, now: number, op: string) => void, number][]} */
const WAYS = [
	['an operation that is played again', (p, now, op) => p.playOp(now, op), 3500],
	['a replay', (p, now) => p.play(now), 30_000],
];
/** Events that never pause. @type {[string, number, Event['class']][]} */
const PRESENTS = [['the heartbeats of a leader', 96, 'background'], ['a load', 16, undefined]];
for (const [way, play, most] of WAYS) {
	for (const [what, every, cls] of PRESENTS) {
		test(`${way} leads back to the present, also with ${what}`, () => {
			const p = player('CA');
			const events = first('ca-frozen');
			live(p, events);
			let now = 20_000;
			const last = events[events.length - 1].t;
			const next = () => {
				if (now % every === 0) p.take([{ kind: 'sent', node: 1, t: last + now * 1000, msg: `b${now}`, from: 1, to: 2, class: cls }], now, last + now * 1000, true);
				p.advance(now);
				now += 16;
			};
			while (now < 40_000) next();
			const op = [...p.shown.ops.values()][0];
			p.seek(op.x0);
			play(p, now, op.id);
			const pressed = p.end(now);
			let x = op.x0;
			for (const from = now; p.playing && now - from < 60_000; x = p.parked ?? x) next();
			assert.equal(p.parked, undefined, 'the present was never reached');
			assert.ok(x > op.x1 && x < op.x1 + most && x <= pressed, `it played from ${op.x0} to ${x}, of an operation that ends at ${op.x1}`);
			assert.ok(now - p.skippedAt <= 16, 'the page does not say that it jumped to now');
			assert.ok(op.x1 - op.x0 > 500, `${op.x1 - op.x0}`);
		});
	}
}

test('a message at a frozen node does not keep the axis running', () => {
	const p = player('AP');
	const t = 1e9;
	p.take([{ kind: 'status', node: 4, t, status: 'frozen' }, { kind: 'sent', node: 2, t: t + 10, msg: 'm', from: 2, to: 4, type: 'handover', class: 'repair' }], 1000, t, true);
	p.advance(1000);
	assert.equal(p.waits(), false);
	assert.ok(p.x(60_000) - p.x(1000) <= 300);
});

test('the diagram finds the arrows of a window, also of messages that left long before', () => {
	const p = player('CA');
	p.elastic.stretched = false;
	/** @type {import('./types.js').Event[]} */
	const events = [];
	for (let i = 0; i < 3000; i++) {
		events.push({ kind: 'sent', node: 1, t: i * 1000, msg: `m${i}`, from: 1, to: 2, class: 'request', op: 'o' });
		if (i !== 7) events.push({ kind: 'delivered', node: 2, t: i * 1000 + 500, msg: `m${i}`, from: 1, to: 2, class: 'request', op: 'o' });
	}
	const story = new SpaceTime(p.timeline);
	events.forEach((e, i) => p.timeline.push(e, { at: i, x: e.t / 1000 }));
	story.fold();
	const found = story.between(2800, 2810).map((a) => a.id);
	assert.ok(found.includes('m7'), 'the one that still flies');
	assert.ok(found.includes('m2805') && !found.includes('m2811') && !found.includes('m2700'));
});

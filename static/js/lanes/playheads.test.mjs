import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Player } from '../model/player.js';
import { moments, Playheads } from './playheads.js';

const START = 1_000_000_000;

/** A lane that has got these events, each with its milliseconds after the start. @param {[number, object][]} events */
function lane(events) {
	const player = new Player();
	player.hello(/** @type {any} */ ({ boot: 'b', seq: 0, cluster: { mode: 'CA', pace: { pace: 'live', rate: 1 }, nodes: [] }, events: [] }), 0);
	events.forEach(([ms, e], i) => player.take(/** @type {any} */ ([{ seq: i + 1, t: START + ms * 1000, v: ms * 1000, ...e }]), ms, START + ms * 1000, true));
	player.jump?.(10_000, false);
	return player;
}

/** An operation from a to b. @param {number} a @param {number} b @param {string} op */
const call = (a, b, op) => /** @type {[number, object][]} */ ([
	[a, { kind: 'invoke', op, node: 1, op_kind: 'write', key: 'k', val: op, client: 'curl' }],
	[b, { kind: 'return', op, node: 1, status: 201 }],
]);

test('moments of several lanes that are close together are one', () => {
	const timeline = (/** @type {number[]} */ ms) => /** @type {any} */ ({ timeAt: (/** @type {number} */ x) => START + x * 1000, x: ms });
	const all = moments([timeline([0, 500]), timeline([10, 900])], ({ x }) => x);
	assert.deepEqual(all.map((t) => (t - START) / 1000), [10, 500, 900]);
});

test('a key moves all playheads to the same moment', () => {
	const players = [lane([...call(0, 1000, 'a'), ...call(2000, 2500, 'b')]), lane([...call(1, 40, 'a'), ...call(2001, 2040, 'b')])];
	const heads = new Playheads(players, () => {});
	const at = () => players.map((p) => (p.parked === undefined ? undefined : Math.round((p.timeline.timeAt(p.parked) - START) / 1000)));
	assert.equal(heads.past, false);
	heads.wave(1); // there is no later moment
	assert.deepEqual(at(), [undefined, undefined]);
	heads.wave(-1); // before the newest end, 2500
	assert.ok(heads.past);
	const [first, second] = at();
	assert.ok(first !== undefined && second !== undefined && Math.abs(first - second) <= 2, `${at()}`);
	heads.rewind();
	const begins = at();
	assert.ok(begins.every((ms) => ms !== undefined && ms >= 1960 && ms <= 2001), `${begins}`);
	heads.rewind();
	assert.equal(at()[0], 0);
	heads.now();
	assert.equal(heads.past, false);
});

test('a wave is played in every lane up to the same moment', () => {
	const players = [lane(call(0, 1000, 'a')), lane(call(0, 300, 'a'))];
	const heads = new Playheads(players, () => {});
	heads.seek(START);
	heads.wave(1);
	assert.ok(heads.playing);
	for (const p of players) for (let now = performance.now(); p.playing; now += 16) p.advanceReplay(now, p.playing);
	const ends = players.map((p) => Math.round((p.timeline.timeAt(/** @type {number} */ (p.parked)) - START) / 1000));
	assert.ok(ends.every((ms) => ms === 299 || ms === 300), `${ends}`); // a lane stops 1 ms before its end, so that it stays in the past
	assert.ok(heads.past);
});

test('again plays the last operation of every lane, and ends with it', () => {
	const beats = Array.from({ length: 80 }, (_, i) => /** @type {[number, object]} */ ([1700 + 100 * i, { kind: 'log' }])); // events after the operation that never pause
	const players = [lane([...call(0, 400, 'a'), ...call(1000, 1600, 'b'), ...beats]), lane([...call(1, 40, 'a'), ...call(1001, 1040, 'b'), ...beats])];
	for (const p of players) p.advance(20_000);
	const heads = new Playheads(players, () => {});
	const at = (/** @type {Player} */ p) => Math.round((p.timeline.timeAt(/** @type {number} */ (p.parked)) - START) / 1000);
	assert.ok(heads.again());
	assert.ok(players.every((p) => at(p) <= 1001), `${players.map(at)}`);
	const last = players.map((p) => {
		let ms = 0;
		for (let now = performance.now(); p.playing; now += 16) {
			ms = at(p);
			p.advanceReplay(now, p.playing);
		}
		return ms;
	});
	assert.ok(last[0] >= 1580 && last[1] >= 1040 && last.every((ms) => ms < 3000), `${last}`);
	assert.equal(heads.past, false);
});

test('without an operation, again returns false', () => {
	assert.equal(new Playheads([lane([[0, { kind: 'log' }]])], () => {}).again(), false);
});

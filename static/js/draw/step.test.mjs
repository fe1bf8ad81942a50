import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clients, coordinators } from '../model/view.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { geometry } from './layout.js';
import { messagesShown } from './shown.js';

const g = geometry(868, 464, [1, 2, 3, 4, 5]);

/** The stage after a write, a freeze and a write that was refused. */
function end() {
	const { timeline } = folded(recorded('ca-frozen'), 'CA');
	return timeline.seek(timeline.x.at(-1) ?? 0);
}

test('in a step of a scenario, what ended before it has left the ring', () => {
	const s = end();
	const ended = Math.max(...[...s.msgs.values()].filter((m) => m.state !== 'flying').map((m) => m.x1));
	const seen = messagesShown({ ...viewOf(s), x: s.x, since: ended + 1 }, g, [], new Map());
	assert.ok(seen.every((one) => one.m.state === 'flying'), 'only what is under way');
	assert.deepEqual(clients(s, s.x + 1).filter((op) => op.status), []);
	assert.equal(coordinators(s, s.x + 1).size, clients(s, s.x + 1).length);
});

test('in a step of a scenario, each operation of the step keeps its client and its messages', () => {
	const s = end();
	const ops = [...s.ops.values()];
	const since = Math.min(...ops.map((op) => op.x0));
	const nodes = new Set(ops.map((op) => op.node));
	assert.equal(clients(s, since).length, Math.min(3, nodes.size));
	for (const one of messagesShown({ ...viewOf(s), x: s.x, since }, g, [], new Map())) assert.ok(!one.dimmed, one.m.id);
});

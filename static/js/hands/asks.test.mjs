// A press while the one before is under way is queued or answered. It is never
// ignored.

import assert from 'node:assert/strict';
import test from 'node:test';
import { reach } from '../source/reach.js';
import { Asks } from './asks.js';

// The modules of the controls ask for these while they are loaded.
Object.assign(globalThis, { location: new URL('http://localhost/'), document: { documentElement: { hasAttribute: () => false } } });
const { Controls } = await import('./controls.js');

/** The calls to the playground, which are answered when a test says so. */
function calls() {
	/** @type {{path: string, answer: (status: number, text?: string) => void}[]} */
	const all = [];
	reach.ask = (path) => new Promise((resolve) => {
		all.push({ path: String(path), answer: (status, text = '') => resolve(new Response(text, { status })) });
	});
	return all;
}

/** Resolves after all work that is ready has run. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

/** @param {string} path @returns {import('../model/types.js').Request} */
const post = (path) => ({ method: 'POST', path });

test('a call waits for the one before, and both are made', async () => {
	const made = calls();
	/** @type {string[]} */
	const notices = [];
	const ui = { pending: new Set() };
	const asks = new Asks({ ui, redraw: () => {}, notice: (text) => notices.push(text) });
	const first = asks.ask([post('/api/nodes/1/kill')], 'kill:1');
	const second = asks.ask([post('/api/nodes/2/kill')], 'kill:2');
	await settled();
	assert.equal(made.length, 1);
	assert.deepEqual([...ui.pending], ['kill:1', 'kill:2']);
	made[0].answer(503, '{"error":"no"}');
	assert.equal(await first, false);
	await settled();
	assert.equal(made.length, 2, 'a refusal does not end the queue');
	made[1].answer(200);
	assert.equal(await second, true);
	assert.equal(ui.pending.size, 0);
	assert.equal(notices.length, 1, 'the refusal is shown');
});

test('a second press at a node while the first is under way is answered', async () => {
	const made = calls();
	/** @type {string[]} */
	const notices = [];
	const ui = { pending: new Set() };
	const notice = (/** @type {string} */ text) => { notices.push(text); };
	const page = {
		ui, notice, pages: {}, handled: new Set(), asks: new Asks({ ui, redraw: () => {}, notice }),
		replay: { on: false }, pace: { choose() {}, refused() {} }, choice: { tab() {} },
		context: () => ({ node: 4, s: { nodes: new Map([[4, { status: 'up' }]]) } }),
	};
	const press = () => Controls.prototype.run.call(/** @type {any} */ (page), 'kill');
	const first = press();
	await press();
	assert.deepEqual(notices, ['Kill 4: under way already.']);
	await settled();
	assert.equal(made.length, 1, 'the node is killed once');
	made[0].answer(200);
	assert.equal(await first, true);
	const again = press();
	await settled();
	assert.equal(made.length, 2, 'after the answer a press acts again');
	made[1].answer(200);
	await again;
	assert.equal(notices.length, 1);
});

test('a new epoch drops the calls that wait, unless a call of this page began it', async () => {
	const made = calls();
	/** @type {string[]} */
	const notices = [];
	const ui = { pending: new Set() };
	const asks = new Asks({ ui, redraw: () => {}, notice: (text) => notices.push(text) });
	asks.noteEpoch(7);
	const first = asks.ask([post('/api/nodes/1/restart')], 'kill:1');
	const waiting = asks.askFault('Kill 2', [post('/api/nodes/2/kill')], [post('/api/nodes/2/restart')], 'kill:2');
	const undone = asks.undo();
	asks.noteEpoch(7);
	assert.deepEqual(notices, []);
	asks.noteEpoch(8);
	assert.equal(await waiting, false);
	await undone;
	assert.deepEqual([...ui.pending], ['kill:1']);
	assert.deepEqual(notices, ['Dropped: 1 press that waited. The playground began anew.']);
	assert.equal(asks.last(), undefined, 'a fault that was dropped cannot be undone');
	made[0].answer(200);
	assert.equal(await first, true);
	assert.equal(made.length, 1, 'neither the kill nor its undo is called');

	const reset = asks.ask([post('/api/CA/reset')], 'reset:1');
	const write = asks.ask([post('/api/ops')], 'write:1');
	asks.noteEpoch(9);
	made[1].answer(200);
	assert.equal(await reset, true);
	await settled();
	made[2].answer(202);
	assert.equal(await write, true, 'what was pressed after the reset of this page is called');
	assert.equal(notices.length, 1);
});

test('a reset and Recover drop what waits in this page', async () => {
	const made = calls();
	/** @type {string[]} */
	const did = [];
	const ui = { pending: new Set() };
	const notice = (/** @type {string} */ text) => { did.push(text); };
	/** @type {any} */
	const page = {
		ui, notice, pages: {}, handled: new Set(), asks: new Asks({ ui, redraw: () => {}, notice }), dropPresses: Controls.prototype.dropPresses, beginAgain() {},
		replay: { on: false }, pace: { choose() {}, refused() {} }, choice: { tab() {} }, talk: (/** @type {string} */ what) => did.push(what), node: 4,
		context: () => ({ node: page.node, pending: ui.pending, s: { nodes: new Map([3, 4].map((id) => [id, { id, status: 'up' }])) } }),
	};
	const press = (/** @type {string} */ id) => Controls.prototype.run.call(page, id);
	const paths = () => made.splice(0).map((call) => {
		call.answer(200);
		return call.path;
	});
	const kill = press('kill');
	page.node = 3;
	press('freeze');
	const recover = press('recover');
	assert.deepEqual(did, ['Dropped: 1 press that waited.', 'drop']);
	assert.deepEqual(paths(), ['/api/nodes/4/kill']);
	await kill;
	await settled();
	assert.deepEqual(paths(), ['/api/heal', '/api/nodes/4/restart', '/api/pace'], 'a node that is being killed is started again');
	await recover;

	press('kill');
	press('freeze');
	press('reset');
	assert.deepEqual(did.slice(2), ['Dropped: 1 press that waited.', 'drop']);
	assert.deepEqual(paths(), ['/api/nodes/3/kill', '/api/reset'], 'the reset does not wait');
});

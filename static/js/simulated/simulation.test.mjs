import assert from 'node:assert/strict';
import { test } from 'node:test';
import { PLAIN, Simulation, WHOLE } from './simulation.js';

/** A worker that keeps its messages. */
class FakeWorker {
	constructor(/** @type {string} */ module) {
		this.module = module;
		/** @type {any[]} */ this.got = [];
		this.ended = false;
	}

	postMessage(/** @type {any} */ message) {
		assert.equal(this.ended, false, 'a message to a worker that has ended');
		this.got.push(message);
	}

	terminate() {
		this.ended = true;
	}

	say(/** @type {any} */ data) {
		/** @type {any} */ (this).onmessage({ data });
	}

	answer(/** @type {number} */ id, status = 200, text = '{}') {
		this.say({ id, status, type: 'application/json', name: '', bytes: new TextEncoder().encode(text) });
	}
}

const turn = () => new Promise((resolve) => setTimeout(resolve));

/** A simulation whose first worker is ready, with a stream. */
async function started() {
	/** @type {FakeWorker[]} */
	const workers = [];
	const simulation = new Simulation((module) => /** @type {any} */ (workers[workers.push(new FakeWorker(module)) - 1]));
	workers[0].say({ ready: true });
	let closed = 0;
	const channel = simulation.open(new URL('http://here/events?since=7&boot=b'));
	channel.onclose = () => closed++;
	await turn();
	return { simulation, workers, closed: () => closed };
}

test('a mode that the first module lacks starts in the second one', async () => {
	const { simulation, workers, closed } = await started();
	const [first] = workers;
	assert.equal(first.module, PLAIN);
	assert.deepEqual(first.got, [{ id: 1, open: true, since: '7', boot: 'b' }]);
	const paced = simulation.ask('/api/pace', { method: 'PUT', body: 'slow' });
	await turn();
	first.answer(2);
	assert.equal((await paced).status, 200);
	const mode = simulation.ask('/api/mode', { method: 'PUT', body: 'RAFT' });
	const read = simulation.ask('/api/rules');
	await turn();
	first.say({ lacks: 'RAFT' });
	first.answer(3, 409); // is ignored
	await turn();
	const second = workers[1];
	assert.equal(second.module, WHOLE);
	assert.deepEqual([first.ended, closed(), second.got.length], [false, 0, 0], 'the first one goes on until the second is ready');
	second.say({ ready: true });
	await turn();
	assert.deepEqual([first.ended, closed()], [true, 1], 'the page opens its stream again');
	assert.deepEqual(second.got.map(({ id, path, body }) => `${id} ${path} ${body}`), ['2 /api/pace slow', '3 /api/mode RAFT', '4 /api/rules ']);
	second.answer(2); // the page already has this answer
	second.answer(3, 200, '"RAFT"');
	second.answer(4);
	assert.equal(await (await mode).json(), 'RAFT');
	assert.equal((await read).status, 200);
	void simulation.ask('/api/cluster');
	await turn();
	assert.equal(second.got.at(-1).path, '/api/cluster');
});

test('a scenario that was answered before starts again in the second module', async () => {
	const { simulation, workers } = await started();
	const play = simulation.ask('/api/scenario', { method: 'POST', body: 'raft' });
	await turn();
	workers[0].answer(2, 202);
	assert.equal((await play).status, 202);
	workers[0].say({ lacks: 'RAFT' });
	workers[0].say({ lacks: 'RAFT' }); // one second module is enough
	workers[1].say({ ready: true });
	await turn();
	assert.equal(workers.length, 2);
	assert.deepEqual(workers[1].got.map(({ path, body }) => `${path} ${body}`), ['/api/scenario raft']);
});

test('without the second module the first one continues', async () => {
	const { simulation, workers, closed } = await started();
	const mode = simulation.ask('/api/mode', { method: 'PUT', body: 'RAFT' });
	await turn();
	workers[0].say({ lacks: 'RAFT' });
	workers[0].answer(2, 409, '{"error":"another"}');
	workers[1].say({ failed: 'no network' });
	const answer = await mode;
	assert.equal(answer.status, 409);
	assert.match((await answer.json()).error, /the protocol of this mode cannot be loaded: .*no network/);
	assert.deepEqual([workers[0].ended, workers[1].ended, closed()], [false, true, 0]);
	void simulation.ask('/api/cluster');
	await turn();
	assert.equal(workers[0].got.at(-1).path, '/api/cluster');
});

test('a link whose mode the first module lacks starts in the second one', async () => {
	/** @type {{worker: FakeWorker, link: boolean}[]} */
	const started = [];
	const simulation = new Simulation((module, link) => {
		const worker = new FakeWorker(module);
		started.push({ worker, link });
		return /** @type {any} */ (worker);
	});
	const call = simulation.ask('/api/rules');
	started[0].worker.say({ lacks: 'RAFT' });
	started[0].worker.say({ failed: 'this program has no protocol of the mode RAFT' }); // is ignored
	assert.deepEqual(started.map(({ worker, link }) => [worker.module, link, worker.ended]), [[PLAIN, true, true], [WHOLE, true, false]]);
	started[1].worker.say({ ready: true, seed: '9' });
	assert.equal(await simulation.ready, '9');
	await turn();
	started[1].worker.answer(1);
	assert.equal((await call).status, 200);
});

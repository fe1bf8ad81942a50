// The presses that steer the talk, when another page begins the scenario again.

import assert from 'node:assert/strict';
import test from 'node:test';
import { reach } from '../source/reach.js';
import { Steering } from './calls.js';
import { beginsAnew, NO_TALK } from './talk.js';

const playing = { running: true, black: false, name: '04-in-doubt', step: 3, steps: 6, phase: 'ready' };

/** The calls to the playground, which are answered when a test says so. */
function calls() {
	/** @type {{call: string, answer: (talk: object, status?: number) => void}[]} */
	const all = [];
	reach.ask = (path, init) => new Promise((resolve) => {
		all.push({ call: `${init?.method} ${path}`, answer: (talk, status = 200) => resolve(new Response(JSON.stringify(talk), { status })) });
	});
	return all;
}

/** Resolves after all work that is ready has run. */
const settled = () => new Promise((resolve) => { setTimeout(resolve, 0); });

test('a scenario begins anew when it begins, begins again, goes back or ends', () => {
	assert.ok(beginsAnew(NO_TALK, { ...playing, phase: 'beginning', step: 1 }));
	assert.ok(beginsAnew(playing, { ...playing, phase: 'beginning', step: 1 }));
	assert.ok(beginsAnew({ ...playing, phase: 'beginning' }, { ...playing, phase: 'beginning', step: 2 }));
	assert.ok(beginsAnew(playing, NO_TALK));
	assert.ok(!beginsAnew(NO_TALK, NO_TALK));
	assert.ok(!beginsAnew(playing, { ...playing, step: 4, phase: 'running' }));
	assert.ok(!beginsAnew({ ...playing, phase: 'beginning' }, { ...playing, phase: 'beginning', black: true }));
});

test('presses that wait are dropped when another page begins the scenario again', async () => {
	const made = calls();
	/** @type {string[]} */
	const said = [];
	const steering = new Steering((text) => said.push(text));
	steering.note(playing);
	const first = steering.press('next');
	const waiting = [steering.press('next'), steering.press('next')];
	assert.ok(!steering.note({ ...playing, step: 4 }));
	assert.ok(steering.note({ ...playing, step: 1, phase: 'beginning' }));
	assert.deepEqual(await Promise.all(waiting), [undefined, undefined]);
	assert.deepEqual(said, ['Dropped: 2 presses that waited. The playground began anew.']);
	made[0].answer({ ...playing, step: 4 });
	assert.equal((await first)?.ok, true);
	assert.equal(made.length, 1);
});

test('each press of back counts, and the press after it', async () => {
	const made = calls();
	/** @type {string[]} */
	const said = [];
	const steering = new Steering((text) => said.push(text));
	steering.note(playing);
	const presses = ['back', 'back', 'next'].map((what) => steering.press(what));
	for (const [i, step] of [2, 1].entries()) {
		const talk = { ...playing, step, phase: 'beginning' };
		made[i].answer(talk);
		await settled();
		steering.note(talk); // the event comes after the answer
	}
	made[2].answer({ ...playing, step: 1, phase: 'beginning', queued: true });
	await Promise.all(presses);
	assert.deepEqual(made.map(({ call }) => call), ['POST /api/scenario/back', 'POST /api/scenario/back', 'POST /api/scenario/next']);
	assert.deepEqual(said, []);
});

test('the beginning and the end of a scenario do not wait, and drop the presses that do', async () => {
	const made = calls();
	/** @type {string[]} */
	const said = [];
	const steering = new Steering((text) => said.push(text));
	for (const act of [() => steering.press('restart'), () => steering.begin('05-the-trick'), () => steering.leave()]) {
		steering.press('next');
		steering.press('next');
		act();
		for (const { answer } of made) answer(playing);
		await settled();
	}
	assert.deepEqual(said, Array(3).fill('Dropped: 1 press that waited.'));
	assert.deepEqual(made.map(({ call }) => call).filter((call) => !call.endsWith('/next')), ['POST /api/scenario/restart', 'POST /api/scenario', 'DELETE /api/scenario']);
	assert.equal(made.length, 6);
});

test('only a press after the refusal was shown takes over', async () => {
	const made = calls();
	const steering = new Steering(() => {});
	const first = steering.press('next');
	steering.press('next'); // before the answer
	made[0].answer({ error: 'another page drives' }, 409);
	assert.match((await first)?.answer.error, /Press again/);
	await settled();
	made[1].answer({ error: 'another page drives' }, 409);
	await settled();
	steering.press('next');
	made[2].answer({});
	await settled();
	assert.deepEqual(made.map(({ call }) => call).slice(2), ['POST /api/scenario/drive', 'POST /api/scenario/next']);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { bars, brief, clock, fold, foot, isAct, isTalk, letters, NO_TALK, questionOf, sentence } from './talk.js';
import { endsRecording, press } from './keys.js';

const question = { id: 'q', text: 'Q?', choices: ['x', 'y', 'z'], open: true, voted: 3, revealed: false };
const asking = { running: true, black: false, step: 2, steps: 5, phase: 'ready', question };

test('the newest event about the talk has the whole state of the talk', () => {
	const events = [{ kind: 'scenario', report: { step: 1 } }, { kind: 'sent' }, { kind: 'vote', report: { step: 2 } }, { kind: 'key' }];
	assert.deepEqual(fold(NO_TALK, events), { step: 2 });
	assert.equal(fold(NO_TALK, [{ kind: 'sent' }]), NO_TALK);
	assert.ok(!isTalk({ kind: 'verdict' }));
});

test('a question without a sentence asks the room to guess', () => {
	assert.equal(letters(3), 'A, B or C');
	assert.equal(sentence(asking), 'Guess first, then look: A, B or C?');
	assert.equal(sentence({ ...asking, say: 'Now.' }), 'Now.');
	assert.equal(sentence(NO_TALK), '');
});

test('all bars have the same scale', () => {
	assert.deepEqual(bars({ ...question, counts: [18, 9, 0] }), [1, 0.5, 0]);
	assert.deepEqual(bars({ ...question, counts: [0, 0, 0] }), [0, 0, 0]);
});

test('a read that found several values shows them all', () => {
	assert.equal(brief({ text: 'read city at node 2', status: 200, val: 'Faro', siblings: ['Porto'] }), 'read at node 2: Faro, Porto');
	assert.equal(brief({ text: 'read city at node 2', status: 404 }), 'read at node 2');
	assert.equal(brief({ text: 'write city=Faro at node 1', status: 201 }), 'write at node 1');
});

test('the foot says what a key does next', () => {
	const revealed = { ...question, open: false, revealed: true };
	assert.deepEqual(foot(asking), ['PageDown', 'reveals']);
	assert.deepEqual(foot({ ...asking, question: { ...question, open: false } }), ['PageDown', 'waits for the answer']);
	assert.deepEqual(foot({ ...asking, question: revealed }), ['PageDown', 'goes on']);
	assert.deepEqual(foot({ ...asking, step: 5, question: revealed }), ['Shift+N', 'begins the next story']);
	assert.deepEqual(foot({ ...asking, recording: true }), ['PageDown', 'ends the recording']);
});

test('a vote counts for the question of one run, and not for another with the same name', () => {
	const asked = { ...asking, name: '02-one-silent-node', question: { ...question, asked: 7 } };
	assert.equal(questionOf(asked), questionOf({ ...asked, step: 3, phase: 'running' }));
	assert.notEqual(questionOf(asked), questionOf({ ...asked, name: '03-by-hand' }));
	assert.notEqual(questionOf(asked), questionOf({ ...asked, question: { ...question, asked: 8 } }), 'it was begun again, and the votes were forgotten');
});

test('a clock', () => {
	assert.equal(clock(185.9), '3:05');
	assert.equal(clock(-1), '0:00');
});

/** @param {string} k */
const key = (k, more = {}) => ({ key: k, code: '', shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...more });

test('the keys of a clicker', () => {
	for (const k of ['PageDown', 'ArrowRight', ' ']) assert.equal(press(key(k), asking), 'next');
	for (const k of ['PageUp', 'ArrowLeft']) assert.equal(press(key(k), asking), 'back');
	assert.equal(press(key('.'), asking), 'black');
	assert.equal(press(key('.'), NO_TALK), undefined);
	assert.equal(press(key('Escape'), asking), 'leave');
	assert.equal(press(key('R', { shiftKey: true }), asking), 'restart');
	assert.equal(press(key('v'), asking), 'reveal');
	assert.equal(press(key('a'), asking), 'again');
	assert.equal(press(key('N', { shiftKey: true }), asking), 'following');
	assert.equal(press(key('PageDown'), NO_TALK), undefined);
	assert.equal(press(key('w'), asking), undefined);
});

test('while the recording of a step is shown a clicker ends it, and other keys move its playhead', () => {
	const shown = { ...asking, recording: true };
	for (const k of ['PageDown', 'PageUp', 'Escape', '.', 'A']) assert.ok(endsRecording(key(k)), k);
	for (const k of ['ArrowLeft', 'ArrowRight', ' ', 'Home', 'End', ',', 'w']) assert.ok(!endsRecording(key(k)), k);
	assert.equal(press(key('A', { shiftKey: true }), asking), 'recording');
	assert.equal(press(key('Escape'), shown), 'recording');
	assert.equal(press(key('PageDown'), shown), 'next');
});

test('a held key and a browser shortcut do nothing', () => {
	assert.equal(press(key('PageDown', { repeat: true }), asking), undefined);
	assert.equal(press(key('r', { ctrlKey: true }), asking), undefined);
});

test('any key of the clicker ends the black screen, with a scenario or without', () => {
	for (const talk of [asking, NO_TALK]) {
		for (const k of ['PageDown', 'ArrowLeft', ' ', '.', 'Escape']) assert.equal(press(key(k), { ...talk, black: true }), 'black');
	}
});

test('if the layout has no Latin letters, a key means the letter at its place', () => {
	assert.equal(press(key('ф', { code: 'KeyA' }), asking), 'again');
});

test('letters that are switched off do nothing, and the clicker still works', () => {
	for (const k of ['a', 'v', '.']) assert.equal(press(key(k), asking, false), undefined);
	assert.equal(press(key('PageDown'), asking, false), 'next');
	assert.equal(press(key(' '), asking, false), 'next');
});

test('the list closes when a person acts, and not at an event of a node', () => {
	assert.ok(isAct({ kind: 'invoke' }) && isAct({ kind: 'link' }));
	assert.ok(!isAct({ kind: 'status' }) && !isAct({ kind: 'key' }) && !isAct({ kind: 'sent' }));
});

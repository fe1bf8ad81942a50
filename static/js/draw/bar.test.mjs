import assert from 'node:assert/strict';
import { test } from 'node:test';
import { newState } from '../model/state.js';
import { folded, recorded } from '../testing/logs.mjs';
import { badgeWords, keyWords } from './bar.js';

const quiet = { isPlayback: false, behind: 0, skipped: false, fingers: false, held: '' };
const s = newState();

test('the badge says LIVE only while frames of the playground arrive', () => {
	assert.equal(badgeWords({ s, link: 'connecting' }, quiet), 'CONNECTING');
	assert.equal(badgeWords({ s, link: 'up' }, quiet), 'LIVE');
	assert.equal(badgeWords({ s, link: 'lost' }, quiet), 'OFFLINE');
	assert.equal(badgeWords({ s, link: 'lost', past: true }, { ...quiet, behind: 9000 }), 'OFFLINE');
});

test('the badge says by how much the page is behind, and how a replay ends', () => {
	assert.equal(badgeWords({ s, link: 'up' }, { ...quiet, behind: 8000, skipped: true }), 'LIVE, 8 s behind');
	assert.equal(badgeWords({ s, link: 'up' }, { ...quiet, skipped: true }), 'LIVE · jumped to now');
	assert.equal(badgeWords({ s, link: 'up', past: true }, quiet), 'REPLAY · Esc: back to now');
	assert.equal(badgeWords({ s, link: 'up', past: true }, { ...quiet, fingers: true }), 'REPLAY · tap: back to now');
	assert.equal(badgeWords({ s, link: 'up' }, { ...quiet, isPlayback: true }), 'REPLAY');
});

test('the page says which key the circles show, if there are several', () => {
	const { state } = folded(recorded('cp-split'), 'CP');
	assert.equal(keyWords(state), '', 'one key');
	state.held.set('1/country', /** @type {any} */ ({ node: 1, key: 'country', val: 'Portugal', version: '1.1' }));
	assert.equal(keyWords(state), 'values of city');
});

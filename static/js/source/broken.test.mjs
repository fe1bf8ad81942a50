// Random recordings that are cut, or that an attacker has changed. The page reads
// the complete lines, says what is missing, and plays those lines without an error.

import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import { cause, columns, latencies, measured, merge, traffic, verdict, qualityOfRead } from '../model/measure.js';
import { Player } from '../model/player.js';
import { createCard } from '../talk/card.js';
import { Progress } from '../talk/progress.js';
import { isTalk, NO_TALK, sentence } from '../talk/talk.js';
import { FakeElement } from '../testing/dom.mjs';
import { saidAt } from '../testing/sentences.mjs';
import { Playback } from './playback.js';
import { BadRecording, readFile } from './recording.js';

const top = new URL('../../../', import.meta.url);
const builtin = ['02-one-silent-node', '05-the-trick', '06-both-sides-say-yes', '09-two-cannot-three-can', '11-nobody-knows'];
const runs = [
	readFileSync(new URL('static/js/testdata/recordings/refused.jsonl', top)),
	...builtin.map((name) => gunzipSync(readFileSync(new URL(`server/scenario/builtin/${name}.jsonl.gz`, top)))),
].map((text) => text.toString().split('\n').filter(Boolean));

/** Random numbers from 0 to n-1 (mulberry32). @param {number} seed */
function diceOf(seed) {
	let a = seed + 1;
	return (/** @type {number} */ n) => {
		a = (a + 0x6d2b79f5) | 0;
		let t = Math.imul(a ^ (a >>> 15), 1 | a);
		t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
		return Math.floor((((t ^ (t >>> 14)) >>> 0) / 2 ** 32) * n);
	};
}
/** @typedef {ReturnType<typeof diceOf>} Dice */

/** A recording of random events of a real run. Some are left out, and there are markers. @param {Dice} dice */
function lines(dice) {
	const run = runs[dice(runs.length)];
	const from = 2 + dice(run.length - 40);
	const some = run.slice(from, from + 38).filter(() => dice(8) > 0);
	if (dice(2)) some.splice(dice(some.length), 0, '{"kind":"marker","t":1,"text":"\u202e\\"<b>\\n","step":9007199254740991}');
	return [run[0], run[1], ...some];
}

const NASTY = ['end', '</script><script>alert(1)</script>', '"', '\\', ';\n#', '\u202e', '\u0000', '__proto__', 'constructor', '', 'x'.repeat(5000), '日本', '🎉'];
const NUMBERS = [0, 1, -1, 2, 9, 10, 999, 1e9, Number.MAX_SAFE_INTEGER, -Number.MAX_SAFE_INTEGER, 1.5];

/** Another value of the same type. @param {any} v @param {Dice} dice @returns {any} */
function other(v, dice) {
	if (typeof v === 'string') return NASTY[dice(NASTY.length)];
	if (typeof v === 'number') return NUMBERS[dice(NUMBERS.length)];
	if (typeof v === 'boolean') return !v;
	if (Array.isArray(v)) return dice(2) ? [] : [...v, ...v];
	return dice(2) ? {} : [null, 'x', 7, []][dice(4)];
}

/** Changes one value of an object, however deep, or takes it away. @param {any} object @param {Dice} dice */
function harm(object, dice) {
	const names = Object.keys(object);
	if (!names.length) return;
	const name = names[dice(names.length)];
	const inner = object[name];
	if (typeof inner === 'object' && inner && dice(4)) return harm(inner, dice);
	if (dice(5)) object[name] = other(inner, dice);
	else delete object[name];
}

/** @param {{kind: string}} e */
const happened = (e) => e.kind !== 'verdict' && e.kind !== 'compare' && !isTalk(e);

/** Draws the talk as the stage does. @param {import('../talk/talk.js').Talk} talk */
function drawTalk(talk) {
	const page = /** @type {any} */ (new FakeElement('main'));
	sentence(talk);
	createCard(page).draw(talk);
	const progress = new Progress(page);
	progress.draw(talk);
	assert.ok(progress.line.children.length <= 100, `${progress.line.children.length} steps are drawn`);
}

/** Makes the words and the charts of what was measured. @param {import('../model/measure.js').Report} report */
function drawReport(report) {
	verdict(report);
	measured(report);
	traffic(report.load);
	latencies(report.total.latency.write);
	columns(merge([], report.series, 120), report.series.at(-1)?.t ?? 0, 60);
	for (const read of report.reads) cause(read) + qualityOfRead(read);
}

/** Plays a recording: the playhead goes to some moments, and the page makes its sentences there. @param {import('./recording.js').Recording} recording */
function play(recording) {
	const playback = new Playback(recording, isTalk, happened);
	const player = new Player();
	player.show(playback.hello, 0, playback.fromState);
	const end = player.elastic.x;
	for (const x of [end, end / 2, end / 4, end]) {
		player.seek(x);
		const i = player.timeline.indexAt(x);
		drawTalk(playback.talkAt(i) ?? NO_TALK);
		if (playback.verdictAt(i)) drawReport(playback.verdictAt(i));
		const view = { ...player.view(0, 0), past: true, foreseen: player.foresee(), selected: 1, hand: '', lit: '', still: false, pending: new Set(), flow: false, rate: 0, endOf: () => Infinity };
		saidAt(/** @type {any} */ (view));
	}
}

test('1,000 random recordings that are cut at random bytes: the complete lines are read and played, and the page says what is missing', async () => {
	let cut = 0;
	let headless = 0;
	for (let seed = 0; seed < 1000; seed++) {
		const dice = diceOf(seed);
		const all = lines(dice);
		const text = Buffer.from(`${all.join('\n')}\n`);
		const events = all.filter((line) => line.startsWith('{"seq"')).length;
		const file = seed % 4 === 1 ? gzipSync(text) : text;
		const at = dice(file.length + 1);
		const where = `seed ${seed}, cut at ${at} of ${file.length}`;
		let recording;
		try {
			recording = await readFile(new Blob([file.subarray(0, at)]));
		} catch (error) {
			headless++;
			assert.ok(error instanceof BadRecording, `${where}: ${error}`);
			assert.match(error.message, /^line 1: /, where);
			continue;
		}
		if (recording.events.length < events) cut++;
		const atLine = file === text && (text[at - 1] === 10 || text[at] === 10);
		assert.ok(recording.events.length === events || recording.missing.length || atLine, `${where}: ${recording.events.length} of ${events} events, and nothing is said to be missing`);
		recording.events.forEach((e, i) => assert.equal(e.seq, JSON.parse(all.filter((line) => line.startsWith('{"seq"'))[i]).seq, where));
		try {
			play(recording);
		} catch (error) {
			assert.fail(`${where}: ${/** @type {Error} */ (error).stack}`);
		}
	}
	assert.ok(cut > 400 && headless < 500, `${cut} of 1,000 lost events, ${headless} had no head: this test cuts too little or too much`);
});

test('1,000 random recordings with harmful values: each is refused with the number of a line, or played', async () => {
	let refused = 0;
	for (let seed = 0; seed < 1000; seed++) {
		const dice = diceOf(seed);
		const all = lines(dice).map((line) => JSON.parse(line));
		const told = all.flatMap(({ kind }, i) => (kind === 'verdict' || kind === 'scenario' ? [i] : []));
		const harmed = [1 + dice(all.length - 1)];
		if (dice(3) === 0) harmed.push(1);
		if (dice(2) && told.length) harmed.push(told[dice(told.length)]);
		for (const i of harmed) harm(all[i], dice);
		const text = all.map((line) => JSON.stringify(line)).join('\n');
		const where = `seed ${seed}: ${harmed.map((i) => JSON.stringify(all[i])).join(' ').slice(0, 600)}`;
		let recording;
		try {
			recording = await readFile(new Blob([`${text}\n`]));
		} catch (error) {
			refused++;
			assert.ok(error instanceof BadRecording, `${where}: ${error}`);
			assert.match(error.message, /^line \d+: /, where);
			continue;
		}
		try {
			play(recording);
		} catch (error) {
			assert.fail(`${where}: ${/** @type {Error} */ (error).stack}`);
		}
	}
	assert.ok(refused > 100 && refused < 900, `${refused} of 1,000 are refused: the values are too harmless, or too harmful`);
});

// The entry point of the page of all lanes: it connects the lanes, the client in front
// of them and the controls, and draws a frame only when something moves.

import { $, say } from './draw/dom.js';
import { offerFramesOfLanes } from './draw/frames.js';
import { onDemand } from './draw/redraw.js';
import { Client } from './lanes/client.js';
import { LanePlaybacks } from './lanes/playbacks.js';
import { LaneHands } from './lanes/hands.js';
import { Lane, nextTurn } from './lanes/lane.js';
import { showToken } from './model/curl.js';
import { setPlace } from './model/place.js';
import { stampWords } from './modes/stamp.js';
import { handOverDrops } from './source/handover.js';
import { TalkStage } from './talk/stage.js';
import { NO_TALK } from './talk/talk.js';

const PROMISE = 'Each action goes to every lane at the same moment.';

const root = document.documentElement;
setPlace(root.dataset);
if (root.hasAttribute('data-token')) showToken();
if (!root.hasAttribute('data-audience')) handOverDrops();
const still = matchMedia('(prefers-reduced-motion: reduce)');
const ui = { selected: 1, link: /** @type {[number, number]} */ ([0, 0]), pending: /** @type {Set<string>} */ (new Set()) };
const room = $('room'); // its width is the height of room text
const { wake, wakeLater } = onDemand(draw);

const page = {
	wake, wakeLater, room: () => room.offsetWidth,
	began(/** @type {Lane} */ lane) {
		if (!lane.playback) hands?.asks.noteEpoch(lane.player.newest.epoch, lane.mode);
		hands?.forms.fill();
	},
	took: (/** @type {Lane} */ lane) => hands?.asks.noteEpoch(lane.player.newest.epoch, lane.mode),
	linked: () => banner(),
	// Every lane gets the same talk. The page takes it from the first lane.
	greeted(/** @type {Lane} */ lane, /** @type {any} */ report) {
		if (lane !== lanes[0]) return;
		talk.note(report ?? NO_TALK);
		talk.show(report ?? NO_TALK);
	},
	told: (/** @type {Lane} */ lane, /** @type {any[]} */ events) => lane === lanes[0] && talk.take(events),
};
/** @type {LaneHands} */
let hands;
/** @type {TalkStage} */
let talk;
const lanes = [.../** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('.lane'))].map((section) => new Lane(section, page));
const client = new Client(lanes, page);
hands = new LaneHands(lanes, ui, wake, (what) => talk.act(what));
const playbacks = new LanePlaybacks(lanes, { heads: hands.heads, notice: (text) => hands.notice(text), end: () => talk.act('recording') });
let stepAt = 0; // when the present step of a scenario began, microseconds
talk = new TalkStage({
	changed: wake, notice: (text) => hands.notice(text), began: () => hands.asks.began(), isPlayback: () => false,
	recording({ recording, name = '', step = 0 }) {
		if (recording) playbacks.open(name, step);
		else playbacks.close();
	},
	step: () => playbacks.shown || (stepAt = hands.heads.span[1]),
	focus: ({ node }) => node && hands.select(node),
	look() {
		if (playbacks.shown || hands.past || !(hands.heads.span[1] > stepAt)) return false;
		hands.heads.seek(stepAt);
		return true;
	},
	now() {
		if (playbacks.shown || !hands.past) return false;
		hands.now();
		return true;
	},
});

function draw() {
	const now = performance.now();
	for (const lane of lanes) lane.advance(now);
	client.look();
	const turn = nextTurn(lanes, now);
	const soon = lanes.map((lane) => lane.draw(now, { ...ui, still: still.matches }, turn, (...of) => client.outside(...of)));
	client.draw();
	hands.refresh(now);
	say($('caption'), talk.sentence());
	say($('promise'), talk.title() || PROMISE);
	speak();
	if (soon.includes('frames')) wake();
	else if (soon.includes('ticks')) wakeLater();
}

/** Says which lanes have lost their streams. */
function banner() {
	const away = lanes.filter((lane) => lane.link === 'lost').map((lane) => lane.mode);
	$('banner').hidden = !away.length;
	say($('banner'), !away.length ? '' : away.length === lanes.length ? 'The playground does not answer. Trying again…' : `No stream from ${away.join(', ')}. Trying again…`);
}

let spoken = ''; // the newest answers that a screen reader got

/** Gives the answers of all lanes to a screen reader, once all lanes have answered. */
function speak() {
	const { ops } = client;
	if (!ops.every((op) => op?.status)) return;
	const words = ops.map((op, i) => `${lanes[i].mode}: ${op?.status} ${op ? stampWords(lanes[i].player.shown, op).replaceAll('\n', ' ') : ''}`).join('. ');
	const key = ops.map((op) => op?.id).join();
	if (key === spoken) return;
	spoken = key;
	say($('spoken'), words);
}

offerFramesOfLanes(lanes.map((lane) => lane.player));
addEventListener('resize', wake);
document.fonts?.ready.then(() => client.moved());
still.addEventListener('change', wake);
document.addEventListener('visibilitychange', () => {
	if (document.visibilityState !== 'visible') return;
	for (const lane of lanes) lane.player.jump(performance.now(), false);
	wake();
});
wake();

// The page's entry point. It connects the stream, the player, the drawing and the
// controls. It draws a frame only when something moves.

import { drawBar } from './draw/bar.js';
import { Diagram } from './draw/diagram.js';
import { $, byFingers, reader, say } from './draw/dom.js';
import { offerFrames } from './draw/frames.js';
import { drawPanel } from './draw/panel.js';
import { onDemand } from './draw/redraw.js';
import { Ring } from './draw/ring.js';
import { drawTransport } from './draw/transport.js';
import { Verdict } from './draw/verdict.js';
import { Playbacks } from './files/playbacks.js';
import { runningWords } from './hands/chips.js';
import { Controls } from './hands/controls.js';
import { Pointing } from './hands/pointing.js';
import { showToken } from './model/curl.js';
import { setPlace } from './model/place.js';
import { Player } from './model/player.js';
import { caption } from './modes/caption.js';
import { inWordsOf } from './modes/hints.js';
import { Speech } from './modes/speech.js';
import { takeOver } from './source/handover.js';
import { askReport } from './source/report.js';
import { Lag } from './source/lag.js';
import { connect } from './source/socket.js';
import { TalkStage } from './talk/stage.js';
import { isTalk, NO_TALK } from './talk/talk.js';

/** @typedef {import('./model/types.js').Event} Event */
/** @typedef {import('./model/view.js').View} View */

const SKIP_SHOWN = 2500; // ms for which the page says that it jumped to now
const TAIL = 320; // ms for which the playhead runs on after an event
const BEFORE_STEP = 200; // elastic ms before a step at which its recording begins to play
const FLOW_TICK = 120; // ms between updates of ring and panel while links show flow

const root = document.documentElement;
setPlace(root.dataset);
if (root.hasAttribute('data-token')) showToken();
const player = new Player();
const still = matchMedia('(prefers-reduced-motion: reduce)');
/** @type {import('./hands/controls.js').Ui} */
const ui = { selected: 1, hand: '', link: [0, 0], held: '', lit: '', pending: new Set() };
/** The connection to the playground. @type {import('./model/view.js').View['link']} */
let link = 'connecting';
const { wake, wakeLater } = onDemand(draw);
const drawn = { ring: 0, rest: 0, moves: false, counts: false }; // when, ms; whether the ring moves, whether something counts down
const lag = new Lag();
const speech = new Speech();
/** @type {import('./model/types.js').Comparison} as in the newest event, also if another window started it */
let comparison = { running: false };
const onPhone = root.hasAttribute('data-audience'); // phones get the stream, and no calls

const canvas = /** @type {HTMLCanvasElement} */ ($('diagram-canvas'));
const ring = new Ring(/** @type {any} */ ($('ring')), {
	node: (id) => controls.select(id),
	take: (id) => controls.grip.take(id),
	client: (id) => controls.choice.focus(id),
	ask: (id) => void controls.run('fire', { node: id, timer: 'election' }),
	resized: () => wake(),
});
const diagram = new Diagram(canvas, player.timeline, () => wake());
/** @type {Controls} */
const controls = new Controls({ player, ui, diagram, redraw: wake, view: () => look(performance.now()), geometry: () => ring.g, send: (frame) => stream.send(frame), talk: (what) => talk.act(what), load: () => verdict.newest?.load, comparison: () => comparison });

const step = { x: 0, t: 0 }; // where on the timeline the present step of a scenario began, and when
/** @type {TalkStage} */
const talk = new TalkStage({
	changed: () => wake(),
	notice: (text) => controls.notice(text),
	began: () => controls.asks.began(),
	step() {
		if (!playbacks.ofStep) Object.assign(step, { x: player.timeline.x.at(-1) ?? 0, t: player.timeline.events.at(-1)?.t ?? 0 });
	},
	focus: ({ node, tab }) => {
		if (node) controls.select(node);
		controls.choice.tab(tab === 'operation' || !tab ? 'op' : tab);
	},
	look() {
		if (player.isPlayback || player.parked !== undefined || (player.timeline.x.at(-1) ?? 0) <= step.x) return false;
		player.seek(step.x);
		wake();
		return true;
	},
	isPlayback: () => player.isPlayback && !playbacks.ofStep,
	recording({ recording, name = '', step = 0 }) {
		if (player.isPlayback && !playbacks.ofStep) return; // this page alone shows a recording
		if (recording) playbacks.openStep(name, step);
		else playbacks.closeStep();
	},
	now() {
		if (player.parked === undefined || player.isPlayback) return false;
		player.seek(undefined);
		diagram.follow();
		wake();
		return true;
	},
});

const verdict = new Verdict($('session-verdict'), showCause);

/** Whether an event is housekeeping. An idle cluster has such events, too, so they are drawn at the next tick and not at once. @param {Event} e */
const isQuiet = (e) => e.class === 'background' || e.kind === 'timer' || e.kind === 'log';

/** Whether an event is part of the past that the playhead shows. Verdicts, comparisons and the talk are not. @param {{kind: string}} e */
const happened = (e) => e.kind !== 'verdict' && e.kind !== 'compare' && !isTalk(e);

const live = () => connect({
	onHello(hello) {
		if (playbacks.ofStep) return talk.hello(hello);
		if (!onPhone) askReport().then((report) => report && verdict.update(report));
		player.hello({ ...hello, events: (hello.events ?? []).filter(happened) }, performance.now());
		diagram.use(player.timeline);
		controls.asks.noteEpoch(player.newest.epoch);
		begin();
		step.x = player.timeline.x[player.timeline.events.findLastIndex((e) => (e.t ?? 0) <= step.t)] ?? 0;
		talk.hello(hello);
		controls.moments.open();
		wake();
	},
	onEvents(events) {
		const told = /** @type {any} */ (events.findLast((e) => e.kind === 'verdict'));
		if (told) {
			verdict.update(told.report, told.t);
			wake();
		}
		const compared = /** @type {any} */ (events.findLast((e) => e.kind === 'compare'));
		if (compared) {
			comparison = compared.report;
			wake();
		}
		talk.take(events);
		if (playbacks.ofStep) return;
		events = events.filter(happened);
		lag.take(events, Date.now(), performance.now());
		if (!events.length) return;
		player.take(events, performance.now(), Date.now() * 1000, document.visibilityState === 'visible');
		controls.asks.noteEpoch(player.newest.epoch);
		if (events.every(isQuiet)) wakeLater();
		else wake();
	},
	onFocus: root.hasAttribute('data-follow') ? (focus) => controls.follow(focus) : undefined,
	onState(up) {
		link = up ? 'up' : link === 'connecting' ? 'connecting' : 'lost';
		$('banner').hidden = up;
		say($('banner'), up ? '' : link === 'lost' ? 'The playground does not answer. Trying again…' : 'Looking for the playground…');
		wake();
	},
});

const served = root.hasAttribute('data-playback'); // this playground replays a recording
/** @type {import('./source/socket.js').Stream} */
let stream = { close() {}, send() {} };
let cameFrom = ''; // the page that passed the shown recording to this one
const playbacks = new Playbacks({
	isTalk, happened, notice: (text) => controls.notice(text),
	start: showPlayback,
	end: () => talk.act('recording'),
	back: served ? undefined : () => {
		if (cameFrom) return location.assign(cameFrom);
		stream.close();
		controls.replay.markers = [];
		controls.moments.forget();
		stream = live();
	},
	talk: (report) => talk.show(report ?? NO_TALK),
});
controls.leave = () => playbacks.leave();

/** Shows a recording from its beginning. @param {import('./source/playback.js').Playback} playback */
function showPlayback(playback) {
	if (!playback.step) stream.close();
	link = 'up';
	$('banner').hidden = true;
	player.show(playback.hello, performance.now(), playback.fromState);
	diagram.use(player.timeline);
	begin();
	controls.replay.markers = playback.markers.map((m) => player.timeline.x[m.i] ?? player.elastic.x);
	if (playback.step) return showStep(playback);
	talk.show(NO_TALK);
	if (!served) controls.moments.forget();
	controls.moments.open();
	if (served) askReport().then((report) => report && verdict.update(report));
	else if (playback.verdict) verdict.update(playback.verdict.report, playback.verdict.t);
	wake();
}

/** Plays the part of a recording that belongs to one step. @param {import('./source/playback.js').Playback} playback */
function showStep({ from }) {
	controls.replay.seek((player.timeline.x[from] ?? player.elastic.x) - BEFORE_STEP);
	player.play(performance.now());
	if (talk.talk.focus) talk.on.focus(talk.talk.focus);
	wake();
}

if (served) playbacks.openServers();
else {
	stream = live();
	takeOver().then((dropped) => {
		if (!dropped) return;
		cameFrom = dropped.from;
		playbacks.open(dropped.file);
	});
}

/**
 * Shows why a read was wrong: the write that it missed, at the moment when the
 * message with that write was lost.
 * @param {import('./model/measure.js').Read} read
 */
function showCause(read) {
	const op = read.word?.newest ?? read.op;
	const msg = read.word?.cause?.msg;
	const { events, x } = player.timeline;
	let at = msg ? events.findLastIndex((e) => e.msg === msg) : -1;
	if (at < 0) at = events.findLastIndex((e) => e.op === op && (e.kind === 'return' || e.kind === 'invoke'));
	if (at < 0) return controls.notice('That is longer ago than the page remembers.');
	controls.replay.seek(x[at] + 1, op);
	controls.choice.focus(op);
	controls.moments.settle();
}

/** Begins with the state of another stream. What the page said about the previous stream is not true for this one. */
function begin() {
	speech.begin(player.newest);
	say($('spoken'), '');
	controls.begin();
}

/**
 * Draws a frame. While messages are too many to draw, only the diagram moves with
 * every frame. The ring and the texts then change a few times a second, each in a
 * frame of its own.
 */
function draw() {
	const now = performance.now();
	const more = player.advance(now);
	const view = look(now);
	playbacks.follow(player.timeline.indexAt(view.x));
	if (ui.hand && view.s.msgs.get(ui.hand)?.state !== 'flying') controls.grip.letGo();
	diagram.draw(view, !!view.past);
	const turn = !view.flow || !!view.past;
	if (turn || now - drawn.ring > FLOW_TICK) {
		drawn.ring = now;
		drawn.moves = ring.draw(view) && turn;
	} else if (now - drawn.rest > FLOW_TICK) words(view, now);
	if (turn) words(view, now);
	pointing.follow();
	next(view, now, more);
}

/** All that a frame shows. @param {number} now @returns {View} */
function look(now) {
	const flow = !player.elastic.stretched;
	const foreseen = player.foresee();
	return {
		...player.view(now, Date.now() * 1000), past: player.parked !== undefined, since: talk.playing() && player.parked === undefined ? step.x : undefined, foreseen, flow, rate: flow ? player.rate(now) : 0,
		link: player.isPlayback ? 'up' : link, selected: ui.selected, hand: ui.hand, lit: ui.lit, still: still.matches, pending: ui.pending, lists: controls.inboxes.rects(),
		judged: (op) => verdict.wrong.get(op),
		endOf: (id) => (foreseen ?? player.newest).msgs.get(id)?.x1 ?? Infinity,
	};
}

/** Asks for the next frame, if something will have moved by then. @param {View} view @param {number} now @param {boolean} more events wait to be shown */
function next(view, now, more) {
	if (more || (drawn.moves && !view.past)) return wake();
	if (view.past) return;
	const running = player.waits() && (view.s.pace.rate > 0 || drawn.moves);
	const skipped = now - player.skippedAt < SKIP_SHOWN;
	if (tail(now) === 'frames') wake();
	else if (drawn.counts || running || view.flow || skipped || ring.isBusy() || tail(now)) wakeLater();
}

/** Writes all texts of the page. @param {View} view @param {number} now */
function words(view, now) {
	drawn.rest = now;
	drawn.counts = drawPanel(view, (id) => controls.choice.focus(id));
	const other = view.link === 'up' ? talk.sentence() || runningWords(comparison) || (player.isPlayback && !view.s.focus && 'This is a recording: Space plays it.') : '';
	say($('caption'), other || inWordsOf(reader(), caption(view)));
	drawBar(view, { isPlayback: player.isPlayback, behind: lag.behind(now), skipped: !onPhone && now - player.skippedAt < SKIP_SHOWN, fingers: byFingers(), held: ui.held, stretch: player.stretch(view.s), title: talk.title(), why: verdict.triangle.at(view)?.why ?? '' });
	verdict.triangle.draw(view);
	drawTransport(view, { playing: !!player.playing, speed: player.speed });
	speak(view);
	controls.refresh(view);
}

/** How the playhead is drawn while it runs on a little after the last event; '' when it stops. @param {number} now @returns {''|'frames'|'ticks'} */
function tail(now) {
	const { at, events } = player.timeline;
	const last = player.index - 1;
	if (last < 0 || now - at[last] >= TAIL) return '';
	return isQuiet(events[last]) ? 'ticks' : 'frames';
}

/** Gives a screen reader what is new. @param {View} view */
function speak(view) {
	const next = speech.next(view);
	if (next) say($('spoken'), next);
}

offerFrames(player, diagram, wake);
const pointing = new Pointing({ canvas, ring: /** @type {any} */ ($('ring')), diagram, ui, player, redraw: wake });
diagram.recolour();
document.fonts?.ready.then(wake);
addEventListener('resize', wake);
still.addEventListener('change', wake);
for (const query of ['(prefers-color-scheme: dark)', '(forced-colors: active)']) {
	matchMedia(query).addEventListener('change', () => {
		diagram.recolour();
		wake();
	});
}
document.addEventListener('visibilitychange', () => {
	if (document.visibilityState !== 'visible') return;
	player.jump(performance.now(), false);
	wake();
});
wake();

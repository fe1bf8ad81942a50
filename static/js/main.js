// The page's entry point: it ties stream, player, drawing and controls
// together, and draws a frame only when something moves.

import { Diagram } from './draw/diagram.js';
import { $, el, say, set } from './draw/dom.js';
import { offerFrames } from './draw/frames.js';
import { drawPanel } from './draw/panel.js';
import { Ring } from './draw/ring.js';
import { Verdict } from './draw/verdict.js';
import { createControls } from './hands/controls.js';
import { createPointing } from './hands/pointing.js';
import { Player } from './model/player.js';
import { descriptorOf, focusOp } from './model/state.js';
import { caption } from './modes/caption.js';
import { modeOf } from './modes/index.js';
import { duration } from './model/text.js';
import { outcome } from './model/view.js';
import { askReport } from './source/report.js';
import { connect } from './source/socket.js';

const TICK = 100; // ms between frames while only a countdown runs
const SKIP_SHOWN = 2500; // ms for which the page says that it jumped to now
const TAIL = 320; // ms for which the playhead runs on after an event
const FLOW_TICK = 120; // ms between updates of ring and panel while links show flow

const player = new Player();
const still = matchMedia('(prefers-reduced-motion: reduce)');
const ui = { selected: 1, hand: '', link: /** @type {[number, number]} */ ([0, 0]), held: '', lit: '', pending: /** @type {Set<string>} */ (new Set()) };
let up = false;
let everUp = false;
let frame = 0;
let timer = 0;
let spokenFor = '';
const stretch = el('p', '', { class: 'stretched', 'data-testid': 'stretched' });
document.querySelector('.top')?.append(stretch);
const drawn = { ring: 0, rest: 0, moves: false, counts: false }; // when, ms

const ring = new Ring(/** @type {any} */ ($('ring')), {
	node: (id) => controls.select(id),
	take: (id) => controls.take(id),
	client: (id) => controls.focus(id),
	ask: (id) => void controls.run('fire', { node: id, timer: 'election' }),
	resized: () => wake(),
});
const diagram = new Diagram(/** @type {HTMLCanvasElement} */ ($('diagram-canvas')), player.timeline, () => wake());

const controls = createControls({ player, ui, diagram, redraw: wake, geometry: () => ring.g, send: (frame) => stream.send(frame) });

const verdict = new Verdict($('session-verdict'), showCause);

/** Housekeeping, which goes on in a cluster that nobody asks: it is worth a tick, not a frame. @param {import('./model/types.js').Event} e */
const isQuiet = (e) => e.class === 'background' || e.kind === 'timer' || e.kind === 'log';

/** What is measured is not part of what happened: no playhead shows it. @param {{kind: string}} e */
const happened = (e) => e.kind !== 'verdict' && e.kind !== 'compare';

const stream = connect({
	onHello(hello) {
		askReport().then((report) => report && verdict.update(report));
		hello = { ...hello, events: (hello.events ?? []).filter(happened) };
		player.hello(hello, performance.now());
		diagram.use(player.timeline);
		controls.letGo();
		wake();
	},
	onEvents(events) {
		const told = events.findLast((e) => e.kind === 'verdict');
		if (told) verdict.update(/** @type {any} */ (told).report);
		events = events.filter(happened);
		if (!events.length) return;
		player.take(events, performance.now(), Date.now() * 1000, document.visibilityState === 'visible');
		if (events.every(isQuiet)) wakeLater();
		else wake();
	},
	onFocus: document.documentElement.hasAttribute('data-follow') ? (focus) => controls.follow(focus) : undefined,
	onState(now) {
		up = now;
		everUp ||= now;
		$('banner').hidden = up;
		say($('banner'), up ? '' : everUp ? 'The playground does not answer. Trying again…' : 'Looking for the playground…');
		wake();
	},
});

/**
 * A read that was wrong leads to the write that it missed, at the moment when
 * the message that would have told was lost.
 * @param {import('./model/measure.js').Read} read
 */
function showCause(read) {
	const op = read.word?.newest ?? read.op;
	const msg = read.word?.cause?.msg;
	const { events, x } = player.timeline;
	let at = msg ? events.findLastIndex((e) => e.msg === msg) : -1;
	if (at < 0) at = events.findLastIndex((e) => e.op === op && (e.kind === 'return' || e.kind === 'invoke'));
	if (at < 0) return controls.notice('That is longer ago than the page remembers.');
	player.seek(x[at] + 1, op);
	controls.focus(op);
}

/** Where a message ends, as far as the newest events know. @param {string} id */
function endOf(id) {
	return player.newest.msgs.get(id)?.x1 ?? Infinity;
}

/** Draws a frame soon. */
function wake() {
	if (frame) return;
	clearTimeout(timer);
	timer = 0;
	frame = requestAnimationFrame(draw);
}

/** Draws a frame at the next tick. */
function wakeLater() {
	if (!frame) timer ||= window.setTimeout(wake, TICK);
}

/**
 * A frame. Under flow the ring and the words change a few times a second, in
 * frames of their own, and only the diagram moves with every frame.
 */
function draw() {
	frame = 0;
	const now = performance.now();
	const more = player.advance(now);
	const flow = !player.elastic.stretched;
	const base = player.view(now, Date.now() * 1000);
	const view = { ...base, selected: ui.selected, hand: ui.hand, lit: ui.lit, still: still.matches, pending: ui.pending, flow, rate: flow ? player.rate(now) : 0, lists: controls.lists(), endOf };
	if (ui.hand && view.s.msgs.get(ui.hand)?.state !== 'flying') controls.letGo();
	const past = player.parked !== undefined;
	diagram.draw(view, past);
	const turn = !flow || past;
	if (turn || now - drawn.ring > FLOW_TICK) {
		drawn.ring = now;
		drawn.moves = ring.draw(view) && turn;
	} else if (now - drawn.rest > FLOW_TICK) words(view, now, past);
	if (turn) words(view, now, past);
	const skipped = now - player.skippedAt < SKIP_SHOWN;
	const running = !past && (player.waits() && (view.s.pace.rate > 0 || drawn.moves));
	if (more || (drawn.moves && !past)) wake();
	else if (past) return;
	else if (tail(now) === 'frames') wake();
	else if (drawn.counts || running || flow || skipped || ring.isBusy() || tail(now)) wakeLater();
}

/** Everything that is said in words. @param {import('./model/view.js').View} view @param {number} now @param {boolean} past */
function words(view, now, past) {
	drawn.rest = now;
	drawn.counts = drawPanel(view, (id) => controls.focus(id));
	say($('caption'), caption(view));
	top(view, now, past);
	speak(view);
	controls.refresh(view);
}

/** The playhead runs on a little after the last event. @param {number} now @returns {''|'frames'|'ticks'} */
function tail(now) {
	const { at, events } = player.timeline;
	const last = player.index - 1;
	if (last < 0 || now - at[last] >= TAIL) return '';
	return isQuiet(events[last]) ? 'ticks' : 'frames';
}

/** @param {import('./model/view.js').View} view @param {number} now @param {boolean} past */
function top(view, now, past) {
	const { s } = view;
	const { triangle, sizes } = descriptorOf(s);
	set(document.documentElement, 'data-mode', s.mode || undefined);
	set(document.documentElement, 'data-side', triangle.join('').toLowerCase() || undefined);
	set(document.documentElement, 'data-sizes', sizes ? '' : undefined);
	for (const b of document.querySelectorAll('.mode')) set(b, 'aria-pressed', String(/** @type {HTMLElement} */ (b).dataset.mode === s.mode));
	say($('promise'), s.mode ? modeOf(s).promise(s) : '');
	const badge = $('badge');
	const skipped = now - player.skippedAt < SKIP_SHOWN;
	const stretched = player.stretch(s);
	const slow = s.pace.rate > 0 && s.pace.rate < 1 ? `SLOW 1/${Math.round(1 / s.pace.rate)}` : 'SLOW';
	const name = !up ? 'OFFLINE' : past ? 'REPLAY' : s.pace.pace === 'step' ? (ui.held ? `SLOW ${ui.held.replace('pace-', '1/')}, held` : 'STEP') : s.pace.pace === 'slow' ? slow : 'LIVE';
	set(badge, 'data-pace', !up ? 'offline' : past ? 'replay' : s.pace.pace);
	set(badge, 'data-skipped', skipped ? '' : undefined);
	say(badge, skipped && !past && up ? `${name} · jumped to now` : name);
	set(badge, 'title', 'Pace');
	say(stretch, stretched && s.pace.pace === 'live' && !view.flow ? `${duration(stretched.real)} shown in ${duration(stretched.shown)}` : '');
}

/** Speaks an outcome once, for those who do not see the stage. @param {import('./model/view.js').View} view */
function speak(view) {
	const op = focusOp(view.s);
	if (!op?.status || spokenFor === op.id || player.parked !== undefined) return;
	spokenFor = op.id;
	say($('spoken'), `${op.kind} ${op.key} at node ${op.node}: ${op.status}, ${outcome(op.status) === 'good' ? 'answered' : 'refused'}. ${caption(view)}`);
}

offerFrames(player);
createPointing({ canvas: /** @type {HTMLCanvasElement} */ ($('diagram-canvas')), ring: /** @type {any} */ ($('ring')), diagram, ui, player, redraw: wake });
diagram.recolour();
document.fonts.ready.then(wake);
addEventListener('resize', wake);
still.addEventListener('change', wake);
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
	diagram.recolour();
	wake();
});
document.addEventListener('visibilitychange', () => {
	if (document.visibilityState !== 'visible') return;
	player.jump(performance.now(), false);
	wake();
});
wake();

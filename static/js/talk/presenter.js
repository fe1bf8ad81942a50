// The presenter's page. The events of the talk have no notes and no votes, so after
// each event this page asks the playground for them. Its buttons make the same calls
// as the keys of the stage.

import { $, el, say, set } from '../draw/dom.js';
import { letterOf } from '../hands/keymap.js';
import { holdable, holdOf } from '../hands/hold.js';
import { setPlace } from '../model/place.js';
import { handOverDrops } from '../source/handover.js';
import { call, drive, PAGE, Steering } from './calls.js';
import { Code } from './code.js';
import { isForWidget, press } from './keys.js';
import { List } from './list.js';
import { markdown } from './markdown.js';
import { drawSteps } from './progress.js';
import { SmallRing } from './small-ring.js';
import { bars, clock, isTalk, letter, NO_TALK, sentence } from './talk.js';

const ASK_GAP = 100; // ms between two requests to the playground, at least
const TALK = 1800; // s: a talk of thirty minutes
const QUIET = { began() {}, took() {}, up() {}, pace() {} }; // a ring that tells the page nothing

/** @type {any} */
let view = { running: false, black: false, rows: [], done: [], now: Date.now() * 1000 };
let asked = 0; // when the last request was made, by this page's clock, ms
let timer = 0;
let offset = 0; // the playground's clock minus this page's, s
let dropped = ''; // what the page says of presses that were dropped, until the next press

setPlace(document.documentElement.dataset);
handOverDrops();
const steering = new Steering((text) => say($('notice'), (dropped = text)));
const list = new List(document.body, { play: async (name) => tell(await steering.begin(name)), changed: () => {} });
const code = new Code(document.body, (text) => say($('notice'), text), (answer) => ({ url: answer.remote_url, code: answer.remote_code, words: 'Your phone, and no other: it drives the talk' }));

/** Shows the reason of a refusal, or the state. @param {{ok: boolean, answer: any}|undefined} result undefined: the press was dropped */
function tell(result) {
	if (!result) return false;
	const { ok, answer } = result;
	say($('notice'), ok ? dropped : (answer.error ?? 'refused'));
	if (ok && 'rows' in answer) show(answer);
	return ok;
}

async function ask() {
	timer = 0;
	asked = performance.now();
	const { ok, answer } = await call('GET', '/api/scenario');
	if (!ok) return;
	steering.note(answer);
	show(answer);
}

/** Asks soon. A thousand votes in that time lead to one request. */
function askSoon() {
	timer ||= window.setTimeout(ask, Math.max(0, ASK_GAP - (performance.now() - asked)));
}

/** @param {any} now */
function show(now) {
	view = now;
	offset = now.now / 1e6 - Date.now() / 1000;
	say($('title'), now.running ? title(now) : 'No scenario');
	$('mode').hidden = !now.running;
	say($('mode'), now.mode ?? now.modes?.join(' ') ?? '');
	say($('step'), now.running ? `step ${now.step} of ${now.steps}` : '');
	drawSteps($('line'), now);
	const mine = !now.driver || now.driver === PAGE;
	say($('drives'), mine ? 'this window drives' : 'another window drives');
	set($('drives'), 'data-mine', mine ? '' : undefined);
	$('take').hidden = mine;
	say($('say'), now.black ? 'Black.' : now.running ? sentence(now) || now.question?.text || '' : 'Pick a scenario: s.');
	$('notes').replaceChildren(...markdown(now.notes ?? ''), ...beliefs(now), ...sources(now));
	say($('next-label'), now.next_say ? `next, step ${now.step + 1}${now.next_optional ? ', optional' : ''}` : 'next');
	say($('next'), now.next_say ?? (now.running ? 'That was the last step.' : ''));
	rows(now);
	$('recording').toggleAttribute('disabled', !now.has_recording);
	set($('recording'), 'aria-pressed', now.recording ? 'true' : 'false');
	poll(now);
	did(now);
	tick();
}

/** A title such as "4  In doubt". The name of a built-in scenario begins with its number. @param {any} now */
function title(now) {
	const n = Number.parseInt(now.name ?? '', 10);
	return n ? `${n}  ${now.title}` : now.title;
}

/** The misconception behind each wrong choice. The speaker may want to speak about it. @param {any} now */
function beliefs(now) {
	const wrong = Object.entries(now.misconceptions ?? {});
	if (!wrong.length) return [];
	const list = el('ul');
	list.append(...wrong.map(([n, text]) => el('li', `${letter(Number(n))}: ${text}`)));
	return [el('p', 'What wrong answers stand for:', { class: 'small' }), list];
}

/** @param {any} now */
function sources(now) {
	return now.source?.length ? [el('p', now.source.join(' · '), { class: 'small' })] : [];
}

/** @param {any} now */
function rows(now) {
	const head = el('p', '', { class: 'row head small' });
	head.append(el('span', 'expected'), el('span', ''), el('span', 'came'));
	const all = (now.rows ?? []).map((/** @type {any} */ r) => {
		const row = el('p', '', { class: 'row', ...(r.ok ? {} : { 'data-differs': '' }) });
		row.append(el('span', r.lane ? `${r.lane}: ${r.expected}` : r.expected), el('b', r.ok ? '✓' : '≠'), el('span', r.ok ? '' : r.came));
		return row;
	});
	const running = now.running && now.phase !== 'ready';
	const state = now.trouble ? [el('p', now.trouble, { class: 'row', 'data-differs': '' })] : running ? [el('p', `${now.phase}…${now.queued ? ' one press is kept' : ''}`, { class: 'small' })] : [];
	const playback = now.recording ? [el('p', 'The stage shows the recording of this step. Next or Back ends it.', { class: 'row', 'data-testid': 'recording-on' })] : [];
	$('rows').replaceChildren(head, ...playback, ...state, ...all);
}

/** @param {any} now */
function poll(now) {
	const q = now.question;
	if (!q) return $('poll').replaceChildren(el('p', 'no question now', { class: 'small' }));
	const lengths = bars({ ...q, counts: now.counts });
	const head = el('p', '', { class: 'row head' });
	head.append(el('b', q.text), el('span', `${q.open ? 'open' : 'closed'} · ${q.voted} voted`, { class: 'small' }));
	const choices = q.choices.map((/** @type {string} */ text, /** @type {number} */ i) => {
		const right = now.answer === i + 1;
		const row = el('p', '', { class: 'vote', ...(right ? { 'data-right': '' } : {}), title: now.misconceptions?.[i + 1] ?? 'right' });
		const bar = el('i');
		bar.style.setProperty('--length', String(lengths[i]));
		row.append(el('b', letter(i + 1)), el('span', text), bar, el('b', String(now.counts?.[i] ?? 0)), el('span', right ? '✓ right' : ''));
		return row;
	});
	$('poll').replaceChildren(head, ...choices, el('p', q.revealed ? 'the room sees the bars' : 'bars: only you see them, until you reveal. Keys 1 to 4 add a raised hand', { class: 'small' }));
}

/** @param {any} now */
function did(now) {
	$('did').replaceChildren(...(now.done ?? []).filter((/** @type {any} */ d) => d.curl).map((/** @type {any} */ d) => {
		const row = el('p', '', { class: 'command' });
		row.append(el('code', d.curl), el('b', answers(d)));
		return row;
	}));
}

/** The status that an operation was answered with, in each lane if there are several. @param {any} d */
const answers = (d) => (d.lanes ?? [{ answer: d.answer }]).map((/** @type {any} */ l) => l.answer?.status).filter(Boolean).join(' ');

/** The clocks. */
function tick() {
	const now = Date.now() / 1000 + offset;
	const talk = view.talk_began ? now - view.talk_began / 1e6 : 0;
	say($('clock'), clock(talk));
	say($('of'), `of ${clock(TALK)}`);
	$('clock-bar').style.setProperty('--length', String(Math.min(1, talk / TALK)));
	const spent = view.began ? now - view.began / 1e6 : 0;
	say($('scenario-clock'), view.running ? `scenario ${clock(spent)} of ${clock(view.duration)}` : '');
	const behind = view.running ? spent - view.duration : 0;
	say($('late'), behind > 0 ? `${clock(behind)} behind` : '');
}
setInterval(tick, 500);

/** @type {Record<string, () => unknown>} */
const does = {
	list: () => list.toggle(),
	heal: async () => tell(await call('POST', '/api/heal')),
	leave: async () => tell(await steering.leave()),
	code: () => code.toggle(),
	// Back to a known state: the beginning of the scenario, or without one the reset cluster.
	reset: async () => tell(await steering.rescue(async () => {
		if (view.black) await steering.maker('black')(); // a press on a black stage would only end the black
		return view.running ? steering.maker('restart')() : call('POST', '/api/reset');
	})),
	following: async () => {
		const next = await list.following(view.name);
		if (next) tell(await steering.begin(next));
		else say($('notice'), 'That was the last scenario.');
	},
};

/** The letters of this page that act also without a scenario. @type {Record<string, string>} */
const LETTERS = { s: 'list', h: 'heal', q: 'code', '.': 'black' };

/** @param {string} what */
async function act(what) {
	dropped = '';
	if (does[what]) return does[what]();
	tell(await steering.press(what));
}

for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-press]'))) {
	const what = b.dataset.press ?? '';
	if (b.dataset.hold) holdable(b, holdOf(b, () => act(what), () => {}));
	else b.addEventListener('click', () => act(what));
}
$('take').addEventListener('click', async () => tell(await drive()));
document.addEventListener('keydown', (e) => {
	if (e.key === 'Escape' && (code.isOpen() || list.isOpen())) return code.isOpen() ? code.hide() : list.close();
	if (isForWidget(e)) return;
	if (/^[1-4]$/.test(e.key) && view.question?.open) return raiseHand(Number(e.key));
	const means = press(e, view) ?? (isPlain(e) ? LETTERS[letterOf(e) || e.key] : undefined);
	if (!means) return;
	e.preventDefault();
	act(means);
});

/** Adds one vote for a person in the room who raised a hand. @param {number} choice */
async function raiseHand(choice) {
	tell(await call('POST', '/api/scenario/vote', { choice }));
}

/** Whether a key was pressed without a modifier, and is not held. @param {KeyboardEvent} e */
const isPlain = (e) => !(e.ctrlKey || e.altKey || e.metaKey || e.shiftKey || e.repeat);

// The small stage: a ring for the cluster, or one for each lane. Every lane hears of the
// one talk, so the first ring tells the page.
const roots = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('.small-ring')]);
roots.forEach((root, i) => new SmallRing(root, i > 0 ? QUIET : {
	began: ask,
	took(events) {
		const told = events.filter(isTalk);
		for (const e of told) steering.note(e.report ?? NO_TALK);
		if (told.length) askSoon();
	},
	up: (up) => say($('notice'), up ? '' : 'The playground does not answer. Trying again…'),
	pace(pace) {
		say($('badge'), pace.toUpperCase());
		set($('badge'), 'data-pace', pace);
	},
}));

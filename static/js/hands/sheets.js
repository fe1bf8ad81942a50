// Legend, tour and theme. The legend is made from the marks that the stage draws, and from the glossary.

import { $, byFingers, el, say, set, svg } from '../draw/dom.js';
import { logLooks } from '../draw/log-legend.js';
import { cross, flag, mark, padlock } from '../draw/marks.js';
import { glossary } from '../modes/glossary.js';
import { recall, remember } from './memory.js';

const TOUR_SEEN = 'tour-seen';
const THEME = 'theme';

/** @type {{cls: string, sense?: string, via?: string, for?: number, text: string}[]} */
const looks = [
	{ cls: 'request', text: 'a request' },
	{ cls: 'yes', text: 'yes: a vote, an answer' },
	{ cls: 'no', text: 'no' },
	{ cls: 'decide', sense: 'commit', text: 'decided: commit' },
	{ cls: 'decide', sense: 'abort', text: 'decided: roll back' },
	{ cls: 'repair', text: 'repair, hand-over' },
	{ cls: 'request', via: 'forward', text: 'forwarded' },
	{ cls: 'request', via: 'hint', for: 4, text: 'a hint: keep it for home 4' },
	{ cls: 'parked', text: 'waits at a frozen node' },
	{ cls: 'lost', text: 'lost, and why' },
];

/** A drawing for the legend, in the stage's own classes. @param {(root: SVGElement) => void} draw @param {string} [box] */
function picture(draw, box = '0 0 110 56') {
	const root = svg('svg', { viewBox: box, 'aria-hidden': 'true', class: 'ring' });
	root.style.setProperty('--k', '0.5');
	root.style.setProperty('--ks', '0.6');
	draw(root);
	return root;
}

/** A node in a state. @param {Record<string, string>} data @param {(g: SVGElement) => void} [more] */
const aNode = (data, more) => () => picture((root) => {
	const g = svg('g', { class: 'node', transform: 'translate(55 28)', ...data });
	g.append(svg('circle', { class: 'ring2', r: 25 }), svg('circle', { class: 'body', r: 20 }), svg('circle', { class: 'hatch', r: 20, fill: 'url(#hatch)' }));
	more?.(g);
	root.append(g);
});

/** The triangle with its upper sides in two states. The page of the lanes has one for each lane. @param {string} left @param {string} right */
function aTriangle(left, right) {
	const root = /** @type {Element} */ (document.querySelector('.triangle')?.cloneNode(true));
	root.removeAttribute('id');
	root.setAttribute('aria-hidden', 'true');
	root.querySelector('title')?.remove();
	for (const [name, state] of [['ca', left], ['cp', right], ['ap', 'open']]) set(/** @type {Element} */ (root.querySelector(`.${name}`)), 'data-state', state);
	return root;
}

/** @param {string} pace @param {string} text */
const aBadge = (pace, text) => () => el('span', text, { class: 'badge', 'data-pace': pace });

/** @type {{draw: () => Element, text: string}[]} */
const states = [
	{ draw: aNode({ 'data-status': 'up' }), text: 'a node that runs; its value, its version below' },
	{ draw: aNode({ 'data-status': 'up', 'data-coordinator': '' }), text: 'the coordinator of the operation' },
	{ draw: aNode({ 'data-status': 'frozen' }), text: 'frozen: messages wait until it is thawed' },
	{ draw: aNode({ 'data-status': 'killed' }), text: 'killed: messages come back refused' },
	{ draw: aNode({ 'data-status': 'up' }, (g) => g.append(padlock(0.5))), text: 'locked: the key waits for a decision' },
	{ draw: () => picture((root) => root.append(svg('path', { class: 'tear', d: 'M55 2l-7 9l12 8l-12 9l12 9l-12 9l7 8', fill: 'none', stroke: 'currentColor', 'stroke-width': 3 }))), text: 'a tear: a jagged line; the links that cross it are cut' },
	{ draw: () => aTriangle('holds', 'open'), text: 'thick: the two of C, A and P that this mode promises' },
	{ draw: () => aTriangle('open', 'broken'), text: 'a bar: a corner of it was measured as broken in the last ten seconds' },
	{ draw: aBadge('live', 'LIVE'), text: 'full speed: a write takes a few ms, and is shown in about a second' },
	{ draw: aBadge('slow', 'SLOW'), text: 'virtual time is slow: arrows are where the messages are' },
	{ draw: aBadge('step', 'STEP'), text: 'time stands still: you deliver each message' },
	{ draw: aBadge('replay', 'REPLAY'), text: 'the past: what is still to come is faint' },
];

export function openLegend() {
	const sheet = /** @type {HTMLDialogElement} */ ($('legend'));
	if (sheet.open) return sheet.close();
	$('legend-rows').replaceChildren(...looks.map((look) => {
		const li = el('li');
		li.append(sample(look), el('span', look.text));
		return li;
	}), ...(document.querySelector('.node[data-consensus]') ? logLooks(document.querySelectorAll('.node').length).map(logRow) : []));
	$('legend-states').replaceChildren(...states.map(({ draw, text }) => {
		const li = el('li');
		li.append(draw(), el('span', text));
		return li;
	}));
	$('legend-words').replaceChildren(...glossary.flatMap(({ term, says }) => [el('dt', term), el('dd', says)]));
	sheet.showModal();
	sheet.scrollTop = 0;
}

/** @param {typeof looks[number]} look */
function sample(look) {
	const lost = look.cls === 'lost';
	const parked = look.cls === 'parked';
	const root = svg('svg', { viewBox: '0 0 110 40', 'aria-hidden': 'true', class: 'ring' });
	root.style.setProperty('--k', '0.8');
	root.style.setProperty('--ks', '0.9');
	const g = svg('g', { class: 'msg', 'data-class': lost || parked ? 'request' : look.cls });
	const y = look.for ? 28 : 20; // a flag stands above its arrow
	g.append(svg('path', { class: 'path', d: `M6 ${y}H84` }), svg('path', { class: 'inner', d: `M6 ${y}H84` }));
	const head = svg('g', { transform: `translate(86 ${y})` });
	head.append(lost ? cross(0.8) : parked ? pill() : mark({ cls: look.cls, sense: look.sense ?? '', via: look.via ?? '', for: 0 }, 0.8).el);
	if (look.for) head.append(flag(look.for, 0.6));
	g.append(head);
	root.append(g);
	return root;
}

/** @param {ReturnType<typeof logLooks>[number]} look */
function logRow([text, make]) {
	const li = el('li');
	const root = svg('svg', { viewBox: '0 0 110 40', 'aria-hidden': 'true', class: 'ring' });
	root.style.setProperty('--k', '0.5');
	root.style.setProperty('--ks', '0.6');
	root.append(...make());
	li.append(root, el('span', text));
	return li;
}

/** The mark with the number of messages that wait at a node. */
function pill() {
	const g = svg('g', { class: 'parked', transform: 'translate(-14 0)' });
	const text = svg('text', { x: 12, y: 9 });
	text.textContent = '2';
	g.append(svg('rect', { x: -14, y: -17, width: 48, height: 34, rx: 17 }), svg('path', { d: 'M-2 -8v16m8 0v-16' }), text);
	return g;
}

export function toggleTheme() {
	const root = document.documentElement;
	const dark = root.dataset.theme ? root.dataset.theme === 'dark' : matchMedia('(prefers-color-scheme: dark)').matches;
	root.dataset.theme = dark ? 'light' : 'dark';
	remember(THEME, root.dataset.theme);
}

const asked = new URLSearchParams(location.search).get('theme') ?? recall(THEME);
if (asked === 'light' || asked === 'dark') document.documentElement.dataset.theme = asked;

const simulated = document.documentElement.hasAttribute('data-simulated'); // nothing outside the page reaches the nodes
const orCurl = simulated ? '' : ', or use curl';

const tour = [
	`Each node is a ${simulated ? 'simulated process' : 'real process'} with a copy of the value. What you see is what they say to each other.`,
	`Press w to write${orCurl}: arrows are messages, and the panel counts the answers.`,
	'Choose a node by its number. Press f to freeze it, k to kill it, and write again.',
	'Press p to split the network. An × is a message that never arrived, with the reason.',
	'The badge sets the pace: in slow motion you can catch a message with a click. Press ? for all keys.',
];

/** The same sentences for a touch screen without a keyboard. */
const tourForFingers = [
	tour[0],
	`Tap Write${orCurl}: arrows are messages, and the panel counts the answers.`,
	'Tap a node, then Freeze or Kill, and write again. A long press on a node shows all that can be done to it.',
	'Tap Split. An × is a message that never arrived, with the reason.',
	'The badge sets the pace: in slow motion you can catch a message with a tap. Help is under “more”.',
];

/** Shows five sentences at the first visit. Later it shows them only when asked for. @param {boolean} [again] */
export function startTour(again = false) {
	const box = $('tour');
	const root = document.documentElement;
	if (root.hasAttribute('data-follow') || root.hasAttribute('data-playback')) return;
	if (!again && (recall(TOUR_SEEN))) return;
	showTour(0);
	box.onclick = (e) => {
		const what = /** @type {HTMLElement} */ (e.target).dataset.tour;
		if (what === 'done') endTour();
		else if (what === 'next') nextOfTour();
	};
	box.hidden = false;
	if (again) /** @type {HTMLElement} */ (box.querySelector('[data-tour=next]')).focus();
}

/** @param {number} at the number of the sentence, from 0 */
function showTour(at) {
	const box = $('tour');
	const sentences = byFingers() ? tourForFingers : tour;
	box.dataset.at = String(at);
	say($('tour-text'), sentences[at]);
	say(/** @type {Element} */ (box.querySelector('[data-tour=next]')), at === sentences.length - 1 ? 'Done' : `Next, ${at + 1} of ${sentences.length}`);
	/** @type {HTMLElement} */ (box.querySelector('[data-tour=done]')).hidden = at === sentences.length - 1;
}

/** Whether the tour is seen. While it waits, no key is for it. @param {HTMLElement} box */
const isSeen = (box) => box.checkVisibility();

/** The next sentence of the tour, or its end. @returns {boolean} whether the tour was open */
export function nextOfTour() {
	const box = $('tour');
	if (!isSeen(box)) return false;
	const at = Number(box.dataset.at) + 1;
	if (at === tour.length) endTour();
	else showTour(at);
	return true;
}

/** Ends the tour for good. @returns {boolean} whether it was open */
export function endTour() {
	const box = $('tour');
	if (!isSeen(box)) return false;
	if (box.contains(document.activeElement)) $('stage').focus({ preventScroll: true });
	box.hidden = true;
	remember(TOUR_SEEN, '1');
	return true;
}

// The tab of a node: its status, the keys and the hints that it holds, and its screen.

import { lockOf } from '../model/view.js';
import { modeOf } from '../modes/index.js';
import { freezeWords } from '../modes/words.js';
import { $, el, say, set } from './dom.js';
import { fillFacts, fillTable } from './rows.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Held} Held */

const MOST = 200; // rows of the table

/** @param {View} view */
export function drawNode(view) {
	const n = view.s.nodes.get(view.selected);
	if (!n) return;
	say($('node-title'), `Node ${n.id}: ${n.silent && n.status === 'up' ? 'silent' : n.status || 'not known'}`);
	const address = n.url.replace(/^https?:\/\//, '');
	const is = n.status === 'frozen' ? [] : [n.role, n.term && `term ${n.term}`];
	say($('node-sub'), [address, n.pid && `pid ${n.pid}`, ...is].filter(Boolean).join(' · '));
	say($('node-freeze'), freezeWords(n));
	fillFacts($('node-log'), modeOf(view.s).rows(n));
	fillKeys($('node-keys'), [...keysOf(view), ...hintsOf(view)].slice(0, MOST));
	drawScreen(n.id, n.screen.join('\n'));
}

/** @typedef {{key: string, val: string, short: string, whole: string, rest: string}} Row short, whole: the version; rest: the words after it */

/** @param {View} view @returns {Row[]} */
function keysOf({ s, selected }) {
	const held = [...s.held.values()].filter((h) => h.node === selected).sort((a, b) => (a.key < b.key ? -1 : 1));
	return held.flatMap((h) => [rowOf(s, h.key, h.val, h.version, restOf(s, h)), ...siblingsOf(s, h)]);
}

/**
 * One row for each version that conflicts with the version in the key's first row.
 * @param {import('../model/types.js').State} s @param {Held} h
 */
function siblingsOf(s, h) {
	return h.siblings.filter((one) => one.version !== h.version).map((one) => rowOf(s, 'or', one.val ?? '', one.version ?? '', ''));
}

/** @param {import('../model/types.js').State} s @param {string} key @param {string} val @param {string} version @param {string} rest @returns {Row} */
function rowOf(s, key, val, version, rest) {
	return { key, val: val || '—', short: version && (modeOf(s).version(version) || version), whole: version, rest };
}

/** The lock, and the note "by hand", if they apply. @param {import('../model/types.js').State} s @param {Held} h */
function restOf(s, h) {
	const lock = lockOf(s, h);
	return [lock && `locked by ${lock.slice(0, 4)}`, h.byHand && 'by hand'].filter(Boolean).join(' ');
}

/** @param {View} view @returns {Row[]} */
function hintsOf({ s, selected }) {
	return [...s.hints.values()].filter((h) => h.node === selected).map((h) => ({ key: h.key, val: h.val, short: '', whole: '', rest: `hint for ${h.for}` }));
}

/** @param {HTMLElement} body a tbody @param {Row[]} rows */
function fillKeys(body, rows) {
	fillTable(body, rows.map((row) => [row.key, row.val]));
	rows.forEach((row, i) => fillVersion(/** @type {HTMLElement} */ (body.children[i].children[2]), row));
}

/** Shows a version in its short form. A press shows the whole version, and the next press the short form. @param {HTMLElement} cell @param {Row} row */
function fillVersion(cell, { short, whole, rest }) {
	const shows = [short, whole, rest].join(' ');
	if (cell.dataset.shows === shows) return;
	cell.dataset.shows = shows;
	if (short === whole) return void cell.replaceChildren([short, rest].filter(Boolean).join(' '));
	const b = el('button', short, { type: 'button', class: 'quiet', title: whole, 'aria-expanded': 'false', 'data-testid': 'version' });
	b.addEventListener('click', () => {
		const isShort = b.getAttribute('aria-expanded') === 'false';
		set(b, 'aria-expanded', String(isShort));
		say(b, isShort ? whole : short);
	});
	cell.replaceChildren(b, rest && ` ${rest}`);
}

/** @type {{node: number, top: number}} node: its screen is shown; top: the place to which drawScreen scrolled it */
const followed = { node: 0, top: 0 };

/**
 * Shows the end of the screen, unless the user has scrolled up. A screen that was hidden keeps
 * its scroll position. A screen that became wider or higher has fewer places to scroll to.
 * @param {number} node @param {string} text
 */
function drawScreen(node, text) {
	const screen = $('node-screen');
	const end = screen.scrollHeight - screen.clientHeight;
	const byHand = followed.node === node && screen.scrollTop < Math.min(followed.top, end) - 8;
	say(screen, text);
	if (byHand) return;
	screen.scrollTop = screen.scrollHeight;
	Object.assign(followed, { node, top: screen.scrollTop });
}

/** Brings the screen into view, and its end: the user asked the node to write there. */
export function showScreen() {
	followed.node = 0;
	$('node-screen').scrollIntoView({ block: 'nearest' });
}

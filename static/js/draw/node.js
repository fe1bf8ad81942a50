// The tab of a node: its status, the keys and the hints that it holds, and its screen.

import { modeOf } from '../modes/index.js';
import { freezeWords } from '../modes/words.js';
import { $, say } from './dom.js';
import { fillFacts, fillTable } from './rows.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Held} Held */

const MOST = 200; // rows of the table

/** @param {View} view */
export function drawNode(view) {
	const n = view.s.nodes.get(view.selected);
	if (!n) return;
	say($('node-title'), `Node ${n.id}: ${n.silent && n.status === 'up' ? 'silent' : n.status}`);
	const address = n.url.replace(/^https?:\/\//, '');
	const is = n.status === 'frozen' ? [] : [n.role, n.term && `term ${n.term}`];
	say($('node-sub'), [address, n.pid && `pid ${n.pid}`, ...is].filter(Boolean).join(' · '));
	say($('node-freeze'), freezeWords(n));
	fillFacts($('node-log'), modeOf(view.s).rows(n));
	fillTable($('node-keys'), [...keysOf(view), ...hintsOf(view)].slice(0, MOST));
	drawScreen(n.id, n.screen.join('\n'));
}

/** @param {View} view */
function keysOf({ s, selected }) {
	const held = [...s.held.values()].filter((h) => h.node === selected).sort((a, b) => (a.key < b.key ? -1 : 1));
	return held.flatMap((h) => [[h.key, h.val || '—', versionOf(s, h)], ...siblingsOf(s, h)]);
}

/**
 * One row for each version that conflicts with the version in the key's first row.
 * @param {import('../model/types.js').State} s @param {Held} h @returns {string[][]}
 */
function siblingsOf(s, h) {
	return h.siblings.filter((one) => one.version !== h.version).map((one) => ['or', one.val ?? '—', one.version ? modeOf(s).version(one.version) : '']);
}

/**
 * The short version, then the lock and the note "by hand", if they apply.
 * @param {import('../model/types.js').State} s @param {Held} h
 */
function versionOf(s, h) {
	const short = h.version && (modeOf(s).version(h.version) || h.version);
	const parts = [short, h.lockedBy && `locked by ${h.lockedBy.slice(0, 4)}`, h.byHand && 'by hand'];
	return parts.filter(Boolean).join(' ');
}

/** @param {View} view */
function hintsOf({ s, selected }) {
	return [...s.hints.values()].filter((h) => h.node === selected).map((h) => [h.key, h.val, `hint for ${h.for}`]);
}

/** @type {{node: number, top: number}} node: its screen is shown; top: the place to which drawScreen scrolled it */
const followed = { node: 0, top: 0 };

/**
 * Shows the end of the screen, unless the user has scrolled up. A screen that was hidden keeps
 * its scroll position.
 * @param {number} node @param {string} text
 */
function drawScreen(node, text) {
	const screen = $('node-screen');
	const byHand = followed.node === node && screen.scrollTop < followed.top - 8;
	say(screen, text);
	if (byHand) return;
	screen.scrollTop = screen.scrollHeight;
	Object.assign(followed, { node, top: screen.scrollTop });
}

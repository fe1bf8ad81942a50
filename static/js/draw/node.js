// The tab of a node: what it is, all that it holds, its screen.

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
	drawScreen(n.screen.join('\n'));
}

/** @param {View} view */
function keysOf({ s, selected }) {
	const held = [...s.held.values()].filter((h) => h.node === selected).sort((a, b) => (a.key < b.key ? -1 : 1));
	return held.map((h) => [h.key, h.val || 'none', versionOf(h)]);
}

/** @param {Held} h */
function versionOf(h) {
	const parts = [h.version, h.lockedBy && `locked by ${h.lockedBy.slice(0, 4)}`, h.siblings.length && `+${h.siblings.length}`, h.byHand && 'by hand'];
	return parts.filter(Boolean).join(' ');
}

/** @param {View} view */
function hintsOf({ s, selected }) {
	return [...s.hints.values()].filter((h) => h.node === selected).map((h) => [h.key, h.val, `hint for ${h.for}`]);
}

/** The screen follows its end until it is scrolled up by hand. @param {string} text */
function drawScreen(text) {
	const screen = $('node-screen');
	const end = screen.scrollTop + screen.clientHeight >= screen.scrollHeight - 8;
	say(screen, text);
	if (end) screen.scrollTop = screen.scrollHeight;
}

// The keyboard of the stage. keymap.js says which action a key means. This file says
// when a key means nothing: in a field, on a button that needs the key, below a sheet.

import { $ } from '../draw/dom.js';
import { isFull } from './follow.js';
import { keyMeans, letterOf } from './keymap.js';
import { recall, remember } from './memory.js';

const LETTERS = 'letters'; // stores whether keys that type a character act

/**
 * @typedef {object} Means The functions that keys call.
 * @property {(id: string) => void} press an action's key
 * @property {(node: number) => void} choose
 * @property {(n: number) => void} mode the n-th of the bar, from 1
 * @property {(e: KeyboardEvent) => void} hold the key of the reset went down
 * @property {() => void} closeAll
 * @property {(name: string) => void} tab
 * @property {() => void} closeMenu
 */

/** @param {Means} means */
export function listenKeys(means) {
	const letters = /** @type {HTMLInputElement} */ ($('letters'));
	letters.checked = recall(LETTERS) !== 'off';
	letters.addEventListener('change', () => remember(LETTERS, letters.checked ? 'on' : 'off'));
	document.addEventListener('keydown', (e) => keydown(e, letters.checked, means));
}

/** @param {KeyboardEvent} e @param {boolean} letters @param {Means} means */
function keydown(e, letters, means) {
	const target = /** @type {HTMLElement} */ (e.target);
	const sheet = /** @type {HTMLDialogElement|null} */ (document.querySelector('dialog[open]'));
	noteLayout(e);
	if (e.key === 'F5' && !e.ctrlKey && isFull()) return e.preventDefault();
	if (target.matches('input:not([type=range]):not([type=checkbox]), textarea, select')) return;
	if (e.key === 'Backspace' || e.key === 'Escape') return means.closeAll();
	if (keepsKey(target, e.key)) return moveTab(e, target, means.tab);
	const meant = keyMeans(e, letters);
	if (meant === undefined || (sheet && meant !== sheet.id)) return;
	e.preventDefault();
	if (meant !== 'menu') means.closeMenu();
	if (typeof meant === 'number') means.choose(meant);
	else if (meant.startsWith('mode-')) means.mode(Number(meant.slice('mode-'.length)));
	else if (meant === 'reset') means.hold(e);
	else means.press(meant);
}

/** Whether a focused widget needs a key for itself. The playhead's slider needs none, because its keys do the same on the stage. @param {HTMLElement} target @param {string} key */
function keepsKey(target, key) {
	if (target.id === 'playhead') return false;
	if (['Enter', ' '].includes(key)) return !!target.closest('button, [role=button], [role=tab], input, summary');
	return /^(Arrow|Home|End|Page)/.test(key) && !!target.closest('[role=tab], input');
}

/** @param {KeyboardEvent} e @param {HTMLElement} target @param {(name: string) => void} tab */
function moveTab(e, target, tab) {
	if (!target.matches('[role=tab]') || !['ArrowLeft', 'ArrowRight'].includes(e.key)) return;
	const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);
	const to = tabs[(tabs.indexOf(target) + (e.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length];
	tab(to.dataset.tab ?? 'op');
	to.focus();
}

let byPlace = false; // whether the layout has no Latin letters

/** @param {KeyboardEvent} e */
function noteLayout(e) {
	if (/^Key[A-Z]$/.test(e.code) && /^\p{L}$/u.test(e.key)) byPlace = letterOf(e) !== e.key.toLowerCase();
}

/** The sentence of the help about the letters of this keyboard. */
export function layoutWords() {
	return byPlace ? 'This keyboard has no Latin letters: a letter is the key at its place on a US keyboard.' : 'Letters are those that your keyboard prints.';
}

// The buttons of the table of actions: what each would do now or why it cannot,
// a press, the mode that arms first, the reset that is held, the curl of any.

import { say, set } from '../draw/dom.js';
import { action, curl, nameOf } from './actions.js';
import { toClipboard } from './menus.js';
import { holdable, middle } from './touch.js';

/** @typedef {import('./actions.js').Context} Context */

const ARMED = 3000; // ms in which a mode button waits for its second press

/**
 * @param {object} on
 * @param {(more?: Partial<Context>) => Context} on.context
 * @param {(id: string, more?: Partial<Context>) => any} on.press
 * @param {(id: string, more?: Partial<Context>) => any} on.run
 * @param {(name: string) => void} on.tab
 * @param {(text: string) => void} on.notice
 * @param {import('./menus.js').Menu} on.menu
 * @param {{selected: number, pending: Set<string>}} on.ui
 * @param {boolean} on.follows a window without controls
 */
export function createButtons({ context, press, run, tab, notice, menu, ui, follows }) {
	let armed = '';

	/** What a button is about, besides what everything is about. @param {HTMLElement} b */
	function about(b) {
		return context({ timer: b.dataset.timer ?? '', id: b.dataset.id ?? '', mode: b.dataset.mode ?? '' });
	}

	document.addEventListener('click', (e) => {
		const b = /** @type {HTMLElement|null} */ (/** @type {Element} */ (e.target).closest('[data-action], [data-tab], [data-close]'));
		if (!b) return;
		if (b.dataset.tab) return tab(b.dataset.tab);
		if (b.dataset.close) return /** @type {HTMLDialogElement} */ (document.getElementById(b.dataset.close)).close();
		const id = b.dataset.action ?? '';
		if (id === 'mode') pressMode(b);
		else if (id === 'copy-curl') toClipboard((b.parentElement?.querySelector('code')?.textContent ?? '').replaceAll('\\\n', ''), notice);
		else if (!b.dataset.hold) press(id, { timer: b.dataset.timer ?? '', id: b.dataset.id ?? '' });
		if (id.startsWith('pace-')) document.getElementById('pop-pace')?.hidePopover();
		if (e.detail > 0 && !action(id)?.form && !b.closest('[popover], dialog')) document.getElementById('stage')?.focus({ preventScroll: true });
	});

	/* Any control shows its curl, to be copied: by the other button, by a long press, by the menu's key. */
	document.addEventListener('contextmenu', (e) => {
		const b = controlAt(e.target);
		if (!b || (b.dataset.hold && e.button !== 2)) return;
		e.preventDefault();
		const at = e.button === 2 || e.clientX ? { x: e.clientX, y: e.clientY } : middle(b);
		menu.explain(/** @type {import('./actions.js').Action} */ (action(b.dataset.action ?? '')), about(b), at, e.button !== 2);
	});

	/** The control that an event met, if it is one of the table. @param {EventTarget|null} target @returns {HTMLElement|undefined} */
	function controlAt(target) {
		const b = /** @type {HTMLElement|null|undefined} */ (/** @type {Element|null} */ (target)?.closest?.('button[data-action]'));
		return b && !follows && b.dataset.action !== 'copy-curl' && action(b.dataset.action ?? '') ? b : undefined;
	}

	/** The curl of the control that has the focus. @returns {boolean} whether one has */
	function explainFocused() {
		const b = controlAt(document.activeElement);
		if (b) menu.explain(/** @type {import('./actions.js').Action} */ (action(b.dataset.action ?? '')), about(b), middle(b), true);
		return !!b;
	}

	/** A mode change empties the databases: the first press arms it. @param {HTMLElement} b */
	function pressMode(b) {
		const mode = b.dataset.mode ?? '';
		if (mode === context().s.mode || follows) return;
		const wasArmed = armed === mode;
		disarm();
		if (wasArmed) return run('mode', { mode });
		armed = mode;
		b.dataset.armed = '';
		notice(`${mode} empties every database. Press again.`);
		setTimeout(() => { if (armed === mode) disarm(); }, ARMED);
	}

	function disarm() {
		armed = '';
		for (const b of document.querySelectorAll('.mode[data-armed]')) b.removeAttribute('data-armed');
	}

	/* Reset is held, so that no slip of the hand empties the databases. */
	for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-hold]'))) holdable(b, () => run(b.dataset.action ?? ''));

	/** Every button says what it would do now, or why it cannot. */
	function refresh() {
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('button[data-action]:not([role=menuitem])'))) label(b, about(b));
	}

	/** @param {HTMLElement} b @param {Context} c */
	function label(b, c) {
		const a = action(b.dataset.action ?? '');
		if (!a) return;
		const allowed = a.allowed?.(c) ?? true;
		set(b, 'aria-disabled', allowed === true ? undefined : 'true');
		if (a.name) say(b.querySelector('.verb-label') ?? b, nameOf(a, c));
		set(b, 'data-pending', ui.pending.has(`${a.id}:${ui.selected}`) || (b.dataset.hold && b.dataset.pending === '') ? '' : undefined);
		if (b.id !== 'badge') set(b, 'title', allowed === true ? (a.form ? a.label : `${a.label}\n${curl(a, c, location.origin)}`.trim()) : allowed);
	}

	return { refresh, explainFocused };
}

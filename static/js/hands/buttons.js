// The buttons of the table of actions: their texts, their presses, and the curl of
// each. A mode's button acts on its second press. The reset must be held.

import { $, say, set } from '../draw/dom.js';
import { commandInWords } from '../model/curl.js';
import { action, curl, mayRun, nameOf } from './actions.js';
import { descriptorOf } from '../model/state.js';
import { holdable, holdKey, holdOf } from './hold.js';
import { toClipboard } from './menus.js';
import { middle } from './touch.js';

/** @typedef {import('./actions.js').Action} Action */
/** @typedef {import('./actions.js').Context} Context */
/**
 * @typedef {object} Does The functions that a press calls.
 * @property {(more?: Partial<Context>) => Context} context
 * @property {(id: string, more?: Partial<Context>) => any} press
 * @property {(id: string, more?: Partial<Context>) => any} run
 * @property {(name: string) => void} tab
 * @property {(text: string) => void} notice
 * @property {(text: string) => void} speak to a screen reader
 * @property {import('./menus.js').Menu} menu
 * @property {{selected: number, pending: Set<string>}} ui
 * @property {boolean} follows a window without controls
 */

const ARMED = 3000; // ms in which a mode button waits for its second press
const HOLD = 'Hold it for one second: every database is emptied, and every fault ends.';
const BY_HAND = ['commit', 'rollback', 'local-read']; // these close the form that they stand in

export class Buttons {
	/** @param {Does} does */
	constructor(does) {
		this.does = does;
		this.armed = ''; // the mode whose second press changes it
		this.calm = 0; // the timer that disarms it
		document.addEventListener('click', (e) => this.click(e));
		document.addEventListener('contextmenu', (e) => this.contextMenu(e));
		const reset = /** @type {HTMLElement} */ (document.querySelector('[data-hold]'));
		this.reset = holdOf(reset, () => this.held(reset), () => does.notice(HOLD));
		holdable(reset, this.reset);
		this.resetByKey = holdKey(this.reset);
	}

	/** Runs the action of a button that was held for long enough. @param {HTMLElement} b */
	held(b) {
		$('pop-more').hidePopover();
		return this.does.run(b.dataset.action ?? '');
	}

	/** The context of an action, with what its button adds. @param {HTMLElement} b */
	about({ dataset: { timer = '', id = '', mode = '', lane = '' } }) {
		return this.does.context({ timer, id, mode, lane });
	}

	/** @param {MouseEvent} e */
	click(e) {
		const b = /** @type {HTMLElement|null} */ (/** @type {Element} */ (e.target).closest('[data-action], [data-tab], [data-close]'));
		if (!b) return;
		if (b.dataset.tab) return this.does.tab(b.dataset.tab);
		if (b.dataset.close) return /** @type {HTMLDialogElement} */ ($(b.dataset.close)).close();
		const id = b.dataset.action ?? '';
		if (id === 'mode') this.pressMode(b);
		else if (id === 'copy-curl') toClipboard((b.parentElement?.querySelector('code')?.textContent ?? '').replaceAll('\\\n', ''), this.does.notice);
		else if (!b.dataset.hold) this.does.press(id, { timer: b.dataset.timer ?? '', id: b.dataset.id ?? '', lane: b.dataset.lane ?? '' });
		if (id.startsWith('pace-')) $('pop-pace')?.hidePopover();
		if (BY_HAND.includes(id)) $('pop-hand').hidePopover();
		if (b.closest('#pop-more') && !b.dataset.hold) $('pop-more').hidePopover();
		if (e.detail > 0 && !action(id)?.form && !b.closest('[popover], dialog')) $('stage')?.focus({ preventScroll: true });
	}

	/** Shows the curl of a control: on the secondary button, on a long press, on the menu key. @param {MouseEvent} e */
	contextMenu(e) {
		const b = this.controlAt(e.target);
		if (!b || (b.dataset.hold && e.button !== 2)) return;
		e.preventDefault();
		this.explain(b, e.button === 2 || e.clientX ? { x: e.clientX, y: e.clientY } : middle(b), e.button !== 2);
	}

	/** @param {HTMLElement} b @param {import('../draw/layout.js').Point} at @param {boolean} byKey */
	explain(b, at, byKey) {
		this.does.menu.explain(/** @type {Action} */ (action(b.dataset.action ?? '')), this.about(b), at, byKey);
	}

	/** The control at which an event happened, if its action is in the table. @param {EventTarget|null} target @returns {HTMLElement|undefined} */
	controlAt(target) {
		const b = /** @type {HTMLElement|null|undefined} */ (/** @type {Element|null} */ (target)?.closest?.('button[data-action]'));
		return b && !this.does.follows && b.dataset.action !== 'copy-curl' && action(b.dataset.action ?? '') ? b : undefined;
	}

	/** Shows the curl of the control that has the focus. @returns {boolean} whether a control has the focus */
	explainFocused() {
		const b = this.controlAt(document.activeElement);
		if (b) this.explain(b, middle(b), true);
		return !!b;
	}

	/**
	 * A change of mode empties the databases, so the first press only arms the button.
	 * CSS shows the text of data-armed below the button.
	 * @param {HTMLElement} b
	 */
	pressMode(b) {
		const mode = b.dataset.mode ?? '';
		if (mode === this.does.context().s.mode || this.does.follows) return;
		const wasArmed = this.armed === mode;
		this.disarm();
		if (wasArmed) return this.does.run('mode', { mode });
		this.armed = mode;
		b.dataset.armed = `${mode} empties every database: press again`;
		this.does.speak(b.dataset.armed);
		clearTimeout(this.calm);
		this.calm = window.setTimeout(() => this.disarm(), ARMED);
	}

	/** The key of a mode, by its place in the bar. @param {number} n from 1 */
	pressModeAt(n) {
		const b = /** @type {HTMLElement|undefined} */ (document.querySelectorAll('.mode')[n - 1]);
		if (b) this.pressMode(b);
	}

	disarm() {
		this.armed = '';
		for (const b of document.querySelectorAll('.mode[data-armed]')) b.removeAttribute('data-armed');
	}

	/** Writes on each button what it would do now, or the reason why it cannot. */
	refresh() {
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('button[data-action]:not([role=menuitem])'))) this.label(b, this.about(b));
	}

	/** @param {HTMLElement} b @param {Context} c */
	label(b, c) {
		const a = action(b.dataset.action ?? '');
		if (!a) return;
		const { ui } = this.does;
		const allowed = mayRun(a, c);
		if (a.only) b.hidden = !a.only(descriptorOf(c.s));
		set(b, 'aria-disabled', allowed === true ? undefined : 'true');
		if (b.matches('.verb') && a.on === 'node') say(/** @type {Element} */ (b.querySelector('.verb-label')), verbOf(a, c));
		else if (a.name && !b.matches('.verb') && !b.dataset.id && !b.matches('.chip')) say(b, nameOf(a, c));
		set(b, 'data-pending', ui.pending.has(`${a.id}:${ui.selected}`) || (b.dataset.hold && b.dataset.pending === '') ? '' : undefined);
		if (b.id !== 'badge') set(b, 'title', allowed === true ? (a.form ? a.label : `${a.label}\n${commandInWords(curl(a, c, location.origin))}`.trim()) : allowed);
	}
}

/** A verb of the rail that goes to one node, with that node: "Freeze 4". @param {Action} a @param {Context} c */
export function verbOf(a, c) {
	return a.form ? `${nameOf(a, c)} at ${c.node}` : `${nameOf(a, c)} ${c.node}`;
}

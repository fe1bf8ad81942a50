// The stage during a talk: the sentence, the line of progress, the question, the
// list, the code for phones, and the black screen. The state of the talk is in the
// playground, so a page that is loaded again shows the same.

import { el, set } from '../draw/dom.js';
import { letterOf } from '../hands/keymap.js';
import { recall, remember } from '../hands/memory.js';
import { actsOf } from './acts.js';
import { StepButtons } from './buttons.js';
import { call, Steering } from './calls.js';
import { createCard } from './card.js';
import { Code } from './code.js';
import { endsRecording, isClicker, isForWidget, press } from './keys.js';
import { List } from './list.js';
import { Progress } from './progress.js';
import { fold, isAct, isTalk, NO_TALK, sentence } from './talk.js';

/** @typedef {import('./talk.js').Talk} Talk */
/**
 * @typedef {object} On What the talk needs of the rest of the page.
 * @property {() => void} changed the texts of the stage have changed
 * @property {(text: string) => void} notice shows a short text
 * @property {() => void} began a scenario began, began again or ended: presses that wait are void
 * @property {() => void} step a step begins, and the events from now on belong to it
 * @property {(focus: {node?: number, key?: string, tab?: string}) => void} focus shows a node and a tab
 * @property {() => boolean} isPlayback whether a recording is played, in which nothing can be changed
 * @property {(talk: Talk) => void} recording shows the recording of a step, or ends it
 * @property {() => boolean} look moves the playhead to the beginning of this step; false if it stays
 * @property {() => boolean} now moves the playhead back to now; false if it is there already
 */

const LIST_SEEN = 'stories-seen';
const WELCOME = 'Each node is a database and a process of its own. Pick a story.';
const WELCOME_LANES = 'The same clients and faults, side by side. Pick a story.';

export class TalkStage {
	/** @param {On} on */
	constructor(on) {
		const root = document.documentElement;
		this.on = on;
		this.follows = root.hasAttribute('data-follow');
		this.onPhone = root.hasAttribute('data-audience');
		this.inLanes = root.hasAttribute('data-lanes');
		/** @type {Talk} */
		this.talk = NO_TALK;
		this.at = ''; // the step that is shown, and whether its own actions have begun
		const page = document.body;
		this.progress = new Progress(page);
		const card = el('section', '', { class: 'question', 'data-testid': 'question', 'aria-label': 'Question', hidden: '' });
		page.append(card);
		this.card = createCard(card, this.onPhone || !this.follows ? (choice) => this.vote(choice) : undefined, this.onPhone);
		this.list = new List(page, { play: (name) => this.play(name), changed: on.changed });
		this.code = new Code(page, on.notice, ({ url, code }) => ({ url, code, words: 'Look, and vote' }));
		this.black = el('div', '', { class: 'black', 'data-testid': 'black', hidden: '' });
		page.append(this.black);
		this.steering = new Steering(on.notice);
		this.acts = actsOf(this);
		if (this.follows || this.onPhone) return;
		this.listen();
		this.buttons = new StepButtons(page, (what) => this.act(what));
	}

	listen() {
		document.addEventListener('keydown', (e) => this.keydown(e), true);
		document.getElementById('stories')?.addEventListener('click', () => this.act('list'));
		document.addEventListener('pointerdown', (e) => {
			const at = /** @type {Element} */ (e.target);
			if (this.list.isOpen() && !this.list.sheet.contains(at) && !at.closest('#stories')) this.list.close();
		}, true);
	}

	/** @param {KeyboardEvent} e */
	keydown(e) {
		if (this.on.isPlayback()) return;
		if (this.closesSheet(e)) return stop(e);
		if ((document.querySelector('dialog[open]') && !isClicker(e)) || isForWidget(e)) return;
		if (this.talk.recording && !endsRecording(e)) return;
		const means = press(e, this.talk, recall('letters') !== 'off');
		if (means && isClicker(e)) uncover();
		if (means) {
			stop(e);
			this.act(means);
		} else if (this.list.isOpen() && !this.list.keeps(e) && letterOf(e) !== 's') this.list.close();
	}

	/** Closes the list or the code, if the key is Escape. @param {KeyboardEvent} e @returns {boolean} whether one was open */
	closesSheet(e) {
		const top = [this.code, this.list].find((sheet) => sheet.isOpen());
		if (e.key !== 'Escape' || !top) return false;
		if (top === this.code) this.code.hide();
		else this.list.close();
		return true;
	}

	/** Does what a key or a button means. @param {string} what */
	act(what) {
		if (this.on.isPlayback()) return this.on.notice('This is a recording, nothing runs.');
		return this.acts[what]();
	}

	/** Votes as this phone, or on the stage for a person who raised a hand. @param {number} choice */
	async vote(choice) {
		return this.tell(await call('POST', this.onPhone ? '/vote' : '/api/scenario/vote', { choice }));
	}

	/** @param {string} name */
	async play(name) {
		this.tell(await this.steering.begin(name));
	}

	/** Shows the reason of a refusal. @param {{ok: boolean, answer: any}|undefined} result undefined: the press was dropped, and the page has said so */
	tell(result) {
		if (result && !result.ok) this.on.notice(result.answer.error ?? 'refused');
		return !!result?.ok;
	}

	/** @param {import('../model/types.js').Hello} hello */
	hello(hello) {
		const talk = /** @type {any} */ (hello.talk) ?? NO_TALK;
		this.note(talk);
		this.show(talk);
		this.welcome();
	}

	/** Opens the list at the first visit of this browser. */
	async welcome() {
		const elsewhere = this.follows || this.onPhone || this.talk.running || location.hash;
		if (elsewhere || recall(LIST_SEEN)) return;
		remember(LIST_SEEN, '1');
		await this.list.open();
	}

	/** @param {any[]} events */
	take(events) {
		if (this.list.isOpen() && events.some(isAct)) this.list.close();
		for (const e of events) if (isTalk(e)) this.note(e.report ?? NO_TALK);
		const now = fold(this.talk, events);
		if (now !== this.talk) this.show(now);
	}

	/** @param {Talk} talk */
	note(talk) {
		if (this.steering.note(talk)) this.on.began();
	}

	/** @param {Talk} talk */
	show(talk) {
		this.talk = talk;
		set(document.documentElement, 'data-talk', talk.running ? '' : undefined);
		this.black.hidden = !talk.black;
		if (talk.running) {
			this.list.close();
			this.code.hide();
		}
		this.progress.draw(talk);
		this.buttons?.draw(talk);
		this.card.draw(talk);
		if (!this.onPhone) this.on.recording(talk);
		this.enterStep(talk);
		this.on.changed();
	}

	/**
	 * Notices when a step begins. A step that is played again begins anew once the
	 * steps before it have been replayed.
	 * @param {Talk} talk
	 */
	enterStep(talk) {
		const before = talk.phase === 'beginning' || talk.phase === 'replaying';
		const at = talk.running ? `${talk.name} ${talk.step} ${before}` : '';
		if (at && at !== this.at) {
			this.on.step();
			if (talk.focus) this.on.focus(talk.focus);
		}
		this.at = at;
	}

	playing() {
		return this.talk.running;
	}

	/** The sentence that stands for the stage's own, or ''. */
	sentence() {
		return this.list.isOpen() ? (this.inLanes ? WELCOME_LANES : WELCOME) : sentence(this.talk);
	}

	/** The title of the scenario, which the page shows in the place of the mode's phrase; '' without a scenario. */
	title() {
		return this.talk.running ? (this.talk.title ?? '') : '';
	}
}

/** Closes all dialogs and popovers. A clicker has no key for that. */
function uncover() {
	for (const sheet of /** @type {NodeListOf<HTMLDialogElement>} */ (document.querySelectorAll('dialog[open]'))) sheet.close();
	for (const form of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[popover]:popover-open'))) form.hidePopover();
}

/** @param {KeyboardEvent} e */
function stop(e) {
	e.preventDefault();
	e.stopPropagation();
}

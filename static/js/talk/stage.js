// The stage in a scenario: the sentence, the line of progress, the question,
// black, and the keys. What the talk is comes from the playground; a press goes
// there, and nothing here is changed before its answer.

import { el, set } from '../draw/dom.js';
import { call, press as pressed } from './calls.js';
import { createCard } from './card.js';
import { isForWidget, press } from './keys.js';
import { createList } from './list.js';
import { fold, NO_TALK, sentence } from './talk.js';

/** @typedef {import('./talk.js').Talk} Talk */

/**
 * @param {object} on
 * @param {() => void} on.changed the words of the stage are other ones now
 * @param {(text: string) => void} on.notice
 * @param {() => void} on.step another step begins
 * @param {(focus: {node?: number, key?: string, tab?: string}) => void} on.focus
 * @param {() => boolean} on.look shows the beginning of this step, and says whether it did
 * @param {() => boolean} on.now comes back from there, and says whether it did
 */
export function createTalk(on) {
	const follows = document.documentElement.hasAttribute('data-follow');
	/** @type {Talk} */
	let talk = NO_TALK;
	let step = '';

	const progress = el('div', '', { class: 'progress', 'data-testid': 'progress', role: 'progressbar', hidden: '' });
	const count = el('p', '', { class: 'step-count', 'data-testid': 'step-count', hidden: '' });
	const cardAt = el('section', '', { class: 'question', 'data-testid': 'question', 'aria-label': 'Question', hidden: '' });
	const black = el('div', '', { class: 'black', 'data-testid': 'black', hidden: '' });
	const sheet = el('section', '', { class: 'scenarios', 'data-testid': 'scenarios', 'aria-label': 'Scenarios', hidden: '' });
	const code = el('section', '', { class: 'qr', 'data-testid': 'qr', 'aria-label': 'Code for phones', hidden: '' });
	document.body.append(progress, count, cardAt, sheet, code, black);

	const card = createCard(cardAt, document.documentElement.hasAttribute('data-audience') ? vote : undefined);
	const list = createList(sheet, { play, changed: on.changed });

	/** @param {number} choice */
	async function vote(choice) {
		return tell(await call('POST', '/vote', { choice }));
	}

	/** @param {string} name */
	async function play(name) {
		tell(await call('POST', '/api/scenario', { name }));
	}

	/** @param {{ok: boolean, answer: any}} result */
	function tell({ ok, answer }) {
		if (!ok) on.notice(answer.error ?? 'refused');
		return ok;
	}

	/** @param {Talk} now */
	function show(now) {
		talk = now;
		set(document.documentElement, 'data-talk', talk.running ? '' : undefined);
		black.hidden = !talk.black;
		progress.hidden = count.hidden = !talk.running;
		if (talk.running) {
			list.close();
			code.hidden = true;
			line(talk.step ?? 1, talk.steps ?? 1);
		}
		card.draw(talk);
		const here = `${talk.name} ${talk.step}`;
		if (talk.running && here !== step) {
			on.step();
			if (talk.focus) on.focus(talk.focus);
		}
		step = here;
		on.changed();
	}

	/** @param {number} at @param {number} of */
	function line(at, of) {
		while (progress.children.length < of) progress.append(el('i'));
		while (progress.children.length > of) progress.lastChild?.remove();
		[...progress.children].forEach((segment, i) => set(segment, 'data-done', i < at ? '' : undefined));
		set(progress, 'aria-valuenow', at);
		set(progress, 'aria-valuemax', of);
		const text = `${at} of ${of}`;
		if (count.textContent !== text) count.textContent = text;
	}

	/** @type {Record<string, () => void>} */
	const does = {
		next: async () => {
			if (!on.now()) tell(await pressed('next'));
		},
		back: async () => {
			if (!on.look()) tell(await pressed('back'));
		},
		black: async () => tell(await pressed('black')),
		again: async () => tell(await pressed('again')),
		reveal: async () => tell(await pressed('reveal')),
		restart: async () => tell(await pressed('restart')),
		leave: async () => tell(await call('DELETE', '/api/scenario')),
		following: async () => {
			const next = await list.following(talk.name);
			if (next) play(next);
			else on.notice('That was the last one.');
		},
		list: () => (list.isOpen() ? list.close() : list.open()),
		qr: () => showCode(),
	};

	async function showCode() {
		if (!code.hidden) {
			code.hidden = true;
			return;
		}
		const { ok, answer } = await call('GET', '/api/audience');
		if (!ok || !answer.url) return on.notice('There is no door for phones: start with --audience HOST:PORT.');
		const { width, path } = answer.code;
		code.innerHTML = '';
		const image = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
		image.setAttribute('viewBox', `-4 -4 ${width + 8} ${width + 8}`);
		const dots = document.createElementNS('http://www.w3.org/2000/svg', 'path');
		dots.setAttribute('d', path);
		image.append(dots);
		code.append(image, el('p', answer.url));
		code.hidden = false;
	}

	document.addEventListener('keydown', (e) => {
		if (follows) return;
		if (list.isOpen() && e.key === 'Escape') return stop(e, () => list.close());
		if (document.querySelector('dialog[open]') || isForWidget(e)) return;
		const means = press(e, talk);
		if (means) stop(e, does[means]);
		else if (list.isOpen() && !['Tab', 'Shift', 'ArrowDown', 'ArrowUp', 'Enter'].includes(e.key)) list.close();
	}, true);
	document.getElementById('stories')?.addEventListener('click', () => does.list());
	document.addEventListener('pointerdown', (e) => {
		if (list.isOpen() && !sheet.contains(/** @type {Node} */ (e.target)) && !(/** @type {Element} */ (e.target).closest('#stories'))) list.close();
	}, true);

	/** @param {KeyboardEvent} e @param {() => void} then */
	function stop(e, then) {
		e.preventDefault();
		e.stopPropagation();
		then();
	}

	return {
		/** @param {import('../model/types.js').Hello} hello */
		hello(hello) {
			show(/** @type {any} */ (hello.talk) ?? NO_TALK);
		},
		/** @param {any[]} events */
		take(events) {
			if (list.isOpen() && events.some(isDeed)) list.close();
			const now = fold(talk, events);
			if (now !== talk) show(now);
		},
		/** The sentence that stands for the stage's own, or ''. */
		sentence: () => (list.isOpen() ? 'Five databases, each a process of its own. Pick a story.' : sentence(talk)),
		/** The title that stands for the mode's phrase, or ''. */
		title: () => (talk.running ? (talk.title ?? '') : ''),
		playing: () => talk.running,
		open: () => list.open(),
	};
}

/** Says whether an event tells that somebody acts: the list then is in the way. @param {{kind: string}} e */
const isDeed = (e) => ['invoke', 'mode', 'link', 'rule', 'pace', 'quorum', 'status', 'key'].includes(e.kind);

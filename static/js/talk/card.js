// The question, as a card in the place of the panel. First it shows the choices and
// how many people have voted. Then it shows the bars, beside what really happened.

import { el, set } from '../draw/dom.js';
import { outcome } from '../model/view.js';
import { bars, brief, foot, letter, NO_TALK, questionOf } from './talk.js';

/** @typedef {import('./talk.js').Talk} Talk @typedef {import('./talk.js').Question} Question */

/**
 * @param {HTMLElement} card
 * @param {(choice: number) => Promise<boolean>} [vote] counts a vote; absent on a page without controls
 * @param {boolean} [own] this page has one vote, which it may change, as a phone of the audience; else each press counts one raised hand
 */
export function createCard(card, vote, own = false) {
	let shown = '';
	/** @type {Talk} */
	let latest = NO_TALK;
	let mine = { question: '', choice: 0 }; // what this browser voted for

	/** @param {Talk} talk */
	function draw(talk) {
		latest = talk;
		const q = talk.running ? talk.question : undefined;
		card.hidden = !q;
		if (!q) {
			shown = '';
			return;
		}
		const now = JSON.stringify([{ ...q, voted: 0 }, foot(talk), mine]);
		if (now === shown) return card.querySelector('.voted')?.replaceWith(votes(q)); // a new vote changes the number alone, so that nothing moves
		shown = now;
		set(card, 'data-revealed', q.revealed ? '' : undefined);
		const list = choices(q);
		if (vote) offerVotes(list, q);
		card.replaceChildren(el('h2', q.text), list, q.measured ? inLanes(q) : q.revealed ? happened(q) : votes(q), own ? el('p', q.open ? 'change it until it closes' : '', { class: 'foot' }) : footer(talk));
	}

	/** Turns the choices of an open question into buttons, and marks this browser's vote. @param {HTMLElement} list @param {Question} q */
	function offerVotes(list, q) {
		[...list.children].forEach((item, i) => {
			const chosen = own && mine.question === questionOf(latest) && mine.choice === i + 1;
			if (chosen) item.setAttribute('data-mine', '');
			if (chosen) item.querySelector('.text')?.after(el('span', 'your vote', { class: 'mine' }));
			if (!q.open) return;
			const button = el('button', '', { type: 'button', 'data-testid': 'vote', ...(own ? { 'aria-pressed': String(chosen) } : { title: 'Counts one vote for it' }) });
			button.append(...item.childNodes);
			button.addEventListener('click', async (e) => {
				if (e.detail > 0) button.blur(); // the keys after a click are for the talk
				const question = questionOf(latest);
				if (!(await vote?.(i + 1)) || !own) return;
				mine = { question, choice: i + 1 };
				shown = '';
				draw(latest);
			});
			item.append(button);
		});
	}

	return { draw };
}

/** @param {Question} q */
function choices(q) {
	const list = el('ol', '', { class: 'choices' });
	const lengths = bars(q);
	q.choices.forEach((text, i) => {
		const right = q.revealed && q.answer === i + 1;
		const item = el('li', '', { 'data-testid': 'choice', ...(right ? { 'data-right': '' } : {}) });
		item.append(el('b', letter(i + 1), { class: 'letter' }), el('span', text, { class: 'text' }));
		if (q.revealed) item.append(...counted(q.counts?.[i] ?? 0, lengths[i], right));
		list.append(item);
	});
	return list;
}

/** @param {number} count @param {number} length @param {boolean} right */
function counted(count, length, right) {
	const n = el('b', String(count), { class: 'count' });
	const bar = el('span', '', { class: 'bar' });
	bar.style.setProperty('--length', String(length));
	return right ? [el('span', '', { class: 'tick', role: 'img', 'aria-label': 'right' }), n, bar] : [n, bar];
}

/** @param {Question} q */
function votes(q) {
	const p = el('p', '', { class: 'voted', 'data-testid': 'voted' });
	p.append(el('b', String(q.voted)), q.voted === 1 ? ' has voted' : ' have voted');
	return p;
}

/** @param {Question} q */
function happened(q) {
	const div = el('div', '', { class: 'happened', 'data-testid': 'happened' });
	if (!q.happened?.length) return div;
	div.append(el('h3', 'What happened'));
	for (const h of q.happened.slice(-2)) {
		const row = el('p');
		row.append(el('span', brief(h)), el('b', h.status ? String(h.status) : '…', { 'data-outcome': outcome(h.status ?? 0) }));
		div.append(row);
	}
	return div;
}

/** What came in each lane: the answers of the deciding step, or if it asked nothing, what was measured. @param {Question} q */
function inLanes(q) {
	const div = el('div', '', { class: 'happened', 'data-testid': 'happened' });
	div.append(el('h3', 'What happened'));
	for (const m of q.measured ?? []) {
		const answers = (q.happened ?? []).filter((h) => h.lane === m.lane);
		const row = el('p', '', { 'data-lane': m.lane });
		row.append(el('span', m.lane));
		if (answers.length) row.append(...answers.map((h) => el('b', h.status ? String(h.status) : '…', { 'data-outcome': outcome(h.status ?? 0), title: h.text })));
		else row.append(el('b', `${Math.floor(100 * m.answered)}%`), el('small', 'answered,'), el('b', String(m.stale), { 'data-outcome': m.stale ? 'bad' : 'good' }), el('small', 'stale'));
		div.append(row);
	}
	return div;
}

/** @param {Talk} talk */
function footer(talk) {
	const p = el('p', '', { class: 'foot' });
	const [key, does] = foot(talk);
	p.append(el('kbd', key), ` ${does}`);
	return p;
}

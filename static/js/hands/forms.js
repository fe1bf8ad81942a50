// The popovers and their forms. htmx fetches the forms of a link, of a rule and of
// the sizes, and sends every form. The table of actions says what a form sends, so
// that the form, its key and the curl line under it cannot differ.

import { sayCommand } from '../draw/command.js';
import { $, el, say, set } from '../draw/dom.js';
import { groupsOf, linkOf, splits } from '../model/order.js';
import { pathHere } from '../model/place.js';
import { descriptorOf } from '../model/state.js';
import { overlap } from '../modes/words.js';
import { action, callsOf, curl, mayRun, undoOf } from './actions.js';
import { drawOpen, proposal } from './byhand.js';
import { fillMoments, nameRole, pointOf, ruleWords } from './points.js';

/** @typedef {import('./actions.js').Context} Context */

/** @type {any} */
const htmx = /** @type {any} */ (globalThis).htmx;

/** Forms that stay open after they were sent, because a person often sends them again. */
const STAYS = ['set-link', 'rule'];

/**
 * @typedef {object} Does The functions of the controls that the forms need.
 * @property {(more?: Partial<Context>) => Context} context
 * @property {(id: string, more: Partial<Context>) => any} run
 * @property {(form: string) => void} sending
 * @property {(form: string, undo: any, ok: boolean, answer: string) => void} sent
 * @property {(text: string) => void} notice
 */

export class Forms {
	/** @param {Does} does */
	constructor(does) {
		this.does = does;
		/** @type {WeakMap<Element, {body: any, undo: any}>} the call that a form is about to make */
		this.calls = new WeakMap();
		/** @type {Promise<any>} resolves when no content of a popover is under way */
		this.fetched = Promise.resolve();
		this.split = { epoch: -1, next: 0 }; // the split after the one that was made last, and the epoch of that one
		htmx.defineExtension('calls', {
			encodeParameters: (/** @type {any} */ _xhr, /** @type {any} */ _parameters, /** @type {Element} */ form) => JSON.stringify(this.calls.get(form)?.body),
		});
		document.addEventListener('htmx:configRequest', (e) => this.configure(/** @type {CustomEvent} */ (e)));
		document.addEventListener('htmx:afterRequest', (e) => this.answered(/** @type {CustomEvent} */ (e).detail));
		document.addEventListener('submit', (e) => { // htmx sends the form, the browser must not
			if (/** @type {HTMLElement} */ (e.target).dataset.form) e.preventDefault();
		});
		document.addEventListener('input', (e) => {
			if (/** @type {HTMLElement} */ (e.target).closest('form[data-form], #split-own')) this.showCurls();
		});
		$('split-own').addEventListener('submit', (e) => {
			e.preventDefault();
			const groups = this.ownGroups();
			$('pop-split').hidePopover();
			return this.does.run('split', { groups });
		});
	}

	/** Opens a popover, or closes it. A second p on the splits takes the marked one. @param {string} id */
	toggle(id) {
		const pop = $(id);
		if (!pop.matches(':popover-open')) return this.open(id);
		pop.hidePopover();
		if (id === 'pop-split') this.takeSplit(this.splitNext);
	}

	/** Opens a popover, and fetches its content again. @param {string} id */
	open(id) {
		const pop = $(id);
		const path = fragmentOf(id, this.does.context());
		if (!path) return this.show(pop);
		return this.fetch(pop, path).then(() => {
			if (pop.querySelector('form')) this.show(pop);
			else this.does.notice('The playground did not answer with the form. Press again.');
		});
	}

	/**
	 * Fetches the content of a popover after the fetches before it. Of two calls that are under
	 * way at once htmx would answer the second one before its content is there.
	 * @param {HTMLElement} pop @param {string} path @returns {Promise<void>}
	 */
	fetch(pop, path) {
		const ask = () => htmx.ajax('GET', path, { source: pop, target: pop, swap: 'innerHTML' });
		return (this.fetched = this.fetched.then(ask, ask).catch(() => {})); // a call that failed has left the popover as it was
	}

	/** @param {HTMLElement} pop */
	show(pop) {
		this.fill();
		if (!pop.matches(':popover-open')) pop.showPopover();
		const first = [...pop.querySelectorAll('input[name=val], [autofocus], [aria-current=true]'), ...pop.querySelectorAll('input, button')].find((one) => !one.closest('[hidden]'));
		const input = /** @type {HTMLInputElement|undefined} */ (first);
		input?.focus();
		if (input?.name === 'val') input.select();
	}

	/** The split that the key p makes next. After every new beginning it is the usual one, which is the first. */
	get splitNext() {
		const { epoch, next } = this.split;
		return epoch === this.does.context().s.epoch ? next : 0;
	}

	/** Splits the network; p then marks the split after it. @param {number} i of the choices */
	takeSplit(i) {
		const c = this.does.context();
		const all = choicesOf(c);
		const { groups } = all[i % all.length];
		this.split = { epoch: c.s.epoch, next: (i + 1) % all.length };
		return this.does.run('split', { groups });
	}

	/** The groups in the field of the splits. The field says what is wrong with them. @returns {number[][]} */
	ownGroups() {
		const field = /** @type {HTMLInputElement} */ ($('split-own').querySelector('input'));
		const { groups, wrong } = groupsOf(field.value, nodesIn(this.does.context()));
		field.setCustomValidity(field.value && wrong);
		return groups;
	}

	/** Fills the forms for the chosen node and link. */
	fill() {
		const c = this.does.context();
		for (const span of document.querySelectorAll('[data-fill=node]')) say(span, String(c.node));
		const value = /** @type {HTMLInputElement} */ ($('pop-write').querySelector('[name=val]'));
		if (!$('pop-write').matches(':popover-open')) value.value = c.val;
		if (!$('pop-hand').matches(':popover-open')) fillByHand(c);
		const moment = /** @type {HTMLFormElement} */ ($('pop-moment'));
		if (!moment.matches(':popover-open')) fillMoments(moment, c.s, c.node);
		$('split-choices').replaceChildren(...choicesOf(c).map((split, i) => this.splitButton(split, i)));
		this.showCurls();
	}

	/** @param {import('../model/order.js').Split} split @param {number} i */
	splitButton({ name }, i) {
		const b = el('button', name, { type: 'button', 'data-split': name });
		set(b, 'aria-current', i === this.splitNext ? 'true' : undefined);
		b.addEventListener('click', () => {
			$('pop-split').hidePopover();
			this.takeSplit(i);
		});
		return b;
	}

	/** Shows under each form the curl of the call that it would make. */
	showCurls() {
		for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-form]'))) this.showCurl(form);
		const c = this.does.context();
		const code = $('pop-split').querySelector('[data-fill=curl]');
		const a = action('split');
		const own = this.ownGroups();
		if (code && a) sayCommand(code, curl(a, { ...c, groups: own.length ? own : choicesOf(c)[this.splitNext]?.groups ?? [] }, location.origin));
	}

	/** @param {HTMLFormElement} form */
	showCurl(form) {
		const { s } = this.does.context();
		const more = valuesOf(form, s);
		const a = action(form.dataset.form ?? '');
		if (form.dataset.form === 'moment') nameRole(form, s);
		const code = form.querySelector('[data-fill=curl]') ?? (form.contains(document.activeElement) || form.matches(':first-of-type') ? form.parentElement?.querySelector('[data-fill=curl]') : undefined);
		if (code && a) sayCommand(code, curl(a, this.does.context(more), location.origin));
		if (!more.quorum) return;
		for (const [name, v] of Object.entries(more.quorum)) say(/** @type {Element} */ (form.querySelector(`[name=${name}-out]`)), String(v));
		say(/** @type {Element} */ (form.querySelector('[data-fill=overlap]')), overlap(more.quorum));
	}

	/** The transactions that wait at the chosen node, in the form and in the node's tab. @param {Context} c */
	drawOpen(c) {
		const command = (/** @type {string} */ id, /** @type {string} */ tx) => curl(/** @type {import('./actions.js').Action} */ (action(id)), { ...c, id: tx }, location.origin);
		for (const id of ['hand-open', 'node-open']) drawOpen($(id), c.s, c.node, command);
		$('node-open').hidden = !descriptorOf(c.s).by_hand;
		$('node-hand').hidden = !descriptorOf(c.s).by_hand && !descriptorOf(c.s).plant;
	}

	/** The rules in force, each with the button that ends it. @param {Context} c */
	drawRules(c) {
		const list = document.getElementById('rule-list');
		const key = JSON.stringify(c.s.rules);
		if (!list || list.dataset.key === key) return;
		list.dataset.key = key;
		list.replaceChildren(...c.s.rules.map((r) => {
			const li = el('li', '', { 'data-testid': 'rule' });
			li.append(el('span', ruleWords(c.s, r)), el('button', 'end', { type: 'button', 'data-action': 'end-rule', 'data-id': r.id }));
			return li;
		}));
	}

	/** Closes every open popover and sheet. @returns {boolean} whether one was open */
	closeAll() {
		const open = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[popover]:popover-open:not(.notice), dialog[open]')]);
		for (const one of open) one instanceof HTMLDialogElement ? one.close() : one.hidePopover();
		if (open.length) $('stage').focus({ preventScroll: true });
		return open.length > 0;
	}

	/** Runs before a form is sent. The table of actions gives the call, or why it is not allowed. @param {CustomEvent} e */
	configure(e) {
		const { detail } = e;
		const form = /** @type {HTMLFormElement} */ (detail.elt);
		const a = action(form.dataset?.form ?? '');
		if (!a?.request) return;
		const c = this.does.context(valuesOf(form, this.does.context().s));
		const allowed = mayRun(a, c);
		if (allowed !== true) {
			e.preventDefault();
			return this.does.notice(`${a.label}: ${allowed}.`);
		}
		const [call] = callsOf(a, c);
		this.calls.set(form, { body: call.body, undo: a.undo && undoOf(a, c) });
		detail.path = pathHere(call.path);
		detail.verb = call.method.toLowerCase();
		detail.headers['Content-Type'] = 'application/json';
		if (!STAYS.includes(a.id)) this.closeAll();
		this.does.sending(a.id);
	}

	/** @param {{elt: HTMLElement, successful: boolean, xhr?: XMLHttpRequest}} detail */
	answered({ elt, successful, xhr }) {
		const call = this.calls.get(elt);
		if (!call) return;
		this.calls.delete(elt);
		this.does.sent(elt.dataset.form ?? '', call.undo, successful, xhr?.responseText ?? '');
	}
}

/** Fills the form of operations by hand: the part for the mode, and the first values of a proposal. @param {Context} c */
function fillByHand(c) {
	const { by_hand, plant } = descriptorOf(c.s);
	const pop = $('pop-hand');
	const part = (/** @type {string} */ name) => /** @type {HTMLElement} */ (pop.querySelector(`[data-part=${name}]`));
	part('transactions').hidden = !by_hand;
	part('plant').hidden = !plant;
	const field = (/** @type {string} */ form, /** @type {string} */ name) => /** @type {HTMLInputElement} */ (pop.querySelector(`[data-form=${form}] [name=${name}]`));
	const begun = proposal(c.s, c.node, c.key, c.val);
	for (const name of /** @type {const} */ (['id', 'key', 'val'])) field('propose', name).value = begun[name];
	for (const form of ['plant', 'local-read']) field(form, 'key').value = c.key;
}

/** @param {Context} c */
const nodesIn = (c) => [...c.s.nodes.keys()].sort((a, b) => a - b);
/** @param {Context} c */
const choicesOf = (c) => splits(nodesIn(c));

/** The path at which the server renders a popover; undefined for a popover that the page has. @param {string} id @param {Context} c */
function fragmentOf(id, c) {
	const query = argumentsOf(id, c);
	return query && `${c.home ?? pathHere('')}/fragments/${id.replace('pop-', '')}?${query}`;
}

/** The arguments with which the server renders a popover. @param {string} id @param {Context} c */
function argumentsOf(id, c) {
	const nodes = String(c.s.nodes.size);
	if (id === 'pop-quorum') return new URLSearchParams({ nodes, n: String(c.s.quorum.n), r: String(c.s.quorum.r), w: String(c.s.quorum.w) });
	const [from, to] = c.link;
	if (id === 'pop-rule') return new URLSearchParams({ nodes, from: String(from), to: String(to), types: typesOf(c).join() });
	if (id !== 'pop-link') return undefined;
	const query = new URLSearchParams({ nodes, from: String(from), to: String(to) });
	for (const [l, suffix] of /** @type {const} */ ([[linkOf(c.s, from, to), ''], [linkOf(c.s, to, from), '-back']])) {
		query.set(`cut${suffix}`, String(l.cut));
		query.set(`delay${suffix}`, String(Math.round(l.delay_ms)));
		query.set(`jitter${suffix}`, String(Math.round(l.jitter_ms)));
		query.set(`loss${suffix}`, String(Math.round(l.loss * 100)));
	}
	return query;
}

/** The types of messages that were seen. @param {Context} c */
function typesOf(c) {
	const seen = new Set([...c.s.ops.values()].flatMap((op) => Object.keys(op.types)));
	for (const m of c.s.msgs.values()) seen.add(m.type);
	return [...seen].filter(Boolean).sort();
}

/** The values of a form. @param {HTMLFormElement} form @param {Context['s']} s @returns {Partial<Context>} */
function valuesOf(form, s) {
	const data = new FormData(form);
	const num = (/** @type {string} */ name) => Number(data.get(name));
	const end = (/** @type {string} */ name) => (data.get(name) === '*' ? '*' : num(name));
	switch (form.dataset.form) {
		case 'quorum':
			return { quorum: { n: num('n'), r: num('r'), w: num('w') } };
		case 'set-link':
			return {
				link: [Number(form.dataset.from), Number(form.dataset.to)],
				set: { cut: data.has('cut'), delay_ms: num('delay_ms'), jitter_ms: num('jitter_ms'), loss: num('loss') / 100 },
			};
		case 'moment':
			return { point: { when: pointOf(s, num('when'), end('node')), then: String(data.get('then')) } };
		case 'load':
			return { load: { rate: num('rate'), clients: num('clients'), keys: num('keys'), read_ratio: num('reads') / 100 } };
		case 'rule':
			return { rule: { from: end('from'), to: end('to'), type: String(data.get('type')), do: String(data.get('do')), count: num('count') } };
	}
	const text = (/** @type {'id'|'key'|'val'} */ name) => (data.has(name) ? { [name]: String(data.get(name)) } : {});
	return { ...text('id'), ...text('key'), ...text('val'), ...(data.has('ts') ? { ts: num('ts') } : {}) };
}

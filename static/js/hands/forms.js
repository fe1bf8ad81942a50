// The popovers and their forms. htmx fetches the forms of a link, a rule and
// the sizes, and sends all of them; what is sent is what the table of actions
// says, so that a form, its key and the curl line under it cannot differ.

import { sayCommand } from '../draw/command.js';
import { $, el, say, set } from '../draw/dom.js';
import { linkOf, splits } from '../model/order.js';
import { overlap } from '../modes/words.js';
import { action, curl } from './actions.js';

/** @typedef {import('./actions.js').Context} Context */

/** @type {any} */
const htmx = /** @type {any} */ (globalThis).htmx;

/** Forms that stay open after they were sent: their popovers have more. */
const STAYS = ['set-link', 'rule'];

/**
 * @param {object} on
 * @param {(more?: Partial<Context>) => Context} on.context
 * @param {(id: string, more: Partial<Context>) => any} on.run
 * @param {(form: string) => void} on.sending
 * @param {(form: string, undo: any, ok: boolean, answer: string) => void} on.sent
 * @param {(text: string) => void} on.notice
 */
export function createForms(on) {
	/** @type {WeakMap<Element, {body: any, undo: any}>} what a form is about to send */
	const calls = new WeakMap();
	let splitAt = -1; // the split that p took last
	let ruled = '';

	/** Opens a popover, or closes it; split goes on to the next. @param {string} id */
	function toggle(id) {
		const pop = $(id);
		if (!pop.matches(':popover-open')) return open(id);
		return id === 'pop-split' ? nextSplit() : pop.hidePopover();
	}

	/** Opens a popover, with what it is about fetched anew. @param {string} id */
	function open(id) {
		const pop = $(id);
		const query = fragmentOf(id);
		if (!query) return show(pop);
		return htmx.ajax('GET', `/fragments/${id.replace('pop-', '')}?${query}`, { target: pop, swap: 'innerHTML' }).then(() => show(pop));
	}

	/** @param {HTMLElement} pop */
	function show(pop) {
		fill();
		if (!pop.matches(':popover-open')) pop.showPopover();
		const input = /** @type {HTMLInputElement|null} */ (pop.querySelector('input[name=val]') ?? pop.querySelector('input, button'));
		input?.focus();
		if (input?.name === 'val') input.select();
	}

	/** What the server needs to know to render a popover; empty for those that the page has. @param {string} id */
	function fragmentOf(id) {
		const c = on.context();
		const nodes = String(c.s.nodes.size);
		if (id === 'pop-quorum') return new URLSearchParams({ nodes, n: String(c.s.quorum.n), r: String(c.s.quorum.r), w: String(c.s.quorum.w) });
		const [from, to] = c.link;
		if (id === 'pop-rule') return new URLSearchParams({ nodes, from: String(from), to: String(to), types: types(c).join() });
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
	function types(c) {
		const seen = new Set([...c.s.ops.values()].flatMap((op) => Object.keys(op.types)));
		for (const m of c.s.msgs.values()) seen.add(m.type);
		return [...seen].filter(Boolean).sort();
	}

	/** @param {Context} c */
	function choices(c) {
		return splits([...c.s.nodes.keys()].sort((a, b) => a - b));
	}

	/** Takes the next of the usual splits. */
	function nextSplit() {
		const all = choices(on.context());
		splitAt = (splitAt + 1) % all.length;
		fill();
		return on.run('split', { groups: all[splitAt].groups });
	}

	/** Fills the forms with what they are about. */
	function fill() {
		const c = on.context();
		for (const span of document.querySelectorAll('[data-fill=node]')) say(span, String(c.node));
		const value = /** @type {HTMLInputElement} */ ($('pop-write').querySelector('[name=val]'));
		if (!$('pop-write').matches(':popover-open')) value.value = c.val;
		$('split-choices').replaceChildren(...choices(c).map(({ name, groups }, i) => {
			const b = el('button', name, { type: 'button', 'data-split': name });
			set(b, 'aria-current', i === splitAt ? 'true' : undefined);
			b.addEventListener('click', () => {
				splitAt = i;
				$('pop-split').hidePopover();
				on.run('split', { groups });
			});
			return b;
		}));
		showCurl();
	}

	/** What a form says. @param {HTMLFormElement} form @returns {Partial<Context>} */
	function values(form) {
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
			case 'load':
				return { load: { rate: num('rate'), clients: num('clients'), keys: num('keys'), read_ratio: num('reads') / 100 } };
			case 'rule':
				return { rule: { from: end('from'), to: end('to'), type: String(data.get('type')), do: String(data.get('do')), count: num('count') } };
		}
		return { key: String(data.get('key') ?? ''), ...(data.has('val') ? { val: String(data.get('val')) } : {}) };
	}

	function showCurl() {
		for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-form]'))) {
			const more = values(form);
			const a = action(form.dataset.form ?? '');
			const code = form.querySelector('[data-fill=curl]') ?? (form.contains(document.activeElement) || form.matches(':first-of-type') ? form.parentElement?.querySelector('[data-fill=curl]') : undefined);
			if (code && a) sayCommand(code, curl(a, on.context(more), location.origin));
			if (more.quorum) {
				for (const [name, v] of Object.entries(more.quorum)) say(/** @type {Element} */ (form.querySelector(`[name=${name}-out]`)), String(v));
				say(/** @type {Element} */ (form.querySelector('[data-fill=overlap]')), overlap(more.quorum));
			}
		}
		const c = on.context();
		const code = $('pop-split').querySelector('[data-fill=curl]');
		const a = action('split');
		if (code && a) sayCommand(code, curl(a, { ...c, groups: choices(c)[Math.max(0, splitAt)]?.groups ?? [] }, location.origin));
	}

	/** The rules in force, each with the button that ends it. @param {Context} c */
	function drawRules(c) {
		const list = document.getElementById('rule-list');
		const key = JSON.stringify(c.s.rules);
		if (!list || (ruled === key && list.dataset.key === key)) return;
		ruled = list.dataset.key = key;
		list.replaceChildren(...c.s.rules.map((r) => {
			const li = el('li', '', { 'data-testid': 'rule' });
			li.append(el('span', `${r.do} ${r.count ? `${r.count} ` : 'all '}${r.type === '*' ? 'of any type' : r.type} ${r.from} → ${r.to}`), el('button', 'end', { type: 'button', 'data-action': 'end-rule', 'data-id': r.id }));
			return li;
		}));
	}

	/** Closes what is open. @returns {boolean} whether anything was */
	function closeAll() {
		const open = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[popover]:popover-open:not(.notice), dialog[open]')]);
		for (const one of open) one instanceof HTMLDialogElement ? one.close() : one.hidePopover();
		if (open.length) $('stage').focus({ preventScroll: true });
		return open.length > 0;
	}

	htmx.defineExtension('calls', {
		encodeParameters: (/** @type {any} */ _xhr, /** @type {any} */ _parameters, /** @type {Element} */ form) => JSON.stringify(calls.get(form)?.body),
	});

	document.addEventListener('htmx:configRequest', (event) => {
		const { detail } = /** @type {CustomEvent} */ (event);
		const form = /** @type {HTMLFormElement} */ (detail.elt);
		const a = action(form.dataset?.form ?? '');
		if (!a?.request) return;
		const c = on.context(values(form));
		const allowed = a.allowed?.(c) ?? true;
		if (allowed !== true) {
			event.preventDefault();
			return on.notice(`${a.label}: ${allowed}.`);
		}
		const [call] = [a.request(c)].flat();
		calls.set(form, { body: call.body, undo: a.undo?.(c) });
		detail.path = call.path;
		detail.verb = call.method.toLowerCase();
		detail.headers['Content-Type'] = 'application/json';
		if (!STAYS.includes(a.id)) closeAll();
		on.sending(a.id);
	});
	document.addEventListener('htmx:afterRequest', (event) => {
		const { elt, successful, xhr } = /** @type {CustomEvent} */ (event).detail;
		const call = calls.get(elt);
		if (!call) return;
		calls.delete(elt);
		on.sent(elt.dataset.form, call.undo, successful, xhr?.responseText ?? '');
	});
	document.addEventListener('submit', (e) => { // htmx sends them, and the browser never
		if (/** @type {HTMLElement} */ (e.target).dataset.form) e.preventDefault();
	});
	document.addEventListener('input', (e) => {
		const target = /** @type {HTMLElement} */ (e.target);
		if (target.closest('form[data-form]')) showCurl();
	});

	return { toggle, open, fill, drawRules, closeAll };
}

// Hands on the stage: buttons, keys, popovers, the message in the hand, the
// playhead. All of them end in the table of actions.

import { action, actions, curl, keyMeans, splits } from './actions.js';
import { crossing, place } from './layout.js';
import { el, overlap } from './draw-panel.js';
import { say, set, svg } from './marks.js';
import { openHelp, openLegend, startTour, toggleTheme } from './sheets.js';
import { shorten } from './view.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('./actions.js').Request} Request */
/** @typedef {import('./view.js').View} View */

const PACES = ['pace-live', 'pace-10', 'pace-20', 'pace-50', 'pace-step'];
const CITIES = ['Lisboa', 'Porto', 'Faro', 'Braga', 'Évora', 'Coimbra', 'Aveiro', 'Sintra'];
const REFRESH = 200; // ms between updates of the buttons while events keep coming
const NOTICE = 4000; // ms for which a refusal stays
const ARMED = 3000; // ms in which a mode button waits for its second press

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {object} page
 * @param {import('./player.js').Player} page.player
 * @param {{selected: number, hand: string, pending: Set<string>}} page.ui
 * @param {ReturnType<typeof import('./draw-diagram.js').createDiagram>} page.diagram
 * @param {() => void} page.redraw
 * @param {() => import('./layout.js').Geometry} page.geometry
 */
export function createControls({ player, ui, diagram, redraw, geometry }) {
	/** @type {{label: string, request: Request}[]} faults that can be undone, newest last */
	const faults = [];
	let city = 1;
	let noticeTimer = 0;
	let armed = '';
	/** @type {number[][]} */
	let chosen = [];
	let paceBefore = 'pace-live';
	let refreshed = 0;
	let seen = 0;
	let later = 0;

	/** @param {Partial<Context>} [more] @returns {Context} */
	function context(more = {}) {
		const s = player.newest;
		return { s, node: ui.selected, key: s.key || 'city', val: CITIES[city % CITIES.length], mode: '', groups: chosen, hand: ui.hand, quorum: s.quorum, ...more };
	}

	/** Runs an action of the table. @param {string} id @param {Partial<Context>} [more] */
	async function run(id, more = {}) {
		const a = action(id);
		if (!a) return;
		const c = context(more);
		const allowed = a.allowed?.(c) ?? true;
		if (allowed !== true) return notice(`${a.label}: ${allowed}.`);
		if (a.page) return pages[a.page]?.();
		if (!a.request) return;
		const undo = a.undo?.(c);
		const done = await ask(a.request(c), `${id}:${c.node}`);
		if (done && undo) faults.push({ label: a.label, request: undo });
		if (done && (id === 'heal' || id === 'reset')) faults.length = 0;
		return done;
	}

	/**
	 * Asks the playground; a refusal is said on the stage.
	 * @param {Request} r @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>}
	 */
	async function ask(r, name = '') {
		ui.pending.add(name);
		redraw();
		try {
			const response = await fetch(r.path, {
				method: r.method,
				headers: r.body ? { 'Content-Type': 'application/json' } : {},
				body: r.body ? JSON.stringify(r.body) : undefined,
			});
			if (response.ok) return true;
			const answer = await response.json().catch(() => ({}));
			notice(answer.error || `Refused with status ${response.status}.`);
		} catch {
			notice('The playground does not answer.');
		} finally {
			ui.pending.delete(name);
			redraw();
		}
		return false;
	}

	/** @param {string} text */
	function notice(text) {
		say($('notice'), text);
		$('notice').hidden = false;
		clearTimeout(noticeTimer);
		noticeTimer = window.setTimeout(() => { $('notice').hidden = true; }, NOTICE);
	}

	/** What the page does by itself. @type {Record<string, () => any>} */
	const pages = {
		undo: async () => {
			const last = faults.pop();
			if (!last) return notice('Nothing to undo.');
			await ask(last.request);
		},
		recover: async () => {
			await ask({ method: 'POST', path: '/api/heal' });
			for (const n of player.newest.nodes.values()) if (n.status === 'killed') await ask({ method: 'POST', path: `/api/nodes/${n.id}/restart` });
			await run('pace-live');
		},
		dump: () => { tab('node'); return screen('dump'); },
		clean: () => screen('clean'),
		slower: () => shift(1),
		faster: () => shift(-1),
		pause: () => {
			if (player.parked !== undefined) return seek(undefined);
			const at = paceId();
			if (at !== 'pace-step') paceBefore = at;
			return run(at === 'pace-step' ? paceBefore : 'pace-step');
		},
		step: () => step(),
		legend: () => openLegend(),
		help: () => openHelp(context(), location.origin),
		theme: () => {
			toggleTheme();
			diagram.recolour();
			redraw();
		},
		copyCurl: () => navigator.clipboard?.writeText($('op-curl').textContent?.replaceAll('\\\n', '') ?? ''),
	};

	/** A node's own screen is reached by the node's API; the playground passes it on. @param {string} verb */
	function screen(verb) {
		return ask({ method: 'POST', path: `/api/nodes/${ui.selected}/${verb}` });
	}

	function paceId() {
		const p = player.newest.pace;
		if (p.pace !== 'slow') return `pace-${p.pace}`;
		return PACES.find((id) => id === `pace-${Math.round(1 / p.rate)}`) ?? 'pace-20';
	}

	/** @param {number} by */
	function shift(by) {
		const next = PACES[PACES.indexOf(paceId()) + by];
		if (next) return run(next);
	}

	/** Delivers the next message in causal order: the one that left first. */
	function step() {
		if (player.newest.pace.pace !== 'step') return;
		const waiting = [...player.newest.msgs.values()].filter((m) => m.state === 'flying' && m.cls !== 'background' && player.newest.nodes.get(m.to)?.status === 'up');
		const next = waiting.sort((a, b) => a.v0 - b.v0 || a.x0 - b.x0)[0];
		if (!next) return notice('Nothing is in the air.');
		return ask({ method: 'POST', path: `/api/messages/${encodeURIComponent(next.id)}/deliver` });
	}

	/** @param {number} id */
	function select(id) {
		if (!player.newest.nodes.has(id)) return;
		ui.selected = id;
		fill();
		redraw();
	}

	/** Puts an operation into focus. @param {string} id */
	function focus(id) {
		for (const s of [player.shown, player.newest, player.past]) {
			const op = s?.ops.get(id);
			if (!s || !op) continue;
			s.focus = id;
			s.key = op.key || s.key;
		}
		tab('op');
		redraw();
	}

	/** @param {string} name */
	function tab(name) {
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[role=tab]'))) {
			const on = b.dataset.tab === name;
			b.setAttribute('aria-selected', String(on));
			b.tabIndex = on ? 0 : -1;
			$(`panel-${b.dataset.tab}`).hidden = !on;
		}
		redraw();
	}

	/** Takes a message into the hand. @param {string} id */
	function take(id) {
		const m = player.newest.msgs.get(id);
		if (!m || m.state !== 'flying') return letGo();
		ui.hand = id;
		const card = $('card');
		const hand = el('div', '', { class: 'hand' });
		for (const [verb, label] of [['deliver', 'Deliver'], ['drop', 'Drop'], ['double', 'Double']]) {
			const b = el('button', label, { type: 'button', 'data-action': verb });
			hand.append(b);
		}
		card.replaceChildren(el('h2', `${m.type.replaceAll('-', ' ')}, from ${m.from} to ${m.to}`), el('p', shorten(m.label || (m.op ? `op ${m.op.slice(0, 4)}` : ''), 60)), hand);
		card.hidden = false;
		redraw();
	}

	function letGo() {
		ui.hand = '';
		$('card').hidden = true;
	}

	/** @param {number|undefined} x */
	function seek(x) {
		player.seek(x);
		redraw();
	}

	/* Popovers */

	/** @param {string} id */
	function toggle(id) {
		const pop = $(id);
		if (pop.matches(':popover-open')) return pop.hidePopover();
		fill();
		pop.showPopover();
		const input = /** @type {HTMLInputElement|null} */ (pop.querySelector('input[name=val]') ?? pop.querySelector('input, button'));
		input?.focus();
		if (input?.select) input.select();
	}

	/** Fills the forms with what they are about. */
	function fill() {
		const c = context();
		for (const span of document.querySelectorAll('[data-fill=node]')) say(span, String(ui.selected));
		const value = /** @type {HTMLInputElement} */ ($('pop-write').querySelector('[name=val]'));
		if (!$('pop-write').matches(':popover-open')) value.value = c.val;
		$('split-choices').replaceChildren(...splits([...c.s.nodes.keys()].sort((a, b) => a - b)).map((groups) => {
			const b = el('button', groups.map((g) => g.join(' ')).join(' | '), { type: 'button' });
			b.addEventListener('click', () => {
				chosen = groups;
				$('pop-split').hidePopover();
				run('split');
			});
			return b;
		}));
		showCurl();
	}

	/** @param {HTMLFormElement} form @returns {Partial<Context>} */
	function values(form) {
		const data = new FormData(form);
		const num = (/** @type {string} */ name) => Number(data.get(name));
		if (form.dataset.form === 'quorum') return { quorum: { n: num('n'), r: num('r'), w: num('w') } };
		return { key: String(data.get('key') ?? ''), ...(data.has('val') ? { val: String(data.get('val')) } : {}) };
	}

	function showCurl() {
		for (const form of /** @type {NodeListOf<HTMLFormElement>} */ (document.querySelectorAll('form[data-form]'))) {
			const more = values(form);
			const code = form.querySelector('[data-fill=curl]');
			const a = action(form.dataset.form ?? '');
			if (code && a) say(code, curl(a, context(more), location.origin));
			if (more.quorum) {
				for (const [name, v] of Object.entries(more.quorum)) say(/** @type {Element} */ (form.querySelector(`[name=${name}-out]`)), String(v));
				say(/** @type {Element} */ (form.querySelector('[data-fill=overlap]')), overlap(more.quorum));
			}
		}
		const split = $('pop-split').querySelector('[data-fill=curl]');
		const groups = splits([...player.newest.nodes.keys()].sort((a, b) => a - b))[1];
		const a = action('split');
		if (split && a) say(split, curl(a, context({ groups }), location.origin));
	}

	/** A press on a button of the table, or its key. @param {string} id @param {Partial<Context>} [more] */
	function press(id, more = {}) {
		const a = action(id);
		if (!a) return;
		if (a.form) {
			const allowed = a.allowed?.(context(more)) ?? true;
			return allowed === true ? toggle(a.form) : notice(`${a.label}: ${allowed}.`);
		}
		return run(id, more);
	}

	document.addEventListener('click', (e) => {
		const b = /** @type {HTMLElement|null} */ (/** @type {Element} */ (e.target).closest('[data-action], [data-tab], [data-close]'));
		if (!b) return;
		if (b.dataset.tab) return tab(b.dataset.tab);
		if (b.dataset.close) return /** @type {HTMLDialogElement} */ ($(b.dataset.close)).close();
		const id = b.dataset.action ?? '';
		if (id === 'mode') pressMode(b);
		else if (!b.dataset.hold) press(id);
		if (id.startsWith('pace-')) $('pop-pace').hidePopover();
		if (e.detail > 0 && !action(id)?.form) $('stage').focus({ preventScroll: true });
	});

	/** A mode change empties the databases: the first press arms it. @param {HTMLElement} b */
	function pressMode(b) {
		const mode = b.dataset.mode ?? '';
		if (mode === player.newest.mode) return;
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

	document.addEventListener('submit', async (e) => {
		const form = /** @type {HTMLFormElement} */ (e.target);
		if (!form.dataset.form) return;
		e.preventDefault();
		const more = values(form);
		form.hidePopover();
		$('stage').focus({ preventScroll: true });
		if (player.parked !== undefined) seek(undefined);
		if (await run(form.dataset.form, more)) {
			if (form.dataset.form === 'write') city++;
			tab('op');
		}
	});
	document.addEventListener('input', (e) => {
		if (/** @type {Element} */ (e.target).closest('form[data-form]')) showCurl();
	});

	document.addEventListener('keydown', (e) => {
		const target = /** @type {HTMLElement} */ (e.target);
		const typing = target.matches('input:not([type=range]):not([type=checkbox]), textarea');
		if (typing) return;
		if (target.closest('button, [role=button], [role=tab], input, summary') && ['Enter', ' '].includes(e.key)) return;
		if (target.closest('[role=tab], input') && e.key.startsWith('Arrow')) return moveTab(e, target);
		if (e.key === 'Backspace' || e.key === 'Escape') return closeAll();
		if (e.key === 'F5' && document.fullscreenElement) return e.preventDefault();
		const letters = /** @type {HTMLInputElement} */ ($('letters')).checked;
		const means = keyMeans(e, letters);
		if (means === undefined) return;
		e.preventDefault();
		if (typeof means === 'number') return select(means);
		press(means);
	});

	/** @param {KeyboardEvent} e @param {HTMLElement} target */
	function moveTab(e, target) {
		if (!target.matches('[role=tab]')) return;
		const tabs = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);
		const to = tabs[(tabs.indexOf(target) + (e.key === 'ArrowRight' ? 1 : tabs.length - 1)) % tabs.length];
		tab(to.dataset.tab ?? 'op');
		to.focus();
	}

	function closeAll() {
		for (const pop of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[popover]:popover-open'))) pop.hidePopover();
		for (const d of /** @type {NodeListOf<HTMLDialogElement>} */ (document.querySelectorAll('dialog[open]'))) d.close();
		letGo();
		redraw();
	}

	/* Reset is held, so that no slip of the hand empties the databases. */
	for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-hold]'))) {
		let hold = 0;
		const stop = () => {
			clearTimeout(hold);
			b.removeAttribute('data-pending');
		};
		const start = () => {
			stop();
			b.dataset.pending = '';
			hold = window.setTimeout(() => {
				stop();
				run(b.dataset.action ?? '');
			}, Number(b.dataset.hold));
		};
		b.addEventListener('pointerdown', start);
		for (const end of ['pointerup', 'pointerleave', 'blur', 'keyup']) b.addEventListener(end, stop);
		b.addEventListener('keydown', (e) => {
			if ((e.key === 'Enter' || e.key === ' ') && !e.repeat) start();
		});
	}

	/* The playhead: drag in the diagram, or the slider by keyboard. */
	const canvas = $('diagram-canvas');
	canvas.addEventListener('pointerdown', (e) => {
		canvas.setPointerCapture(e.pointerId);
		const drag = (/** @type {PointerEvent} */ at) => {
			const x = diagram.xAt(at.offsetX);
			const end = player.end(performance.now());
			seek(x >= end ? undefined : Math.max(0, x));
		};
		drag(e);
		canvas.onpointermove = drag;
		canvas.onpointerup = () => { canvas.onpointermove = null; };
	});
	canvas.addEventListener('wheel', (e) => {
		e.preventDefault();
		diagram.zoomBy(e.deltaY < 0 ? 1.25 : 0.8);
		redraw();
	}, { passive: false });
	$('playhead').addEventListener('input', (e) => {
		const v = Number(/** @type {HTMLInputElement} */ (e.target).value) / 1000;
		seek(v >= 1 ? undefined : v * player.end(performance.now()));
	});
	$('badge').addEventListener('click', (e) => {
		if (player.parked === undefined) return;
		e.stopPropagation();
		seek(undefined);
	});

	/* A line drawn across the ring cuts the links that it crosses. */
	const root = /** @type {SVGSVGElement} */ (/** @type {any} */ ($('ring')));
	root.addEventListener('pointerdown', (e) => {
		if (/** @type {Element} */ (e.target).closest('.node, .msg, .client')) return;
		const box = root.getBoundingClientRect();
		const from = { x: e.clientX - box.x, y: e.clientY - box.y };
		let to = from;
		const knife = svg('line', { class: 'knife', x1: from.x, y1: from.y, x2: from.x, y2: from.y });
		root.append(knife);
		root.setPointerCapture(e.pointerId);
		root.onpointermove = (m) => {
			to = { x: m.clientX - box.x, y: m.clientY - box.y };
			set(knife, 'x2', to.x);
			set(knife, 'y2', to.y);
		};
		root.onpointerup = root.onpointercancel = () => {
			root.onpointermove = root.onpointerup = root.onpointercancel = null;
			knife.remove();
			if (Math.hypot(to.x - from.x, to.y - from.y) > 30) cut(from, to);
		};
	});

	/** @param {import('./layout.js').Point} from @param {import('./layout.js').Point} to */
	async function cut(from, to) {
		const g = geometry();
		for (const a of g.places) {
			for (const b of g.places) {
				if (a.id === b.id || crossing(place(g, a.id), place(g, b.id), from, to) < 0) continue;
				await ask({ method: 'PUT', path: `/api/links/${a.id}/${b.id}`, body: { cut: true, delay_ms: 0, jitter_ms: 0, loss: 0 } });
			}
		}
	}

	/** Labels and greyed buttons follow what is true now. @param {View} view */
	function refresh(view) {
		const now = performance.now();
		if (now - refreshed < REFRESH && player.newest.seq !== seen) {
			later ||= window.setTimeout(redraw, REFRESH);
			return;
		}
		clearTimeout(later);
		later = 0;
		refreshed = now;
		seen = player.newest.seq;
		const c = context();
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('button[data-action]'))) {
			const a = action(b.dataset.action ?? '');
			if (!a) continue;
			const allowed = a.allowed?.(c) ?? true;
			set(b, 'aria-disabled', allowed === true ? undefined : 'true');
			if (a.name) say(b.querySelector('.verb-label') ?? b, a.name(c));
			set(b, 'data-pending', ui.pending.has(`${a.id}:${ui.selected}`) ? '' : b.dataset.hold && b.dataset.pending === '' ? '' : undefined);
			if (b.id !== 'badge') set(b, 'title', allowed === true ? (a.form ? a.label : `${a.label}\n${curl(a, c, location.origin)}`) : allowed);
		}
		const slider = /** @type {HTMLInputElement} */ ($('playhead'));
		const end = player.end(performance.now()) || 1;
		if (document.activeElement !== slider) slider.value = String(Math.round((view.x / end) * 1000));
	}

	startTour();
	return { select, focus, tab, notice, take, letGo, refresh, run, actions };
}

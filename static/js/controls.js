// Hands on the page: buttons, keys, the playhead, and what the page does by
// itself. All of them end in the table of actions.

import { action, curl, keyMeans, nameOf } from './actions.js';
import { beats, isFull, placeOf, sharer, stayAwake } from './follow.js';
import { createForms } from './forms.js';
import { createCard, createHands, holdable, middle } from './hands.js';
import { createInboxes, drawTimers } from './inbox.js';
import { createMenu } from './menus.js';
import { nextMessage } from './order.js';
import { say, set } from './marks.js';
import { createScrub, showScrub } from './scrub.js';
import { endTour, openHelp, openLegend, startTour, toggleTheme } from './sheets.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('./actions.js').Request} Request */
/** @typedef {import('./view.js').View} View */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {{selected: number, hand: string, link: [number, number], held: string, pending: Set<string>}} Ui held: the pace that goes on when the hand lets go */

const PACES = ['pace-live', 'pace-10', 'pace-20', 'pace-50', 'pace-step'];
const CITIES = ['Lisboa', 'Porto', 'Faro', 'Braga', 'Évora', 'Coimbra', 'Aveiro', 'Sintra'];
const LOAD = { rate: 60, clients: 16, keys: 5, read_ratio: 0.5 }; // that the form starts from
const REFRESH = 200; // ms between updates of the buttons while events keep coming
const NOTICE = 4000; // ms for which a refusal stays
const ARMED = 3000; // ms in which a mode button waits for its second press
const FOLLOWS = ['full', 'theme', 'legend', 'help']; // what a window that follows does by itself

/** @param {string} id */
const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * @param {object} page
 * @param {import('./player.js').Player} page.player
 * @param {Ui} page.ui
 * @param {ReturnType<typeof import('./draw-diagram.js').createDiagram>} page.diagram
 * @param {() => void} page.redraw
 * @param {() => import('./layout.js').Geometry} page.geometry
 * @param {(frame: object) => void} page.send tells the windows that follow
 */
export function createControls({ player, ui, diagram, redraw, geometry, send }) {
	/** @type {{label: string, requests: Request[], asked?: Promise<boolean>}[]} faults that can be undone, newest last */
	const faults = [];
	const follows = document.documentElement.hasAttribute('data-follow');
	const ring = /** @type {SVGSVGElement} */ (/** @type {any} */ ($('ring')));
	const card = createCard($('card'), ring);
	const menu = createMenu($('menu'));
	const inboxes = createInboxes($('stage'), take);
	const forms = createForms({ context, run, notice, sending, sent });
	const share = follows ? () => {} : sharer(send, look);
	/** @type {Set<string>} */
	const handled = new Set();
	let city = 1;
	let noticeTimer = 0;
	let armed = '';
	let paceBefore = 'pace-live';
	let paceAsked = ''; // and not yet heard of
	let paceOfHand = ''; // that goes on when the hand lets go
	let stopped = Promise.resolve(true); // when time stands still for the hand
	let still = false; // whether it was seen to stand still
	let refreshed = 0;
	let seen = 0;
	let later = 0;

	/** @param {Partial<Context>} [more] @returns {Context} */
	function context(more = {}) {
		const s = player.newest;
		return {
			s, node: ui.selected, key: s.key || 'city', val: CITIES[city % CITIES.length], mode: '', groups: [], hand: ui.hand, quorum: s.quorum,
			link: linkNow(), crossed: [], set: {}, rule: { from: '*', to: '*', type: '*', do: 'hold', count: 1 }, load: LOAD, timer: '', id: '', handled, ...more,
		};
	}

	/** The chosen link, else one of the selected node. @returns {[number, number]} */
	function linkNow() {
		const { nodes } = player.newest;
		if (nodes.has(ui.link[0]) && nodes.has(ui.link[1])) return ui.link;
		const other = [...nodes.keys()].find((id) => id !== ui.selected) ?? ui.selected;
		return [ui.selected, other];
	}

	/** Runs an action of the table. @param {string} id @param {Partial<Context>} [more] */
	async function run(id, more = {}) {
		const a = action(id);
		if (!a) return;
		const c = context(more);
		const allowed = a.allowed?.(c) ?? true;
		if (allowed !== true) return notice(`${nameOf(a, c)}: ${allowed}.`);
		if (a.page) return pages[a.page]?.();
		if (!a.request) return;
		if (id.startsWith('pace-')) {
			paceOfHand = ''; // somebody chose another
			paceAsked = id;
		}
		const undo = a.undo?.(c);
		const requests = [a.request(c)].flat();
		if (id === 'step') handled.add(nextMessage(c.s, handled)?.id ?? '');
		const asked = ask(requests, `${id}:${c.node}`);
		const fault = undo ? { label: nameOf(a, c), requests: [undo].flat(), asked } : undefined;
		if (fault) faults.push(fault); // at once: a quick hand takes back what is still being asked
		const done = await asked;
		if (!done) paceAsked = '';
		if (!done && fault && faults.includes(fault)) faults.splice(faults.indexOf(fault), 1);
		if (done && (id === 'heal' || id === 'reset')) faults.length = 0;
		return done;
	}

	/**
	 * Asks the playground; a refusal is said on the stage.
	 * @param {Request[]} requests @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>} whether all were granted
	 */
	async function ask(requests, name = '') {
		ui.pending.add(name);
		redraw();
		const answers = await Promise.all(requests.map(askOne));
		ui.pending.delete(name);
		redraw();
		return answers.every(Boolean);
	}

	/** @param {Request} r @returns {Promise<boolean>} */
	async function askOne(r) {
		try {
			const response = await fetch(r.path, {
				method: r.method,
				headers: r.body ? { 'Content-Type': 'application/json' } : {},
				body: r.body ? JSON.stringify(r.body) : undefined,
			});
			if (response.ok) return true;
			refused(await response.text(), response.status);
		} catch {
			notice('The playground does not answer.');
		}
		return false;
	}

	/** @param {string} answer @param {number} [status] */
	function refused(answer, status) {
		let why = status ? `Refused with status ${status}.` : 'The playground does not answer.';
		try {
			why = JSON.parse(answer).error || why;
		} catch { /* no JSON: the status says it */ }
		notice(why);
	}

	/** A form was sent. @param {string} id */
	function sending(id) {
		ui.pending.add(`${id}:${ui.selected}`);
		if (player.parked !== undefined) seek(undefined);
		redraw();
	}

	/** A form was answered. @param {string} id @param {Request|Request[]|undefined} undo @param {boolean} ok @param {string} answer */
	function sent(id, undo, ok, answer) {
		ui.pending.delete(`${id}:${ui.selected}`);
		redraw();
		if (!ok) return refused(answer);
		if (undo) faults.push({ label: action(id)?.label ?? id, requests: [undo].flat() });
		if (id === 'write') city++;
		if (id === 'write' || id === 'read') tab('op');
		if (id === 'set-link') notice('The link is set.');
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
			await last.asked;
			if (await ask(last.requests)) notice(`Undone: ${last.label}.`);
		},
		recover: async () => {
			const killed = [...player.newest.nodes.values()].filter((n) => n.status === 'killed');
			await ask([{ method: 'POST', path: '/api/heal' }, ...killed.map((n) => ({ method: 'POST', path: `/api/nodes/${n.id}/restart` }))]);
			faults.length = 0;
			await run('pace-live');
		},
		dump: () => {
			tab('node');
			return screen('dump');
		},
		clean: () => screen('clean'),
		slower: () => shift(1),
		faster: () => shift(-1),
		pause: () => {
			if (player.parked !== undefined) return seek(undefined);
			const at = paceAsked || paceId();
			if (at !== 'pace-step') paceBefore = at;
			return run(at === 'pace-step' ? paceBefore : 'pace-step');
		},
		next: () => {
			if (player.parked !== undefined) return beat(1);
			if (player.newest.pace.pace === 'step') return run('step');
		},
		previous: () => beat(-1),
		link: () => forms.open('pop-link'),
		menu: () => openMenuOfFocus(),
		full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
		legend: () => openLegend(),
		help: () => openHelp(context(), location.origin),
		tour: () => startTour(true),
		theme: () => {
			toggleTheme();
			diagram.recolour();
			redraw();
		},
		copyCurl: () => navigator.clipboard?.writeText($('op-curl').textContent?.replaceAll('\\\n', '') ?? ''),
	};

	/** A node's own screen is reached by the node's API; the playground passes it on. @param {string} verb */
	function screen(verb) {
		return ask([{ method: 'POST', path: `/api/nodes/${ui.selected}/${verb}` }]);
	}

	function paceId() {
		const p = player.newest.pace;
		if (p.pace !== 'slow') return `pace-${p.pace}`;
		return PACES.find((id) => id === `pace-${Math.round(1 / p.rate)}`) ?? 'pace-20';
	}

	/** @param {string} id */
	function setPace(id) {
		return ask([action(id)?.request?.(context()) ?? []].flat());
	}

	/** @param {number} by */
	function shift(by) {
		const next = PACES[PACES.indexOf(paceAsked || paceId()) + by];
		if (next) return run(next);
	}

	/** Looks at the sentence before or after, and changes nothing. @param {number} by */
	function beat(by) {
		const all = beats(player.timeline);
		const x = player.x(performance.now());
		const to = by < 0 ? all.findLast((at) => at < x - 1) : all.find((at) => at > x + 1);
		seek(to === undefined && by < 0 ? player.parked : to);
	}

	/** @param {number} id */
	function select(id) {
		if (!player.newest.nodes.has(id)) return;
		ui.selected = id;
		forms.fill();
		share();
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
	}

	/** @param {string} name */
	function tab(name) {
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[role=tab]'))) {
			const on = b.dataset.tab === name;
			b.setAttribute('aria-selected', String(on));
			b.tabIndex = on ? 0 : -1;
			$(`panel-${b.dataset.tab}`).hidden = !on;
		}
		share();
		redraw();
	}

	/** Takes a message into the hand. In slow motion time stands still while it is there. @param {string} id */
	function take(id) {
		const m = player.newest.msgs.get(id);
		if (!m || m.state !== 'flying') return letGo();
		const { pace } = player.newest;
		if (pace.pace === 'slow' && !follows) {
			paceOfHand = paceBefore = paceId();
			still = false;
			stopped = setPace('pace-step');
		}
		ui.hand = id;
		const rate = pace.pace === 'slow' ? pace.rate : 1 / Number(paceOfHand.replace('pace-', '') || Infinity);
		card.show(m, m.due - player.view(performance.now(), Date.now() * 1000).v, rate);
		refreshed = 0;
		share();
		redraw();
	}

	/** The hand is empty, and time goes on as before. */
	function letGo() {
		if (!ui.hand && $('card').hidden) return;
		ui.hand = '';
		card.hide();
		const back = paceOfHand;
		paceOfHand = '';
		if (back) stopped.then(() => setPace(back));
		share();
		redraw();
	}

	/** @param {number|undefined} x */
	function seek(x) {
		player.seek(x);
		share();
		redraw();
	}

	/** What this window looks at. @returns {import('./follow.js').Focus} */
	function look() {
		const s = player.past ?? player.shown;
		const chosen = document.querySelector('[role=tab][aria-selected=true]');
		return {
			kind: 'focus', node: ui.selected, tab: /** @type {HTMLElement|null} */ (chosen)?.dataset.tab ?? 'op', op: s.focus, key: s.key, msg: ui.hand,
			at: player.parked === undefined ? 0 : Math.round(player.timeline.timeAt(player.parked)),
		};
	}

	/** Shows what another window looks at. @param {import('./follow.js').Focus} f */
	function follow(f) {
		if (!follows) return;
		seek(f.at ? placeOf(player.timeline, f.at) : undefined);
		if (f.node) select(f.node);
		if (f.op && (player.past ?? player.shown).focus !== f.op) focus(f.op);
		tab(f.tab ?? 'op');
		if (f.msg) take(f.msg);
		else letGo();
	}

	/* Menus and links */

	/** @param {{msg?: string, node?: number, link?: [number, number]}} what @param {Point} at @param {boolean} [byKey] */
	function openMenu(what, at, byKey = false) {
		if (what.msg) {
			take(what.msg);
			const m = player.newest.msgs.get(what.msg);
			if (m) menu.open('msg', `${m.type}, from ${m.from} to ${m.to}`, context(), at, byKey);
		} else if (what.node) {
			select(what.node);
			menu.open('node', `Node ${what.node}`, context(), at, byKey);
		} else if (what.link) {
			ui.link = what.link;
			menu.open('link', `Link ${what.link.join(' – ')}`, context(), at, byKey);
		}
	}

	/** The menu of the message or node that has the focus, else of the chosen node. */
	function openMenuOfFocus() {
		const at = document.activeElement;
		const msg = at?.closest('.msg[data-id]');
		if (msg) return openMenu({ msg: msg.getAttribute('data-id') ?? '' }, middle(msg), true);
		const node = at?.closest('.node') ?? document.querySelector(`.node[data-node="${ui.selected}"]`);
		if (node) openMenu({ node: Number(node.getAttribute('data-node')) }, middle(node), true);
	}

	if (!follows) {
		createHands(ring, {
			geometry, take, letGo, menu: openMenu,
			link: (link) => {
				ui.link = link;
				forms.open('pop-link');
			},
			cut: (crossed) => run('slash', { crossed }),
		});
	}

	/** A press on a button of the table, or its key. @param {string} id @param {Partial<Context>} [more] */
	function press(id, more = {}) {
		const a = action(id);
		if (!a || (follows && !FOLLOWS.includes(id))) return;
		const c = context(more);
		const allowed = a.allowed?.(c) ?? true;
		if (a.form) return allowed === true ? forms.toggle(a.form) : notice(`${nameOf(a, c)}: ${allowed}.`);
		return run(id, more);
	}

	document.addEventListener('click', (e) => {
		const b = /** @type {HTMLElement|null} */ (/** @type {Element} */ (e.target).closest('[data-action], [data-tab], [data-close]'));
		if (!b) return;
		if (b.dataset.tab) return tab(b.dataset.tab);
		if (b.dataset.close) return /** @type {HTMLDialogElement} */ ($(b.dataset.close)).close();
		const id = b.dataset.action ?? '';
		if (id === 'mode') pressMode(b);
		else if (!b.dataset.hold) press(id, { timer: b.dataset.timer ?? '', id: b.dataset.id ?? '' });
		if (id.startsWith('pace-')) $('pop-pace').hidePopover();
		if (e.detail > 0 && !action(id)?.form && !b.closest('[popover], dialog')) $('stage').focus({ preventScroll: true });
	});

	/** A mode change empties the databases: the first press arms it. @param {HTMLElement} b */
	function pressMode(b) {
		const mode = b.dataset.mode ?? '';
		if (mode === player.newest.mode || follows) return;
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

	document.addEventListener('change', (e) => {
		const target = /** @type {HTMLSelectElement} */ (e.target);
		if (target.dataset.pick !== 'link') return;
		const ends = /** @type {HTMLSelectElement[]} */ ([...$('pop-link').querySelectorAll('select')]).map((one) => Number(one.value));
		if (ends[0] === ends[1]) return notice('A link has two ends.');
		ui.link = [ends[0], ends[1]];
		forms.open('pop-link');
	});

	document.addEventListener('keydown', (e) => {
		const target = /** @type {HTMLElement} */ (e.target);
		const sheet = /** @type {HTMLDialogElement|null} */ (document.querySelector('dialog[open]'));
		const typing = target.matches('input:not([type=range]):not([type=checkbox]), textarea, select');
		if (e.key === 'F5' && !e.ctrlKey && isFull()) return e.preventDefault();
		if (typing) return;
		if (e.key === 'Backspace' || e.key === 'Escape') return closeAll();
		if (target.closest('button, [role=button], [role=tab], input, summary') && ['Enter', ' '].includes(e.key)) return;
		if (target.closest('[role=tab], input') && e.key.startsWith('Arrow')) return moveTab(e, target);
		const means = keyMeans(e, /** @type {HTMLInputElement} */ ($('letters')).checked);
		if (means === undefined) return;
		if (sheet && means !== sheet.id) return;
		e.preventDefault();
		menu.close();
		if (typeof means === 'number') return follows ? undefined : select(means);
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

	/** Closes what lies on top: a menu, popovers and sheets, else the hand. */
	function closeAll() {
		if (!forms.closeAll() && !endTour()) letGo();
		redraw();
	}

	/* Reset is held, so that no slip of the hand empties the databases. */
	for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[data-hold]'))) holdable(b, () => run(b.dataset.action ?? ''));

	createScrub({ player, diagram, seek, redraw });

	/** What belongs to hands follows the frame: the card's wire, inboxes, timers, buttons. @param {View} view */
	function refresh(view) {
		card.draw();
		inboxes(view, geometry(), !ui.held);
		if (!$('panel-node').hidden) drawTimers($('node-timers'), view);
		if (paceAsked === paceId()) paceAsked = '';
		for (const msg of handled) if (player.newest.msgs.get(msg)?.state !== 'flying') handled.delete(msg);
		still ||= player.newest.pace.pace === 'step';
		if (still && player.newest.pace.pace !== 'step') paceOfHand = ''; // somebody let time go on
		ui.held = paceOfHand;
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
		forms.drawRules(c);
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('button[data-action]'))) {
			if (b.getAttribute('role') !== 'menuitem') label(b, { ...c, timer: b.dataset.timer ?? '', id: b.dataset.id ?? '', mode: b.dataset.mode ?? '' });
		}
		const { n, r, w } = c.s.quorum;
		say(/** @type {Element} */ (document.querySelector('.sizes')), `N ${n} R ${r} W ${w}`);
		showScrub(player, view.x);
	}

	/** A button says what it would do now, or why it cannot. @param {HTMLElement} b @param {Context} c */
	function label(b, c) {
		const a = action(b.dataset.action ?? '');
		if (!a) return;
		const allowed = a.allowed?.(c) ?? true;
		set(b, 'aria-disabled', allowed === true ? undefined : 'true');
		if (a.name) say(b.querySelector('.verb-label') ?? b, a.name(c));
		set(b, 'data-pending', ui.pending.has(`${a.id}:${ui.selected}`) ? '' : b.dataset.hold && b.dataset.pending === '' ? '' : undefined);
		if (b.id !== 'badge') set(b, 'title', allowed === true ? (a.form ? a.label : `${a.label}\n${curl(a, c, location.origin)}`.trim()) : allowed);
	}

	stayAwake();
	startTour();
	return { select, focus, tab, take, letGo, refresh, run, follow, notice };
}

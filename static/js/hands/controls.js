// Hands on the page: what buttons, keys, menus and the playhead lead to, and
// what the page does by itself. All of them end in the table of actions.

import { $, say } from '../draw/dom.js';
import { createInboxes, drawTimers } from '../draw/inbox.js';
import { beats, placeOf } from '../model/beats.js';
import { nextMessage } from '../model/order.js';
import { action, nameOf } from './actions.js';
import { createAsks } from './asks.js';
import { createButtons } from './buttons.js';
import { sharer, stayAwake } from './follow.js';
import { createForms } from './forms.js';
import { listenKeys } from './keys.js';
import { createMenu } from './menus.js';
import { createNotice } from './notice.js';
import { createPace } from './pace.js';
import { createScrub, showScrub } from './scrub.js';
import { endTour, openHelp, openLegend, startTour, toggleTheme } from './sheets.js';
import { createCard, createHands, middle } from './touch.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {{selected: number, hand: string, link: [number, number], held: string, pending: Set<string>}} Ui held: the pace that goes on when the hand lets go */

const CITIES = ['Lisboa', 'Porto', 'Faro', 'Braga', 'Évora', 'Coimbra', 'Aveiro', 'Sintra'];
const LOAD = { rate: 60, clients: 16, keys: 5, read_ratio: 0.5 }; // that the form starts from
const REFRESH = 200; // ms between updates of the buttons while events keep coming
const ALL_WELL = ['heal', 'recover', 'reset']; // after which no fault is left to be undone
const FOLLOWS = ['full', 'theme', 'legend', 'help']; // what a window that follows does by itself

/**
 * @param {object} page
 * @param {import('../model/player.js').Player} page.player
 * @param {Ui} page.ui
 * @param {import('../draw/diagram.js').Diagram} page.diagram
 * @param {() => void} page.redraw
 * @param {() => import('../draw/layout.js').Geometry} page.geometry
 * @param {(frame: object) => void} page.send tells the windows that follow
 */
export function createControls({ player, ui, diagram, redraw, geometry, send }) {
	const follows = document.documentElement.hasAttribute('data-follow');
	const ring = /** @type {SVGSVGElement} */ (/** @type {any} */ ($('ring')));
	const card = createCard($('card'), ring);
	const notice = createNotice($('notice'), $('stage'));
	const menu = createMenu($('menu'), notice);
	const inboxes = createInboxes($('stage'), take);
	const asks = createAsks({ ui, redraw, notice });
	const pace = createPace(player, asks.ask);
	const forms = createForms({ context, run, notice, sending, sent });
	const buttons = createButtons({ context, press, run, tab, notice, menu, ui, follows });
	const share = follows ? () => {} : sharer(send, look);
	/** @type {Set<string>} */
	const handled = new Set();
	let city = 1;
	let refreshed = 0;
	let seen = 0;
	let later = 0;

	/** @param {Partial<Context>} [more] @returns {Context} */
	function context(more = {}) {
		const s = player.newest;
		return {
			s, node: ui.selected, key: s.key || 'city', val: CITIES[city % CITIES.length], mode: '', groups: [], hand: ui.hand, quorum: s.quorum,
			link: linkNow(), crossed: [], set: {}, rule: { from: '*', to: '*', type: '*', do: 'hold', count: 1 }, load: LOAD, timer: '', id: '', handled, undo: asks.last(), ...more,
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
		if (player.parked !== undefined) seek(undefined); // it acts on the present, and is to be seen
		const paced = id === 'recover' ? 'pace-live' : id;
		if (paced.startsWith('pace-')) pace.choose(paced);
		const requests = [a.request(c)].flat();
		if (id === 'step') handled.add(nextMessage(c.s, handled)?.id ?? '');
		const name = `${id}:${c.node}`;
		const done = await (a.undo ? asks.askFault(labelOf(a, c), requests, [a.undo(c)].flat(), name) : asks.ask(requests, name));
		if (!done) pace.refused();
		if (done && ALL_WELL.includes(id)) asks.forget();
		return done;
	}

	/** A fault as undo names it. @param {import('./actions.js').Action} a @param {Context} c */
	function labelOf(a, c) {
		return a.on === 'node' ? `${nameOf(a, c)} ${c.node}` : nameOf(a, c);
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
		if (!ok) return asks.refused(answer);
		if (undo) asks.remember(action(id)?.label ?? id, [undo].flat());
		if (id === 'write') city++;
		if (id === 'write' || id === 'read') tab('op');
		if (id === 'set-link') notice('The link is set.');
	}

	/** What the page does by itself. @type {Record<string, () => any>} */
	const pages = {
		undo: asks.undo,
		dump: () => {
			tab('node');
			return screen('dump');
		},
		clean: () => screen('clean'),
		slower: () => shift(1),
		faster: () => shift(-1),
		pause: () => (player.parked === undefined ? run(pace.toggled()) : seek(undefined)),
		next: () => {
			if (player.parked !== undefined) return beat(1);
			if (player.newest.pace.pace === 'step') return run('step');
		},
		previous: () => beat(-1),
		link: () => forms.open('pop-link'),
		menu: () => buttons.explainFocused() || openMenuOfFocus(),
		full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
		follow: () => {
			diagram.follow();
			redraw();
		},
		background: () => {
			notice(diagram.unfold() ? 'Background traffic: each message.' : 'Background traffic: ticks only.');
			redraw();
		},
		legend: () => openLegend(),
		help: () => openHelp(context(), location.origin),
		tour: () => startTour(true),
		theme: () => {
			toggleTheme();
			diagram.recolour();
			redraw();
		},
	};

	/** A node's own screen is reached by the node's API; the playground passes it on. @param {string} verb */
	function screen(verb) {
		return asks.ask([{ method: 'POST', path: `/api/nodes/${ui.selected}/${verb}` }]);
	}

	/** @param {number} by */
	function shift(by) {
		const next = pace.beside(by);
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
		if (!follows) pace.stop();
		ui.hand = id;
		card.show(m, m.due - player.view(performance.now(), Date.now() * 1000).v, pace.rate());
		refreshed = 0;
		share();
		redraw();
	}

	/** The hand is empty, and time goes on as before. */
	function letGo() {
		if (!ui.hand && $('card').hidden) return;
		ui.hand = '';
		card.hide();
		pace.goOn();
		share();
		redraw();
	}

	/** @param {number|undefined} x */
	function seek(x) {
		player.seek(x);
		if (x === undefined) diagram.follow();
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

	document.addEventListener('change', (e) => {
		const target = /** @type {HTMLSelectElement} */ (e.target);
		if (target.dataset.pick !== 'link') return;
		const ends = /** @type {HTMLSelectElement[]} */ ([...$('pop-link').querySelectorAll('select')]).map((one) => Number(one.value));
		if (ends[0] === ends[1]) return notice('A link has two ends.');
		ui.link = [ends[0], ends[1]];
		forms.open('pop-link');
	});

	listenKeys({
		press, closeAll, tab, closeMenu: menu.close,
		choose: (id) => { if (!follows) select(id); },
	});

	/** Closes what lies on top: a menu, popovers and sheets, else the hand. */
	function closeAll() {
		if (!forms.closeAll() && !endTour()) letGo();
		redraw();
	}

	createScrub({ player, diagram, seek, focus, redraw });

	/** What belongs to hands follows the frame: the card's wire, inboxes, timers, buttons. @param {View} view */
	function refresh(view) {
		card.draw();
		if (inboxes.draw(view, geometry(), !ui.held)) redraw();
		if (!$('panel-node').hidden) drawTimers($('node-timers'), view);
		for (const msg of handled) if (player.newest.msgs.get(msg)?.state !== 'flying') handled.delete(msg);
		ui.held = pace.held();
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
		buttons.refresh();
		const { n, r, w } = c.s.quorum;
		say(/** @type {Element} */ (document.querySelector('.sizes')), `N ${n} R ${r} W ${w}`);
		$('follow').hidden = diagram.follows();
		showScrub(player, view.x);
	}

	stayAwake();
	startTour();
	return { select, focus, tab, take, letGo, refresh, run, follow, notice, lists: inboxes.rects };
}

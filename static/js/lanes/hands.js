// The controls of the lanes. The buttons, keys and forms of the stage act on every lane. The
// menu of a thing in a lane, and a form that it opens, act on that lane alone.

import { $, say, set } from '../draw/dom.js';
import { PLANTED } from '../model/curl.js';
import { action, callsOf, mayRun, nameOf, undoOf } from '../hands/actions.js';
import { Asks } from '../hands/asks.js';
import { Buttons } from '../hands/buttons.js';
import { chipsOf, drawChips } from '../hands/chips.js';
import { Forms } from '../hands/forms.js';
import { FOLLOWS, stayAwake } from '../hands/follow.js';
import { openHelp } from '../hands/help.js';
import { listenKeys } from '../hands/keys.js';
import { Menu, toClipboard } from '../hands/menus.js';
import { createNotice } from '../hands/notice.js';
import { Pace } from '../hands/pace.js';
import { openLegend, toggleTheme } from '../hands/sheets.js';
import { LaneMenus } from './menus.js';
import { Playheads } from './playheads.js';
import { stepOf } from './steps.js';

/** @typedef {import('../hands/actions.js').Context} Context */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('./lane.js').Lane} Lane */
/** @typedef {{selected: number, link: [number, number], pending: Set<string>}} Ui */

const CITIES = ['Lisboa', 'Porto', 'Faro', 'Braga', 'Évora', 'Coimbra', 'Aveiro', 'Sintra'];
const LOAD = { rate: 60, clients: 16, keys: 5, read_ratio: 0.5 }; // the values that the form offers
const REFRESH = 200; // ms between updates of the buttons
const ALL_WELL = ['heal', 'recover', 'reset']; // after these no fault is left to be undone
const RESCUES = ['recover', 'reset']; // these drop the presses that wait
const OF_ONE = ['mode', 'by-hand', 'propose', 'commit', 'rollback', 'plant', 'local-read', 'quorum', 'usual-sizes', 'wipe', 'dump', 'clean', 'moment', 'tab', 'tour', 'background', 'copy-link', 'picture']; // what only one lane can do: in its menu, or on its own stage

export class LaneHands {
	/** @param {Lane[]} lanes @param {Ui} ui @param {() => void} redraw @param {(what: string) => unknown} talk does an action of the talk */
	constructor(lanes, ui, redraw, talk) {
		this.talk = talk;
		this.lanes = lanes;
		this.ui = ui;
		this.redraw = redraw;
		this.follows = document.documentElement.hasAttribute('data-follow');
		this.aim = ''; // the lane of the form that is open; '' for all lanes
		this.city = 1; // the value that the next write offers
		/** @type {Set<string>} messages that are being delivered */
		this.handled = new Set();
		this.refreshed = 0;
		this.notice = createNotice($('notice'), $('stage'));
		this.asks = new Asks({ ui, redraw, notice: this.notice });
		this.pace = new Pace(lanes[0].player, (requests) => this.asks.ask(requests));
		this.menu = new Menu($('menu'), this.notice);
		const context = (/** @type {Partial<Context>} */ more = {}) => this.context(more);
		const run = (/** @type {string} */ id, /** @type {Partial<Context>} */ more = {}) => this.run(id, more);
		const press = (/** @type {string} */ id, /** @type {Partial<Context>} */ more = {}) => this.press(id, more);
		const aimed = (/** @type {Partial<Context>} */ more = {}) => ({ lane: this.aim, ...more });
		this.forms = new Forms({ context: (more) => context(aimed(more)), run: (id, more) => run(id, aimed(more)), notice: this.notice, sending: () => this.now(), sent: (...answer) => this.sent(...answer) });
		this.buttons = new Buttons({ context, press, run, tab: () => {}, notice: this.notice, speak: (text) => say($('spoken'), text), menu: this.menu, ui, follows: this.follows });
		listenKeys({
			press, closeAll: () => this.closeAll(), tab: () => {}, closeMenu: () => this.menu.close(), choose: (id) => this.select(id),
			mode: () => this.ofOne(), hold: (e) => !this.follows && this.buttons.resetByKey(e),
		});
		/** @type {Map<Lane, LaneMenus>} */
		this.menus = new Map(this.follows ? [] : lanes.map((lane) => [lane, new LaneMenus(lane, this)]));
		this.heads = new Playheads(lanes.map((lane) => lane.player), redraw);
		this.pages = this.pagesOf();
		$('playhead').addEventListener('input', () => this.scrub());
		stayAwake();
	}

	/** The state that buttons and forms use: that of the first lane. */
	get state() {
		return this.lanes[0].player.newest;
	}

	/** Whether the playheads stand in the past. */
	get past() {
		return this.heads.past;
	}

	/** @param {string} mode @returns {Lane|undefined} the lane with this mode */
	laneOf(mode) {
		return this.lanes.find((lane) => lane.mode === mode);
	}

	/** @param {Partial<Context>} [more] @returns {Context} */
	context(more = {}) {
		const lane = this.laneOf(more.lane ?? '') ?? this.lanes[0];
		const s = lane.player.newest;
		const { selected, link } = this.ui;
		return {
			s, node: selected, key: s.key || 'city', val: CITIES[this.city % CITIES.length], mode: '', groups: [], hand: '', quorum: s.quorum,
			link: s.nodes.has(link[0]) ? link : [selected, [...s.nodes.keys()].find((id) => id !== selected) ?? selected], home: lane.root.dataset.page, crossed: [], ts: PLANTED, set: {},
			rule: { from: '*', to: '*', type: '*', do: 'hold', count: 1 }, load: LOAD, timer: '', id: '', moment: '', alone: false, handled: this.handled, pending: this.ui.pending, isPlayback: this.lanes[0].player.isPlayback, undo: this.asks.last(), ...more,
		};
	}

	/** A press on a button of the table, or its key. @param {string} id @param {Partial<Context>} [more] */
	press(id, more = {}) {
		const a = action(id);
		if (!a || (this.follows && !FOLLOWS.includes(id))) return;
		if (OF_ONE.includes(id) && !more.lane) return this.ofOne();
		if (!a.form) return this.run(id, more);
		const c = this.context(more);
		const allowed = mayRun(a, c);
		return allowed === true ? this.open(a.form, more.lane) : this.notice(`${nameOf(a, c)}: ${allowed}.`);
	}

	/** Opens a form, for one lane or for all. @param {string} form @param {string} [lane] */
	open(form, lane = '') {
		this.aim = lane;
		set($(form), 'data-lane', lane || undefined);
		return lane ? this.forms.open(form) : this.forms.toggle(form);
	}

	ofOne() {
		this.notice('Only one lane can do this: click on a node in the lane, or on the name of the lane.');
	}

	/** Runs an action of the table in all lanes. @param {string} id @param {Partial<Context>} [more] */
	async run(id, more = {}) {
		const a = action(id);
		if (!a) return false;
		if (id === 'step') return this.step();
		const c = this.context(more);
		const allowed = mayRun(a, c);
		if (allowed !== true) return this.notice(`${nameOf(a, c)}: ${allowed}.`);
		if (a.page) return this.pages[a.page]?.(c);
		if (!a.request) return false;
		if (RESCUES.includes(id)) this.dropPresses();
		this.now();
		const paced = id === 'recover' ? 'pace-live' : id;
		if (paced.startsWith('pace-')) this.pace.choose(paced);
		const name = `${id}:${c.node}`;
		const requests = callsOf(a, c);
		const label = [c.lane, nameOf(a, c), a.on === 'node' ? c.node : ''].filter(Boolean).join(' ');
		const done = await (a.undo ? this.asks.askFault(label, requests, undoOf(a, c), name) : this.asks.ask(requests, name));
		if (!done) this.pace.refused();
		if (done && ALL_WELL.includes(id)) this.asks.forget();
		if (done && id === 'reset') this.city = 1;
		return done;
	}

	/** Drops the presses that wait: those at the clusters, and those of the talk. */
	dropPresses() {
		this.asks.drop();
		this.talk('drop');
	}

	/** Delivers the next message of every lane. */
	async step() {
		const steps = stepOf(this.lanes, this.handled);
		if (!steps.length) return this.notice(this.state.pace.pace === 'step' ? 'Nothing is on the way.' : 'Only in Step.');
		const done = await this.asks.ask(steps.map(({ request }) => request), 'step');
		if (!done) for (const { msg } of steps) this.handled.delete(msg);
		return done;
	}

	/** A form was answered. @param {string} id @param {Request|Request[]|undefined} undo @param {boolean} ok @param {string} answer */
	sent(id, undo, ok, answer) {
		this.redraw();
		if (!ok) return this.asks.refused(answer);
		if (undo) this.asks.remember(action(id)?.label ?? id, [undo].flat());
		if (id === 'write') this.city++;
	}

	/** @returns {Record<string, (c: Context) => any>} what the page does by itself, in all lanes */
	pagesOf() {
		const shift = (/** @type {number} */ by) => {
			const next = this.pace.beside(by);
			return next && this.run(next);
		};
		const { heads } = this;
		return {
			undo: () => this.asks.undo(),
			slower: () => shift(1),
			faster: () => shift(-1),
			pause: () => (this.past ? heads.toggle() : this.run(this.pace.toggled())),
			on: () => (this.past ? heads.wave(1) : this.step()),
			next: () => (this.past ? heads.beat(1) : this.state.pace.pace === 'step' && this.step()),
			previous: () => heads.beat(-1),
			back: () => heads.wave(-1),
			rewind: () => heads.rewind(),
			now: () => this.now(),
			again: () => heads.again() || this.notice('Nothing was asked yet.'),
			link: (c) => this.open('pop-link', c.lane),
			menu: () => this.buttons.explainFocused() || this.menuOfFocus(),
			copyLink: (c) => toClipboard(`${location.origin}${c.home}/${c.id}`, this.notice),
			full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
			legend: () => openLegend(),
			help: () => openHelp(this.context(), location.origin),
			theme: () => toggleTheme(),
			stories: () => this.talk('list'),
			code: () => this.talk('code'),
			black: () => this.talk('black'),
		};
	}

	/** Opens the menu of the node, client or message that has the focus, in its lane. */
	menuOfFocus() {
		const of = document.activeElement?.closest('.lane');
		this.menus.get(this.lanes.find((lane) => lane.root === of) ?? this.lanes[0])?.openOfFocus();
	}

	/** All playheads follow the present again. */
	now() {
		if (this.past) this.heads.now();
	}

	/** All playheads go to the moment at which the slider stands. */
	scrub() {
		const slider = /** @type {HTMLInputElement} */ ($('playhead'));
		const share = Number(slider.value) / Number(slider.max);
		if (share >= 1) return this.now();
		const [from, to] = this.heads.span;
		this.heads.seek(from + share * (to - from));
	}

	/** Chooses a node, in all lanes. @param {number} id */
	select(id) {
		if (this.follows || !this.state.nodes.has(id)) return;
		this.ui.selected = id;
		this.forms.fill();
		this.redraw();
	}

	/** Closes the open forms. If none is open, the playheads go back to now. */
	closeAll() {
		if (this.forms.closeAll()) return this.redraw();
		if (this.past) this.now();
	}

	/** The slider shows where the playheads stand. */
	drawSlider() {
		const slider = /** @type {HTMLInputElement} */ ($('playhead'));
		const [from, to] = this.heads.span;
		const share = this.past && to > from ? (this.heads.here - from) / (to - from) : 1;
		slider.value = String(Math.round(share * Number(slider.max)));
	}

	/** Buttons, chips and badge follow the state. @param {number} now the screen clock */
	refresh(now) {
		drawBadge(this.state.pace, this.past, /** @type {const} */ (['lost', 'connecting']).find((link) => this.lanes.some((lane) => lane.link === link)));
		if (now - this.refreshed < REFRESH) return;
		this.refreshed = now;
		this.pace.held();
		for (const id of this.handled) if (!this.lanes.some((lane) => lane.player.newest.msgs.get(id)?.state === 'flying')) this.handled.delete(id);
		const c = this.context();
		drawChips($('chips'), chipsOf(c.s, this.lanes[0].report?.load));
		this.buttons.refresh();
		this.drawSlider();
	}
}

/** @param {import('../model/types.js').Pace} pace @param {boolean} past @param {'lost'|'connecting'|undefined} away why a lane has no stream */
function drawBadge({ pace, rate }, past, away) {
	const badge = $('badge');
	badge.dataset.pace = away ? 'offline' : past ? 'replay' : pace;
	const slow = rate > 0 && rate < 1 ? `SLOW 1/${Math.round(1 / rate)}` : 'SLOW';
	say(badge, away ? (away === 'lost' ? 'OFFLINE' : 'CONNECTING') : past ? 'REPLAY · Esc: back to now' : pace === 'slow' ? slow : pace === 'step' ? 'STEP' : 'LIVE');
}

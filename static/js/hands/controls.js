// The controls of the page. Buttons, keys, menus, forms and the playhead all run an
// action of the table.

import { $, say } from '../draw/dom.js';
import { Inboxes, drawTimers } from '../draw/inbox.js';
import { PLANTED } from '../model/curl.js';
import { nextMessage } from '../model/order.js';
import { action, callsOf, mayRun, nameOf, undoOf } from './actions.js';
import { Asks } from './asks.js';
import { Buttons } from './buttons.js';
import { chipsOf, drawChips } from './chips.js';
import { Card } from './card.js';
import { Choice } from './choice.js';
import { ContextMenus } from './context-menus.js';
import { FOLLOWS, sharer, stayAwake } from './follow.js';
import { Forms } from './forms.js';
import { Grip } from './grip.js';
import { listenKeys } from './keys.js';
import { Menu } from './menus.js';
import { Moments } from './moments.js';
import { createNotice } from './notice.js';
import { Pace } from './pace.js';
import { pagesOf } from './pages.js';
import { Pictures } from './pictures.js';
import { Replay } from './replay.js';
import { Scrub, showScrub } from './scrub.js';
import { Snapshots } from './snapshots.js';
import { endTour, startTour } from './sheets.js';
import { Touch } from './touch.js';
import { Words, markWords } from './words.js';

/** @typedef {import('./actions.js').Context} Context */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {{selected: number, hand: string, link: [number, number], held: string, lit: string, pending: Set<string>}} Ui held: the pace that is set again when the hand lets go */
/**
 * @typedef {object} Page The parts of the page that the controls need.
 * @property {import('../model/player.js').Player} player
 * @property {Ui} ui
 * @property {import('../draw/diagram.js').Diagram} diagram
 * @property {() => void} redraw
 * @property {() => View} view what is shown now
 * @property {() => import('../draw/layout.js').Geometry} geometry
 * @property {(frame: object) => void} send to the windows that follow
 * @property {(what: string) => unknown} talk opens the list of scenarios or the code for phones
 * @property {() => import('../model/types.js').Load|undefined} load the load that runs now
 * @property {() => import('../model/types.js').Comparison} comparison how far the comparison is that runs, or was
 */

const CITIES = ['Lisboa', 'Porto', 'Faro', 'Braga', 'Évora', 'Coimbra', 'Aveiro', 'Sintra'];
const LOAD = { rate: 60, clients: 16, keys: 5, read_ratio: 0.5 }; // the form offers these at first
const REFRESH = 200; // ms between updates of the buttons while events keep coming
const ALL_WELL = ['heal', 'recover', 'reset']; // after these actions no fault is left that can be undone
const RESCUES = ['recover', 'reset']; // these drop the presses that wait
const OPERATIONS = ['write', 'read', 'propose', 'commit', 'rollback', 'plant', 'local-read']; // the panel shows their answers

export class Controls {
	/** @param {Page} page */
	constructor(page) {
		const { player, ui, diagram, redraw, geometry, send, talk, load, comparison } = page;
		this.talk = talk;
		this.load = load;
		this.comparison = comparison;
		this.player = player;
		this.ui = ui;
		this.diagram = diagram;
		this.redraw = redraw;
		this.geometry = geometry;
		this.follows = document.documentElement.hasAttribute('data-follow');
		this.ring = /** @type {SVGSVGElement} */ (/** @type {any} */ ($('ring')));
		this.city = 1; // the value that the next write offers
		/** @type {Set<string>} messages that this page delivers, until their events come */
		this.handled = new Set();
		this.refreshed = { at: 0, seq: 0, later: 0 };
		this.share = this.follows ? () => {} : sharer(send, () => this.choice.look());
		const changed = () => {
			this.share();
			redraw();
		};
		this.notice = createNotice($('notice'), $('stage'));
		this.choice = new Choice({ player, ui, changed });
		this.replay = new Replay({ player, diagram, moved: changed, settled: () => this.moments.settle() });
		this.moments = new Moments({ player, choice: this.choice, replay: this.replay, notice: this.notice, follows: this.follows });
		this.asks = new Asks({ ui, redraw, notice: this.notice });
		this.pace = new Pace(player, (requests) => this.asks.ask(requests));
		this.card = new Card($('card'), this.ring);
		this.grip = new Grip({ player, ui, card: this.card, pace: this.follows ? undefined : this.pace, changed: () => { this.refreshed.at = 0; changed(); } });
		this.menu = new Menu($('menu'), this.notice);
		this.words = new Words($('word'));
		this.inboxes = new Inboxes($('stage'), (id) => this.grip.take(id));
		this.menus = new ContextMenus({
			player, ring: this.ring, lane: '', ui, menu: this.menu, select: (id) => this.select(id), take: (id) => this.grip.take(id),
			context: (more) => this.context(more), fragment: (about) => this.moments.fragment(about),
		});
		if (!this.follows) this.menus.listen(diagram);
		this.pictures = new Pictures({ diagram, ring: this.ring, view: page.view, notice: this.notice });
		this.snapshots = new Snapshots({ state: () => player.newest, load, notice: this.notice, ask: (r) => this.asks.ask([r]) });
		this.pages = pagesOf(this);
		/** Ends the recording that this page plays, if it came from a file of the user. */
		this.leave = () => {};
		this.connect();
	}

	/** Makes the objects that listen to the page. */
	connect() {
		const context = (/** @type {Partial<Context>} */ more = {}) => this.context(more);
		const run = (/** @type {string} */ id, /** @type {Partial<Context>} */ more = {}) => this.run(id, more);
		const press = (/** @type {string} */ id, /** @type {Partial<Context>} */ more = {}) => this.press(id, more);
		const tab = (/** @type {string} */ name) => this.choice.tab(name);
		const { player, diagram, redraw, replay, notice, menu, ui, follows, grip, geometry } = this;
		this.forms = new Forms({ context, run, notice, sending: (id) => this.sending(id), sent: (...answer) => this.sent(...answer) });
		this.buttons = new Buttons({ context, press, run, tab, notice, speak: (text) => say($('spoken'), text), menu, ui, follows });
		const { buttons } = this;
		this.scrub = new Scrub({ player, diagram, replay, focus: (id) => this.choice.focus(id), redraw });
		if (!follows) {
			new Touch(this.ring, {
				geometry, take: (id) => grip.take(id), letGo: () => grip.letGo(), menu: (...at) => this.menus.open(...at),
				link: (link) => this.openLink(link), cut: (crossed) => run('slash', { crossed }),
			});
		}
		document.addEventListener('change', (e) => this.pickLink(e));
		listenKeys({
			press, closeAll: () => this.closeAll(), tab, closeMenu: () => menu.close(), choose: (id) => this.select(id),
			mode: (n) => buttons.pressModeAt(n), hold: (e) => !follows && buttons.resetByKey(e),
		});
		stayAwake();
		startTour();
	}

	/** @param {Partial<Context>} [more] @returns {Context} */
	context(more = {}) {
		const { ui } = this;
		const s = this.player.newest;
		return {
			s, node: ui.selected, key: s.key || 'city', val: CITIES[this.city % CITIES.length], mode: '', groups: [], hand: ui.hand, quorum: s.quorum,
			link: this.linkNow(), crossed: [], ts: PLANTED, set: {}, rule: { from: '*', to: '*', type: '*', do: 'hold', count: 1 }, load: LOAD, timer: '', id: '', handled: this.handled, pending: ui.pending, isPlayback: this.player.isPlayback, alone: document.documentElement.hasAttribute('data-playback-file'), moment: '', undo: this.asks.last(), ...more,
		};
	}

	/** The chosen link, else one of the selected node. @returns {[number, number]} */
	linkNow() {
		const { nodes } = this.player.newest;
		const { link, selected } = this.ui;
		if (nodes.has(link[0]) && nodes.has(link[1])) return link;
		return [selected, [...nodes.keys()].find((id) => id !== selected) ?? selected];
	}

	/** A press on a button of the table, or its key. @param {string} id @param {Partial<Context>} [more] */
	press(id, more = {}) {
		const a = action(id);
		if (!a || (this.follows && !FOLLOWS.includes(id))) return;
		if (!a.form) return this.run(id, more);
		const c = this.context(more);
		const allowed = mayRun(a, c);
		return allowed === true ? this.forms?.toggle(a.form) : this.notice(`${nameOf(a, c)}: ${allowed}.`);
	}

	/** Runs an action of the table. @param {string} id @param {Partial<Context>} [more] */
	async run(id, more = {}) {
		const a = action(id);
		if (!a) return;
		const c = this.context(more);
		const allowed = mayRun(a, c);
		if (allowed !== true) return this.notice(`${nameOf(a, c)}: ${allowed}.`);
		if (a.page) return this.pages[a.page]?.(c);
		if (!a.request) return;
		const name = `${id}:${c.node}`;
		if (a.on === 'node' && a.undo && this.ui.pending.has(name)) return this.notice(`${labelOf(a, c)}: under way already.`);
		if (RESCUES.includes(id)) this.dropPresses();
		if (this.replay.on) this.replay.now(); // an action changes the present, so the page must show the present
		const paced = id === 'recover' ? 'pace-live' : id;
		if (paced.startsWith('pace-')) this.pace.choose(paced);
		const requests = callsOf(a, c);
		const stepped = id === 'step' ? nextMessage(c.s, this.handled)?.id ?? '' : '';
		if (stepped) this.handled.add(stepped);
		const done = await (a.undo ? this.asks.askFault(labelOf(a, c), requests, undoOf(a, c), name) : this.asks.ask(requests, name));
		if (!done) {
			this.pace.refused();
			this.handled.delete(stepped);
		}
		if (done && OPERATIONS.includes(id)) this.choice.tab('op');
		if (done && ALL_WELL.includes(id)) this.asks.forget();
		if (done && id === 'reset') this.beginAgain();
		return done;
	}

	/** Drops the presses that wait: those at the cluster, and those of the talk. */
	dropPresses() {
		this.asks.drop();
		this.talk('drop');
	}

	/** Shows after a reset what the page showed when it was opened. */
	beginAgain() {
		this.city = 1;
		this.choice.tab('op');
		this.select(Math.min(...this.player.newest.nodes.keys()));
	}

	/** Notes that a form is being sent. @param {string} id */
	sending(id) {
		this.ui.pending.add(`${id}:${this.ui.selected}`);
		if (this.replay.on) this.replay.now();
		this.redraw();
	}

	/** Takes in the answer to a form. @param {string} id @param {Request|Request[]|undefined} undo @param {boolean} ok @param {string} answer */
	sent(id, undo, ok, answer) {
		this.ui.pending.delete(`${id}:${this.ui.selected}`);
		this.redraw();
		if (!ok) return this.asks.refused(answer);
		if (undo) this.asks.remember(action(id)?.label ?? id, [undo].flat());
		if (id === 'write') this.city++;
		if (OPERATIONS.includes(id)) this.choice.tab('op');
		if (id === 'set-link') this.notice('The link is set.');
	}

	/** Begins with a new hello. A node or a message that no longer exists is not chosen any more. */
	begin() {
		const { ui, player, grip, forms } = this;
		const { nodes } = player.newest;
		if (!nodes.has(ui.selected)) ui.selected = Math.min(...nodes.keys(), Infinity) === Infinity ? 1 : Math.min(...nodes.keys());
		this.handled.clear();
		grip.letGo();
		forms?.fill();
	}

	/** Chooses a node. @param {number} id */
	select(id) {
		if (this.follows) return;
		this.choice.select(id);
		this.forms?.fill();
	}

	/** Shows the same as the window that this one follows. @param {import('./follow.js').Focus} f */
	follow(f) {
		if (!this.follows) return;
		this.choice.follow(f, (x) => this.replay.seek(x));
		if (f.msg) this.grip.take(f.msg);
		else this.grip.letGo();
	}

	/**
	 * Shows the curl of the control that has the focus, else the menu of the message,
	 * client or node that has it.
	 */
	openMenuOfFocus() {
		if (!this.buttons?.explainFocused()) this.menus.openOfFocus();
	}

	/** @param {[number, number]} link */
	openLink(link) {
		this.ui.link = link;
		return this.forms?.open('pop-link');
	}

	/** Opens the form of another link, whose ends were chosen in the form. @param {Event} e */
	pickLink(e) {
		if (/** @type {HTMLSelectElement} */ (e.target).dataset.pick !== 'link') return;
		const [from, to] = /** @type {HTMLSelectElement[]} */ ([...$('pop-link').querySelectorAll('select')]).map((one) => Number(one.value));
		if (from === to) return this.notice('A link has two ends.');
		return this.openLink([from, to]);
	}

	/** Closes the menu, popovers and sheets. If none is open, it empties the hand, else it ends the replay. */
	closeAll() {
		if (this.forms?.closeAll() || endTour()) return this.redraw();
		if (this.ui.hand || !$('card').hidden) this.grip.letGo();
		else if (this.player.isPlayback) this.leave();
		else if (this.replay.on) this.replay.now();
	}

	/** Updates the parts of the hands after a frame: the card's line, inboxes, timers, buttons. @param {View} view */
	refresh(view) {
		const { ui, player, refreshed } = this;
		this.card.draw();
		this.moments.refresh();
		if (this.inboxes.draw(view, this.geometry(), !ui.held)) this.redraw();
		if (!$('panel-node').hidden) drawTimers($('node-timers'), view);
		for (const msg of this.handled) if (player.newest.msgs.get(msg)?.state !== 'flying') this.handled.delete(msg);
		ui.held = this.pace.held();
		const now = performance.now();
		if (now - refreshed.at < REFRESH && player.newest.seq !== refreshed.seq) {
			refreshed.later ||= window.setTimeout(this.redraw, REFRESH);
			return;
		}
		clearTimeout(refreshed.later);
		this.refreshed = { at: now, seq: player.newest.seq, later: 0 };
		const c = this.context();
		this.forms?.drawRules(c);
		this.forms?.drawOpen(c);
		markWords();
		drawChips($('chips'), chipsOf(c.s, this.load(), this.comparison()));
		this.buttons?.refresh();
		const { n, r, w } = c.s.quorum;
		say(/** @type {Element} */ (document.querySelector('.sizes')), `N ${n} R ${r} W ${w}`);
		$('follow').hidden = this.diagram.follows();
		showScrub(player, view.x);
	}
}

/** The name of a fault for undo. @param {import('./actions.js').Action} a @param {Context} c */
function labelOf(a, c) {
	return a.on === 'node' ? `${nameOf(a, c)} ${c.node}` : nameOf(a, c);
}

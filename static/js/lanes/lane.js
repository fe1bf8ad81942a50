// One lane of the page: a cluster with its stream, its ring and its panel. Each
// lane has a player of its own, so that none waits for another.

import { Ring } from '../draw/ring.js';
import { place } from '../draw/layout.js';
import { reader, say } from '../draw/dom.js';
import { Player } from '../model/player.js';
import { pathHere } from '../model/place.js';
import { newestCall } from '../model/state.js';
import { caption } from '../modes/caption.js';
import { inWordsOf } from '../modes/hints.js';
import { askReport } from '../source/report.js';
import { connect } from '../source/socket.js';
import { isTalk } from '../talk/talk.js';
import { LanePanel } from './panel.js';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../draw/layout.js').Point} Point */

const TAIL = 320; // ms for which the playhead runs on after an event
const onPhone = document.documentElement.hasAttribute('data-audience'); // a phone gets the streams, and no calls
const FLOW_TICK = 250; // ms between updates of a ring whose links show flow, and of its panel

/** Whether an event is part of the past that the playhead shows. Verdicts, comparisons and the talk are not. @param {{kind: string}} e */
export const happened = (e) => e.kind !== 'verdict' && e.kind !== 'compare' && !isTalk(e);

/** Whether an event is housekeeping. An idle cluster has such events, too. @param {Event} e */
const isQuiet = (e) => e.class === 'background' || e.kind === 'timer' || e.kind === 'log';

/**
 * @typedef {object} Page What a lane needs of the page.
 * @property {() => void} wake draws a frame soon
 * @property {() => void} wakeLater draws a frame at the next tick
 * @property {(lane: Lane) => void} began the cluster of a lane is known
 * @property {(lane: Lane) => void} took a lane has taken events in
 * @property {() => void} linked the stream was opened or closed
 * @property {(lane: Lane, talk: any) => void} greeted a stream began: the present state of the talk
 * @property {(lane: Lane, events: Event[]) => void} told events about the talk arrived
 * @property {() => number} room the size of room text, px
 */

/** @typedef {{lane: Lane, part: 'ring'|'panel'}} Turn the part of the lanes that a frame draws under load */

/**
 * The part that has waited longest for its turn, if it has waited long enough. A frame that
 * draws all rings would be too late.
 * @param {Lane[]} lanes @param {number} now the screen clock @returns {Turn|undefined}
 */
export function nextTurn(lanes, now) {
	const parts = lanes.flatMap((lane) => /** @type {Turn[]} */ ([{ lane, part: 'ring' }, { lane, part: 'panel' }]));
	const at = (/** @type {Turn} */ { lane, part }) => lane.drawn[part];
	const first = parts.reduce((a, b) => (at(b) < at(a) ? b : a));
	return now - at(first) > FLOW_TICK ? first : undefined;
}

export class Lane {
	/** @param {HTMLElement} root @param {Page} page */
	constructor(root, page) {
		this.root = root;
		this.page = page;
		this.mode = root.dataset.mode ?? '';
		this.player = new Player();
		/** The stream: before its first frame, after a frame, after its loss. @type {'connecting'|'up'|'lost'} */
		this.link = 'connecting';
		/** @type {SVGSVGElement} */
		this.svg = /** @type {any} */ (root.querySelector('.ring'));
		/** Opens the menu of a thing that was pressed. @type {(what: import('../hands/touch.js').Target, e: Element) => void} */
		this.pressed = () => {};
		this.ring = new Ring(this.svg, {
			room: page.room, ask: () => {},
			node: (node) => this.pressed({ node }, /** @type {Element} */ (this.svg.querySelector(`.node[data-node="${node}"]`))),
			take: (msg) => this.pressed({ msg }, this.messageOf(msg) ?? this.svg),
			client: (op) => this.pressed({ op }, this.svg.querySelector(`.client[data-op="${CSS.escape(op)}"]`) ?? this.svg),
			resized: () => {
				this.drawn.ring = -Infinity; // so that it is drawn before the other parts
				this.measure();
				page.wake();
			},
		});
		this.panel = new LanePanel(/** @type {HTMLElement} */ (root.querySelector('.lane-panel')));
		this.says = /** @type {HTMLElement} */ (root.querySelector('.lane-says'));
		/** @type {Map<string, import('../model/measure.js').Read>} the reads that the verdict found wrong */
		this.wrong = new Map();
		/** @type {import('../model/measure.js').Report|undefined} */
		this.report = undefined;
		this.name = { x: 0, y: 0, w: 0, h: 0 }; // what the name of the lane covers, in the ring
		this.drawn = { ring: 0, panel: 0 }; // when, by the screen clock
		this.moves = false;
		this.more = false; // events wait to be shown
		/** @type {import('../source/playback.js').Playback|undefined} the recording that is shown in place of the stream */
		this.playback = undefined;
		this.stream = this.open();
	}

	open() {
		const { player, page } = this;
		return connect({
			path: `${this.root.dataset.page}/ws`,
			onHello: (hello) => {
				if (this.playback) return page.greeted(this, hello.talk);
				if (!onPhone) askReport(pathHere(`/api/${this.mode}/verdict`)).then((report) => report && this.judge(report));
				player.hello({ ...hello, events: (hello.events ?? []).filter(happened) }, performance.now());
				page.began(this);
				page.greeted(this, hello.talk);
				page.wake();
			},
			onEvents: (events) => this.take(events),
			onState: (up) => {
				this.link = up ? 'up' : 'lost';
				page.linked();
				page.wake();
			},
		});
	}

	/** Shows a recording in place of the stream. @param {import('../source/playback.js').Playback} playback */
	show(playback) {
		this.playback = playback;
		this.player.show(playback.hello, performance.now(), playback.fromState);
		this.page.began(this);
		this.page.wake();
	}

	/** Shows the stream again, from a new hello. */
	live() {
		this.playback = undefined;
		this.stream.close();
		this.stream = this.open();
	}

	/** @param {Event[]} events */
	take(events) {
		const told = /** @type {any} */ (events.findLast((e) => e.kind === 'verdict'));
		if (told) this.judge(told.report, told.t);
		const talk = events.filter(isTalk);
		if (talk.length) this.page.told(this, talk);
		const seen = events.filter(happened);
		if (!seen.length || this.playback) return;
		this.player.take(seen, performance.now(), Date.now() * 1000, document.visibilityState === 'visible');
		this.page.took(this);
		if (seen.every(isQuiet)) this.page.wakeLater();
		else this.page.wake();
	}

	/** @param {import('../model/measure.js').Report} report @param {number} [t] when it was measured, microseconds */
	judge(report, t = Date.now() * 1000) {
		if (this.report && report.epoch !== this.report.epoch) this.wrong.clear();
		for (const read of report.reads) this.wrong.set(read.op, read);
		this.report = report;
		this.panel.triangle.record(report, t);
		this.page.wake();
	}

	/**
	 * Draws the lane. While its messages are too many to draw one by one, it is drawn only in
	 * its turns.
	 * @param {number} now the screen clock @param {{selected: number, pending: Set<string>, still: boolean}} ui @param {Turn|undefined} turn @param {(lane: Lane, op: Op) => boolean} outside whether the client of an operation is not drawn in the ring
	 * @returns {'frames'|'ticks'|''} how soon it has to be drawn again
	 */
	draw(now, ui, turn, outside) {
		const view = this.look(now, ui);
		view.outside = (op) => outside(this, op);
		const always = !view.flow || !!view.past;
		const has = (/** @type {'ring'|'panel'} */ part) => always || (turn?.lane === this && turn.part === part);
		if (has('ring')) {
			this.drawn.ring = now;
			this.moves = this.ring.draw(view) && always;
		}
		if (has('panel')) {
			this.drawn.panel = now;
			this.panel.draw(view, this.playback ? this.playback.verdictAt(this.player.timeline.indexAt(view.x)) : this.report);
			say(this.says, inWordsOf(reader(), caption(view)));
		}
		return this.next(view, now);
	}

	/** Applies the events that are due. @param {number} now the screen clock */
	advance(now) {
		this.more = this.player.advance(now);
	}

	/** @param {number} now @param {{selected: number, pending: Set<string>, still: boolean}} ui @returns {View} */
	look(now, { selected, pending, still }) {
		const { player } = this;
		const flow = !player.elastic.stretched;
		const foreseen = player.foresee();
		return {
			...player.view(now, Date.now() * 1000), past: player.parked !== undefined, foreseen, flow, rate: flow ? player.rate(now) : 0,
			selected, pending, still, hand: '', lit: '', lists: [this.name], judged: (op) => this.wrong.get(op),
			endOf: (id) => (foreseen ?? player.newest).msgs.get(id)?.x1 ?? Infinity,
		};
	}

	/** @param {View} view @param {number} now */
	next(view, now) {
		const { player } = this;
		if (this.more || (this.moves && !view.past)) return 'frames';
		if (view.past) return player.playing ? 'frames' : '';
		const { at: times, events } = player.timeline;
		const last = player.index - 1;
		const tail = last >= 0 && now - times[last] < TAIL;
		if (tail && !isQuiet(events[last])) return 'frames';
		const running = player.waits() && view.s.pace.rate > 0;
		return tail || running || view.flow || this.panel.counts || this.ring.isBusy() ? 'ticks' : '';
	}

	/** The newest operation that a person made, at the playhead. @returns {Op|undefined} */
	newestOp() {
		return newestCall(this.player.past ?? this.player.shown);
	}

	/** The element of a message. @param {string} id @returns {Element|null} */
	messageOf(id) {
		return this.svg.querySelector(`.msg[data-id="${CSS.escape(id)}"]`);
	}

	/** Measures what the name of the lane covers. Labels and clients are not drawn there. */
	measure() {
		const name = /** @type {HTMLElement} */ (this.root.querySelector('.lane-name')).getBoundingClientRect();
		const ring = this.svg.getBoundingClientRect();
		this.name = { x: name.x - ring.x, y: name.y - ring.y, w: name.width, h: name.height };
	}

	/** Where the line of the client in front meets a node, in pixels from the corner of the ring. @param {number} id a node that the client reaches @returns {Point} */
	topOf(id) {
		const p = place(this.ring.g, id);
		return { x: p.x, y: p.y - this.ring.g.r };
	}

	/** Whether a node is on top of the ring, so that a client in front of all lanes reaches it. @param {number} id */
	reaches(id) {
		return place(this.ring.g, id)?.top ?? false;
	}
}

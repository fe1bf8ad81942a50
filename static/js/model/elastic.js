// The elastic playhead: one monotone map from event time to screen time. Ring,
// panel and diagram use the same map. A write takes 2 ms, which is too short to
// see, so each message takes 240 ms on the screen. Real waits run at true speed.
// Idle time is skipped. This module does not touch the page and reads no clock.

/** @typedef {import('./types.js').Event} Event */
/** @typedef {import('./types.js').State} State */

export const WAVE = 240; // ms that a message takes on the screen at the live pace; less while operations wait
export const STAGGER = 40; // ms between the departures of one fan
export const BACKLOG = 2000; // ms after which the playhead jumps to now
const ALONE = 3; // an operation may take this many times BACKLOG when no other operation waits
const IDLE = 300; // ms of idle time that the elastic axis keeps
const CALM_RATE = 25; // messages per second; below this rate events are stretched again

/**
 * Elastic places events on two axes. `at` is the time of the screen clock at which
 * the event is shown. `x` is the same time without idle gaps. Both are in ms.
 */
export class Elastic {
	constructor() {
		this.at = 0;
		this.x = 0;
		this.t = 0;
		/** @type {Map<string, {at: number, to: number}>} the messages under way: their departure and their receiver */
		this.flying = new Map();
		/** @type {Set<number>} the nodes that take in no message, because they are frozen or silent */
		this.still = new Set();
		/** @type {Set<string>} */
		this.open = new Set();
		this.pace = 'live';
		this.fan = 0; // departure of the last message of the current fan
		this.stretched = true;
		/** @type {number[]} the starts, on the screen, of the operations that are still to be shown */
		this.queue = [];
		this.second = { from: 0, sent: 0, before: 0 }; // messages in this second and the one before
	}

	/** Whether the playhead is too far behind. @param {number} now */
	isLate(now) {
		return this.at - now > (this.queued(now) > 1 ? BACKLOG : ALONE * BACKLOG);
	}

	/** How many operations wait to be shown. @param {number} now */
	queued(now) {
		while (this.queue.length && this.queue[0] <= now) this.queue.shift();
		return this.queue.length;
	}

	/**
	 * Places the next event.
	 * @param {Event} e
	 * @param {number} [now] the screen clock; undefined for history, where the events' own times decide
	 * @returns {{at: number, x: number}}
	 */
	place(e, now) {
		const waits = this.waits();
		const dt = Math.max(0, (e.t - (this.t || e.t)) / 1000);
		let at = now === undefined ? this.at + (waits ? dt : Math.min(dt, IDLE)) : Math.max(now, this.at);
		at = Math.max(at, this.causal(e, at, now));
		this.remember(e, at);
		this.x += waits ? at - this.at : Math.min(at - this.at, IDLE);
		this.at = at;
		if (e.t) this.t = Math.max(this.t, e.t);
		return { at, x: this.x };
	}

	/**
	 * Whether an operation or a message is under way, so that time is a wait and not idle. A
	 * message to a frozen or silent node does not count.
	 */
	waits() {
		if (this.open.size) return true;
		for (const m of this.flying.values()) if (!this.still.has(m.to)) return true;
		return false;
	}

	/**
	 * Starts at the present. It must be called after the history was placed.
	 * @param {number} now @param {State} s the state after the history
	 */
	begin(now, s) {
		this.at = now;
		this.fan = 0;
		this.queue.length = 0;
		this.pace = s.pace.pace;
		this.still = new Set([...s.nodes.values()].filter((n) => n.status === 'frozen' || n.silent).map((n) => n.id));
		this.flying.clear();
		for (const m of s.msgs.values()) if (m.state === 'flying' && m.cls !== 'background') this.flying.set(m.id, { at: now, to: m.to });
		this.open.clear();
		for (const op of s.ops.values()) if (!op.status && op.client !== 'load') this.open.add(op.id);
	}

	/**
	 * The earliest screen time for e. It is not before the screen times of its causes.
	 * @param {Event} e @param {number} at @param {number} [now]
	 */
	causal(e, at, now) {
		if (this.pace !== 'live' || e.class === 'background' || !this.mayStretch(e, now)) return at;
		if (e.kind === 'sent') return this.fan && at - this.fan < STAGGER ? this.fan + STAGGER : at;
		const left = this.flying.get(e.msg ?? '')?.at;
		if (left === undefined) return at;
		const wave = WAVE * (now === undefined || !this.queued(now) ? 1 : Math.max(0.3, Math.min(1, 1.3 - (at - now) / 1500)));
		if (e.kind === 'delivered') return left + wave;
		if (e.kind === 'lost') return left + wave * (e.why === 'cut' ? 0.55 : 0.9);
		return at;
	}

	/** @param {Event} e @param {number} [now] */
	mayStretch(e, now) {
		if (e.kind === 'sent' && now !== undefined) {
			const c = this.second;
			if (now - c.from >= 1000) this.second = { from: now, sent: 1, before: now - c.from < 2000 ? c.sent : 0 };
			else c.sent++;
			if (!this.stretched && this.second.before < CALM_RATE && this.second.sent < CALM_RATE) this.stretched = true;
		}
		return this.stretched;
	}

	/** @param {Event} e @param {number} at */
	remember(e, at) {
		switch (e.kind) {
			case 'sent':
				if (!e.msg || e.class === 'background' || !this.stretched) return;
				this.flying.set(e.msg, { at, to: e.to ?? 0 });
				this.fan = at;
				return;
			case 'delivered':
			case 'lost':
				this.flying.delete(e.msg ?? '');
				this.fan = 0;
				return;
			case 'invoke':
				if (e.client !== 'load') this.open.add(e.op ?? '');
				if (this.stretched) this.queue.push(at);
				return;
			case 'return':
				this.open.delete(e.op ?? '');
				return;
			case 'status':
				if (e.status === 'frozen' || e.silent) this.still.add(e.node);
				else this.still.delete(e.node);
				return;
			case 'pace':
				this.pace = e.pace?.pace ?? 'live';
				return;
			case 'mode':
			case 'reset':
				this.flying.clear();
				this.open.clear();
		}
	}

	/** Stops stretching. From now on events are shown when they arrive. @param {number} now */
	jump(now) {
		this.at = now;
		this.stretched = false;
		this.queue.length = 0;
		this.flying.clear();
	}
}

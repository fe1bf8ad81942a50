// The calls of this page to the playground. They are made one after another. This
// class shows the reason of a refusal, and keeps the faults that can be undone.

import { pathHere } from '../model/place.js';
import { Presses } from '../source/presses.js';
import { reach } from '../source/reach.js';

/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {{label: string, requests: Request[], asked?: Promise<boolean>}} Fault asked: it is set while the fault's own calls are under way */

const PARTLY = 207; // the lanes answered differently (RFC 4918, section 13)
const SILENT = 'The playground does not answer.';
const RESET = /\/reset$/; // the path of a reset, of the cluster or of lanes
const ANEW = /\/(reset|mode)$/; // the paths of the calls that begin an epoch

export class Asks {
	/**
	 * @param {object} page
	 * @param {{pending: Set<string>}} page.ui
	 * @param {() => void} page.redraw
	 * @param {(text: string) => void} page.notice
	 */
	constructor({ ui, redraw, notice }) {
		this.ui = ui;
		this.redraw = redraw;
		this.notice = notice;
		/** @type {Fault[]} faults that can be undone, the newest last */
		this.faults = [];
		this.presses = new Presses(notice);
		/** @type {Map<string, number>} the newest epoch of each lane; of '' without lanes */
		this.epochs = new Map();
	}

	/**
	 * Makes calls when all earlier calls are answered. A reset does not wait: it drops the
	 * presses that do. The stage shows the reason of a refusal.
	 * @param {Request[]} requests @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>} whether all were accepted
	 */
	async ask(requests, name = '') {
		this.ui.pending.add(name);
		this.redraw();
		const has = (/** @type {RegExp} */ path) => requests.some((r) => path.test(r.path));
		const make = () => Promise.all(requests.map((r) => this.call(r)));
		const answers = await (has(RESET) ? this.presses.rescue(make) : this.presses.press(make, has(ANEW)));
		this.ui.pending.delete(name);
		this.redraw();
		return !!answers?.every(Boolean);
	}

	/** Drops the presses that wait, because a press of this page brings a known state. */
	drop() {
		this.presses.drop();
	}

	/** The playground began anew: another page started, began again or stopped a scenario. */
	began() {
		this.presses.began();
	}

	/** Notes the epoch of a lane. A new one says that the lane began anew. @param {number} epoch @param {string} [lane] */
	noteEpoch(epoch, lane = '') {
		const before = this.epochs.get(lane);
		this.epochs.set(lane, epoch);
		if (before !== undefined && before !== epoch) this.presses.began();
	}

	/** @param {Request} r @returns {Promise<boolean>} */
	async call(r) {
		try {
			const response = await reach.ask(pathHere(r.path), {
				method: r.method,
				headers: r.body ? { 'Content-Type': 'application/json' } : {},
				body: r.body ? JSON.stringify(r.body) : undefined,
			});
			if (response.status === PARTLY) this.refused(await response.text()); // some lanes accepted it
			if (response.ok) return true;
			this.refused(await response.text(), response.status);
		} catch {
			this.notice(SILENT);
		}
		return false;
	}

	/** Shows the reason of a refusal. @param {string} answer @param {number} [status] */
	refused(answer, status) {
		let why = status ? `Refused with status ${status}.` : SILENT;
		try {
			why = JSON.parse(answer).error || why;
		} catch { /* the answer is not JSON: the status is shown */ }
		this.notice(why);
	}

	/**
	 * Makes the calls of a fault. It keeps the calls that undo the fault at once, because
	 * a person may press undo before the fault is answered.
	 * @param {string} label @param {Request[]} requests @param {Request[]} undo @param {string} name
	 */
	async askFault(label, requests, undo, name) {
		/** @type {Fault} */
		const fault = { label, requests: undo, asked: this.ask(requests, name) };
		this.faults.push(fault);
		const done = await fault.asked;
		if (!done && this.faults.includes(fault)) this.faults.splice(this.faults.indexOf(fault), 1);
		return done;
	}

	/** Undoes the newest fault. */
	async undo() {
		const last = this.faults.pop();
		if (!last) return this.notice('Nothing to undo.');
		if (last.asked && !await last.asked) return; // the fault was refused or dropped, and the page has said so
		if (await this.ask(last.requests)) this.notice(`Undone: ${last.label}.`);
	}

	/** The fault that undo would take back. @returns {Fault|undefined} */
	last() {
		return this.faults.at(-1);
	}

	/** A form asked for a fault by itself. @param {string} label @param {Request[]} requests what takes it back */
	remember(label, requests) {
		this.faults.push({ label, requests });
	}

	/** Forgets all faults, because none of them can be undone any more. */
	forget() {
		this.faults.length = 0;
	}
}

// The calls of this page to the playground. They are made one after another. This
// class shows the reason of a refusal, and keeps the faults that can be undone.

import { at } from '../model/place.js';
import { reach } from '../source/reach.js';

/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {{label: string, requests: Request[], asked?: Promise<boolean>}} Fault asked: it is set while the fault's own calls are under way */

const PARTLY = 207; // the lanes answered differently (RFC 4918, section 13)
const SILENT = 'The playground does not answer.';

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
		/** @type {Promise<unknown>} resolves when no call is under way */
		this.queue = Promise.resolve();
	}

	/**
	 * Makes calls when all earlier calls are answered. The stage shows the reason of a refusal.
	 * @param {Request[]} requests @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>} whether all were accepted
	 */
	ask(requests, name = '') {
		this.ui.pending.add(name);
		this.redraw();
		const answer = this.queue.then(() => Promise.all(requests.map((r) => this.call(r)))).then((answers) => {
			this.ui.pending.delete(name);
			this.redraw();
			return answers.every(Boolean);
		});
		this.queue = answer;
		return answer;
	}

	/** @param {Request} r @returns {Promise<boolean>} */
	async call(r) {
		try {
			const response = await reach.ask(at(r.path), {
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
		await last.asked;
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

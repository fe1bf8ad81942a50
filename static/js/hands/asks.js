// What the page asks the playground for, in the order in which it was asked:
// what is said when a call is refused, and the faults that can be taken back.

/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {{label: string, requests: Request[], asked?: Promise<boolean>}} Fault asked: while its own calls are under way */

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
		/** @type {Fault[]} what can be taken back, the newest last */
		this.faults = [];
		/** @type {Promise<unknown>} ends when nothing is under way */
		this.queue = Promise.resolve();
	}

	/**
	 * Asks the playground, after what was asked before; a refusal is said on the stage.
	 * @param {Request[]} requests @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>} whether all were granted
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
			const response = await fetch(r.path, {
				method: r.method,
				headers: r.body ? { 'Content-Type': 'application/json' } : {},
				body: r.body ? JSON.stringify(r.body) : undefined,
			});
			if (response.ok) return true;
			this.refused(await response.text(), response.status);
		} catch {
			this.notice(SILENT);
		}
		return false;
	}

	/** Says why a call was refused. @param {string} answer @param {number} [status] */
	refused(answer, status) {
		let why = status ? `Refused with status ${status}.` : SILENT;
		try {
			why = JSON.parse(answer).error || why;
		} catch { /* no JSON: the status says it */ }
		this.notice(why);
	}

	/**
	 * Asks for a fault, and remembers at once what takes it back: a quick hand
	 * undoes what is still being asked.
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

	/** Takes the newest fault back. */
	async undo() {
		const last = this.faults.pop();
		if (!last) return this.notice('Nothing to undo.');
		await last.asked;
		if (await this.ask(last.requests)) this.notice(`Undone: ${last.label}.`);
	}

	/** What undo would take back. @returns {Fault|undefined} */
	last() {
		return this.faults.at(-1);
	}

	/** A form asked for a fault by itself. @param {string} label @param {Request[]} requests what takes it back */
	remember(label, requests) {
		this.faults.push({ label, requests });
	}

	/** Nothing is left to be undone. */
	forget() {
		this.faults.length = 0;
	}
}

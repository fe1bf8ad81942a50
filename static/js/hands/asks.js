// What the page asks the playground for: one call or several at once, what is
// said when one is refused, and the faults that can be taken back.

/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {{label: string, requests: Request[], asked?: Promise<boolean>}} Fault asked: while its own calls are under way */

const SILENT = 'The playground does not answer.';

/**
 * @param {object} on
 * @param {{pending: Set<string>}} on.ui
 * @param {() => void} on.redraw
 * @param {(text: string) => void} on.notice
 */
export function createAsks({ ui, redraw, notice }) {
	/** @type {Fault[]} newest last */
	const faults = [];

	/**
	 * Asks the playground; a refusal is said on the stage.
	 * @param {Request[]} requests @param {string} [name] under which the page shows it as pending
	 * @returns {Promise<boolean>} whether all were granted
	 */
	async function ask(requests, name = '') {
		ui.pending.add(name);
		redraw();
		const answers = await Promise.all(requests.map(one));
		ui.pending.delete(name);
		redraw();
		return answers.every(Boolean);
	}

	/** @param {Request} r @returns {Promise<boolean>} */
	async function one(r) {
		try {
			const response = await fetch(r.path, {
				method: r.method,
				headers: r.body ? { 'Content-Type': 'application/json' } : {},
				body: r.body ? JSON.stringify(r.body) : undefined,
			});
			if (response.ok) return true;
			refused(await response.text(), response.status);
		} catch {
			notice(SILENT);
		}
		return false;
	}

	/** Says why. @param {string} answer @param {number} [status] */
	function refused(answer, status) {
		let why = status ? `Refused with status ${status}.` : SILENT;
		try {
			why = JSON.parse(answer).error || why;
		} catch { /* no JSON: the status says it */ }
		notice(why);
	}

	/**
	 * Asks for a fault, and remembers at once what takes it back: a quick hand
	 * undoes what is still being asked.
	 * @param {string} label @param {Request[]} requests @param {Request[]} undo @param {string} name
	 */
	async function askFault(label, requests, undo, name) {
		/** @type {Fault} */
		const fault = { label, requests: undo, asked: ask(requests, name) };
		faults.push(fault);
		const done = await fault.asked;
		if (!done && faults.includes(fault)) faults.splice(faults.indexOf(fault), 1);
		return done;
	}

	async function undo() {
		const last = faults.pop();
		if (!last) return notice('Nothing to undo.');
		await last.asked;
		if (await ask(last.requests)) notice(`Undone: ${last.label}.`);
	}

	return {
		/** What undo would take back. @returns {Fault|undefined} */
		last: () => faults.at(-1),
		ask, askFault, refused, undo,
		/** A form asked for a fault by itself. @param {string} label @param {Request[]} requests what takes it back */
		remember: (label, requests) => { faults.push({ label, requests }); },
		/** Nothing is left to be undone. */
		forget: () => { faults.length = 0; },
	};
}

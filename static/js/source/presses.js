// The presses of this page that become calls. They are carried out one after another, in the
// order in which they were made. A press that waits was meant for the state of that moment, so
// it is dropped when the playground begins anew, and the page says how many were dropped.

/**
 * @typedef {object} Press
 * @property {() => Promise<any>} act makes the calls
 * @property {boolean} anew its call lets the playground begin anew: a reset, a change of mode, the beginning or the end of a scenario
 * @property {(result: any) => void} resolve
 * @property {(error: unknown) => void} reject
 */

export class Presses {
	/** @param {(text: string) => void} notice shows that presses were dropped */
	constructor(notice) {
		this.notice = notice;
		/** @type {Press[]} the oldest first */
		this.waiting = [];
		/** @type {Set<Press>} not answered yet */
		this.underWay = new Set();
	}

	/**
	 * Carries out a press when all earlier ones are answered.
	 * @template T
	 * @param {() => Promise<T>} act @param {boolean} [anew]
	 * @returns {Promise<T|undefined>} undefined: the press was dropped
	 */
	press(act, anew = false) {
		return new Promise((resolve, reject) => {
			this.waiting.push({ act, anew, resolve, reject });
			this.next();
		});
	}

	/**
	 * Drops the presses that wait, and carries out this one at once. It does not wait for the
	 * press that is under way, because that may take longer than a rescue may.
	 * @template T
	 * @param {() => Promise<T>} act a press after which the playground begins anew
	 * @returns {Promise<T>}
	 */
	rescue(act) {
		this.drop();
		return new Promise((resolve, reject) => this.begin({ act, anew: true, resolve, reject }));
	}

	/** Drops the presses that wait, because this page brings a known state. */
	drop() {
		this.dropAll('');
	}

	/**
	 * The playground began anew. If a press of this page under way is the cause, then the
	 * presses that wait were made after it, and they stay.
	 */
	began() {
		if (![...this.underWay].some((press) => press.anew)) this.dropAll(' The playground began anew.');
	}

	/** @param {string} why */
	dropAll(why) {
		const dropped = this.waiting.splice(0);
		if (!dropped.length) return;
		for (const press of dropped) press.resolve(undefined);
		this.notice(`Dropped: ${dropped.length} ${dropped.length === 1 ? 'press' : 'presses'} that waited.${why}`);
	}

	/** Begins the press that has waited longest, if none is under way. */
	next() {
		const press = this.underWay.size ? undefined : this.waiting.shift();
		if (press) this.begin(press);
	}

	/** @param {Press} press */
	begin(press) {
		this.underWay.add(press);
		press.act().then(press.resolve, press.reject).finally(() => {
			this.underWay.delete(press);
			this.next();
		});
	}
}

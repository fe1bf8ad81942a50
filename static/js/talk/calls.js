// The calls that steer the talk. Each carries the name of this page, because only
// one page may drive at a time.

import { pathHere } from '../model/place.js';
import { Presses } from '../source/presses.js';
import { reach } from '../source/reach.js';
import { beginsAnew, NO_TALK } from './talk.js';

/** @typedef {{ok: boolean, status: number, answer: any}} Result answer: the state of the talk, or the reason of a refusal */

const TAKE_OVER = 3000; // ms within which a second press takes over
const ANEW = ['back', 'again']; // these presses bring the state at the beginning of a step

/** This page's name, for as long as it is open. */
export const PAGE = crypto.getRandomValues(new Uint32Array(2)).join('-');

/**
 * Calls the playground.
 * @param {string} method @param {string} path @param {object} [body]
 * @returns {Promise<Result>}
 */
export async function call(method, path, body) {
	try {
		const r = await reach.ask(pathHere(path), { method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined });
		return { ok: r.ok, status: r.status, answer: await r.json() };
	} catch {
		return { ok: false, status: 0, answer: { error: 'the playground does not answer' } };
	}
}

/** Makes this page the one that drives. */
export const drive = () => call('POST', '/api/scenario/drive', { page: PAGE });

/** The presses with which this page steers the talk. */
export class Steering {
	/** @param {(text: string) => void} notice shows that presses were dropped */
	constructor(notice) {
		this.presses = new Presses(notice);
		this.refused = -Infinity; // when a press was refused because another page drove
		/** The newest talk that this page knows. @type {import('./talk.js').Talk} */
		this.known = NO_TALK;
	}

	/**
	 * Presses one of the talk's keys. If another page drives, the press is refused, and
	 * a second press soon after makes this page the one that drives.
	 * @param {string} what
	 * @returns {Promise<Result|undefined>} undefined: the press was dropped
	 */
	async press(what) {
		if (what === 'restart') return this.rescue(this.maker(what));
		return this.took(await this.presses.press(this.maker(what), ANEW.includes(what)));
	}

	/**
	 * Drops the presses that wait, and makes the calls of one that brings a known state.
	 * @param {() => Promise<Result>} act
	 */
	async rescue(act) {
		return /** @type {Result} */ (this.took(await this.presses.rescue(act)));
	}

	/** Begins a scenario. @param {string} name */
	begin(name) {
		return this.rescue(() => call('POST', '/api/scenario', { name }));
	}

	/** Stops the scenario. */
	leave() {
		return this.rescue(() => call('DELETE', '/api/scenario'));
	}

	/** Drops the presses that wait. */
	drop() {
		this.presses.drop();
	}

	/**
	 * Notes the newest talk.
	 * @param {import('./talk.js').Talk} talk
	 * @returns {boolean} whether a scenario began anew or ended
	 */
	note(talk) {
		const anew = beginsAnew(this.known, talk);
		this.known = talk;
		if (anew) this.presses.began();
		return anew;
	}

	/** The function that makes the call of a press. Whether it takes over is decided now, by the person who presses. @param {string} what @returns {() => Promise<Result>} */
	maker(what) {
		const takesOver = performance.now() - this.refused < TAKE_OVER;
		this.refused = -Infinity;
		return async () => {
			if (takesOver) await drive();
			const result = await call('POST', `/api/scenario/${what}`, { page: PAGE });
			if (result.status === 409 && /another page drives/.test(result.answer.error ?? '')) {
				this.refused = performance.now();
				result.answer.error = 'Another page drives. Press again to drive from here.';
			}
			return result;
		};
	}

	/** Takes in an answer. The event of the same change is then no news. @param {Result|undefined} result */
	took(result) {
		if (result?.ok && 'running' in result.answer) this.known = result.answer;
		return result;
	}
}

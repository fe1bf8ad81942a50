// The calls that steer the talk. Each carries the name of this page, because only
// one page may drive at a time.

import { at } from '../model/place.js';
import { reach } from '../source/reach.js';

const TAKE_OVER = 3000; // ms within which a second press takes over

/** This page's name, for as long as it is open. */
export const PAGE = crypto.getRandomValues(new Uint32Array(2)).join('-');

let refused = -Infinity; // when a press was refused because another page drove

/**
 * Calls the playground. The answer is the state of the talk, or the reason of a refusal.
 * @param {string} method @param {string} path @param {object} [body]
 * @returns {Promise<{ok: boolean, status: number, answer: any}>}
 */
export async function call(method, path, body) {
	try {
		const r = await reach.ask(at(path), { method, headers: body ? { 'Content-Type': 'application/json' } : {}, body: body ? JSON.stringify(body) : undefined });
		return { ok: r.ok, status: r.status, answer: await r.json() };
	} catch {
		return { ok: false, status: 0, answer: { error: 'the playground does not answer' } };
	}
}

/** Makes this page the one that drives. */
export const drive = () => call('POST', '/api/scenario/drive', { page: PAGE });

/**
 * Presses one of the talk's keys. If another page drives, the press is refused, and
 * a second press soon after makes this page the one that drives.
 * @param {string} what
 */
export async function press(what) {
	if (performance.now() - refused < TAKE_OVER) await drive();
	refused = -Infinity;
	const result = await call('POST', `/api/scenario/${what}`, { page: PAGE });
	if (result.status === 409 && /another page drives/.test(result.answer.error ?? '')) {
		refused = performance.now();
		result.answer.error = 'Another page drives. Press again to drive from here.';
	}
	return result;
}

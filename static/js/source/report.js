// What is measured, asked for once by a page that begins; later reports come
// with the events.

import { pathHere } from '../model/place.js';
import { reach } from './reach.js';

/** @param {string} [path] @returns {Promise<import('../model/measure.js').Report|undefined>} undefined where the playground does not answer: the stream says so */
export async function askReport(path = pathHere('/api/verdict')) {
	try {
		const response = await reach.ask(path);
		return response.ok ? await response.json() : undefined;
	} catch {
		return undefined;
	}
}

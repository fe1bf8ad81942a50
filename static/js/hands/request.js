// The call of the control API that carries out a verb, made from the table of verbs.
// The playground makes the call from the same table by the same rule
// (server/verbs/curl.go).

import { verbs } from './verbs.js';

/** @typedef {import('../model/types.js').Request} Request */

/**
 * The call of a verb with these arguments. It throws for a verb that is not in the
 * table, which is a mistake in the page.
 * @param {string} verb @param {Record<string, any>} [args] by their names in the table
 * @returns {Request}
 */
export function call(verb, args = {}) {
	const v = verbs[verb];
	if (!v?.path) throw new Error(`no call for the verb ${verb}`);
	/** @type {Record<string, any>} */
	const body = v.kind ? { kind: v.kind } : {};
	let { path } = v;
	for (const name of [...v.needs, ...v.takes, ...v.instead]) {
		const inPath = `{${name}}`;
		if (path.includes(inPath)) path = path.replace(inPath, () => encodeURIComponent(args[name]));
		else if (args[name] !== undefined) body[name] = args[name];
	}
	return Object.keys(body).length ? { method: v.method, path, body } : { method: v.method, path };
}

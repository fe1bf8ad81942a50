// The curl commands that the page shows. A copied command makes in a shell the call
// that the page would make. A command is one line of words for sh.

import { pathHere } from './place.js';

/** @typedef {import('./types.js').Request} Request */
/** @typedef {import('./types.js').State} State */

const MOST = 8192; // bytes of a value in a path
const encoder = new TextEncoder();
let token = ''; // the words of the header, if the playground requires a token

/**
 * Adds the header with the token to every command. A command has the name of the
 * variable and not the token, because the stage is projected.
 */
export function showToken() {
	token = ' -H "Authorization: Bearer $CAP_TOKEN"';
}

let real = ''; // the real playground's origin, on the page of the simulated edition

/** Makes every command one for the real playground, because the simulated edition has no address. */
export function showReal() {
	real = 'http://localhost:8080';
}

/** A command in a sentence. @param {string} command */
export function commandInWords(command) {
	return real && command ? `in the real playground: ${command}` : command;
}

/** A word for the shell. @param {string} text */
export function quoted(text) {
	return /^[\w./:%+=,-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** One segment of a path. It is encoded so that no shell and no client changes it. @param {string} text */
export function segment(text) {
	const encoded = encodeURIComponent(text.toWellFormed()).replace(/[!'()*~]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
	return /^\.{1,2}$/.test(encoded) ? encoded.replaceAll('.', '%2E') : encoded;
}

/** A call of the playground's API. @param {Request} r @param {string} origin of the playground */
export function curlOfRequest(r, origin) {
	const body = r.body ? ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(r.body))}` : '';
	return `curl -X ${r.method}${token} ${quoted((real || origin) + pathHere(r.path))}${body}`;
}

/** A client's write at a node. A value that a path cannot hold goes into the body. @param {State} s @param {{node: number, key: string, val: string}} op */
export function curlOfWrite(s, { node, key, val }) {
	const url = `${addressOf(s, node)}/database/${segment(key)}`;
	if (val === '' || encoder.encode(val).length > MOST || /[\0-\x1f\x7f-\x9f]/.test(val)) return `curl -X PUT${token} ${url} -H 'Content-Type: text/plain' --data-raw ${quoted(val)}`;
	return `curl -X POST${token} ${url}/${segment(val)}`;
}

/** A client's read at a node. @param {State} s @param {{node: number, key: string}} op */
export function curlOfRead(s, { node, key }) {
	return `curl${token} ${addressOf(s, node)}/database/${segment(key)}`;
}

/** A call of a node's own API below /admin. @param {State} s @param {number} node @param {string} verb */
export function curlOfAdmin(s, node, verb) {
	return `curl${token} ${addressOf(s, node)}/admin/${verb}`;
}

/** The default timestamp of a planted value, microseconds since the epoch: older than every real write. */
export const PLANTED = 11111111;

/**
 * A client's operation at a node, in any mode. A call that only some modes have comes
 * from their descriptor. It is '' if no mode has the call.
 * @param {State} s @param {{node: number, kind: string, key: string, val: string, tx?: string, ts?: number}} op
 */
export function curlOfCall(s, op) {
	if (op.kind === 'write') return curlOfWrite(s, op);
	if (op.kind === 'read') return curlOfRead(s, op);
	const call = s.modes.flatMap((d) => d.calls).find((one) => one.kind === op.kind);
	if (!call) return '';
	/** @type {Record<string, string|number>} */
	const fields = { id: op.tx ?? '', key: op.key, val: op.val, ts: op.ts ?? PLANTED };
	const path = call.path.replace(/\{(\w+)\}/g, (_, name) => segment(String(fields[name])));
	const body = (call.body ?? []).length ? ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(Object.fromEntries((call.body ?? []).map((name) => [name, fields[name]]))))}` : '';
	return `curl${call.method === 'GET' ? '' : ` -X ${call.method}`}${token} ${addressOf(s, op.node)}${path}${body}`;
}

/** The curl command of an operation that a client already made; '' if the page has forgotten it. @param {State} s @param {string} [id] else the one in focus */
export function curlOfOp(s, id = s.focus) {
	const op = s.ops.get(id);
	return op ? curlOfCall(s, op) : '';
}

/** @param {State} s @param {number} id */
function addressOf(s, id) {
	return (s.nodes.get(id)?.url ?? '').replace(/^http:\/\//, '').replace(/\/$/, '');
}

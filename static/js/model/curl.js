// The curl commands that the page shows: what is copied does in a shell what
// the page would have done.

/** @typedef {import('./types.js').Request} Request */
/** @typedef {import('./types.js').State} State */

/** A word for the shell. @param {string} text */
function quoted(text) {
	return `'${text.replaceAll("'", "'\\''")}'`;
}

/** A call of the playground's API. @param {Request} r @param {string} origin of the playground */
export function curlOfRequest(r, origin) {
	const body = r.body ? ` -H 'Content-Type: application/json' -d ${quoted(JSON.stringify(r.body))}` : '';
	return `curl -X ${r.method} ${origin}${r.path}${body}`;
}

/** A client's write at a node. @param {State} s @param {{node: number, key: string, val: string}} op */
export function curlOfWrite(s, { node, key, val }) {
	return `curl -X POST ${addressOf(s, node)}/database/${encodeURIComponent(key)}/${encodeURIComponent(val)}`;
}

/** A client's read at a node. @param {State} s @param {{node: number, key: string}} op */
export function curlOfRead(s, { node, key }) {
	return `curl ${addressOf(s, node)}/database/${encodeURIComponent(key)}`;
}

/** A call of a node's own API below /admin. @param {State} s @param {number} node @param {string} verb */
export function curlOfAdmin(s, node, verb) {
	return `curl ${addressOf(s, node)}/admin/${verb}`;
}

/** The curl command of an operation that a client already made; '' for one that is forgotten. @param {State} s @param {string} [id] else the one in focus */
export function curlOfOp(s, id = s.focus) {
	const op = s.ops.get(id);
	if (!op) return '';
	return op.kind === 'write' ? curlOfWrite(s, op) : curlOfRead(s, op);
}

/** @param {State} s @param {number} id */
function addressOf(s, id) {
	return (s.nodes.get(id)?.url ?? '').replace(/^http:\/\//, '').replace(/\/$/, '');
}

// One table of actions, for buttons, keys, menus, help and the curl display.
// An action says when it makes sense, what it asks the playground for, and how
// it is undone; it never changes the page's state itself. What happened comes
// back as events.

import { focusOp, groups } from './model.js';

/** @typedef {import('./model.js').State} State */
/** @typedef {{method: string, path: string, body?: any}} Request */
/**
 * @typedef {object} Context What an action is about.
 * @property {State} s the newest state, not the one at the playhead
 * @property {number} node the selected node
 * @property {string} key
 * @property {string} val
 * @property {string} mode that a mode button names
 * @property {number[][]} groups of a split
 * @property {string} hand the message in the hand
 * @property {Quorum} quorum
 */
/** @typedef {import('./model.js').Quorum} Quorum */
/**
 * @typedef {object} Action
 * @property {string} id also the data-action of its buttons
 * @property {string} label
 * @property {string} [key] as help shows it
 * @property {string} [form] the popover that it opens first
 * @property {(c: Context) => true|string} [allowed] true, or why not
 * @property {(c: Context) => Request} [request]
 * @property {(c: Context) => Request} [undo] what takes it back
 * @property {(c: Context) => string} [name] what its buttons say now
 * @property {string} [page] done by the page itself: the name of a function of main.js
 */

/** @param {Context} c */
const node = (c) => c.s.nodes.get(c.node);
/** @param {Context} c */
const runs = (c) => (node(c)?.status === 'up' ? true : `node ${c.node} is ${node(c)?.status ?? 'not there'}`);
/** @param {Context} c @param {string} verb @returns {Request} */
const toNode = (c, verb) => ({ method: 'POST', path: `/api/nodes/${c.node}/${verb}` });
/** @param {Context} c */
const isolated = (c) => groups(c.s).some((g) => g.length === 1 && g[0] === c.node) && c.s.nodes.size > 1;
/** @param {string} name @param {number} [rate] */
const pace = (name, rate) => () => ({ method: 'PUT', path: '/api/pace', body: rate ? { pace: name, rate } : { pace: name } });
/** @param {string} verb */
const inHand = (verb) => ({
	allowed: (/** @type {Context} */ c) => {
		const m = c.s.msgs.get(c.hand);
		if (!m || m.state !== 'flying') return 'no message is in the hand';
		return c.s.nodes.get(m.to)?.status === 'frozen' ? `node ${m.to} is frozen` : true;
	},
	request: (/** @type {Context} */ c) => ({ method: 'POST', path: `/api/messages/${encodeURIComponent(c.hand)}/${verb}` }),
});

/** @type {Action[]} */
export const actions = [
	{ id: 'write', key: 'w', label: 'Write', form: 'pop-write', allowed: (c) => (node(c)?.status === 'killed' ? runs(c) : true), request: (c) => ({ method: 'POST', path: '/api/ops', body: { node: c.node, kind: 'write', key: c.key, val: c.val, wait: false } }) },
	{ id: 'read', key: 'r', label: 'Read', form: 'pop-read', allowed: (c) => (node(c)?.status === 'killed' ? runs(c) : true), request: (c) => ({ method: 'POST', path: '/api/ops', body: { node: c.node, kind: 'read', key: c.key, wait: false } }) },
	{
		id: 'freeze', key: 'f', label: 'Freeze / thaw', name: (c) => (node(c)?.status === 'frozen' ? 'Thaw' : 'Freeze'),
		allowed: (c) => (node(c)?.status === 'killed' ? `node ${c.node} is killed` : true),
		request: (c) => toNode(c, node(c)?.status === 'frozen' ? 'unfreeze' : 'freeze'),
		undo: (c) => toNode(c, node(c)?.status === 'frozen' ? 'freeze' : 'unfreeze'),
	},
	{
		id: 'kill', key: 'k', label: 'Kill / restart', name: (c) => (node(c)?.status === 'killed' ? 'Restart' : 'Kill'),
		request: (c) => toNode(c, node(c)?.status === 'killed' ? 'restart' : 'kill'),
		undo: (c) => toNode(c, node(c)?.status === 'killed' ? 'kill' : 'restart'),
	},
	{
		id: 'isolate', key: 'i', label: 'Isolate / rejoin', name: (c) => (isolated(c) ? 'Rejoin' : 'Isolate'),
		request: (c) => toNode(c, isolated(c) ? 'rejoin' : 'isolate'),
		undo: (c) => toNode(c, isolated(c) ? 'isolate' : 'rejoin'),
	},
	{ id: 'split', key: 'p', label: 'Split', form: 'pop-split', request: (c) => ({ method: 'POST', path: '/api/partition', body: { groups: c.groups } }), undo: () => ({ method: 'POST', path: '/api/heal' }) },
	{ id: 'heal', key: 'h', label: 'Heal', request: () => ({ method: 'POST', path: '/api/heal' }) },
	{ id: 'undo', key: 'z', label: 'Undo the last fault', page: 'undo' },
	{ id: 'recover', key: 'Shift+H', label: 'Recover: heal, restart, pace live; data stays', page: 'recover' },
	{ id: 'reset', label: 'Reset: all databases empty', request: () => ({ method: 'POST', path: '/api/reset' }) },
	{ id: 'mode', label: 'Change the mode: all databases empty', request: (c) => ({ method: 'PUT', path: '/api/mode', body: { mode: c.mode } }) },
	{ id: 'quorum', key: 'n', label: 'Quorum sizes (AP)', form: 'pop-quorum', allowed: (c) => (c.s.mode === 'AP' ? true : 'only AP has sizes to set'), request: (c) => ({ method: 'PUT', path: '/api/quorum', body: c.quorum }) },
	{ id: 'wipe', label: 'Wipe (AP)', allowed: (c) => (c.s.mode === 'AP' ? true : 'the other modes rest on their disks'), request: (c) => toNode(c, 'wipe') },
	{ id: 'dump', key: 'd', label: 'Dump the database on its screen', allowed: runs, page: 'dump' },
	{ id: 'clean', key: 'c', label: 'Clean its screen', allowed: runs, page: 'clean' },
	{ id: 'pace', label: 'Pace', form: 'pop-pace' },
	{ id: 'pace-live', label: 'Pace live', request: pace('live') },
	{ id: 'pace-10', label: 'Pace slow 1/10', request: pace('slow', 0.1) },
	{ id: 'pace-20', label: 'Pace slow 1/20', request: pace('slow', 0.05) },
	{ id: 'pace-50', label: 'Pace slow 1/50', request: pace('slow', 0.02) },
	{ id: 'pace-step', label: 'Pace step', request: pace('step') },
	{ id: 'slower', key: '[', label: 'Slower', page: 'slower' },
	{ id: 'faster', key: ']', label: 'Faster', page: 'faster' },
	{ id: 'pause', key: 'Space', label: 'Pause, go on', page: 'pause' },
	{ id: 'step', key: '→', label: 'One step: deliver the next message', page: 'step' },
	{ id: 'deliver', label: 'Deliver the message in the hand', ...inHand('deliver') },
	{ id: 'drop', label: 'Drop it', ...inHand('drop') },
	{ id: 'double', label: 'Double it', ...inHand('duplicate') },
	{ id: 'legend', key: 'l', label: 'Legend', page: 'legend' },
	{ id: 'help', key: '?', label: 'Help', page: 'help' },
	{ id: 'theme', key: 't', label: 'Light or dark', page: 'theme' },
	{ id: 'copy-curl', label: 'Copy the curl command', page: 'copyCurl' },
];

const byId = new Map(actions.map((a) => [a.id, a]));

/** @param {string} id @returns {Action|undefined} */
export function action(id) {
	return byId.get(id);
}

/** @type {Record<string, string>} keys by event.key, lower case, without modifiers */
const byKey = Object.fromEntries(actions.filter((a) => a.key && a.key.length === 1 && /[a-z]/.test(a.key)).map((a) => [a.key, a.id]));

/**
 * The action that a key press means, or a node's number.
 * @param {{key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean}} e
 * @param {boolean} letters whether single letters are on
 * @returns {string|number|undefined}
 */
export function keyMeans(e, letters) {
	if (e.ctrlKey || e.altKey || e.metaKey || e.repeat) return undefined;
	const digit = /^(?:Digit|Numpad)([1-9])$/.exec(e.code);
	if (digit && !e.shiftKey) return Number(digit[1]);
	switch (e.code) {
		case 'Space':
		case 'Period':
			return 'pause';
		case 'ArrowRight':
		case 'PageDown':
			return 'step';
		case 'BracketLeft':
		case 'NumpadSubtract':
		case 'Minus':
			return letters ? 'slower' : undefined;
		case 'BracketRight':
		case 'NumpadAdd':
		case 'Equal':
			return letters ? 'faster' : undefined;
	}
	if (e.key === '?') return 'help';
	if (!letters) return undefined;
	if (e.shiftKey) return e.key === 'H' ? 'recover' : undefined;
	return byKey[e.key.toLowerCase()];
}

/**
 * The curl command of an action: a client's call goes to the node itself,
 * everything else to the playground.
 * @param {Action} a @param {Context} c @param {string} origin of the playground
 */
export function curl(a, c, origin) {
	if (a.id === 'write') return `curl -X POST ${url(c, c.node)}/database/${encodeURIComponent(c.key)}/${encodeURIComponent(c.val)}`;
	if (a.id === 'read') return `curl ${url(c, c.node)}/database/${encodeURIComponent(c.key)}`;
	if (a.id === 'dump' || a.id === 'clean') return `curl ${url(c, c.node)}/admin/${a.id}`;
	if (!a.request) return '';
	const r = a.request(c);
	const body = r.body ? ` -H 'Content-Type: application/json' -d '${JSON.stringify(r.body)}'` : '';
	return `curl -X ${r.method} ${origin}${r.path}${body}`;
}

/** @param {Context} c @param {number} id */
function url(c, id) {
	return (c.s.nodes.get(id)?.url ?? '').replace(/^http:\/\//, '').replace(/\/$/, '');
}

/** The curl command of an operation that a client already made. @param {State} s */
export function curlOfFocus(s) {
	const op = focusOp(s);
	if (!op) return '';
	const c = /** @type {Context} */ ({ s, node: op.node, key: op.key, val: op.val });
	return curl(/** @type {Action} */ (byId.get(op.kind === 'write' ? 'write' : 'read')), c, '');
}

/** The usual splits of n nodes: the first alone, the larger side with and without it. @param {number[]} ids */
export function splits(ids) {
	const half = Math.floor(ids.length / 2);
	return [
		[ids.slice(0, 1), ids.slice(1)],
		[ids.slice(0, half), ids.slice(half)],
		[ids.slice(0, ids.length - half), ids.slice(ids.length - half)],
	];
}

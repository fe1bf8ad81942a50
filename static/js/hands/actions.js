// One table of actions, for buttons, keys, menus, help and the curl display.
// An action says when it makes sense, what it asks the playground for, and how
// it is undone; it never changes the page's state itself. What happened comes
// back as events.

import { curlOfAdmin, curlOfRead, curlOfRequest, curlOfWrite } from '../model/curl.js';
import { changes, isBridge, linkOf, nextMessage, verdicts } from '../model/order.js';
import { descriptorOf, groups, isCut } from '../model/state.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Quorum} Quorum */
/** @typedef {import('../model/types.js').Link} Link */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('../model/types.js').Load} Load */
/** @typedef {{from: number|string, to: number|string, type: string, do: string, count: number}} NewRule */
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
 * @property {[number, number]} link the two ends of the chosen link
 * @property {[number, number][]} crossed the directions that a stroke crossed
 * @property {Partial<Link>} set what a direction of a link is set to
 * @property {NewRule} rule
 * @property {Load} load
 * @property {string} timer of the selected node
 * @property {string} id of a rule
 * @property {Set<string>} handled messages that are being delivered already
 * @property {{label: string, requests: Request[]}|undefined} undo the fault that was made last, and what takes it back
 */
/**
 * @typedef {object} Action
 * @property {string} id also the data-action of its buttons
 * @property {string} label
 * @property {string} [key] as help shows it
 * @property {'node'|'link'|'msg'} [on] in whose context menu it stands
 * @property {string} [form] the popover that it opens first
 * @property {(c: Context) => true|string} [allowed] true, or why not
 * @property {(c: Context) => Request|Request[]} [request] of an action that the page does, what it leads to
 * @property {(c: Context) => Request|Request[]} [undo] what takes it back
 * @property {(c: Context) => string} [name] what its buttons say now
 * @property {string} [page] done by the page itself: the name of a function of pages.js
 */

/** @param {Context} c */
export const node = (c) => c.s.nodes.get(c.node);
/** @param {Context} c */
const runs = (c) => (node(c)?.status === 'up' ? true : `node ${c.node} is ${node(c)?.status ?? 'not there'}`);
/** @param {Context} c */
const lives = (c) => (node(c)?.status === 'killed' ? `node ${c.node} is killed` : true);
/** @param {Context} c @param {string} verb @returns {Request} */
const toNode = (c, verb) => ({ method: 'POST', path: `/api/nodes/${c.node}/${verb}` });
/** @param {Context} c */
const isolated = (c) => c.s.nodes.size > 1 && groups(c.s).some((g) => g.length === 1 && g[0] === c.node);
/** @param {string} name @param {number} [rate] */
const pace = (name, rate) => () => ({ method: 'PUT', path: '/api/pace', body: rate ? { pace: name, rate } : { pace: name } });
/** @param {Link} l @param {Partial<Link>} [to] @returns {Request} */
const putLink = (l, to) => {
	const { cut, delay_ms, jitter_ms, loss } = { ...l, ...to };
	return { method: 'PUT', path: `/api/links/${l.from}/${l.to}`, body: { cut, delay_ms, jitter_ms, loss } };
};
/** Both directions of the chosen link. @param {Context} c */
const both = (c) => [linkOf(c.s, ...c.link), linkOf(c.s, c.link[1], c.link[0])];
/** @param {Context} c */
const severed = (c) => isCut(c.s, ...c.link) && isCut(c.s, c.link[1], c.link[0]);
/** @param {string} verb */
const inHand = (verb) => ({
	on: /** @type {const} */ ('msg'),
	allowed: (/** @type {Context} */ c) => {
		const m = c.s.msgs.get(c.hand);
		if (!m || m.state !== 'flying') return 'no message is in the hand';
		const status = c.s.nodes.get(m.to)?.status;
		return status === 'up' ? true : `node ${m.to} is ${status}`;
	},
	request: (/** @type {Context} */ c) => ({ method: 'POST', path: `/api/messages/${encodeURIComponent(c.hand)}/${verb}` }),
});
/** @param {(c: Context) => Link[]} of the links as they are @param {(l: Link) => Partial<Link>} to */
const links = (of, to) => ({
	request: (/** @type {Context} */ c) => of(c).map((l) => putLink(l, to(l))),
	undo: (/** @type {Context} */ c) => of(c).map((l) => putLink(l)),
});
/** @param {string} what */
const nextRule = (what) => (/** @type {Context} */ c) => ({ method: 'POST', path: '/api/rules', body: { from: c.link[0], to: c.link[1], type: '*', do: what, count: 1 } });

/** @type {Action[]} */
export const actions = [
	{ id: 'write', key: 'w', label: 'Write', on: 'node', form: 'pop-write', allowed: lives, request: (c) => ({ method: 'POST', path: '/api/ops', body: { node: c.node, kind: 'write', key: c.key, val: c.val, wait: false } }) },
	{ id: 'read', key: 'r', label: 'Read', on: 'node', form: 'pop-read', allowed: lives, request: (c) => ({ method: 'POST', path: '/api/ops', body: { node: c.node, kind: 'read', key: c.key, wait: false } }) },
	{
		id: 'freeze', key: 'f', label: 'Freeze / thaw', on: 'node', name: (c) => (node(c)?.status === 'frozen' ? 'Thaw' : 'Freeze'),
		allowed: (c) => (node(c)?.status === 'frozen' ? true : runs(c)),
		request: (c) => toNode(c, node(c)?.status === 'frozen' ? 'unfreeze' : 'freeze'),
		undo: (c) => toNode(c, node(c)?.status === 'frozen' ? 'freeze' : 'unfreeze'),
	},
	{
		id: 'kill', key: 'k', label: 'Kill / restart', on: 'node', name: (c) => (node(c)?.status === 'killed' ? 'Restart' : 'Kill'),
		request: (c) => toNode(c, node(c)?.status === 'killed' ? 'restart' : 'kill'),
		undo: (c) => toNode(c, node(c)?.status === 'killed' ? 'kill' : 'restart'),
	},
	{
		id: 'isolate', key: 'i', label: 'Isolate / rejoin', on: 'node', name: (c) => (isolated(c) ? 'Rejoin' : 'Isolate'),
		request: (c) => toNode(c, isolated(c) ? 'rejoin' : 'isolate'),
		undo: (c) => [...c.s.nodes.keys()].filter((id) => id !== c.node).flatMap((id) => [putLink(linkOf(c.s, c.node, id)), putLink(linkOf(c.s, id, c.node))]),
	},
	{
		id: 'split', key: 'p', label: 'Split: p again for the next one', form: 'pop-split',
		request: (c) => (isBridge(c.groups) ? verdicts(c.s, c.groups).map(({ link, cut }) => putLink(link, { cut })) : { method: 'POST', path: '/api/partition', body: { groups: c.groups } }),
		undo: (c) => changes(c.s, c.groups).map(({ link }) => putLink(link)),
	},
	{ id: 'heal', key: 'h', label: 'Heal: links perfect, no rule, nobody frozen', request: () => ({ method: 'POST', path: '/api/heal' }) },
	{
		id: 'undo', key: 'z', label: 'Undo the last fault', name: (c) => (c.undo ? `Undo: ${c.undo.label}` : 'Undo'), page: 'undo',
		allowed: (c) => (c.undo ? true : 'nothing to undo'),
		request: (c) => c.undo?.requests ?? [],
	},
	{
		id: 'recover', key: 'Shift+H', label: 'Recover: heal, restart, pace live; data stays',
		request: (c) => [
			{ method: 'POST', path: '/api/heal' },
			...[...c.s.nodes.values()].filter((n) => n.status === 'killed').map((n) => ({ method: 'POST', path: `/api/nodes/${n.id}/restart` })),
			pace('live')(),
		],
	},
	{ id: 'reset', label: 'Reset: all databases empty', request: () => ({ method: 'POST', path: '/api/reset' }) },
	{ id: 'mode', label: 'Change the mode: all databases empty', request: (c) => ({ method: 'PUT', path: '/api/mode', body: { mode: c.mode } }) },
	{ id: 'quorum', key: 'n', label: 'Sizes N, R, W, where the mode has them', form: 'pop-quorum', allowed: (c) => (descriptorOf(c.s).sizes ? true : `${c.s.mode} has no sizes to set`), request: (c) => ({ method: 'PUT', path: '/api/quorum', body: c.quorum }), undo: (c) => ({ method: 'PUT', path: '/api/quorum', body: c.s.quorum }) },
	{ id: 'wipe', label: 'Wipe', on: 'node', allowed: (c) => (descriptorOf(c.s).disk ? `in ${c.s.mode} a node's promises rest on its disk` : true), request: (c) => toNode(c, 'wipe') },
	{ id: 'dump', key: 'd', label: 'Dump', on: 'node', allowed: runs, page: 'dump' },
	{ id: 'clean', key: 'c', label: 'Clean', on: 'node', allowed: runs, page: 'clean' },
	{ id: 'link', key: 'e', label: 'Settings of a link', on: 'link', page: 'link' },
	{
		id: 'cut', label: 'Cut / join', on: 'link', name: (c) => (severed(c) ? 'Join' : 'Cut'),
		request: (c) => both(c).map((l) => putLink(l, { cut: !severed(c) })),
		undo: (c) => both(c).map((l) => putLink(l)),
	},
	{ id: 'cut-there', label: 'Cut one way', on: 'link', name: (c) => `${isCut(c.s, ...c.link) ? 'Join' : 'Cut'} only ${c.link.join(' → ')}`, ...links((c) => [linkOf(c.s, ...c.link)], (l) => ({ cut: !l.cut })) },
	{ id: 'cut-back', label: 'Cut the other way', on: 'link', name: (c) => `${isCut(c.s, c.link[1], c.link[0]) ? 'Join' : 'Cut'} only ${c.link.toReversed().join(' → ')}`, ...links((c) => [linkOf(c.s, c.link[1], c.link[0])], (l) => ({ cut: !l.cut })) },
	{ id: 'hold-next', label: 'Hold the next message', on: 'link', name: (c) => `Hold the next message ${c.link.join(' → ')}`, request: nextRule('hold') },
	{ id: 'drop-next', label: 'Drop the next message', on: 'link', name: (c) => `Drop the next message ${c.link.join(' → ')}`, request: nextRule('drop') },
	{ id: 'set-link', label: 'Set one direction of a link', ...links((c) => [linkOf(c.s, ...c.link)], () => ({})), request: (c) => putLink(linkOf(c.s, ...c.link), c.set) },
	{ id: 'slash', label: 'Cut what a stroke crosses', ...links((c) => c.crossed.map(([a, b]) => linkOf(c.s, a, b)), () => ({ cut: true })) },
	{ id: 'rule', key: 'x', label: 'Hold or drop the next messages of a type', on: 'link', name: () => 'Hold or drop a type…', form: 'pop-rule', request: (c) => ({ method: 'POST', path: '/api/rules', body: c.rule }) },
	{ id: 'end-rule', label: 'End a rule', request: (c) => ({ method: 'DELETE', path: `/api/rules/${encodeURIComponent(c.id)}` }) },
	{ id: 'load', key: 'o', label: 'Load: steady traffic of clients', name: () => 'Load…', form: 'pop-load', request: (c) => ({ method: 'POST', path: '/api/workload', body: c.load }) },
	{ id: 'unload', label: 'Stop the load', name: () => 'Stop load', request: () => ({ method: 'DELETE', path: '/api/workload' }) },
	{ id: 'fire', label: 'Fire a timer now', allowed: runs, request: (c) => ({ method: 'POST', path: `/api/timers/${c.node}/${encodeURIComponent(c.timer)}/fire` }) },
	{ id: 'pace', label: 'Pace', form: 'pop-pace' },
	{ id: 'pace-live', label: 'Pace live', request: pace('live') },
	{ id: 'pace-10', label: 'Pace slow 1/10', request: pace('slow', 0.1) },
	{ id: 'pace-20', label: 'Pace slow 1/20', request: pace('slow', 0.05) },
	{ id: 'pace-50', label: 'Pace slow 1/50', request: pace('slow', 0.02) },
	{ id: 'pace-step', label: 'Pace step', request: pace('step') },
	{ id: 'slower', key: '[', label: 'Slower, also −', page: 'slower' },
	{ id: 'faster', key: ']', label: 'Faster, also +', page: 'faster' },
	{ id: 'pause', key: 'Space', label: 'Pause, go on; in REPLAY play, stop', page: 'pause' },
	{ id: 'on', key: '→', label: 'In Step deliver the next message; in REPLAY one wave on', page: 'on' },
	{ id: 'back', key: '←', label: 'One wave back, looking only', page: 'back' },
	{ id: 'rewind', key: 'Home', label: 'To the beginning, looking only', page: 'rewind' },
	{ id: 'now', key: 'End', label: 'Back to now; also Esc', page: 'now' },
	{ id: 'again', key: ',', label: 'Play the last operation again', page: 'again' },
	{ id: 'half', label: 'Replay at half speed', page: 'half' },
	{ id: 'normal', label: 'Replay at the elastic pace', page: 'normal' },
	{ id: 'double', label: 'Replay at double speed', page: 'double' },
	{
		id: 'step', label: 'One step: deliver the next message',
		allowed: (c) => (c.s.pace.pace !== 'step' ? 'only in Step' : nextMessage(c.s, c.handled) ? true : 'nothing is in the air'),
		request: (c) => ({ method: 'POST', path: `/api/messages/${encodeURIComponent(nextMessage(c.s, c.handled)?.id ?? '')}/deliver` }),
	},
	{ id: 'deliver', label: 'Deliver', ...inHand('deliver') },
	{ id: 'drop', label: 'Drop', ...inHand('drop') },
	{ id: 'duplicate', label: 'Double', ...inHand('duplicate') },
	{ id: 'menu', key: 'm', label: 'Menu of the node or message that has the focus', page: 'menu' },
	{ id: 'next', key: 'PageDown', label: 'Next: in Step the next message', page: 'next' },
	{ id: 'previous', key: 'PageUp', label: 'Previous sentence, looking only', page: 'previous' },
	{ id: 'stories', key: 's', label: 'Stories: the list of scenarios', page: 'stories' },
	{ id: 'code', key: 'q', label: 'The code for phones, in room size', page: 'code' },
	{ id: 'black', key: '.', label: 'Black; any key of the clicker ends it', request: () => ({ method: 'POST', path: '/api/scenario/black' }) },
	{ id: 'background', key: 'b', label: 'Background traffic in the diagram: ticks or each message', page: 'background' },
	{ id: 'follow', label: 'Let the diagram follow the playhead', page: 'follow' },
	{ id: 'full', key: 'u', label: 'Full screen', page: 'full' },
	{ id: 'legend', key: 'l', label: 'Legend', page: 'legend' },
	{ id: 'help', key: '?', label: 'Help', page: 'help' },
	{ id: 'tour', label: 'Tour', page: 'tour' },
	{ id: 'theme', key: 't', label: 'Light or dark', page: 'theme' },
];

export const byId = new Map(actions.map((a) => [a.id, a]));

/** @param {string} id @returns {Action|undefined} */
export function action(id) {
	return byId.get(id);
}

/** What a button or a menu says for an action now. @param {Action} a @param {Context} c */
export function nameOf(a, c) {
	return a.name?.(c) ?? a.label;
}

/** @type {Record<string, string>} keys by their letter */
const byLetter = Object.fromEntries(actions.filter((a) => a.key && /^[a-z]$/.test(a.key)).map((a) => [a.key, a.id]));

/** @type {Record<string, string>} keys that print nothing */
const byKey = { ' ': 'pause', ArrowRight: 'on', ArrowLeft: 'back', Home: 'rewind', End: 'now', PageDown: 'next', PageUp: 'previous' };

/** @type {Record<string, string>} keys by what they print */
const bySign = { '?': 'help', '+': 'faster', '=': 'faster', '-': 'slower', '−': 'slower', ',': 'again', '.': 'black' };

/** @type {Record<string, string>} keys by their place on the keyboard: what they print differs */
const byPlace = { BracketLeft: 'slower', BracketRight: 'faster' };

/**
 * The Latin letter of a key press, in lower case: the one that it prints or,
 * where the layout has no Latin letters, the one at its place on a US keyboard;
 * '' for none.
 * @param {{key: string, code: string}} e
 */
export function letterOf(e) {
	if (/^\p{Script=Latin}$/u.test(e.key)) return e.key.toLowerCase();
	return /^\p{L}$/u.test(e.key) ? /^Key([A-Z])$/.exec(e.code)?.[1].toLowerCase() ?? '' : '';
}

/**
 * The action that a key press means, or a node's number.
 * @param {{key: string, code: string, shiftKey: boolean, ctrlKey: boolean, altKey: boolean, metaKey: boolean, repeat: boolean}} e
 * @param {boolean} letters whether keys that print something are on
 * @returns {string|number|undefined}
 */
export function keyMeans(e, letters) {
	if (e.ctrlKey || e.altKey || e.metaKey || e.repeat) return undefined;
	if (byKey[e.key] && !e.shiftKey) return byKey[e.key];
	if (e.key === '?') return 'help';
	if (!letters) return undefined;
	const digit = /^(?:Digit|Numpad)([1-9])$/.exec(e.code);
	if (digit && !e.shiftKey) return Number(digit[1]);
	if (bySign[e.key]) return bySign[e.key];
	if (byPlace[e.code]) return byPlace[e.code];
	const letter = letterOf(e);
	if (letter) return e.shiftKey ? (letter === 'h' ? 'recover' : undefined) : byLetter[letter];
	return e.code === 'Comma' && /^\p{L}$/u.test(e.key) ? 'again' : undefined;
}

/**
 * The curl command of an action, a line for each call: a client's call goes to
 * the node itself, everything else to the playground.
 * @param {Action} a @param {Context} c @param {string} origin of the playground
 */
export function curl(a, c, origin) {
	if (a.id === 'write') return curlOfWrite(c.s, c);
	if (a.id === 'read') return curlOfRead(c.s, c);
	if (a.id === 'dump' || a.id === 'clean') return curlOfAdmin(c.s, c.node, a.id);
	return a.request ? [a.request(c)].flat().map((r) => curlOfRequest(r, origin)).join('\n') : '';
}

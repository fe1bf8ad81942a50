// The one table of actions, for buttons, keys, menus, help and the curl display. An
// action says when it is allowed, which calls carry it out, and which calls undo
// it. The calls are made from the playground's table of verbs (request.js). An
// action never changes the page's state. Its effect comes back as events.

import { PLANTED, curlOfAdmin, curlOfCall, curlOfRequest } from '../model/curl.js';
import { changes, isBridge, linkOf, nextMessage, verdicts } from '../model/order.js';
import { ofLanes, several } from '../model/place.js';
import { descriptorOf, groups, isCut } from '../model/state.js';
import { clip } from '../model/text.js';
import { openAt, wordsOf } from './byhand.js';
import { momentsOf, pointOf } from './points.js';
import { call } from './request.js';
import { verbs } from './verbs.js';

const OPS = verbs.write.path; // the call of every client's operation

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Quorum} Quorum */
/** @typedef {import('../model/types.js').Link} Link */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('../model/types.js').Load} Load */
/** @typedef {{from: number|string, to: number|string, type: string, do: string, count: number}} NewRule */
/** @typedef {'node'|'link'|'msg'|'op'|'diagram'} Place the kind of thing that has a context menu */
/**
 * @typedef {object} Context The data that an action works on.
 * @property {State} s the newest state, not the one at the playhead
 * @property {number} node the selected node
 * @property {string} key
 * @property {string} val
 * @property {string} mode that a mode button names
 * @property {string} [home] the path above the fragments of forms, if it is not that of the page
 * @property {string} [lane] the mode of the only lane that the action goes to; '' or absent: every cluster of the page
 * @property {number[][]} groups of a split
 * @property {string} hand the message in the hand
 * @property {Quorum} quorum
 * @property {[number, number]} link the two ends of the chosen link
 * @property {[number, number][]} crossed the directions that a stroke crossed
 * @property {Partial<Link>} set what a direction of a link is set to
 * @property {NewRule} rule
 * @property {import('./points.js').PointRule} [point] a rule that acts at a point of the protocol
 * @property {Load} load
 * @property {string} timer of the selected node
 * @property {string} id of a rule, of a transaction by hand, or the number of a moment of the mode
 * @property {number} ts of a planted value, microseconds since the epoch
 * @property {Set<string>} handled messages that are being delivered already
 * @property {Set<string>} [pending] the presses that are not answered yet, as "kill:3"
 * @property {string} moment the fragment of the link to the thing that has the menu
 * @property {boolean} isPlayback whether a recording is played, so that no cluster runs
 * @property {boolean} alone whether no other page has that recording
 * @property {{label: string, requests: Request[]}|undefined} undo the newest fault, and the calls that take it back
 */
/**
 * @typedef {object} Action
 * @property {string} id also the data-action of its buttons
 * @property {string} label
 * @property {string} [key] as help shows it
 * @property {Place|Place[]} [on] the things whose context menu has the action
 * @property {string} [form] the popover that it opens first
 * @property {(c: Context) => true|string} [allowed] true, or why not
 * @property {(c: Context) => Request|Request[]} [request] the calls; for an action of the page itself, the calls that it leads to
 * @property {(c: Context) => Request|Request[]} [undo] the calls that take it back
 * @property {(c: Context) => string} [name] the text of its buttons now
 * @property {(c: Context) => string[]} [each] the ids among which it chooses: a menu has one entry for each
 * @property {(d: ReturnType<typeof descriptorOf>) => boolean} [only] whether a mode has it
 * @property {string} [page] for an action of the page itself: the name of a function of pages.js
 */

/** @param {Context} c */
export const node = (c) => c.s.nodes.get(c.node);
/** @param {Context} c */
const runs = (c) => (node(c)?.status === 'up' ? true : `node ${c.node} is ${node(c)?.status ?? 'not there'}`);
/** @param {Context} c */
const lives = (c) => (node(c)?.status === 'killed' ? `node ${c.node} is killed` : true);
/** @param {Context} c @param {string} verb @returns {Request} */
const toNode = (c, verb) => call(verb, { node: c.node });
/** A client's operation, whose answer comes back as an event. @param {string} verb @param {(c: Context) => Record<string, any>} args */
const operation = (verb, args) => (/** @type {Context} */ c) => call(verb, { node: c.node, ...args(c), wait: false });
/** @param {Context} c */
const isolated = (c) => c.s.nodes.size > 1 && groups(c.s).some((g) => g.length === 1 && g[0] === c.node);
/** @param {string} name @param {number} [rate] */
const pace = (name, rate) => () => call('pace', { pace: name, rate });
/** @param {Link} l @param {Partial<Link>} [to] @returns {Request} */
const putLink = (l, to) => call('link', { ...l, ...to });
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
	request: (/** @type {Context} */ c) => call(verb, { msg: c.hand }),
});
/** @param {(c: Context) => Link[]} of the links as they are @param {(l: Link) => Partial<Link>} to */
const links = (of, to) => ({
	request: (/** @type {Context} */ c) => of(c).map((l) => putLink(l, to(l))),
	undo: (/** @type {Context} */ c) => of(c).map((l) => putLink(l)),
});
/** @param {string} what */
const nextRule = (what) => (/** @type {Context} */ c) => call('rule', { from: c.link[0], to: c.link[1], type: '*', do: what, count: 1 });
/** The end of a transaction by hand, at one node. @param {string} verb @param {string} word */
const endByHand = (verb, word) => ({
	on: /** @type {const} */ ('node'),
	only: (/** @type {ReturnType<typeof descriptorOf>} */ d) => d.by_hand,
	each: (/** @type {Context} */ c) => openAt(c.s, c.node).map((t) => t.id),
	name: (/** @type {Context} */ c) => {
		const t = openAt(c.s, c.node).find((one) => one.id === c.id);
		return t ? `${word} ${wordsOf(t)}` : word;
	},
	allowed: (/** @type {Context} */ c) => (lives(c) !== true ? lives(c) : c.id ? true : `no transaction waits at node ${c.node}`),
	request: operation(verb, (c) => ({ id: c.id })),
});
/** The links that are neither perfect nor cut. @param {State} s */
export const imperfect = (s) => [...s.links.values()].filter((l) => l.delay_ms || l.jitter_ms || l.loss);
/** @param {State} s */
const cutLinks = (s) => [...s.links.values()].filter((l) => l.cut);
const WHOLE = { delay_ms: 0, jitter_ms: 0, loss: 0 };
/** The quorum sizes with which a playground begins. @param {State} s @returns {Quorum} */
export const usualSizes = (s) => {
	const most = s.nodes.size || 3;
	return { n: Math.min(3, most), r: Math.min(2, most), w: Math.min(2, most) };
};

/** @type {Action[]} */
export const actions = [
	{ id: 'write', key: 'w', label: 'Write', on: 'node', form: 'pop-write', allowed: lives, request: operation('write', (c) => ({ key: c.key, val: c.val })) },
	{ id: 'read', key: 'r', label: 'Read', on: 'node', form: 'pop-read', allowed: lives, request: operation('read', (c) => ({ key: c.key })) },
	{ id: 'by-hand', key: 'y', label: 'By hand at one node: propose, commit, roll back; plant, read here', form: 'pop-hand', allowed: (c) => (descriptorOf(c.s).by_hand || descriptorOf(c.s).plant ? lives(c) : `${c.s.mode} has nothing to do by hand`) },
	{ id: 'propose', label: 'Propose by hand', name: () => 'Propose…', on: 'node', only: (d) => d.by_hand, form: 'pop-hand', allowed: lives, request: operation('propose', (c) => ({ id: c.id, key: c.key, val: c.val })) },
	{ id: 'commit', label: 'Commit by hand', ...endByHand('commit', 'Commit') },
	{ id: 'rollback', label: 'Roll back by hand', ...endByHand('rollback', 'Roll back') },
	{ id: 'plant', label: 'Plant an old value by hand', name: () => 'Plant…', on: 'node', only: (d) => d.plant, form: 'pop-hand', allowed: lives, request: operation('plant', (c) => ({ key: c.key, val: c.val, ts: c.ts })) },
	{ id: 'local-read', label: 'Read what this node alone holds', name: (c) => `Read ${clip(c.key, 12)} here`, on: 'node', only: (d) => d.plant, allowed: lives, request: operation('local-read', (c) => ({ key: c.key })) },
	{
		id: 'freeze', key: 'f', label: 'Freeze / thaw', on: 'node', name: (c) => (node(c)?.status === 'frozen' ? 'Thaw' : 'Freeze'),
		allowed: (c) => (node(c)?.status === 'frozen' ? true : runs(c)),
		request: (c) => toNode(c, node(c)?.status === 'frozen' ? 'thaw' : 'freeze'),
		undo: (c) => toNode(c, node(c)?.status === 'frozen' ? 'freeze' : 'thaw'),
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
		id: 'kill-when', label: 'Kill the node at a moment of the next operation', on: 'node', only: (d) => d.moments?.length > 0, allowed: lives,
		each: (c) => momentsOf(c.s).map((_, i) => String(i)), name: (c) => `Kill when ${momentsOf(c.s)[Number(c.id)]?.when ?? '…'}`,
		request: (c) => call('rule', { when: pointOf(c.s, Number(c.id), c.node), then: 'kill' }),
	},
	{
		id: 'moment', key: 'Shift+K', label: 'Kill, freeze or isolate a node at a moment of the next operation', on: 'node', name: () => 'At a moment…',
		only: (d) => d.moments?.length > 0, form: 'pop-moment', allowed: (c) => (momentsOf(c.s).length ? true : 'this mode has no such moments'),
		request: (c) => call('rule', c.point ?? { when: pointOf(c.s, 0, '*'), then: 'kill' }),
	},
	{
		id: 'split', key: 'p', label: 'Split: p again takes the usual one, then the next', form: 'pop-split',
		request: (c) => (isBridge(c.groups) ? verdicts(c.s, c.groups).map(({ link, cut }) => putLink(link, { cut })) : call('partition', { groups: c.groups })),
		undo: (c) => changes(c.s, c.groups).map(({ link }) => putLink(link)),
	},
	{ id: 'heal', key: 'h', label: 'Heal: links perfect, no rule, nobody frozen', request: () => call('heal') },
	{
		id: 'undo', key: 'z', label: 'Undo the last fault', name: (c) => (c.undo ? `Undo: ${c.undo.label}` : 'Undo'), page: 'undo',
		allowed: (c) => (c.undo ? true : 'nothing to undo'),
		request: (c) => c.undo?.requests ?? [],
	},
	{
		id: 'recover', key: 'Shift+H', label: 'Recover: heal, restart, pace live; data stays', name: () => 'Recover',
		request: (c) => [
			call('heal'),
			...[...c.s.nodes.values()].filter((n) => n.status === 'killed' || c.pending?.has(`kill:${n.id}`)).map((n) => call('restart', { node: n.id })),
			pace('live')(),
		],
	},
	{ id: 'reset', key: '0', label: 'Reset, held for a second: no data, no fault, sizes and pace as at first', name: () => 'Hold to reset', request: () => call('reset') },
	{ id: 'mode', key: 'Shift+1', label: 'Change the mode, pressed twice: all databases empty. Shift+2 is the second mode of the bar, and so on', request: (c) => call('mode', { mode: c.mode }) },
	{ id: 'quorum', key: 'n', label: 'Sizes N, R, W, where the mode has them', only: (d) => d.sizes, form: 'pop-quorum', allowed: (c) => (descriptorOf(c.s).sizes ? true : `${c.s.mode} has no sizes to set`), request: (c) => call('quorum', c.quorum), undo: (c) => call('quorum', c.s.quorum) },
	{ id: 'usual-sizes', label: 'Set the sizes back', request: (c) => call('quorum', usualSizes(c.s)), undo: (c) => call('quorum', c.s.quorum) },
	{ id: 'wipe', label: 'Wipe', on: 'node', allowed: (c) => (descriptorOf(c.s).disk ? `in ${c.s.mode} a node's promises rest on its disk` : true), request: (c) => toNode(c, 'wipe') },
	{ id: 'dump', key: 'd', label: 'Dump', on: 'node', allowed: runs, page: 'dump' },
	{ id: 'clean', key: 'c', label: 'Clean', on: 'node', allowed: runs, page: 'clean' },
	{ id: 'link', key: 'e', label: 'Settings of a link', name: () => 'Links…', on: 'link', page: 'link' },
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
	{ id: 'rule', key: 'x', label: 'Rules: hold or drop the next messages of a type', on: 'link', name: () => 'Rules…', form: 'pop-rule', request: (c) => call('rule', c.rule) },
	{ id: 'end-rule', label: 'End a rule', request: (c) => call('unrule', { rule: c.id }) },
	{ id: 'end-rules', label: 'End every rule that holds or drops messages', request: (c) => c.s.rules.filter((r) => !r.then).map((r) => call('unrule', { rule: r.id })) },
	{ id: 'mend-links', label: 'No delay and no loss on any link', ...links((c) => imperfect(c.s), () => WHOLE) },
	{ id: 'join-links', label: 'Join every cut link', ...links((c) => cutLinks(c.s), () => ({ cut: false })) },
	{ id: 'load', key: 'o', label: 'Load: steady traffic of clients', name: () => 'Load…', form: 'pop-load', request: (c) => call('workload', c.load) },
	{ id: 'unload', label: 'Stop the load', name: () => 'Stop load', request: () => ({ method: 'DELETE', path: '/api/workload' }) },
	{ id: 'fire', label: 'Fire a timer now', allowed: runs, request: (c) => call('fire', { node: c.node, timer: c.timer }) },
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
		allowed: (c) => (c.s.pace.pace !== 'step' ? 'only in Step' : nextMessage(c.s, c.handled) ? true : 'nothing is on the way'),
		request: (c) => call('deliver', { msg: nextMessage(c.s, c.handled)?.id ?? '' }),
	},
	{ id: 'deliver', label: 'Deliver', ...inHand('deliver') },
	{ id: 'drop', label: 'Drop', ...inHand('drop') },
	{ id: 'duplicate', label: 'Double', ...inHand('duplicate') },
	{ id: 'menu', key: 'm', label: 'Menu of the node or message that has the focus', page: 'menu' },
	{ id: 'next', key: 'PageDown', label: 'Next: of the tour, in Step the next message', page: 'next' },
	{ id: 'previous', key: 'PageUp', label: 'Previous sentence, looking only', page: 'previous' },
	{ id: 'stories', key: 's', label: 'Stories: the list of scenarios', page: 'stories' },
	{ id: 'code', key: 'q', label: 'The code for phones, in room size', page: 'code' },
	{ id: 'black', key: '.', label: 'Black; any key of the clicker ends it', request: () => ({ method: 'POST', path: '/api/scenario/black' }) },
	{
		id: 'copy-link', key: 'Shift+L', label: 'Copy a link to this moment', on: ['msg', 'op', 'diagram', 'node', 'link'], page: 'copyLink', each: (c) => [c.moment], name: () => 'Copy link',
		allowed: (c) => (c.isPlayback && c.alone ? 'only this page has the recording: no link leads to it' : true),
	},
	{ id: 'picture', key: 'Shift+P', label: 'A picture of the ring or the diagram: SVG, PNG, or copied', on: 'diagram', page: 'picture', name: () => 'Picture…' },
	{ id: 'background', key: 'Shift+B', label: 'Background traffic in the diagram: ticks or each message', page: 'background' },
	{ id: 'follow', label: 'Let the diagram follow the playhead', page: 'follow' },
	{ id: 'full', key: 'u', label: 'Full screen', page: 'full' },
	{ id: 'legend', key: 'l', label: 'Legend', page: 'legend' },
	{ id: 'help', key: '?', label: 'Help', page: 'help' },
	{ id: 'tab', key: 'g', label: 'Next tab of the panel', page: 'tab' },
	{ id: 'compare', key: 'Shift+C', label: 'Compare the modes', page: 'compare', allowed: () => (ofLanes() ? 'the lanes stand side by side already' : true) },
	{ id: 'snapshots', key: 'Shift+S', label: 'Snapshots: keep the settings and values under a name, and go back to them', name: () => 'Snapshots…', page: 'snapshots', allowed: () => (ofLanes() ? 'each lane keeps snapshots on its own stage' : true) },
	{ id: 'stop-compare', label: 'Stop the comparison that runs', request: () => ({ method: 'DELETE', path: '/api/compare' }) },
	{ id: 'more', label: 'More: recover, reset, load, compare, legend, theme', name: () => 'more', form: 'pop-more' },
	{ id: 'tour', label: 'Tour', page: 'tour' },
	{ id: 'theme', key: 't', label: 'Light or dark', page: 'theme' },
];

export const byId = new Map(actions.map((a) => [a.id, a]));

/** @param {string} id @returns {Action|undefined} */
export function action(id) {
	return byId.get(id);
}

const SCREENS = ['dump', 'clean']; // calls of a node, which the page makes by itself

/** A call to one lane instead of all. @param {Request} r @param {string} [lane] @returns {Request} */
export const inLane = (r, lane) => (lane ? { ...r, path: `/api/${lane}${r.path.slice('/api'.length)}` } : r);

/** The calls that carry an action out. @param {Action} a @param {Context} c @returns {Request[]} */
export const callsOf = (a, c) => [a.request?.(c) ?? []].flat().map((r) => inLane(r, c.lane));

/** The calls that take an action back. @param {Action} a @param {Context} c @returns {Request[]} */
export const undoOf = (a, c) => [a.undo?.(c) ?? []].flat().map((r) => inLane(r, c.lane));

/** Whether an action makes sense now: true, or why not. @param {Action} a @param {Context} c @returns {true|string} */
export function mayRun(a, c) {
	if (c.isPlayback && (a.request || a.form || SCREENS.includes(a.id))) return 'this is a recording, nothing runs';
	if (c.lane && SCREENS.includes(a.id)) return 'the stage of the lane shows it';
	return a.allowed?.(c) ?? true;
}

/** The text of a button or a menu entry for an action now. @param {Action} a @param {Context} c */
export function nameOf(a, c) {
	return a.name?.(c) ?? a.label;
}

/**
 * The curl command of an action, with one line for each call. A client's call goes
 * to the node itself, any other call to the playground.
 * @param {Action} a @param {Context} c @param {string} origin of the playground
 */
export function curl(a, c, origin) {
	if (a.id === 'dump' || a.id === 'clean') return curlOfAdmin(c.s, c.node, a.id);
	return [a.request?.(c) ?? []].flat().map((r) => curlOf(c, r, origin)).join('\n');
}

/** @param {Context} c @param {Request} r @param {string} origin */
function curlOf({ s, lane }, r, origin) {
	if (r.path !== OPS || (several() && !lane)) return curlOfRequest(inLane(r, lane), origin);
	const { node, kind, key = '', val = '', id = '', ts = PLANTED } = r.body;
	return curlOfCall(s, { node, kind, key, val, tx: id, ts });
}

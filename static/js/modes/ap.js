// The words of AP: sloppy quorums, with hints for homes that are away.

import { capital, clip, listed, numberWord } from '../model/text.js';
import { countWords, hintsOf, nodesOf, phaseOf } from '../model/view.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/view.js').View} View */

/** @type {Mode} */
export const ap = {
	...neutral,
	name: 'AP',
	promise: ({ quorum: { r, w } }) => `any ${Math.max(r, w) === 1 ? 'node' : `${numberWord(Math.max(r, w))} nodes`} can answer; a read may be stale`,
	first: ({ quorum: q }) => `Press w to write. ${capital(numberWord(q.w))} of ${numberWord(q.n)} homes ${q.w === 1 ? 'is' : 'are'} enough.`,
	fate: (s, op) => (holders(s, op).length ? 'written' : ''),
	ending: (s, op, id) => (holders(s, op).includes(id) ? 'has it' : ''),
	running,
	ended,
	stamp,
	asksFirst: true,
	version,
};

/**
 * The nodes that said that they stored a write. One is enough for the write to spread to its homes.
 * @param {State} s @param {Op} op
 */
function holders(s, op) {
	const said = [...s.msgs.values()].filter((m) => m.op === op.id && m.type === 'stored').map((m) => m.from);
	return nodesOf(s, ({ id }) => said.includes(id) || op.phases.some((p) => p.phase === 'store' && p.yes.includes(id)));
}

/** @param {View} view @param {Op} op */
function running({ s }, op) {
	const p = phaseOf(op);
	switch (p?.phase) {
		case 'forward':
			return p.waiting.length ? `Node ${p.node} passes the ${op.kind} on to ${p.homes.includes(p.waiting[0]) ? 'home' : 'node'} ${p.waiting[0]}.` : '';
		case 'store': {
			const { node, for: home } = hintsOf(s, op).kept.at(-1) ?? {};
			return home ? `Home ${home} did not answer: node ${node} keeps the write for it.` : `Node ${p.node} stores it at the homes: ${countWords(p)} answered.`;
		}
		case 'read':
			return `Node ${p.node} asks what the others hold: ${countWords(p)} answered.`;
	}
	return '';
}

/** @param {State} s @param {Op} op @param {Outcome} how */
function ended(s, op, how) {
	const p = phaseOf(op);
	if (!p || p.phase === 'forward') return '';
	if (!how.good) return op.status === 503 && p.yes.length < p.need ? `Only ${numberWord(p.yes.length)} of the ${numberWord(p.need)} answers came, so the answer is no.` : '';
	const hints = op.kind === 'write' && hintWords(s, op);
	if (hints) return hints;
	const torn = op.siblings.length ? `The read found ${numberWord(values(op).length)} values. No node knows which was written last.` : '';
	return torn || repairWords(s, op) || countOfHomes(op, how);
}

/** The values that a read answered: its val first, then the siblings. @param {Op} op */
function values(op) {
	return [...new Set([op.val, ...op.siblings])];
}

/** Which nodes keep the write for the homes that did not answer. @param {State} s @param {Op} op */
function hintWords(s, op) {
	const { kept, given } = hintsOf(s, op);
	const of = kept.length ? kept : given;
	if (!of.length || (of === given && given.length < op.kept.length)) return '';
	const homes = [...new Set(of.map((k) => k.for))].sort((a, b) => a - b);
	const keepers = [...new Set(of.map((k) => k.node))].sort((a, b) => a - b);
	const [home, them] = homes.length > 1 ? [`Homes ${listed(homes)}`, 'them'] : [`Home ${homes[0]}`, 'it'];
	const many = keepers.length > 1;
	if (of === given) return `${home} did not answer in time: ${listed(keepers)} kept the write for ${them}, and handed it over.`;
	return `${home} ${absence(s, op, homes)}, so ${listed(keepers)} ${many ? 'keep' : 'keeps'} the write for ${them}. The client got ${op.status}.`;
}

/** Why homes did not take part: they are still frozen or killed, or they did not answer. @param {State} s @param {Op} op @param {number[]} homes */
function absence(s, op, homes) {
	const are = homes.length > 1 ? 'are' : 'is';
	for (const status of /** @type {const} */ (['frozen', 'killed'])) {
		if (homes.every((id) => op.faults[status].includes(id) && s.nodes.get(id)?.status === status)) return `${are} ${status}`;
	}
	return 'did not answer';
}

/** What a read wrote back to a node that held something older. @param {State} s @param {Op} op */
function repairWords(s, op) {
	const done = op.repairs.find((r) => r.was !== undefined && r.was !== op.val && s.held.get(`${r.node}/${op.key}`)?.val === op.val);
	if (op.kind !== 'read' || !done || op.status === 404) return '';
	return `The read found ${done.was ? clip(done.was, 12) : 'no value'} at node ${done.node}, and wrote ${clip(op.val, 12)} there.`;
}

/** How many answers were enough, and how many of them came from homes. @param {Op} op @param {Outcome} how */
function countOfHomes(op, { away, who }) {
	const p = phaseOf(op);
	if (!p?.homes.length) return '';
	const { homes } = p;
	const enough = `${capital(numberWord(p.need))} ${p.need === 1 ? 'answer was' : 'answers were'} enough`;
	const missing = homes.filter((h) => away.includes(h) && !p.yes.includes(h));
	if (missing.length) return `${who(missing)}. ${enough}.`;
	const at = homes.filter((h) => p.yes.includes(h)).length;
	return `${enough}; ${at} of ${homes.length} homes ${op.kind === 'write' ? 'have it' : 'answered'}.`;
}

/** @param {State} s @param {Op} op */
function stamp(s, op) {
	if (op.status === 200 && op.kind === 'read' && op.siblings.length) {
		const all = values(op);
		return all.length > 2 ? `read\n${all.length} values` : `read\n${clip(all[0], 12)}\nor ${clip(all[1] ?? '', 10)}`;
	}
	if (op.status !== 201 || op.kind !== 'write') return '';
	const p = phaseOf(op);
	if (p?.phase !== 'store' || !p.homes.length) return ''; // a busy node sends no progress of its writes
	const { homes } = p;
	const at = p.yes.filter((id) => homes.includes(id)).length;
	return `written\n${at} of ${homes.length} homes${hintStamp(s, op)}`;
}

/** The homes for which nodes keep the write; if no node keeps it, those to which it was handed over. @param {State} s @param {Op} op */
function hintStamp(s, op) {
	const { kept, given } = hintsOf(s, op);
	const homes = [...new Set((kept.length ? kept : given).map((k) => k.for))].sort((a, b) => a - b);
	if (!homes.length) return '';
	if (!kept.length) return homes.length > 1 ? `,\n${homes.length} handed over` : `,\nhanded to ${homes[0]}`;
	if (homes.length > 3) return `,\n${homes.length} hints`;
	return homes.length > 1 ? `,\nhints ${homes.join(', ')}` : `,\nhint for ${homes[0]}`;
}

/** A dot names the node that wrote, and the number of its write: "v2 by 5". A planted value has no dot. @param {string} version */
function version(version) {
	if (version === '0') return 'planted';
	const dot = /^n(\d+)\.\w+\.(\d+)/.exec(version);
	return dot ? `v${dot[2]} by ${dot[1]}` : clip(version, 8);
}

// The words of AP: sloppy quorums, with hints for homes that are away.

import { homesOf, phaseOf } from '../model/view.js';
import { capital, clip, nodesAre, numberWord } from '../model/text.js';
import { neutral } from './neutral.js';

/** @typedef {import('./mode.js').Mode} Mode */
/** @typedef {import('./mode.js').Outcome} Outcome */
/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */

/** @type {Mode} */
export const ap = {
	...neutral,
	name: 'AP',
	promise: () => 'always answers; a read may be stale',
	first: () => 'Press w to write. Two of three homes are enough.',
	ended: (s, op, how) => (how.good ? answered(s, op, how.away) : 'Too few nodes answered, even for AP.'),
	stamp,
	asksFirst: true,
	version,
};

/** @param {State} s @param {Op} op @param {number[]} away */
function answered(s, op, away) {
	if (op.kept.length) return hintWords(s, op);
	const torn = [...s.held.values()].filter((h) => h.key === op.key && h.siblings.length).sort((a, b) => a.node - b.node)[0];
	if (torn) return `Node ${torn.node} holds ${numberWord(torn.siblings.length + (torn.siblings.some((x) => x.val === torn.val) ? 0 : 1))} truths: nobody knows which write was last.`;
	const homes = homesOf(s);
	const missing = homes.filter((h) => away.includes(h));
	if (missing.length) return `${nodesAre(missing)} away. The others are enough.`;
	const others = (phaseOf(op)?.yes ?? []).filter((id) => homes.length && !homes.includes(id));
	if (others.length) return `Not every home answered in time: ${others.length > 1 ? `nodes ${others.join(' and ')}` : `node ${others[0]}`} stood in.`;
	const need = phaseOf(op)?.need ?? (op.kind === 'read' ? s.quorum.r : s.quorum.w);
	return `${capital(numberWord(need))} of ${numberWord(homes.length || s.quorum.n)} homes answered. The client need not wait for more.`;
}

/** @param {State} s @param {Op} op */
function hintWords(s, op) {
	const kept = op.kept[op.kept.length - 1];
	const still = s.hints.has(`${kept.node}/${kept.for}/${op.key}`);
	if (!still) return `Home ${kept.for} was away: ${kept.node} kept the write for it, and has handed it over.`;
	const why = op.faults.frozen.includes(kept.for) ? 'frozen' : op.faults.killed.includes(kept.for) ? 'killed' : 'away';
	return `Home ${kept.for} is ${why}, so ${kept.node} keeps the write for it. The client still gets ${op.status}.`;
}

/** @param {State} s @param {Op} op */
function stamp(s, op) {
	if (op.status !== 201) return '';
	const homes = homesOf(s);
	const at = (phaseOf(op)?.yes ?? []).filter((id) => homes.includes(id)).length;
	const kept = op.kept.at(-1);
	const hint = !kept ? '' : s.hints.has(`${kept.node}/${kept.for}/${op.key}`) ? `\nhint for ${kept.for}` : `\nhanded to ${kept.for}`;
	return `written\n${at} of ${homes.length || s.quorum.n} homes${hint}`;
}

/** Of a dot, "node:counter". @param {string} version */
function version(version) {
	const dot = /^n(\d+)\.\w+\.(\d+)/.exec(version);
	return dot ? `${dot[1]}:${dot[2]}` : clip(version, 8);
}

// The words of a mode that has no file in this room. They say nothing that
// could be false in any mode. The other files begin with these.

import { descriptorOf } from '../model/state.js';
import { clip } from '../model/text.js';

/** @type {import('./mode.js').Mode} */
export const neutral = {
	name: '',
	promise: (s) => descriptorOf(s).approach,
	first: () => 'Press w to write.',
	isVote: () => false,
	isTrial: () => false,
	counts: () => 'answers',
	candidacy: () => undefined,
	scene: () => '',
	blocked: () => [],
	isSeen: (_s, op) => !op.partial,
	fate: () => '',
	ending: () => '',
	running: () => '',
	ended: (_s, op, { away, who }) => (away.length ? `${who()}. Node ${op.node} answered ${op.status}.` : ''),
	stamp: () => '',
	role: (_s, n) => (n.role && n.term ? `${n.role} ${n.term}` : ''),
	rows: () => [],
	sides: true,
	asksFirst: false,
	version,
};

/** A number, and the node that wrote it where the version names one: "v2 by 5". @param {string} version */
function version(version) {
	const [, count, node] = /^(\d+)(?:\.(\d+))?(?:\.|$)/.exec(version) ?? [];
	if (!count) return clip(version, 8);
	return node ? `v${count} by ${node}` : `v${count}`;
}

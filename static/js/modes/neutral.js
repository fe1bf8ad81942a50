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
	scene: () => '',
	blocked: () => [],
	running: () => '',
	ended: (_s, op, { away, who }) => (away.length ? `${who()}. Node ${op.node} answered ${op.status}.` : ''),
	stamp: () => '',
	role: (_s, n) => (n.role && n.term ? `${n.role} ${n.term}` : ''),
	rows: () => [],
	sides: true,
	asksFirst: false,
	version: (version) => clip(version.split('.').slice(0, 2).join('.'), 8),
};

// The sentences for a screen reader: an outcome with its votes, and what a person did
// to the cluster. Pure functions.

import { focusOp } from '../model/state.js';
import { slots } from '../model/view.js';
import { caption } from './caption.js';
import { reason } from './words.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */

/** @type {Record<string, string>} */
const SAID = { yes: 'yes', no: 'no', late: 'no, too late', 'late-yes': 'yes, too late', silent: 'silent', dead: 'dead', lost: 'lost' };

/** Which nodes gave which answer, and why messages were lost: "yes: 1, 2; silent: 4; lost: 5, cut". @param {View} view @param {Op} op */
export function votes(view, op) {
	const all = slots(view, op);
	return Object.entries(SAID).map(([said, word]) => {
		const ids = all.filter((s) => s.said === said).map((s) => s.id);
		const why = said === 'lost' ? ids.map((id) => whyLost(view, op, id)) : [];
		return ids.length ? `${word}: ${[...ids, ...new Set(why)].join(', ')}` : '';
	}).filter(Boolean).join('; ');
}

/** Why the newest message that an operation lost between a node and the others was lost. @param {View} view @param {Op} op @param {number} id */
function whyLost({ s }, op, id) {
	const lost = [...s.msgs.values()].findLast((m) => m.op === op.id && m.state === 'lost' && (m.from === id || m.to === id));
	return lost ? reason(s, lost) : '';
}

/** Reports each outcome and each change once. */
export class Speech {
	constructor() {
		this.op = ''; // the operation whose outcome was reported last
		this.news = -Infinity; // the place of the change that was reported last
	}

	/** Begins with the state of a stream that has just begun. What happened before it is not reported. @param {import('../model/types.js').State} s */
	begin(s) {
		this.op = s.focus;
		this.news = s.news.x;
	}

	/** The next sentence, '' while there is nothing new. @param {View} view */
	next(view) {
		if (view.past) return '';
		const op = focusOp(view.s);
		const { news } = view.s;
		if (op?.status && this.op !== op.id && op.x1 >= news.x) {
			this.op = op.id;
			this.news = news.x;
			const said = votes(view, op);
			return `${op.kind} ${op.key} at node ${op.node}: ${op.status}. ${said ? `${said}. ` : ''}${caption(view)}`;
		}
		const starting = [...view.s.nodes.values()].every((n) => n.status === 'starting'); // a new mode or a reset is told when the nodes run
		if (news.x <= this.news || starting) return '';
		this.news = news.x;
		return caption(view);
	}
}

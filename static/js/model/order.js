// Pure functions for what a person does by hand: the message that comes next, the
// messages that wait at a node, the changes of links that a split makes.

/** @typedef {import('./types.js').State} State */
/** @typedef {import('./types.js').Msg} Msg */
/** @typedef {import('./types.js').Link} Link */
/** @typedef {{name: string, groups: number[][]}} Split groups that overlap are a bridge */

/**
 * The order of two messages. The message that is due first comes first. If both are due
 * at once, the lower Lamport clock comes first, so that no effect comes before its cause.
 * If the clocks are equal, the message that left first comes first.
 * @param {Msg} a @param {Msg} b
 */
function before(a, b) {
	return (a.due || a.v0) - (b.due || b.v0) || a.lc - b.lc || a.x0 - b.x0;
}

/** The messages that wait at a node, the next one first. Background messages are left out unless they are held. @param {State} s @param {number} id @returns {Msg[]} */
export function inbox(s, id) {
	return [...s.msgs.values()].filter((m) => m.to === id && m.state === 'flying' && (m.cls !== 'background' || m.held)).sort(before);
}

/**
 * The message that a step delivers: the next one in causal order at a node that is up.
 * @param {State} s @param {Set<string>} [handled] those that are being delivered, of which the events have not told yet
 * @returns {Msg|undefined}
 */
export function nextMessage(s, handled) {
	let next;
	for (const id of s.nodes.keys()) {
		if (s.nodes.get(id)?.status !== 'up') continue;
		const first = inbox(s, id).find((m) => !handled?.has(m.id));
		if (first && (!next || before(first, next) < 0)) next = first;
	}
	return next;
}

/** The settings of a link. A link without faults has the settings of a perfect link. @param {State} s @param {number} from @param {number} to @returns {Link} */
export function linkOf(s, from, to) {
	return s.links.get(`${from}-${to}`) ?? { from, to, cut: false, delay_ms: 0, jitter_ms: 0, loss: 0 };
}

/** Each direction of each link, and whether a split cuts it. @param {State} s @param {number[][]} groups @returns {{link: Link, cut: boolean}[]} */
export function verdicts(s, groups) {
	const ids = [...s.nodes.keys()].sort((a, b) => a - b);
	return ids.flatMap((from) => ids.filter((to) => to !== from).map((to) => ({
		link: linkOf(s, from, to), cut: !groups.some((g) => g.includes(from) && g.includes(to)),
	})));
}

/** The directions that a split would change. @param {State} s @param {number[][]} groups */
export function changes(s, groups) {
	return verdicts(s, groups).filter(({ link, cut }) => cut !== link.cut);
}

/** Whether a node stands in two groups. @param {number[][]} groups */
export function isBridge(groups) {
	const all = groups.flat();
	return new Set(all).size < all.length;
}

/** The splits of n nodes. First comes the usual one, a smaller and a larger side. Then comes one node alone, then two halves that only a bridge joins. @param {number[]} ids @returns {Split[]} */
export function splits(ids) {
	const half = Math.floor(ids.length / 2);
	const [left, bridge, right] = [ids.slice(0, half), ids[half], ids.slice(half + 1)];
	const split = (/** @type {number[][]} */ ...groups) => ({ name: groups.map((g) => g.join(' ')).join(' | '), groups });
	const all = [split(left, ids.slice(half)), split([ids[0]], ids.slice(1)), { name: `${left.join(' ')} – ${bridge} – ${right.join(' ')}`, groups: [[...left, bridge], [bridge, ...right]] }];
	return all.filter((_, i) => i === 0 || ids.length > 3 || (i === 2 && ids.length === 3));
}

/**
 * Reads the groups of a split that a person typed, as "1 5 | 2 3 4". The nodes that it does
 * not name are one more group.
 * @param {string} text @param {number[]} ids the nodes that there are
 * @returns {{groups: number[][], wrong: string}} wrong: why the text is no split; '' if it is one
 */
export function groupsOf(text, ids) {
	const named = text.split('|').map((part) => part.split(/[\s,]+/).filter(Boolean));
	const words = named.flat();
	const no = words.find((word) => !ids.map(String).includes(word));
	const twice = words.find((word, i) => words.indexOf(word) < i);
	const groups = named.map((part) => part.map(Number).sort((a, b) => a - b)).filter((g) => g.length);
	const rest = ids.filter((id) => !words.includes(String(id)));
	if (groups.length && rest.length) groups.push(rest);
	if (no) return { groups: [], wrong: `there is no node ${no}` };
	if (twice) return { groups: [], wrong: `node ${twice} is in two groups` };
	return groups.length < 2 ? { groups: [], wrong: 'a split has two groups, as in 1 5 | 2 3 4' } : { groups, wrong: '' };
}

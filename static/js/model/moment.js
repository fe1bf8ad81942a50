// A moment in the form of a link: #at=…&op=…&tab=…&node=…. Reading is strict: a link is
// one moment that the page retains, or a sentence says why it is not.

import { placeOf } from './beats.js';

/** @typedef {import('./player.js').Player} Player */
/**
 * @typedef {object} Moment Each field may be missing.
 * @property {number} [at] microseconds since the epoch; missing: now
 * @property {string} [op] the operation in focus
 * @property {string} [tab] of the panel
 * @property {number} [node] the chosen node
 */

const TABS = ['op', 'node', 'session'];
const AHEAD = 1e6; // a moment may lie this many microseconds after the present, because clocks differ

/** The error of a link. Its message is a sentence for the reader. */
export class BadLink extends Error {}

/** @type {Record<string, {form: RegExp, want: string}>} */
const FIELDS = {
	at: { form: /^[1-9]\d{0,15}$/, want: 'microseconds since 1970' },
	op: { form: /^[\w.:-]{1,64}$/, want: 'the id of an operation' },
	tab: { form: new RegExp(`^(?:${TABS.join('|')})$`), want: TABS.join(', ') },
	node: { form: /^[1-9]\d?$/, want: 'the number of a node' },
};

/** The fragment of a link. It leaves out an id of an unknown form, which a recording may have. @param {Moment} moment */
export function writeMoment({ at, op, tab, node }) {
	const parts = Object.entries({ at, op, tab, node }).filter(([name, value]) => value && FIELDS[name].form.test(String(value)));
	return parts.length ? `#${parts.map(([name, value]) => `${name}=${value}`).join('&')}` : '';
}

/** Reads the fragment of a link. @param {string} hash with its # @returns {Moment} @throws {BadLink} */
export function readMoment(hash) {
	/** @type {Record<string, string>} */
	const read = {};
	for (const part of hash.slice(1).split('&')) {
		const [name, value = ''] = part.split(/=(.*)/s);
		const field = Object.hasOwn(FIELDS, name) ? FIELDS[name] : undefined;
		if (!field) throw new BadLink(`The link has "${short(name)}". A link has at, op, tab and node.`);
		if (Object.hasOwn(read, name)) throw new BadLink(`The link has ${name} twice.`);
		if (!field.form.test(value)) throw new BadLink(`The link has ${name}=${short(value)}. Wanted: ${field.want}.`);
		read[name] = value;
	}
	const { at, op, tab, node } = read;
	return { ...(at && { at: Number(at) }), ...(op && { op }), ...(tab && { tab }), ...(node && { node: Number(node) }) };
}

/** @param {string} text */
const short = (text) => ([...text].length > 20 ? `${[...text].slice(0, 20).join('')}…` : text);

/**
 * The place of a moment. It throws if the page does not have a thing that the moment names.
 * @param {Player} player @param {Moment} moment @param {number} present microseconds
 * @returns {number|undefined} the place on the elastic axis; undefined: now
 * @throws {BadLink}
 */
export function findMoment(player, { at, op, node }, present) {
	const { timeline, newest } = player;
	if (node && !newest.nodes.has(node)) throw new BadLink(`The link names node ${node}, and there is none.`);
	const x = at === undefined ? undefined : placeOf(timeline, at);
	if (at !== undefined && x === undefined) throw new BadLink('The link leads to a moment that the page does not remember any more.');
	if (at !== undefined && at > present + AHEAD) throw new BadLink('The link leads to a moment that has not come yet.');
	if (op && !hasOp(player, op, x)) throw new BadLink('The link is about an operation that the page does not know at that moment.');
	return x;
}

/** @param {Player} player @param {string} op @param {number|undefined} x */
function hasOp({ timeline, newest, shown }, op, x) {
	if (x === undefined) return newest.ops.has(op) || shown.ops.has(op);
	return timeline.seek(x, op).ops.has(op);
}

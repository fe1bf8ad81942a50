// Named snapshots: the settings of the cluster and the value of each key, kept by the
// browser, to which one press leads back. Going back empties the databases and writes the
// values again, so versions and times are new.

import { $, el, say } from '../draw/dom.js';
import { recall, remember } from './memory.js';
import { call } from './request.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Request} Request */
/** @typedef {import('../model/types.js').Load} Load */
/**
 * @typedef {object} Snapshot
 * @property {string} name
 * @property {string} mode
 * @property {import('../model/types.js').Quorum} quorum
 * @property {{pace: string, rate?: number}} pace
 * @property {[key: string, val: string][]} values
 * @property {string[]} differ keys on which the nodes differ. A snapshot does not keep their values
 * @property {import('../model/types.js').Link[]} links that are not perfect
 * @property {object[]} rules
 * @property {number[]} frozen
 * @property {number[]} killed
 * @property {Load} [load]
 */

const STORED = 'snapshots';
const MOST = 12; // snapshots; the oldest leaves for a new one

/** What a snapshot keeps of a state. @param {State} s @param {Load|undefined} load the one that runs @param {string} name @returns {Snapshot} */
export function snapshotOf(s, load, name) {
	/** @type {Map<string, Set<string>>} the values of each key */
	const held = new Map();
	const differ = new Set([...s.hints.values()].map((h) => h.key));
	for (const h of s.held.values()) {
		if (h.val || h.version) held.set(h.key, (held.get(h.key) ?? new Set()).add(h.val));
		if (h.lockedBy || h.siblings.length > 1) differ.add(h.key);
	}
	for (const [key, values] of held) if (values.size > 1) differ.add(key);
	const ids = (/** @type {string} */ status) => [...s.nodes.values()].filter((n) => n.status === status).map((n) => n.id);
	return {
		name, mode: s.mode, quorum: s.quorum, pace: s.pace.pace === 'slow' ? { pace: 'slow', rate: s.pace.rate } : { pace: s.pace.pace },
		values: [...held].filter(([key]) => !differ.has(key)).map(([key, values]) => [key, [...values][0]]), differ: [...differ].sort(),
		links: [...s.links.values()], rules: s.rules.map(ruleOf), frozen: ids('frozen'), killed: ids('killed'), ...(load && { load }),
	};
}

/** The body of the call that makes such a rule. @param {import('../model/types.js').Rule} r */
function ruleOf({ from, to, type, do: what, count, when, then }) {
	return then ? { when, then } : { from, to, type, do: what, count };
}

/** The calls that lead to a snapshot, in their order. @param {State} s the present one @param {Snapshot} to @returns {Request[]} */
export function callsTo(s, to) {
	const first = Math.min(...s.nodes.keys());
	const sizes = s.modes.find((d) => d.name === to.mode)?.sizes;
	return [
		call('reset'),
		...(to.mode === s.mode ? [] : [call('mode', { mode: to.mode })]),
		...to.values.map(([key, val]) => call('write', { node: first, key, val })),
		...(sizes ? [call('quorum', to.quorum)] : []),
		...(to.pace.pace === 'live' ? [] : [call('pace', to.pace)]),
		...to.links.map((l) => call('link', l)),
		...to.frozen.map((node) => call('freeze', { node })),
		...to.killed.map((node) => call('kill', { node })),
		...to.rules.map((r) => call('rule', r)),
		...(to.load ? [call('workload', to.load)] : []),
	];
}

/** What a snapshot is, in a line. @param {Snapshot} snap */
export function snapshotWords({ mode, values, links, rules, frozen, killed, load }) {
	const n = (/** @type {number} */ count, /** @type {string} */ word) => count > 0 && `${count} ${word}${count === 1 ? '' : 's'}`;
	return [mode, n(values.length, 'key'), n(links.length, 'link setting'), n(rules.length, 'rule'), frozen.length > 0 && `frozen ${frozen.join(', ')}`, killed.length > 0 && `killed ${killed.join(', ')}`, load && `load ${load.rate}/s`].filter(Boolean).join(', ');
}

/** The snapshots that the browser has kept. What is no list of snapshots counts as none. @returns {Snapshot[]} */
function stored() {
	try {
		const all = JSON.parse(recall(STORED) ?? '[]');
		return Array.isArray(all) ? all.filter((one) => typeof one?.name === 'string' && Array.isArray(one.values) && Array.isArray(one.links) && Array.isArray(one.rules)) : [];
	} catch {
		return [];
	}
}

/** The form of the snapshots. */
export class Snapshots {
	/**
	 * @param {object} page
	 * @param {() => State} page.state the newest
	 * @param {() => Load|undefined} page.load
	 * @param {(r: Request) => Promise<boolean>} page.ask
	 * @param {(text: string) => void} page.notice
	 */
	constructor({ state, load, ask, notice }) {
		this.state = state;
		this.load = load;
		this.ask = ask;
		this.notice = notice;
		this.form = /** @type {HTMLFormElement} */ ($('pop-snapshots'));
		this.form.addEventListener('submit', (e) => {
			e.preventDefault();
			this.keep(String(new FormData(this.form).get('name') || '').trim());
		});
	}

	open() {
		const name = /** @type {HTMLInputElement} */ (this.form.elements.namedItem('name'));
		name.value = `${this.state().mode} ${stored().length + 1}`;
		this.list();
		this.form.showPopover();
		name.select();
	}

	/** Keeps the present under a name. An older snapshot of that name is replaced. @param {string} name */
	keep(name) {
		if (!name) return this.notice('A snapshot needs a name.');
		const snap = snapshotOf(this.state(), this.load(), name);
		remember(STORED, JSON.stringify([...stored().filter((one) => one.name !== name), snap].slice(-MOST)));
		this.list();
		this.notice(snap.differ.length ? `Kept, without ${snap.differ.join(', ')}: the nodes differ there.` : `Kept: ${snapshotWords(snap)}.`);
	}

	/** Leads the cluster to a snapshot. The first call that is refused ends it. @param {Snapshot} snap */
	async go(snap) {
		this.form.hidePopover();
		for (const r of callsTo(this.state(), snap)) if (!await this.ask(r)) return;
		this.notice(`As in ${snap.name}: ${snapshotWords(snap)}.`);
	}

	list() {
		const rows = stored().toReversed().map((snap) => {
			const [go, forget] = [el('button', '', { type: 'button' }), el('button', 'forget', { type: 'button', class: 'quiet', 'aria-label': `Forget ${snap.name}` })];
			go.append(el('b', snap.name), el('span', snapshotWords(snap)));
			go.addEventListener('click', () => this.go(snap));
			forget.addEventListener('click', () => {
				remember(STORED, JSON.stringify(stored().filter((one) => one.name !== snap.name)));
				this.list();
			});
			const li = el('li');
			li.append(go, forget);
			return li;
		});
		$('snapshots').replaceChildren(...rows);
		say($('snapshots-none'), rows.length ? 'One press leads back: all databases are emptied first.' : 'None is kept yet.');
	}
}

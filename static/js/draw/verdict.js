// The measurements: the verdict, the figures since the last reset and of the last ten seconds, the
// charts, the reads that were wrong, and the load. Nothing here follows the playhead.

import { cause, latencies, leftOut, merge, percent, reachable, traffic, verdict, qualityOfRead } from '../model/measure.js';
import { pathHere } from '../model/place.js';
import { Charts } from './charts.js';
import { el, say, set } from './dom.js';
import { fillTable } from './rows.js';
import { Triangle } from './triangle.js';

/** @typedef {import('../model/measure.js').Report} Report */
/** @typedef {import('../model/measure.js').Read} Read */

const KEPT = 120; // seconds of the series that are kept
const READS = 3; // wrong reads that are listed, at most
const KEYS = 8; // keys that are listed, at most
const ROOM = 1200; // px of a window's height, from which on the charts fit and are open at first

/** The part of the session's tab that shows the newest report. */
export class Verdict {
	/** @param {HTMLElement} root @param {(read: Read) => void} onRead a read that was wrong was clicked */
	constructor(root, onRead) {
		this.root = root;
		this.onRead = onRead;
		/** @type {Report|undefined} */
		this.newest = undefined;
		/** @type {import('../model/measure.js').Second[]} */
		this.series = [];
		/** @type {Map<string, Read>} by operation: the reads that the verdict found wrong, in this epoch */
		this.wrong = new Map();
		this.triangle = new Triangle();
		this.at = makeParts();
		this.charts = new Charts(this.at.charts);
		const { stamp, readsTitle, reads, figures, fold } = this.at;
		root.replaceChildren(stamp, readsTitle, reads, /** @type {HTMLElement} */ (figures.parentElement), fold);
		new ResizeObserver(() => this.draw()).observe(root);
	}

	/** @param {Report} r @param {number} [t] when it was measured, microseconds */
	update(r, t = Date.now() * 1000) {
		if (this.newest && r.epoch !== this.newest.epoch) {
			this.series = [];
			this.wrong.clear();
		}
		for (const read of r.reads) this.wrong.set(read.op, read);
		this.newest = r;
		this.series = merge(this.series, r.series, KEPT);
		this.triangle.record(r, t);
		this.draw();
	}

	/** Draws the newest report, if the tab is shown. */
	draw() {
		const { newest: r, at } = this;
		if (!r || !this.root.offsetParent) return;
		const v = verdict(r);
		set(at.stamp, 'data-tone', v.tone);
		set(at.stamp, 'data-verdict', r.verdict);
		say(at.stamp.children[0], v.title);
		say(at.stamp.children[1], v.text);
		drawFigures(at.figures, r);
		this.drawReads(r);
		drawKeys(at.keys, r);
		say(at.leftOut, leftOut(r));
		at.leftOut.hidden = !at.leftOut.textContent;
		say(at.traffic, traffic(r.load));
		if (at.fold.open) this.charts.draw(this.series, r.faults);
	}

	/** @param {Report} r */
	drawReads(r) {
		const { readsTitle, reads } = this.at;
		readsTitle.hidden = reads.hidden = r.reads.length === 0;
		const shown = r.reads.slice(0, READS);
		const key = shown.map((x) => x.op).join();
		if (reads.dataset.key === key) return;
		reads.dataset.key = key;
		reads.replaceChildren(...shown.map((read) => this.readItem(read)));
	}

	/** @param {Read} read */
	readItem(read) {
		const b = el('button', '', { type: 'button', 'data-testid': 'bad-read', 'data-op': read.op });
		const why = cause(read);
		b.title = [qualityOfRead(read), why].filter(Boolean).join('; ');
		b.append(el('b', qualityOfRead(read), { 'data-outcome': 'bad' }), el('span', `${read.key} at node ${read.node}: ${read.val || 'no value'}${why ? `; ${why}` : ''}`));
		b.addEventListener('click', () => this.onRead(read));
		const li = el('li');
		li.append(b);
		return li;
	}
}

/** The elements, by name. */
function makeParts() {
	const stamp = el('div', '', { class: 'verdict', 'data-testid': 'verdict' });
	stamp.append(el('b'), el('span'));
	const [charts, keys, leftOut, traffic] = [
		el('div', '', { class: 'charts' }),
		el('p', '', { class: 'desk keys-judged' }),
		el('p', '', { class: 'desk', 'data-testid': 'left-out' }),
		el('p', '', { class: 'desk', 'data-testid': 'traffic' }),
	];
	const fold = /** @type {HTMLDetailsElement} */ (el('details', '', { class: 'fold', 'data-testid': 'charts' }));
	fold.append(el('summary', 'Charts and keys'), charts, keys, leftOut, traffic);
	fold.open = innerHeight >= ROOM;
	return {
		stamp, figures: makeFigures(), fold, charts, keys, leftOut, traffic,
		readsTitle: el('h3', 'What clients were told wrong'),
		reads: el('ol', '', { class: 'ops', 'data-testid': 'bad-reads' }),
	};
}

/** The table of figures. @returns {HTMLElement} its body */
function makeFigures() {
	const head = el('tr');
	head.append(el('td'), ...['last 10 s', 'since reset'].map((t) => el('th', t, { scope: 'col' })));
	const thead = el('thead');
	thead.append(head);
	const body = el('tbody');
	el('table', '', { class: 'figures' }).append(thead, body);
	return body;
}

/** @param {HTMLElement} body @param {Report} r */
function drawFigures(body, r) {
	const f = [r.recent, r.total];
	fillTable(body, [
		['answered', ...f.map((x) => percent(x.availability))],
		['at nodes that run', ...f.map((x) => percent(reachable(x)))],
		['stale, conflicting', ...f.map((x) => `${x.stale}, ${x.conflicting}`)],
		['unknown', ...f.map((x) => String(x.unknown))],
		['write, p50 / p99 ms', ...f.map((x) => latencies(x.latency.write))],
		['read, p50 / p99 ms', ...f.map((x) => latencies(x.latency.read))],
	], true);
}

/** Draws the keys. Each key is a link to its page made by Porcupine. @param {HTMLElement} list @param {Report} r */
function drawKeys(list, r) {
	const shown = r.keys.slice(0, KEYS);
	const key = shown.map((k) => k.key + k.verdict).join();
	if (list.dataset.key === key) return;
	list.dataset.key = key;
	list.replaceChildren(shown.length ? 'Every operation, by key: ' : '', ...shown.flatMap((k) => [
		el('a', k.key, { href: pathHere(`/api/verdict/${encodeURIComponent(k.key)}`), target: '_blank', rel: 'noopener', title: k.why || k.verdict }), ' ',
	]));
}

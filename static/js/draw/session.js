// The session: the verdict, the figures since the last reset and of the last
// ten seconds, charts with the faults marked, the reads that were wrong, and
// the load. It looks at what is measured; nothing here follows the stage.

import { cause, columns, latencies, leftOut, measured, merge, percent, reachable, traffic, verdict, worth } from '../model/measure.js';
import { $, el, say, set, svg } from './dom.js';

/** @typedef {import('../model/measure.js').Report} Report */
/** @typedef {import('../model/measure.js').Read} Read */
/** @typedef {import('../../vendor/uplot/uPlot.esm.js')} Plot */
/** @typedef {ConstructorParameters<typeof import('../../vendor/uplot/uPlot.esm.js')>[0]} Options */

const SPAN = 60; // seconds that the charts show
const KEPT = 120; // seconds that are remembered
const HEIGHT = 92; // px of a chart at 1280
const READS = 3; // that are listed

/** The triangle of the top bar. @param {Report} r */
function drawTriangle(r) {
	const triangle = $('triangle');
	const m = measured(r);
	set(triangle, 'data-measured', m ? '' : undefined);
	for (const corner of /** @type {const} */ (['c', 'a', 'p'])) set(triangle, `data-${corner}`, m?.[corner]);
	set(triangle, 'aria-label', m?.text ?? 'Which two of consistency, availability and partition tolerance hold');
	if (!triangle.querySelector('title')) triangle.prepend(svg('title'));
	say(/** @type {Element} */ (triangle.querySelector('title')), m?.text ?? '');
}

/**
 * @param {object} on
 * @param {(read: Read) => void} on.read a read that was wrong was clicked
 */
export function createSession(on) {
	/** @type {HTMLElement} */
	let root;
	/** @type {Record<string, HTMLElement>} */
	const at = {};
	/** @type {Report|undefined} */
	let newest;
	/** @type {import('../model/measure.js').Second[]} */
	let series = [];
	/** @type {{rates: Plot, latency: Plot}|undefined} */
	let plots;
	let loading = false;

	/** Builds the section's content. @param {HTMLElement} place */
	function mount(place) {
		root = place;
		const stamp = el('div', '', { class: 'verdict', 'data-testid': 'verdict' });
		stamp.append((at.title = el('b')), (at.text = el('span')));
		at.stamp = stamp;
		const table = el('table', '', { class: 'figures' });
		const head = el('tr');
		head.append(el('td'), ...['last 10 s', 'since reset'].map((t) => el('th', t, { scope: 'col' })));
		const thead = el('thead');
		thead.append(head);
		table.append(thead, (at.figures = el('tbody')));
		at.rates = el('div', '', { class: 'chart', role: 'img', 'aria-label': 'Answers per second' });
		at.latency = el('div', '', { class: 'chart', role: 'img', 'aria-label': 'Latency, milliseconds' });
		at.charts = el('div', '', { class: 'charts' });
		at.charts.append(el('p', 'answers per second', { class: 'desk' }), at.rates, el('p', 'latency in ms, median and p99', { class: 'desk' }), at.latency);
		at.readsTitle = el('h3', 'What clients were told wrong');
		at.reads = el('ol', '', { class: 'ops', 'data-testid': 'bad-reads' });
		at.keys = el('p', '', { class: 'desk keys-judged' });
		at.leftOut = el('p', '', { class: 'desk', 'data-testid': 'left-out' });
		const row = el('div', '', { class: 'node-actions' });
		at.load = el('button', 'Load…', { type: 'button', 'data-testid': 'load', 'data-action': 'load' });
		at.unload = el('button', 'Stop load', { type: 'button', 'data-testid': 'unload', 'data-action': 'unload' });
		at.traffic = el('p', '', { class: 'desk', 'data-testid': 'traffic' });
		const compare = el('a', 'Compare', { href: '/compare', class: 'as-button', title: 'The same faults in every mode' });
		row.append(at.load, at.unload, compare);
		root.replaceChildren(stamp, at.readsTitle, at.reads, table, at.charts, at.keys, at.leftOut, row, at.traffic);
		new ResizeObserver(() => draw()).observe(root);
		matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { drop(); draw(); });
	}

	/** Asks for the whole, for a page that begins. */
	async function ask() {
		try {
			const response = await fetch('/api/verdict');
			if (response.ok) update(await response.json());
		} catch {
			// The stream says that the playground is gone; there is nothing to add.
		}
	}

	/** @param {Report} r */
	function update(r) {
		if (newest && r.epoch !== newest.epoch) series = [];
		newest = r;
		series = merge(series, r.series, KEPT);
		drawTriangle(r);
		draw();
	}

	function draw() {
		if (!root || !newest || !root.offsetParent) return;
		const r = newest;
		const v = verdict(r);
		set(at.stamp, 'data-tone', v.tone);
		set(at.stamp, 'data-verdict', r.verdict);
		say(at.title, v.title);
		say(at.text, v.text);
		drawFigures(r);
		drawReads(r);
		drawKeys(r);
		drawLoad(r);
		drawPlots(r);
	}

	/** @param {Report} r */
	function drawFigures(r) {
		const f = [r.recent, r.total];
		const rows = [
			['answered', ...f.map((x) => percent(x.availability))],
			['at nodes that run', ...f.map((x) => percent(reachable(x)))],
			['stale, conflicting', ...f.map((x) => `${x.stale}, ${x.conflicting}`)],
			['unknown', ...f.map((x) => String(x.unknown))],
			['write, p50 / p99 ms', ...f.map((x) => latencies(x.latency.write))],
			['read, p50 / p99 ms', ...f.map((x) => latencies(x.latency.read))],
		];
		const body = at.figures;
		while (body.children.length < rows.length) {
			const tr = el('tr');
			tr.append(el('th', '', { scope: 'row' }), el('td'), el('td'));
			body.append(tr);
		}
		rows.forEach((row, i) => row.forEach((text, j) => say(body.children[i].children[j], text)));
	}

	/** @param {Report} r */
	function drawReads(r) {
		at.readsTitle.hidden = at.reads.hidden = r.reads.length === 0;
		const shown = r.reads.slice(0, READS);
		const key = shown.map((x) => x.op).join();
		if (at.reads.dataset.key === key) return;
		at.reads.dataset.key = key;
		at.reads.replaceChildren(...shown.map((read) => {
			const b = el('button', '', { type: 'button', 'data-testid': 'bad-read', 'data-op': read.op });
			const why = cause(read);
			b.append(el('b', worth(read), { 'data-outcome': 'bad' }), el('span', `${read.key} at node ${read.node}: ${read.val || 'no value'}${why ? `; ${why}` : ''}`));
			b.addEventListener('click', () => on.read(read));
			const li = el('li');
			li.append(b);
			return li;
		}));
	}

	/** The keys, each a link to Porcupine's own page. @param {Report} r */
	function drawKeys(r) {
		say(at.leftOut, leftOut(r));
		at.leftOut.hidden = !at.leftOut.textContent;
		const shown = r.keys.slice(0, 8);
		const key = shown.map((k) => k.key + k.verdict).join();
		if (at.keys.dataset.key === key) return;
		at.keys.dataset.key = key;
		at.keys.replaceChildren(shown.length ? 'Every operation, by key: ' : '', ...shown.flatMap((k) => [
			el('a', k.key, { href: `/api/verdict/${encodeURIComponent(k.key)}`, target: '_blank', rel: 'noopener', title: k.why || k.verdict }), ' ',
		]));
	}

	/** @param {Report} r */
	function drawLoad(r) {
		say(at.traffic, traffic(r.load));
		at.unload.hidden = !r.load;
	}

	/** @param {Report} r */
	async function drawPlots(r) {
		if (!plots) {
			if (loading) return;
			loading = true;
			const { default: Plot } = await import('../../vendor/uplot/uPlot.esm.js');
			plots = makePlots(Plot);
			loading = false;
		}
		const width = at.charts.clientWidth;
		const height = Math.round(HEIGHT * Math.max(1, window.innerHeight / 720));
		const now = Math.floor(Date.now() / 1000);
		const c = columns(series, now, SPAN);
		for (const p of [plots.rates, plots.latency]) if (p.width !== width || p.height !== height) p.setSize({ width, height });
		at.faults = /** @type {any} */ (r.faults);
		plots.rates.setData([c.t, c.good, c.bad, c.stale]);
		plots.latency.setData([c.t, c.p50, c.p99]);
	}

	/** @param {typeof import('../../vendor/uplot/uPlot.esm.js')} Plot */
	function makePlots(Plot) {
		const style = getComputedStyle(document.documentElement);
		const probe = el('i');
		root.append(probe);
		const colour = (/** @type {string} */ token) => {
			probe.style.color = `var(--${token})`;
			return getComputedStyle(probe).color;
		};
		const c = Object.fromEntries(['yes', 'no', 'repair', 'request', 'ink2', 'rule', 'frozen-fill', 'frozen', 'ink'].map((t) => [t, colour(t)]));
		probe.remove();
		const font = `${Math.max(12, Math.round(window.innerHeight / 60))}px ${style.getPropertyValue('--font')}`;
		const axis = { stroke: c.ink2, font, grid: { stroke: c.rule, width: 1 }, ticks: { show: false } };
		const time = { ...axis, size: 24, space: 70, values: (/** @type {any} */ _u, /** @type {number[]} */ ticks) => ticks.map((t) => new Date(t * 1000).toTimeString().slice(3, 8)) };
		const options = (/** @type {any[]} */ lines) => /** @type {Options} */ ({
			width: 300, height: HEIGHT, padding: /** @type {any} */ ([6, 4, 0, 0]), legend: { show: false }, cursor: { show: false },
			scales: { x: { time: false }, y: { range: (/** @type {any} */ _u, /** @type {number} */ _min, /** @type {number} */ max) => /** @type {[number, number]} */ ([0, Math.max(1, (max || 0) * 1.15)]) } },
			axes: [time, { ...axis, size: 44, space: 26 }],
			series: [{}, ...lines.map((l) => ({ width: 2, points: { show: false }, spanGaps: false, ...l }))],
			hooks: { drawClear: [(/** @type {any} */ u) => drawFaults(u, c)] },
		});
		return {
			rates: new Plot(options([{ label: 'answered', stroke: c.yes }, { label: 'refused or unknown', stroke: c.no, dash: [8, 4] }, { label: 'stale or conflicting', stroke: c.repair, width: 3 }]), undefined, at.rates),
			latency: new Plot(options([{ label: 'median', stroke: c.request }, { label: 'p99', stroke: c.ink2, dash: [4, 4] }]), undefined, at.latency),
		};
	}

	/** Shades the time of each fault and names it. @param {any} u @param {Record<string, string>} c */
	function drawFaults(u, c) {
		const { ctx, bbox } = u;
		const faults = /** @type {import('../model/measure.js').Fault[]} */ (/** @type {any} */ (at.faults) ?? []);
		ctx.save();
		ctx.beginPath();
		ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
		ctx.clip();
		ctx.font = u.axes[0].font[0];
		ctx.textBaseline = 'top';
		for (const f of faults) {
			const from = Math.max(bbox.left, u.valToPos(f.t / 1e6, 'x', true));
			const to = f.end ? u.valToPos(f.end / 1e6, 'x', true) : bbox.left + bbox.width;
			if (to <= bbox.left || from >= bbox.left + bbox.width) continue;
			ctx.fillStyle = c['frozen-fill'];
			ctx.fillRect(from, bbox.top, Math.max(2, to - from), bbox.height);
			ctx.fillStyle = c.frozen;
			ctx.fillRect(from, bbox.top, 2, bbox.height);
			ctx.fillStyle = c.ink;
			if (to - from > ctx.measureText(f.text).width + 8) ctx.fillText(f.text, from + 5, bbox.top + 2);
		}
		ctx.restore();
	}

	/** Colours are drawn into the charts: another theme needs other charts. */
	function drop() {
		plots?.rates.destroy();
		plots?.latency.destroy();
		plots = undefined;
	}

	return { mount, ask, update, draw, recolour: () => { drop(); draw(); } };
}

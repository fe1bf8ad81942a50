// The two charts of the session: answers per second, and latencies. Both shade the
// time of faults. The chart library is fetched when the charts are first shown.

import { columns } from '../model/measure.js';
import { el } from './dom.js';

/** @typedef {import('../../vendor/uplot/uPlot.esm.js')} Plot */
/** @typedef {typeof import('../../vendor/uplot/uPlot.esm.js')} Plots */
/** @typedef {ConstructorParameters<typeof import('../../vendor/uplot/uPlot.esm.js')>[0]} Options */
/** @typedef {import('../model/measure.js').Fault} Fault */
/** @typedef {import('../model/measure.js').Second} Second */

const SPAN = 60; // seconds
const HEIGHT = 92; // px of a chart at 1280×720
const TOKENS = ['yes', 'no', 'repair', 'request', 'ink2', 'rule', 'frozen-fill', 'frozen', 'ink'];

export class Charts {
	/** @param {HTMLElement} root */
	constructor(root) {
		this.root = root;
		/** @type {{rates: Plot, latency: Plot}|undefined} */
		this.plots = undefined;
		/** @type {Promise<void>|undefined} */
		this.loading = undefined;
		/** @type {Fault[]} */
		this.faults = [];
		/** @type {Second[]} */
		this.series = [];
		this.rates = el('div', '', { class: 'chart', role: 'img', 'aria-label': 'Answers per second' });
		this.latency = el('div', '', { class: 'chart', role: 'img', 'aria-label': 'Latency, milliseconds' });
		root.append(
			legendOf('answers per second', [['yes', 'answered'], ['no', 'refused or unknown', 'dashed'], ['repair', 'stale or conflicting', 'thick']]), this.rates,
			legendOf('latency at full speed, ms', [['request', 'median'], ['ink2', 'p99', 'dashed']]), this.latency,
		);
		matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => this.recolour());
	}

	/** @param {Second[]} series @param {Fault[]} faults */
	draw(series, faults) {
		this.series = series;
		this.faults = faults;
		if (!this.plots) return void (this.loading ??= this.load());
		const width = this.root.clientWidth;
		const height = Math.round(HEIGHT * Math.max(1, window.innerHeight / 720));
		for (const p of [this.plots.rates, this.plots.latency]) if (p.width !== width || p.height !== height) p.setSize({ width, height });
		const c = columns(series, Math.floor(Date.now() / 1000), SPAN);
		this.plots.rates.setData([c.t, c.good, c.bad, c.stale]);
		this.plots.latency.setData([c.t, c.p50, c.p99]);
	}

	async load() {
		const { default: Plot } = await import('../../vendor/uplot/uPlot.esm.js');
		this.plots = this.make(Plot);
		this.loading = undefined;
		this.draw(this.series, this.faults);
	}

	/** The colours are drawn into the charts, so another theme needs new charts. */
	recolour() {
		this.plots?.rates.destroy();
		this.plots?.latency.destroy();
		this.plots = undefined;
		if (this.root.offsetParent) this.draw(this.series, this.faults);
	}

	/** @param {Plots} Plot */
	make(Plot) {
		const c = coloursOf(this.root);
		const options = (/** @type {any[]} */ lines) => optionsFor(lines, c, (u) => shadeFaults(u, c, this.faults));
		const rates = [{ label: 'answered', stroke: c.yes }, { label: 'refused or unknown', stroke: c.no, dash: [8, 4] }, { label: 'stale or conflicting', stroke: c.repair, width: 3 }];
		const latency = [{ label: 'median', stroke: c.request }, { label: 'p99', stroke: c.ink2, dash: [4, 4] }];
		return { rates: new Plot(options(rates), undefined, this.rates), latency: new Plot(options(latency), undefined, this.latency) };
	}
}

/** The legend of a chart. @param {string} title @param {string[][]} lines token, words, look */
function legendOf(title, lines) {
	const p = el('p', '', { class: 'desk chart-legend' });
	p.append(el('b', title), ...lines.map(([token, words, look = 'solid']) => {
		const span = el('span', words, { 'data-look': look });
		span.style.setProperty('--line', `var(--${token})`);
		return span;
	}));
	return p;
}

/** A number on an axis. From 1000 on it is in thousands, because there is no room for more digits. @param {number} n */
function short(n) {
	return n >= 1000 ? `${Math.round(n / 100) / 10}k` : String(Math.round(n * 10) / 10);
}

/** The colours of the present theme. @param {HTMLElement} root @returns {Record<string, string>} */
function coloursOf(root) {
	const probe = el('i');
	root.append(probe);
	const colours = Object.fromEntries(TOKENS.map((token) => {
		probe.style.color = `var(--${token})`;
		return [token, getComputedStyle(probe).color];
	}));
	probe.remove();
	return colours;
}

/** @param {any[]} lines @param {Record<string, string>} c @param {(u: any) => void} below draws first, under the lines @returns {Options} */
function optionsFor(lines, c, below) {
	const font = `${Math.max(12, Math.round(window.innerHeight / 60))}px ${getComputedStyle(document.documentElement).getPropertyValue('--font')}`;
	const axis = { stroke: c.ink2, font, grid: { stroke: c.rule, width: 1 }, ticks: { show: false } };
	const time = { ...axis, size: 24, space: 70, values: (/** @type {any} */ _u, /** @type {number[]} */ ticks) => ticks.map((t) => new Date(t * 1000).toTimeString().slice(3, 8)) };
	const range = (/** @type {any} */ _u, /** @type {number} */ _min, /** @type {number} */ max) => /** @type {[number, number]} */ ([0, Math.max(1, (max || 0) * 1.15)]);
	return /** @type {Options} */ ({
		width: 300, height: HEIGHT, padding: /** @type {any} */ ([6, 4, 0, 0]), legend: { show: false }, cursor: { show: false },
		scales: { x: { time: false }, y: { range } },
		axes: [time, { ...axis, size: 50, space: 26, values: (/** @type {any} */ _u, /** @type {number[]} */ ticks) => ticks.map(short) }],
		series: [{}, ...lines.map((l) => ({ width: 2, points: { show: false }, spanGaps: false, ...l }))],
		hooks: { drawClear: [below] },
	});
}

/** Shades the time of each fault and names it. @param {any} u a plot @param {Record<string, string>} c @param {Fault[]} faults */
function shadeFaults(u, c, faults) {
	const { ctx, bbox } = u;
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

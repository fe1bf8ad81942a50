// The ring: links, tears, nodes, clients and messages. Each part has its own layer. The messages
// get the areas of the nodes and clients, so that no label and no mark covers these.

import { groups } from '../model/state.js';
import { Clients } from './clients.js';
import { set, sizeOf, svg } from './dom.js';
import { geometry, n, smallGeometry } from './layout.js';
import { BAND_REACH } from './log-band.js';
import { Links } from './links.js';
import { Messages } from './messages.js';
import { Missed } from './missed.js';
import { Nodes } from './nodes.js';
import { tears } from './tears.js';
import { You } from './you.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('../model/view.js').View} View */

const LAYERS = ['links', 'tears', 'missed', 'arrows', 'nodes', 'clients', 'you', 'above'];

/**
 * @typedef {object} Touched What the ring reports.
 * @property {(id: number) => void} node a node was clicked
 * @property {(id: string) => void} take a message was clicked
 * @property {(id: number) => void} ask the election band of a node was clicked
 * @property {(op: string) => void} client the client of an operation was clicked
 * @property {() => void} [resized]
 * @property {() => number} [room] set for a small ring among several: the size of room text, px
 */

export class Ring {
	/** @param {SVGSVGElement} root @param {Touched} on */
	constructor(root, on) {
		this.root = root;
		root.append(makePatterns());
		const layers = Object.fromEntries(LAYERS.map((name) => [name, svg('g', { class: `layer-${name}` })]));
		root.append(...Object.values(layers));
		this.tearLayer = layers.tears;
		this.size = sizeOf(root, on.resized);
		this.room = on.room;
		this.links = new Links(layers.links);
		this.nodes = new Nodes(layers.nodes, on.node, on.ask);
		this.clients = new Clients(layers.clients, on.client);
		this.you = new You(layers.you);
		this.missed = new Missed(layers.missed);
		this.messages = new Messages(layers.arrows, layers.above, on.take);
		/** @type {Geometry} */
		this.g = geometry(868, 464, []);
		this.shape = ''; // the inputs of g; if they change, g is computed again
		this.torn = ''; // the groups that the tears separate
		/** @type {Point[][]} */
		this.tears = [];
	}

	/** @param {View} view @returns {boolean} whether anything moves */
	draw(view) {
		const ids = [...view.s.nodes.keys()].sort((a, b) => a - b);
		const { w, h } = this.size;
		if (!ids.length || !w) return false;
		const around = [...view.s.nodes.values()].some((node) => node.log || node.term) ? BAND_REACH : 0;
		if (this.shape !== `${w}x${h}:${ids}:${around}`) this.reshape(w, h, ids, around);
		this.drawTears(view);
		const onLinks = this.links.draw(view, this.g);
		this.missed.draw(view, this.g, this.tears);
		const taken = [...this.nodes.draw(view, this.g), ...this.clients.draw(view, this.g), ...this.you.draw(view, this.g), ...onLinks, ...view.lists ?? []];
		return this.messages.draw(view, this.g, this.tears, taken);
	}

	/** @param {number} w @param {number} h @param {number[]} ids @param {number} around */
	reshape(w, h, ids, around) {
		this.shape = `${w}x${h}:${ids}:${around}`;
		this.torn = '';
		this.g = this.room ? smallGeometry(w, h, ids, around, this.room()) : geometry(w, h, ids, around);
		set(this.root, 'viewBox', `0 0 ${w} ${h}`);
		const { k, ks, r, badge } = this.g;
		for (const [name, value] of [['--k', k], ['--ks', ks], ['--fit', (r / (74 * k)).toFixed(3)], ['--badge', n(badge)]]) this.root.style.setProperty(String(name), String(value));
		for (const part of [this.links, this.nodes, this.clients, this.you]) part.reshape(this.g);
	}

	/** @param {View} view */
	drawTears(view) {
		const parts = groups(view.s);
		const now = JSON.stringify(parts);
		if (now === this.torn) return;
		this.torn = now;
		this.tears = tears(this.g, parts);
		this.tearLayer.replaceChildren(...this.tears.flatMap((line) => {
			const d = 'M' + line.map((p) => `${n(p.x)} ${n(p.y)}`).join('L');
			return [svg('path', { class: 'tear-halo', d }), svg('path', { class: 'tear', d, 'data-testid': 'tear' })];
		}));
	}

	/** Whether links still show messages that are not drawn one by one. */
	isBusy() {
		return this.links.busy;
	}
}

/** The patterns of a frozen node, and of the time at which a node will ask for votes. */
function makePatterns() {
	const hatch = svg('pattern', { id: 'hatch', width: 9, height: 9, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
	hatch.append(svg('line', { x1: 0, y1: 0, x2: 0, y2: 9, class: 'hatch-line' }));
	const el = svg('defs');
	const cross = svg('pattern', { id: 'crossed', width: 7, height: 7, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
	cross.append(svg('path', { d: 'M0 0h7M0 0v7', class: 'crossed-line' }));
	el.append(hatch, cross);
	return el;
}

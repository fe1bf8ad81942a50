// The nodes of the ring. A node shows the value of the key in focus, the value's version, a lock,
// the node's number, its words and its address.

import { coordinators, valueAt } from '../model/view.js';
import { modeOf } from '../modes/index.js';
import { isOld } from '../modes/judged.js';
import { freezeWords, nodeWords } from '../modes/words.js';
import { onPress, say, set, svg } from './dom.js';
import { n, nodeAreas, place, roomText } from './layout.js';
import { fit, textWidth } from './letters.js';
import { makeLog } from './log.js';
import { padlock } from './marks.js';
import { textsAt } from './stands.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Node} Node */
/** @typedef {ReturnType<typeof makeNode>} Drawn */

// Sizes of text in a node's circle, in radii. CHORD: the width of one value, and of each of two
// values. LEAST: the least font size of a value. NOTHING_SIZE: the font size of the words that
// stand there if the node has no value.
const CHORD = { one: 1.57, two: 1.4 };
const LEAST = 0.32;
const LEGIBLE = 13.2; // px, the least size of a version that the back row may have to read
const NOTHING_SIZE = 0.27;
const NOTHING = 'no value yet';
const EMPTY = '“”'; // for a stored value that is the empty string

export class Nodes {
	/**
	 * @param {SVGElement} layer
	 * @param {(id: number) => void} onNode a node was clicked
	 * @param {(id: number) => void} onBand the election band of a node was clicked
	 */
	constructor(layer, onNode, onBand) {
		this.layer = layer;
		this.onNode = onNode;
		this.onBand = onBand;
		/** @type {Map<number, Drawn>} */
		this.drawn = new Map();
	}

	/** @param {Geometry} g */
	reshape(g) {
		this.drawn = new Map(g.places.map((p) => [p.id, makeNode(g, p, () => this.onNode(p.id), () => this.onBand(p.id))]));
		this.layer.replaceChildren(...[...this.drawn.values()].map((node) => node.g));
	}

	/** @param {View} view @param {Geometry} g @returns {(Rect|Disc)[]} the areas that labels must not cover */
	draw(view, g) {
		const chief = coordinators(view.s, view.since);
		/** @type {(Rect|Disc)[]} */
		const taken = [];
		for (const [id, el] of this.drawn) {
			const node = view.s.nodes.get(id);
			if (!node) continue;
			drawState(el, view, node, chief);
			drawValue(el, view, place(g, id), g);
			const word = nodeWords(view.s, id, chief);
			const address = node.url.replace(/^https?:\/\//, '');
			const texts = drawWords(el, g, place(g, id), word, address);
			taken.push(...el.log.draw(node, view.x, view.v), ...nodeAreas(g, place(g, id)), ...texts);
		}
		return taken;
	}
}

/** @param {Drawn} el @param {View} view @param {Node} node @param {Set<number>} chief */
function drawState(el, view, node, chief) {
	const { id } = node;
	const { text, locked, none, held } = valueAt(view.s, id);
	set(el.g, 'data-status', node.status);
	set(el.g, 'data-value', text);
	set(el.g, 'data-locked', locked || undefined);
	set(el.g, 'data-silent', node.silent && node.status === 'up' ? '' : undefined);
	set(el.g, 'data-selected', view.selected === id ? '' : undefined);
	set(el.g, 'data-coordinator', chief.has(id) ? '' : undefined);
	set(el.g, 'data-pending', [...view.pending].some((p) => p.endsWith(`:${id}`)) ? '' : undefined);
	set(el.g, 'data-role', node.role || undefined);
	set(el.g, 'data-consensus', node.term || node.log ? '' : undefined);
	set(el.g, 'data-old', isOld(view, id) ? '' : undefined);
	set(el.lock, 'visibility', locked ? undefined : 'hidden');
	const status = [node.silent ? 'silent' : node.status, freezeWords(node)].filter(Boolean).join(', ');
	set(el.touch, 'aria-label', `Node ${id}, ${status}, ${text ? `${view.s.key} is ${text}` : none ? 'no value' : held ? 'an empty value' : 'value not known'}${locked ? ', locked' : ''}`);
}

/**
 * Draws the value, or two values if writes conflict.
 * @param {Drawn} el @param {View} view @param {Place} p @param {Geometry} g
 */
function drawValue(el, view, p, g) {
	const { text, version, held, none } = valueAt(view.s, p.id);
	const log = !!view.s.nodes.get(p.id)?.log;
	const others = [...new Set(held?.siblings.map((x) => x.val))].filter((val) => val !== text);
	set(el.value, 'y', n((!others.length ? (log ? 5 : 13) : p.disc.y > p.y ? -11 : 2) * g.k));
	const small = NOTHING_SIZE * g.r < 0.95 * NOTHING_SIZE * 74 * g.k; // the circle is too small for the words
	set(el.empty, 'visibility', !none || others.length || small ? 'hidden' : undefined);
	set(el.g, 'data-conflict', others.length ? others.length + 1 : undefined);
	if (others.length) {
		write(el.value, text || EMPTY, CHORD.two * g.r, roomText(g), LEAST * g.r);
		write(el.sibling, others.length > 1 ? `+ ${others.length} more` : others[0] || EMPTY, CHORD.two * g.r, roomText(g), LEAST * g.r);
	} else {
		write(el.value, text || (held?.version ? EMPTY : !none ? '' : small ? '—' : NOTHING), CHORD.one * g.r, text || small ? Math.max((log ? 0.46 : 0.51) * g.r, g.room ?? 0) : NOTHING_SIZE * g.r, (text ? LEAST : NOTHING_SIZE) * g.r);
		say(el.sibling, '');
	}
	const long = fontSizeOf(el.value) < roomText(g);
	set(el.value, 'class', `value${text || others.length ? (long ? ' long' : '') : ' none'}`);
	drawVersion(el.version, others.length || !version ? '' : modeOf(view.s).version(version), el.beside);
}

/**
 * Writes the version. In a circle that has room for legible letters it never becomes smaller
 * than these, even where it then touches the ring around the number. In a small circle a
 * version that does not fit as a whole is left out.
 * @param {SVGElement} el @param {string} text @param {{width: number, size: number}} place
 */
function drawVersion(el, text, { width, size }) {
	const face = { mono: true };
	const roomy = size >= LEGIBLE;
	const fits = roomy || fit(text, width, size, 0.7 * size, face).text === text;
	write(el, fits ? text : '', roomy ? Math.max(width, textWidth(text, LEGIBLE, face)) : width, size, roomy ? LEGIBLE : 0.7 * size, face);
}

/**
 * The place of the version in a circle, from the circle's centre: x is its middle, y its base
 * line. It keeps off the node's number, also while a ring around the number shows the focus.
 * @param {Geometry} g @param {Place} p
 */
export function versionPlace({ k, r, badge }, p) {
	const size = 2 + 17 * k * Math.min(1, 0.35 + (0.65 * r) / (74 * k));
	const low = p.disc.y > p.y; // the number stands below the middle
	const y = (low ? 0.53 : 0.61) * r;
	const middle = y - 0.3 * size;
	const half = Math.sqrt(r * r - y * y) - 3 * k;
	if (!low) return { x: 0, y, size, width: 2 * half };
	const high = Math.abs(p.disc.y - p.y - middle) - 0.35 * size; // from the number's centre to the letters
	const ring = badge + 9 * k;
	const edge = Math.max(-half, Math.sqrt(Math.max(0, ring * ring - Math.max(0, high) ** 2)) - Math.abs(p.disc.x - p.x));
	return { x: (-Math.sign(p.disc.x - p.x) * (edge + half)) / 2, y, size, width: half - edge };
}

/**
 * Writes a text as large as its width allows.
 * @param {SVGElement} el @param {string} text @param {number} width @param {number} size px
 * @param {number} least px @param {import('./letters.js').Face} [face]
 */
function write(el, text, width, size, least, face) {
	const key = `${text}|${width}|${size}`;
	if (el.getAttribute('data-fitted') === key) return;
	set(el, 'data-fitted', key);
	const fitted = fit(text, width, size, least, face);
	say(el, fitted.text);
	set(el, 'data-size', n(fitted.size));
	el.style.setProperty('font-size', `${n(fitted.size)}px`);
}

/** @param {SVGElement} el an element that write has filled */
const fontSizeOf = (el) => Number(el.getAttribute('data-size'));

/** @param {Drawn} el @param {Geometry} g @param {Place} p @param {string} word @param {string} address @returns {Rect[]} the areas of the words and the address */
function drawWords(el, g, p, word, address) {
	const said = `${word}|${address}`;
	if (el.said === said) return el.covers;
	const texts = textsAt(g, p, word, address);
	const [only] = texts.lines;
	if (texts.lines.length < 2) {
		say(el.word, only?.text ?? '');
		if (only) for (const at of /** @type {const} */ (['x', 'y'])) set(el.word, at, n(only[at] - p[at]));
	} else {
		el.word.replaceChildren(...texts.lines.map(({ text, x, y }) => {
			const line = svg('tspan', { x: n(x - p.x), y: n(y - p.y) });
			line.textContent = text;
			return line;
		}));
	}
	say(el.address, texts.address ? address : '');
	if (texts.address) for (const at of /** @type {const} */ (['x', 'y'])) set(el.address, at, n(texts.address[at] - p[at]));
	Object.assign(el, { said, covers: texts.covers });
	return texts.covers;
}

/** @param {Geometry} g @param {Place} p @param {() => void} onClick @param {() => void} onBand */
function makeNode(g, p, onClick, onBand) {
	const { k, r } = g;
	const el = svg('g', { class: 'node', 'data-testid': 'node', 'data-node': p.id, transform: `translate(${n(p.x)} ${n(p.y)})` });
	const at = { cx: n(p.disc.x - p.x), cy: n(p.disc.y - p.y) };
	const low = p.disc.y > p.y; // the node's number stands below the node's middle
	const value = svg('text', { class: 'value', y: n(13 * k) });
	const beside = versionPlace(g, p);
	const version = svg('text', { class: 'version', x: n(beside.x), y: n(beside.y) });
	const sibling = svg('text', { class: 'sibling', y: n((low ? 22 : 35) * k) });
	const or = svg('line', { class: 'or', x1: n(-30 * k), x2: n(30 * k), y1: n((low ? -5 : 8) * k), y2: n((low ? -5 : 8) * k) });
	const empty = svg('rect', { class: 'empty', x: n(-0.83 * r), y: n(-0.11 * r), width: n(1.66 * r), height: n(0.49 * r), rx: n(5 * k) });
	const lock = padlock(k * 0.95);
	set(lock, 'transform', `translate(0 ${n(-40 * k)})`);
	const word = svg('text', { class: 'word halo' });
	const address = svg('text', { class: 'address halo' });
	const number = svg('text', { class: 'number', x: at.cx, y: n(p.disc.y - p.y + 0.43 * g.badge) });
	number.textContent = String(p.id);
	const touch = svg('circle', { class: 'touch', r: n(r), role: 'button', tabindex: 0 });
	const name = svg('g', { class: 'name' });
	name.append(svg('circle', { class: 'disc', ...at, r: n(g.badge) }), svg('circle', { class: 'select', ...at, r: n(g.badge + 6 * k) }), number);
	const log = makeLog(g, p, onBand);
	const face = svg('g', { 'aria-hidden': 'true' });
	face.append(
		svg('circle', { class: 'focus', r: n(r + 19 * k) }), svg('circle', { class: 'ring2', r: n(r + 11 * k) }),
		svg('circle', { class: 'body', r: n(r) }), svg('circle', { class: 'hatch', r: n(r), fill: 'url(#hatch)' }),
		log.under, lock, empty, value, or, sibling, version,
		name, word, address,
	);
	el.append(face, touch, log.cells, log.ballots, log.band);
	onPress(el, onClick);
	/** @type {Rect[]} the areas of the words and the address */
	const covers = [];
	return { g: el, log, touch, value, empty, sibling, version, beside, lock, word, address, said: '', covers };
}

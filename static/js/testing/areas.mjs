// The places of everything on a ring that was drawn without a browser. They are read
// from the elements, as a person would measure a picture. Lengths are those of the
// style sheets.

import { textWidth } from '../draw/letters.js';

/** @typedef {import('./dom.mjs').FakeElement} FakeElement */
/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {{what: string, of: string, x: number, y: number, w: number, h: number}} Box */
/** @typedef {{what: string, of: string, x: number, y: number, r: number}} Disc */
/** @typedef {{what: string, of: string, points: Point[], r: number}} Line r: half of its width */
/** @typedef {{words: Box[], clients: Box[], nodes: Disc[], marks: Disc[], crosses: Disc[], arrows: Line[]}} Areas */

/** The areas of everything on a ring. @param {FakeElement} root @param {import('../draw/layout.js').Geometry} g @returns {Areas} */
export function areasOf(root, g) {
	/** @type {Areas} */
	const all = { words: [], clients: [], nodes: [], marks: [], crosses: [], arrows: [] };
	for (const el of root.all('data-testid', 'node')) node(el, g, all);
	for (const el of root.all('data-testid', 'client')) client(el, g, all);
	for (const testid of ['msg', 'to-come']) for (const el of root.all('data-testid', testid)) message(el, g, all);
	for (const el of root.all('data-testid', 'lost')) lost(el, g, all);
	for (const el of root.all('class', 'label halo')) word(el, g, { x: 0, y: 0 }, 'label', all);
	for (const el of root.all('data-testid', 'parked')) parked(el, all);
	for (const el of root.all('class', 'tear')) all.arrows.push({ what: 'tear', of: '', points: pointsOf(el.getAttribute('d') ?? ''), r: 2 * g.ks });
	return all;
}

/** @param {FakeElement} el @param {import('../draw/layout.js').Geometry} g @param {Areas} all */
function node(el, g, all) {
	const id = el.getAttribute('data-node') ?? '';
	const at = moved(el);
	all.nodes.push({ what: 'node', of: id, ...at, r: g.r });
	const [disc] = el.all('class', 'disc');
	all.nodes.push({ what: 'number', of: id, x: at.x + num(disc, 'cx'), y: at.y + num(disc, 'cy'), r: num(disc, 'r') });
	for (const text of el.all('class', 'word halo')) word(text, g, at, `word of ${id}`, all);
	for (const text of el.all('class', 'address halo')) word(text, g, at, `address of ${id}`, all);
	for (const group of [...el.all('data-testid', 'log'), ...el.all('data-testid', 'ballots')]) {
		const from = plus(at, moved(group));
		for (const cell of [...group.children].filter((one) => one.getAttribute('transform'))) {
			const [rect] = cell.children.filter((one) => one.name === 'rect');
			const by = plus(from, moved(cell));
			if (rect) all.words.push({ what: `cell of ${id}`, of: id, ...by, w: num(rect, 'width'), h: num(rect, 'height') });
		}
	}
}

/** @param {FakeElement} el @param {{k: number, ks: number}} g @param {Areas} all */
function client(el, g, all) {
	const of = `client of ${el.getAttribute('data-node')}`;
	const [box] = el.all('class', 'box');
	all.clients.push({ what: of, of, x: num(box, 'x'), y: num(box, 'y'), w: num(box, 'width'), h: num(box, 'height') });
	for (const name of ['ask', 'answer']) {
		const [arrow] = el.all('class', name);
		if (arrow.getAttribute('visibility') === 'hidden') continue;
		const line = arrow.children[0];
		all.arrows.push({ what: `${name} of the ${of}`, of, points: [{ x: num(line, 'x1'), y: num(line, 'y1') }, { x: num(line, 'x2'), y: num(line, 'y2') }], r: 1.75 * g.ks });
	}
}

/** @param {FakeElement} el @param {{k: number, ks: number}} g @param {Areas} all */
function message(el, g, all) {
	if (el.hasAttribute('data-gone')) return;
	const of = `${el.getAttribute('data-type')} ${el.getAttribute('data-from')}→${el.getAttribute('data-to')} ${el.getAttribute('data-state')}`;
	const [path] = el.all('class', 'path');
	const thick = { decide: 7, background: 1.5 }[el.getAttribute('data-class') ?? ''] ?? 4.5;
	all.arrows.push({ what: 'arrow', of, points: pointsOf(path.getAttribute('d') ?? ''), r: (thick / 2) * g.ks });
	const state = el.getAttribute('data-state');
	if (state === 'lost' || el.getAttribute('data-to-come') === 'rest' || el.getAttribute('data-class') === 'background') return;
	if (state === 'delivered' && el.hasAttribute('data-plain')) return;
	const [head] = el.all('class', 'head');
	all.marks.push({ what: 'mark', of, ...moved(head), r: 16 * g.k });
}

/** @param {FakeElement} el @param {{k: number}} g @param {Areas} all */
function lost(el, g, all) {
	const of = `${el.getAttribute('data-from')}→${el.getAttribute('data-to')} ${el.getAttribute('data-why')}`;
	all.crosses.push({ what: '×', of, ...moved(el.children[0]), r: 17 * g.k });
	for (const text of el.all('class', 'reason halo')) word(text, g, { x: 0, y: 0 }, 'reason', all);
}

/** @param {FakeElement} el @param {Areas} all */
function parked(el, all) {
	const [rect] = el.children;
	const of = el.getAttribute('data-node') ?? '';
	all.words.push({ what: `count of waiting messages at ${of}`, of, ...moved(el), w: num(rect, 'width'), h: num(rect, 'height') });
}

/** The box of a text's letters, without the space that the font keeps above and below. @param {FakeElement} el @param {{k: number, room?: number}} g @param {Point} at @param {string} what @param {Areas} all */
function word(el, g, at, what, all) {
	const lines = el.children.length ? el.children : [el];
	for (const line of lines) {
		const text = line.textContent;
		if (!text) continue;
		const mono = what.startsWith('address');
		const size = mono ? 11 * g.k + 6 : g.room ?? 25 * g.k + 3.4;
		const w = textWidth(text, size, { mono });
		all.words.push({ what, of: text, x: at.x + num(line, 'x') - w / 2, y: at.y + num(line, 'y') - 0.7 * size, w, h: 0.9 * size });
	}
}

/** @param {FakeElement|undefined} el @param {string} name */
const num = (el, name) => Number(el?.getAttribute(name) ?? 0);

/** @param {Point} a @param {Point} b */
const plus = (a, b) => ({ x: a.x + b.x, y: a.y + b.y });

/** Where an element's transform moves it. @param {FakeElement} el @returns {Point} */
function moved(el) {
	const [x, y] = (/translate\(([^)]*)\)/.exec(el.getAttribute('transform') ?? '')?.[1] ?? '0 0').split(/[ ,]+/).map(Number);
	return { x, y };
}

/** Points along a path of lines and quadratic curves. @param {string} d @returns {Point[]} */
export function pointsOf(d) {
	const n = (d.match(/-?[\d.]+/g) ?? []).map(Number);
	if (!d.includes('Q')) return Array.from({ length: n.length / 2 }, (_, i) => ({ x: n[2 * i], y: n[2 * i + 1] }));
	const [x0, y0, x1, y1, x2, y2] = n;
	return Array.from({ length: 33 }, (_, i) => {
		const f = i / 32;
		const [a, b, c] = [(1 - f) ** 2, 2 * f * (1 - f), f * f];
		return { x: a * x0 + b * x1 + c * x2, y: a * y0 + b * y1 + c * y2 };
	});
}

const SLACK = 1; // px by which things may touch: places are rounded

/** Every overlap that is not allowed, in words. @param {Areas} a @returns {string[]} */
export function collisions({ words, clients, nodes, marks, crosses, arrows }) {
	/** @type {string[]} */
	const found = [];
	const say = (/** @type {{what: string, of: string}} */ one, /** @type {{what: string, of: string}} */ other) => found.push(`${one.what} (${one.of}) on ${other.what} (${other.of})`);
	for (const box of [...words, ...clients]) {
		for (const disc of [...marks, ...crosses]) if (distance(box, disc) < disc.r - SLACK) say(disc, box);
		for (const line of arrows) if (line.of !== box.of && lineOn(line, box)) say(line, box);
	}
	for (const box of clients) for (const disc of nodes) if (distance(box, disc) < disc.r - SLACK) say(box, disc);
	for (const number of nodes.filter((one) => one.what === 'number')) {
		for (const disc of [...marks, ...crosses]) if (Math.hypot(disc.x - number.x, disc.y - number.y) < disc.r + number.r - SLACK) say(disc, number);
		for (const line of arrows) if (line.of.startsWith('client') && lineOn({ ...line, r: line.r + number.r }, { ...number, w: 0, h: 0 })) say(line, number);
	}
	for (const box of words) for (const disc of nodes) if (!box.what.startsWith('count') && distance(box, disc) < disc.r - SLACK) say(box, disc);
	const boxes = [...words, ...clients];
	boxes.forEach((a, i) => boxes.slice(i + 1).forEach((b) => {
		if (a.what === b.what) return; // allowed: cells of one log, and a client that leaves at the place of the next one
		if (Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x) > SLACK && Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y) > SLACK) say(a, b);
	}));
	return found;
}

/** How far a box is from a point. @param {Box} box @param {Point} p */
function distance(box, p) {
	return Math.hypot(p.x - Math.max(box.x, Math.min(p.x, box.x + box.w)), p.y - Math.max(box.y, Math.min(p.y, box.y + box.h)));
}

/** @param {Line} line @param {Box} box */
function lineOn({ points, r }, box) {
	for (let i = 1; i < points.length; i++) {
		const [a, b] = [points[i - 1], points[i]];
		const steps = Math.max(1, Math.ceil(Math.hypot(b.x - a.x, b.y - a.y) / 4));
		for (let j = 0; j <= steps; j++) {
			const p = { x: a.x + ((b.x - a.x) * j) / steps, y: a.y + ((b.y - a.y) * j) / steps };
			if (distance(box, p) < r - SLACK) return true;
		}
	}
	return false;
}

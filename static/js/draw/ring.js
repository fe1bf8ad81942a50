// The ring: links and tears, nodes, clients. Messages are drawn by
// messages.js into the layers made here.

import { modeOf } from '../modes/index.js';
import { groups } from '../model/state.js';
import { clients, coordinators, outcome, valueAt } from '../model/view.js';
import { clip } from '../model/text.js';
import { freezeWords, nodeWords } from '../modes/words.js';
import { say, set, sizeOf, svg } from './dom.js';
import { addressAt, clientAt, deskText, geometry, n, nodeCovers, place, roomText, textX, wordAt } from './layout.js';
import { padlock } from './marks.js';
import { messageLayer } from './messages.js';
import { crossings, tears } from './tears.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./labels.js').Disc} Disc */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */

const BUSY = 250; // elastic ms for which a link shows that something used it; less than the playhead runs on at rest

/**
 * @param {SVGSVGElement} root
 * @param {object} on
 * @param {(id: number) => void} on.node
 * @param {(id: number, at: Point) => void} on.nodeMenu
 * @param {(id: string) => void} on.take
 * @param {(a: number, b: number, at: Point) => void} on.link
 * @param {(op: string) => void} on.client
 * @param {() => void} [on.resized]
 */
export function createRing(root, on) {
	root.append(defs());
	const layers = Object.fromEntries(['links', 'tears', 'arrows', 'nodes', 'clients', 'above'].map((name) => {
		const g = svg('g', { class: `layer-${name}` });
		root.append(g);
		return [name, g];
	}));
	const size = sizeOf(root, on.resized);
	const messages = messageLayer(layers.arrows, layers.above, on.take);
	/** @type {Map<number, ReturnType<typeof makeNode>>} */
	const nodes = new Map();
	/** @type {Map<string, ReturnType<typeof makeLink>>} */
	const links = new Map();
	/** @type {Map<string, ReturnType<typeof makeClient>>} */
	const boxes = new Map();
	/** @type {Geometry} */
	let g = geometry(868, 464, []);
	let shape = '';
	let torn = '';
	/** @type {Point[][]} */
	let tear = [];
	let busy = false;
	/** @type {Map<string, {at: number, sent: number, rate: number}>} messages a second on each link */
	const rates = new Map();

	/** @param {View} view @returns {boolean} whether anything moves */
	function draw(view) {
		const ids = [...view.s.nodes.keys()].sort((a, b) => a - b);
		const { w, h } = size;
		if (!ids.length || !w) return false;
		if (shape !== `${w}x${h}:${ids}`) reshape(w, h, ids);
		drawTears(view);
		drawLinks(view);
		const taken = drawNodes(view);
		taken.push(...drawClients(view), ...view.lists ?? []);
		return messages.draw(view, g, tear, taken);
	}

	/** @param {number} w @param {number} h @param {number[]} ids */
	function reshape(w, h, ids) {
		shape = `${w}x${h}:${ids}`;
		torn = '';
		g = geometry(w, h, ids);
		root.setAttribute('viewBox', `0 0 ${w} ${h}`);
		root.style.setProperty('--k', String(g.k));
		root.style.setProperty('--ks', String(g.ks));
		root.style.setProperty('--fit', (g.r / (74 * g.k)).toFixed(3));
		for (const name of ['links', 'nodes', 'clients']) layers[name].replaceChildren();
		nodes.clear();
		links.clear();
		boxes.clear();
		for (const a of g.places) {
			for (const b of g.places) {
				if (a.id >= b.id) continue;
				const l = makeLink(a, b, on);
				links.set(`${a.id}-${b.id}`, l);
				layers.links.append(l.g);
			}
		}
		for (const p of g.places) {
			const node = makeNode(g, p.id, on);
			nodes.set(p.id, node);
			layers.nodes.append(node.g);
		}
	}

	/** @param {View} view */
	function drawTears(view) {
		const parts = groups(view.s);
		const now = JSON.stringify(parts);
		if (now === torn) return;
		torn = now;
		tear = tears(g, parts);
		layers.tears.replaceChildren(...tear.flatMap((line) => {
			const d = 'M' + line.map((p) => `${n(p.x)} ${n(p.y)}`).join('L');
			return [svg('path', { class: 'tear-halo', d }), svg('path', { class: 'tear', d, 'data-testid': 'tear' })];
		}));
	}

	/** Links, tinted where they are used by what is not drawn one by one. @param {View} view */
	function drawLinks({ s, x, t, flow }) {
		/** @type {Map<string, number>} */
		const used = new Map();
		for (const [id, f] of s.flow) {
			if (!(flow || id.endsWith('background')) || x - f.x >= BUSY) continue;
			const [a, b] = id.split('-');
			const link = a < b ? `${a}-${b}` : `${b}-${a}`;
			used.set(link, (used.get(link) ?? 0) + f.sent);
		}
		busy = used.size > 0;
		for (const [id, l] of links) {
			const [a, b] = id.split('-');
			const there = s.links.get(id);
			const back = s.links.get(`${b}-${a}`);
			set(l.g, 'data-cut', there?.cut && back?.cut ? 'both' : there?.cut ? 'there' : back?.cut ? 'back' : undefined);
			set(l.g, 'data-busy', used.has(id) ? '' : undefined);
			const wide = flow && used.has(id) ? 2 + 3 * Math.log10(1 + rateOf(id, used.get(id) ?? 0, t)) : 3.5;
			if (used.has(id)) l.bone.style.setProperty('--wide', `${n(wide * g.ks)}px`);
			say(l.text, linkWords(there, back));
		}
	}

	/** Messages a second on a link, over the last second or so. @param {string} id @param {number} sent in all @param {number} t */
	function rateOf(id, sent, t) {
		let r = rates.get(id);
		if (!r || sent < r.sent) rates.set(id, (r = { at: t, sent, rate: 0 }));
		const seconds = (t - r.at) / 1e6;
		if (seconds >= 1) rates.set(id, (r = { at: t, sent, rate: (sent - r.sent) / seconds }));
		return r.rate;
	}

	/** @param {View} view @returns {(Rect|Disc)[]} what labels must not cover */
	function drawNodes(view) {
		const { s } = view;
		const chief = coordinators(s);
		/** @type {(Rect|Disc)[]} */
		const taken = [];
		for (const [id, el] of nodes) {
			const state = s.nodes.get(id);
			if (!state) continue;
			const { text, locked, version, held } = valueAt(s, id);
			const word = nodeWords(s, id, chief);
			set(el.g, 'data-status', state.status);
			set(el.g, 'data-value', text);
			set(el.g, 'data-locked', locked || undefined);
			set(el.g, 'data-silent', state.silent && state.status === 'up' ? '' : undefined);
			set(el.g, 'data-selected', view.selected === id ? '' : undefined);
			set(el.g, 'data-coordinator', chief.has(id) ? '' : undefined);
			set(el.g, 'data-pending', [...view.pending].some((p) => p.endsWith(`:${id}`)) ? '' : undefined);
			set(el.touch, 'aria-label', `Node ${id}, ${[state.silent ? 'silent' : state.status, freezeWords(state)].filter(Boolean).join(', ')}, ${text ? `${s.key} is ${text}` : 'no value'}${locked ? ', locked' : ''}`);
			const others = [...new Set(held?.siblings.map((x) => x.val))].filter((val) => val !== text);
			const long = [...text].length > 8;
			set(el.value, 'class', `value${long && !others.length ? ' long' : ''}${text ? '' : ' none'}`);
			say(el.value, text ? clip(text, others.length ? 8 : 12) : 'none');
			set(el.g, 'data-conflict', others.length ? others.length + 1 : undefined);
			say(el.sibling, others.length > 1 ? `+ ${others.length} more` : clip(others[0] ?? '', 8));
			say(el.version, others.length ? '' : version && modeOf(s).version(version));
			set(el.value, 'y', n((others.length ? place(g, id).top || place(g, id).disc.y < place(g, id).y ? 2 : -11 : 13) * g.k));
			set(el.lock, 'visibility', locked ? undefined : 'hidden');
			say(el.word, word);
			const address = state.url.replace(/^https?:\/\//, '');
			say(el.address, address);
			set(el.word, 'x', n(textX(g, place(g, id), word, roomText(g))));
			set(el.address, 'x', n(textX(g, place(g, id), address, deskText(g) * 1.12)));
			set(el.word, 'y', n(wordAt(g, place(g, id))));
			set(el.address, 'y', n(addressAt(g, place(g, id), word)));
			const p = place(g, id);
			taken.push(...nodeCovers(g, p, word, address));
		}
		return taken;
	}

	/** @param {View} view @returns {Rect[]} */
	function drawClients({ s, still }) {
		const ops = clients(s);
		const now = new Set(ops.map((op) => op.id));
		for (const [id, b] of boxes) {
			if (now.has(id)) continue;
			boxes.delete(id);
			leave(b.g, still);
		}
		const taken = [];
		for (const op of ops) {
			let b = boxes.get(op.id);
			if (!b) {
				b = makeClient(g, op, [...boxes.values()].map((one) => one.covers[0]), crossings(g, tear), on);
				boxes.set(op.id, b);
				layers.clients.append(b.g);
			}
			set(b.g, 'data-outcome', outcome(op.status));
			set(b.g, 'data-status', op.status || 'waits');
			set(b.touch, 'aria-label', `${op.client} asked node ${op.node}: ${op.status || 'waits'}`);
			say(b.status, op.status ? String(op.status) : 'waits');
			set(b.answers, 'visibility', op.status ? undefined : 'hidden');
			taken.push(...b.covers);
		}
		return taken;
	}

	return { draw, busy: () => busy, geometry: () => g, layer: (/** @type {string} */ name) => layers[name] };
}

/** @param {import('../model/types.js').Link|undefined} there @param {import('../model/types.js').Link|undefined} back */
function linkWords(there, back) {
	const words = [there, back].map((l) => {
		if (!l || l.cut) return '';
		const delay = l.delay_ms || l.jitter_ms ? `${l.delay_ms}${l.jitter_ms ? `±${l.jitter_ms}` : ''} ms` : '';
		return [delay, l.loss ? `loses ${Math.round(l.loss * 100)} %` : ''].filter(Boolean).join(', ');
	});
	return words[0] === words[1] ? words[0] : words.filter(Boolean).join(' · ');
}

function defs() {
	const el = svg('defs');
	const hatch = svg('pattern', { id: 'hatch', width: 9, height: 9, patternUnits: 'userSpaceOnUse', patternTransform: 'rotate(45)' });
	hatch.append(svg('line', { x1: 0, y1: 0, x2: 0, y2: 9, class: 'hatch-line' }));
	el.append(hatch);
	return el;
}

/** @param {import('./layout.js').Place} a @param {import('./layout.js').Place} b @param {{link: (a: number, b: number, at: Point) => void}} on */
function makeLink(a, b, on) {
	const el = svg('g', { class: 'link', 'data-testid': 'link', 'data-from': a.id, 'data-to': b.id });
	const ends = { x1: n(a.x), y1: n(a.y), x2: n(b.x), y2: n(b.y) };
	const text = svg('text', { x: n((a.x + b.x) / 2), y: n((a.y + b.y) / 2), class: 'halo' });
	const hit = svg('line', { ...ends, class: 'hit' });
	hit.addEventListener('click', (e) => on.link(a.id, b.id, { x: /** @type {MouseEvent} */ (e).clientX, y: /** @type {MouseEvent} */ (e).clientY }));
	const bone = svg('line', { ...ends, class: 'bone' });
	el.append(bone, hit, text);
	return { g: el, bone, text };
}

/** @param {Geometry} g @param {number} id @param {{node: (id: number) => void, nodeMenu: (id: number, at: Point) => void}} on */
function makeNode(g, id, on) {
	const p = place(g, id);
	const { k, r } = g;
	const el = svg('g', { class: 'node', 'data-testid': 'node', 'data-node': id, transform: `translate(${n(p.x)} ${n(p.y)})` });
	const value = svg('text', { class: 'value', y: n(13 * k) });
	const version = svg('text', { class: 'version', y: n(45 * k) });
	const lower = p.disc.y > p.y;
	const sibling = svg('text', { class: 'sibling', y: n((lower ? 22 : 35) * k) });
	const or = svg('line', { class: 'or', x1: n(-30 * k), x2: n(30 * k), y1: n((lower ? -5 : 8) * k), y2: n((lower ? -5 : 8) * k) });
	const lock = padlock(k * 0.95);
	lock.setAttribute('transform', `translate(0 ${n(-40 * k)})`);
	const word = svg('text', { class: 'word halo' });
	const address = svg('text', { class: 'address halo' });
	const number = svg('text', { class: 'number', x: n(p.disc.x - p.x), y: n(p.disc.y - p.y + 13 * k) });
	number.textContent = String(id);
	const touch = svg('circle', { class: 'touch', r: n(r), role: 'button', tabindex: 0 });
	const face = svg('g', { 'aria-hidden': 'true' });
	face.append(
		svg('circle', { class: 'focus', r: n(r + 19 * k) }), svg('circle', { class: 'ring2', r: n(r + 11 * k) }),
		svg('circle', { class: 'body', r: n(r) }), svg('circle', { class: 'hatch', r: n(r), fill: 'url(#hatch)' }),
		lock, value, or, sibling, version,
		svg('circle', { class: 'disc', cx: n(p.disc.x - p.x), cy: n(p.disc.y - p.y), r: n(30 * k) }), svg('circle', { class: 'select', cx: n(p.disc.x - p.x), cy: n(p.disc.y - p.y), r: n(36 * k) }), number, word, address,
	);
	el.append(face, touch);
	el.addEventListener('click', () => on.node(id));
	el.addEventListener('contextmenu', (e) => {
		e.preventDefault();
		on.nodeMenu(id, { x: /** @type {MouseEvent} */ (e).clientX, y: /** @type {MouseEvent} */ (e).clientY });
	});
	el.addEventListener('keydown', (e) => {
		const key = /** @type {KeyboardEvent} */ (e).key;
		if (key !== 'Enter' && key !== ' ') return;
		e.preventDefault();
		e.stopPropagation();
		on.node(id);
	});
	return { g: el, touch, value, sibling, version, lock, word, address };
}

/** @param {Geometry} g @param {Op} op @param {Rect[]} others @param {Point[]} crosses @param {{client: (op: string) => void}} on */
function makeClient(g, op, others, crosses, on) {
	const { box, asks, answers, covers } = clientAt(g, op.node, others, crosses);
	const { k } = g;
	const el = svg('g', { class: 'client', 'data-testid': 'client', 'data-op': op.id, 'data-node': op.node });
	const touch = svg('rect', { class: 'touch', x: n(box.x), y: n(box.y), width: n(box.w), height: n(box.h), role: 'button', tabindex: 0 });
	const face = svg('g', { 'aria-hidden': 'true' });
	const half = box.h / 2;
	const rad = 6 * k;
	const head = `M${n(box.x)} ${n(box.y + half)}V${n(box.y + rad)}a${n(rad)} ${n(rad)} 0 0 1 ${n(rad)} ${n(-rad)}H${n(box.x + box.w - rad)}a${n(rad)} ${n(rad)} 0 0 1 ${n(rad)} ${n(rad)}V${n(box.y + half)}Z`;
	const name = svg('text', { class: 'name', x: n(box.x + box.w / 2), y: n(box.y + half * 0.68) });
	name.textContent = op.client === 'curl' ? '$ curl' : op.client;
	const status = svg('text', { class: 'status', x: n(box.x + box.w / 2), y: n(box.y + box.h - half * 0.28) });
	const ask = svg('g', { class: 'ask' });
	ask.append(svg('line', { class: 'asks', ...ends(asks) }), tip(asks, k, 'tip'));
	const answer = svg('g', { class: 'answer' });
	answer.append(svg('line', { class: 'answers', ...ends(answers) }), tip(answers, k, 'tip answer-tip'));
	face.append(ask, answer, svg('rect', { class: 'box', x: n(box.x), y: n(box.y), width: n(box.w), height: n(box.h), rx: n(rad + 2) }), svg('path', { class: 'head', d: head }), name, status);
	el.append(face, touch);
	el.addEventListener('click', () => on.client(op.id));
	el.addEventListener('keydown', (e) => {
		const key = /** @type {KeyboardEvent} */ (e).key;
		if (key !== 'Enter' && key !== ' ') return;
		e.preventDefault();
		e.stopPropagation();
		on.client(op.id);
	});
	return { g: el, touch, status, answers: answer, covers };
}

/** What stands on the stage no more fades out. @param {Element} el @param {boolean} still */
function leave(el, still) {
	el.removeAttribute('data-testid');
	if (still) return el.remove();
	el.animate([{ opacity: 1 }, { opacity: 0 }], 150).onfinish = () => el.remove();
}

/** @param {[Point, Point]} line */
function ends([a, b]) {
	return { x1: n(a.x), y1: n(a.y), x2: n(b.x), y2: n(b.y) };
}

/** An arrow's tip at the end of a line. @param {[Point, Point]} line @param {number} k @param {string} cls */
function tip([a, b], k, cls) {
	const turn = (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
	return svg('path', { class: cls, d: `M${n(-15 * k)} ${n(-9 * k)}L${n(3 * k)} 0L${n(-15 * k)} ${n(9 * k)}Z`, transform: `translate(${n(b.x)} ${n(b.y)}) rotate(${n(turn)})` });
}

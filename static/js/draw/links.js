// The links of the ring. A cut, slow or lossy link shows its fault. A link is tinted
// while it carries messages that are not drawn one by one.

import { say, set, svg } from './dom.js';
import { n } from './layout.js';
import { textWidth } from './letters.js';
import { weaknessOf, weaknessOfAll } from '../model/state.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Link} Link */
/** @typedef {import('../model/view.js').View} View */

const WORDS = 20; // px at 1920×1080, as in stage.css
const BUSY = 250; // elastic ms for which a link is tinted after a message; shorter than the time for which the playhead continues at rest

export class Links {
	/** @param {SVGElement} layer */
	constructor(layer) {
		this.layer = layer;
		/** @type {Map<string, ReturnType<typeof makeLink>>} by "1-2", the lower node first */
		this.drawn = new Map();
		/** @type {Map<string, {at: number, sent: number, rate: number}>} messages a second on each link */
		this.rates = new Map();
		this.busy = false;
	}

	/** @param {Geometry} g */
	reshape(g) {
		const pairs = g.places.flatMap((a) => g.places.filter((b) => a.id < b.id).map((b) => /** @type {const} */ ([a, b])));
		this.drawn = new Map(pairs.map(([a, b]) => [`${a.id}-${b.id}`, makeLink(a, b)]));
		this.layer.replaceChildren(...[...this.drawn.values()].map((l) => l.g));
	}

	/** @param {View} view @param {Geometry} g @returns {Rect[]} the areas of the words */
	draw(view, g) {
		/** @type {Rect[]} */
		const covers = [];
		const used = usedLinks(view);
		const alike = weaknessOfAll(view.s) !== ''; // then a chip in the bar says it once
		this.busy = used.size > 0;
		for (const [id, l] of this.drawn) {
			const [a, b] = id.split('-');
			const there = view.s.links.get(id);
			const back = view.s.links.get(`${b}-${a}`);
			const sent = used.get(id);
			set(l.g, 'data-cut', there?.cut && back?.cut ? 'both' : there?.cut ? 'there' : back?.cut ? 'back' : undefined);
			set(l.g, 'data-busy', sent === undefined ? undefined : '');
			const wide = view.flow && sent !== undefined ? 2 + 3 * Math.log10(1 + this.rateOf(id, sent, view.t)) : 3.5;
			if (sent !== undefined) l.bone.style.setProperty('--wide', `${n(wide * g.ks)}px`);
			const words = alike ? '' : linkWords(there, back);
			say(l.text, words);
			if (words) covers.push(areaOf(l.middle, words, g));
		}
		return covers;
	}

	/** Messages a second on a link, over the last second or so. @param {string} id @param {number} sent in all @param {number} t microseconds */
	rateOf(id, sent, t) {
		let r = this.rates.get(id);
		if (!r || sent < r.sent) this.rates.set(id, (r = { at: t, sent, rate: 0 }));
		const seconds = (t - r.at) / 1e6;
		if (seconds >= 1) this.rates.set(id, (r = { at: t, sent, rate: (sent - r.sent) / seconds }));
		return r.rate;
	}
}

/** The links that carry messages that are not drawn one by one, with the number of messages so far. @param {View} view @returns {Map<string, number>} */
function usedLinks({ s, x, flow }) {
	/** @type {Map<string, number>} */
	const used = new Map();
	for (const [id, f] of s.flow) {
		if (!(flow || id.endsWith('background')) || x - f.x >= BUSY) continue;
		const [a, b] = id.split('-');
		const link = a < b ? `${a}-${b}` : `${b}-${a}`;
		used.set(link, (used.get(link) ?? 0) + f.sent);
	}
	return used;
}

/** @param {Place} a @param {Place} b */
function makeLink(a, b) {
	const g = svg('g', { class: 'link', 'data-testid': 'link', 'data-from': a.id, 'data-to': b.id });
	const ends = { x1: n(a.x), y1: n(a.y), x2: n(b.x), y2: n(b.y) };
	const text = svg('text', { x: n((a.x + b.x) / 2), y: n((a.y + b.y) / 2), class: 'halo' });
	const bone = svg('line', { ...ends, class: 'bone' });
	g.append(bone, svg('line', { ...ends, class: 'hit' }), text);
	return { g, bone, text, middle: { x: (a.x + b.x) / 2, y: (a.y + b.y) / 2 } };
}

/** The area of the words of a link. A mark may lie on them. @param {import('./layout.js').Point} middle @param {string} words @param {Geometry} g @returns {Rect} */
function areaOf(middle, words, g) {
	const w = textWidth(words, WORDS * g.k);
	return { x: middle.x - w / 2, y: middle.y - WORDS * g.k, w, h: 1.25 * WORDS * g.k, soft: true };
}

/** The delay and the loss of a link that is not cut, for each direction. @param {Link|undefined} there @param {Link|undefined} back */
function linkWords(there, back) {
	const words = [there, back].map((l) => (l?.cut ? '' : weaknessOf(l)));
	return words[0] === words[1] ? words[0] : words.filter(Boolean).join(' · ');
}

// Pure geometry of the stage: where nodes, lanes, clients and labels lie.
// Numbers in, numbers out; units are CSS pixels of the stage's svg.

import { textWidth } from './letters.js';

/** @typedef {{x: number, y: number}} Point */
/** @typedef {{x: number, y: number, w: number, h: number, soft?: boolean}} Rect soft: an × may lie on it if there is no other room */
/** @typedef {{from: Point, ctrl: Point, to: Point}} Curve a quadratic Bézier */
/** @typedef {{id: number, x: number, y: number, angle: number, disc: Point, top: boolean}} Place */
/**
 * @typedef {object} Geometry
 * @property {number} w
 * @property {number} h
 * @property {number} k scale of type and marks: 1 at 1920×1080, 2/3 at 1280×720
 * @property {number} ks scale of strokes: 1 at 1920×1080, 0.8 at 1280×720
 * @property {Point} centre
 * @property {number} rx
 * @property {number} ry
 * @property {number} r radius of a node
 * @property {number} beyond how far a mode draws around a node's circle, from the circle outwards; 0 where it draws nothing there
 * @property {number} [room] the size of room text, px, where it does not follow k
 * @property {Place[]} places by node, ascending
 */

export const MARK = 19; // half the size of a mark with its halo, at 1920×1080
export const PLACES = Array.from({ length: 47 }, (_, i) => 0.04 + 0.02 * i); // on a lane, for an ×
/** @type {[string, string]} the longest usual words of a node: its role and its address */
export const WORDS = ['coordinator', '127.0.0.1:3001'];

// Where a node's number stands, from the node's centre, in radii: on the circle;
// farther out where a mode draws around the circle, so that it covers neither
// the value nor what the mode writes below it.
const ON_CIRCLE = { x: 0.789, y: 0.662 };
const ASIDE = { high: { x: 0.946, y: 0.838 }, low: { x: 1.149, y: 0.595 } };

/**
 * Places the nodes on an ellipse, clockwise. Node 1 is on top. With six nodes or
 * more, nodes 1 and 2 are on top, so that there is room for their clients.
 * @param {number} w @param {number} h
 * @param {number[]} ids
 * @param {number} [around] how far a mode draws around a node's circle, at 1920×1080
 * @returns {Geometry}
 */
export function geometry(w, h, ids, around = 0) {
	const upright = w < 600;
	const u = Math.max(0.4, upright ? Math.min(w / 640, h / 464) : Math.min(w / 868, h / 464));
	const k = (2 / 3) * Math.min(u, 2.4) * (upright ? 1.1 : 1);
	const ks = Math.max(0.6, 0.2 + 0.9 * k);
	const shrink = ids.length > 6 ? 6 / ids.length : 1;
	const r = 74 * k * Math.sqrt(shrink) * (ids.length > 6 ? 0.95 : 1);
	const centre = { x: w / 2 + (upright ? 0 : 4 * u), y: h / 2 + (upright ? -16 : 6) * u };
	const rx = upright ? w / 2 - r - 26 * u : (ids.length > 7 ? 312 : ids.length > 5 ? 294 : 278) * u;
	const ry = Math.min(156 * u * (h / (464 * u)) ** (upright ? 1 : 0.6), h / 2 - r - (upright ? 84 : 34) * u);
	const flat = ids.length > 5;
	const places = ids.map((id, i) => {
		const angle = -Math.PI / 2 + (2 * Math.PI * (i - (flat ? 0.5 : 0))) / ids.length;
		const at = { x: centre.x + rx * Math.cos(angle), y: centre.y + ry * Math.sin(angle) };
		const right = Math.cos(angle) > -0.01;
		const top = Math.sin(angle) < 0.05;
		const off = around ? (top ? ASIDE.high : ASIDE.low) : ON_CIRCLE;
		const disc = { x: at.x + (right ? 1 : -1) * off.x * r, y: at.y + (top ? -1 : 1) * off.y * r };
		return { id, ...at, angle, disc, top: Math.sin(angle) < -0.9 };
	});
	return { w, h, k, ks, centre, rx, ry, r, beyond: around * k, places };
}

/**
 * The geometry of a small ring among several: the nodes and marks shrink, and the
 * words keep their size.
 * @param {number} w @param {number} h @param {number[]} ids @param {number} around as in geometry
 * @param {number} room the size of room text, px
 * @returns {Geometry}
 */
export function smallGeometry(w, h, ids, around, room) {
	const u = Math.min(w / 570, h / 420);
	const k = 0.72 * u;
	const r = 54 * u;
	const wide = geometry(w, h, ids, around);
	const below = room + 18 * k; // the words of the lower nodes
	const above = room + 36 * u; // the lines of a client in front of several rings
	const rx = w / 2 - r - 14 * u;
	const ry = (h - above - below - 2 * r) / (1 + Math.max(...wide.places.map((p) => Math.sin(p.angle))));
	const centre = { x: w / 2, y: above + r + ry };
	const places = wide.places.map((p) => {
		const at = { x: centre.x + rx * Math.cos(p.angle), y: centre.y + ry * Math.sin(p.angle) };
		return { ...p, ...at, disc: { x: at.x + ((p.disc.x - p.x) * r) / wide.r, y: at.y + ((p.disc.y - p.y) * r) / wide.r } };
	});
	return { w, h, k, ks: Math.max(0.6, 0.8 * (0.2 + 0.9 * u)), centre, rx, ry, r, room, beyond: around * k, places };
}

/** @param {Geometry} g @param {number} id @returns {Place} */
export function place(g, id) {
	return g.places.find((p) => p.id === id) ?? g.places[0];
}
/** @typedef {{curve: Curve, free: Point[]}} Way a lane; free: the places on it where an × covers no node and no words */

/** @type {WeakMap<Geometry, Map<string, Way>>} the lanes of each geometry, kept because every frame needs them */
const ways = new WeakMap();
const WIDER = [1, 1.5, 2, 2.6, 3.3, 4, 0.4]; // factors for the bow of a lane, tried in this order until an × has room

/**
 * The lane from one node to another. Each direction bows to its own right, so
 * that no two lanes coincide. A lane begins and ends a little outside the nodes'
 * circles. A lane between close neighbours bows more, until an × has a place on
 * it that covers no node and no words.
 * @param {Geometry} g @param {number} from @param {number} to
 * @returns {Curve}
 */
export function lane(g, from, to) {
	return waysOf(g).get(`${from}-${to}`)?.curve ?? bowed(g, place(g, from), place(g, to), 1);
}

/** @param {Geometry} g */
function waysOf(g) {
	let all = ways.get(g);
	if (all) return all;
	const things = g.places.flatMap((p) => nodeCovers(g, p, ...WORDS));
	/** @param {Curve} curve @returns {Way} */
	const way = (curve) => ({ curve, free: PLACES.map((f) => pointOn(curve, f)).filter((p) => !things.some((thing) => covers(around(p, MARK * g.k), thing, 0))) });
	const pairs = g.places.flatMap((a) => g.places.filter((b) => b !== a).map((b) => /** @type {const} */ ([a, b])));
	all = new Map(pairs.map(([a, b]) => {
		/** @type {Way|undefined} */
		let best;
		for (const wider of WIDER) {
			const next = way(bowed(g, a, b, wider));
			if (!best || next.free.length) best = next;
			if (next.free.length) break;
		}
		return [`${a.id}-${b.id}`, /** @type {Way} */ (best)];
	}));
	ways.set(g, all);
	return all;
}

/** @param {Geometry} g @param {Place} a @param {Place} b @param {number} wider */
function bowed(g, a, b, wider) {
	const dx = b.x - a.x;
	const dy = b.y - a.y;
	const length = Math.hypot(dx, dy) || 1;
	const bow = (22 * g.k + 0.035 * length) * wider;
	const ctrl = { x: (a.x + b.x) / 2 - (dy / length) * bow * 2, y: (a.y + b.y) / 2 + (dx / length) * bow * 2 };
	const gap = g.r + Math.max(7 * g.k, g.beyond + 4 * g.k);
	return { from: towards(a, ctrl, gap), ctrl, to: towards(b, ctrl, gap + 16 * g.k) };
}

/** @param {Point} a @param {Point} b @param {number} d @returns {Point} */
function towards(a, b, d) {
	const l = Math.hypot(b.x - a.x, b.y - a.y) || 1;
	return { x: a.x + ((b.x - a.x) / l) * d, y: a.y + ((b.y - a.y) / l) * d };
}

/** @param {Point} a @param {Point} b @param {number} f @returns {Point} */
export function mix(a, b, f) {
	return { x: a.x + (b.x - a.x) * f, y: a.y + (b.y - a.y) * f };
}

/** @param {Curve} c @param {number} f @returns {Point} */
export function pointOn(c, f) {
	return mix(mix(c.from, c.ctrl, f), mix(c.ctrl, c.to, f), f);
}

/** The direction of travel at f, in degrees. @param {Curve} c @param {number} f */
export function headingOn(c, f) {
	const a = mix(c.from, c.ctrl, f);
	const b = mix(c.ctrl, c.to, f);
	return (Math.atan2(b.y - a.y, b.x - a.x) * 180) / Math.PI;
}

/** The first part of a curve, up to f. @param {Curve} c @param {number} f @returns {Curve} */
export function partOf(c, f) {
	return { from: c.from, ctrl: mix(c.from, c.ctrl, f), to: pointOn(c, f) };
}

/** @param {Curve} c */
export function pathOf(c) {
	return `M${n(c.from.x)} ${n(c.from.y)}Q${n(c.ctrl.x)} ${n(c.ctrl.y)} ${n(c.to.x)} ${n(c.to.y)}`;
}

/** @param {number} v */
export function n(v) {
	return Math.round(v * 10) / 10;
}

/** The size of arrow labels and status words, px: 28 at 1920, 20 at 1280. @param {Geometry} g */
export function roomText(g) {
	return g.room ?? 25 * g.k + 3.4;
}

/** The size of addresses. @param {Geometry} g */
export function deskText(g) {
	return 11 * g.k + 6;
}

// Where a mode draws around the circles, the words of some nodes stand aside, at
// 1920×1080: those of the top node above its log, so that they stay off the
// caption, and the text of the other high nodes farther out, off the lanes.
const TOP_WORD = { x: 240, y: -104 };
const OUTWARD = 66;

/** The baseline of a node's words, from its middle. @param {Geometry} g @param {Place} p */
export function wordAt(g, p) {
	if (!p.top) return g.r + g.beyond + 16 * g.k + 0.72 * roomText(g);
	if (g.room) return -1.12 * g.r - 4 * g.k;
	return g.beyond ? TOP_WORD.y * g.k : -g.r - 19 * g.k - deskText(g) - 6 * g.k;
}

/** The baseline of a node's address, from its middle. @param {Geometry} g @param {Place} p @param {string} word */
export function addressAt(g, p, word) {
	const r = g.r + g.beyond;
	if (p.top) return -r - 19 * g.k;
	return r + 16 * g.k + 0.72 * deskText(g) + (word ? roomText(g) + 3 * g.k : 0);
}

/** The middle of a node's words, from its own middle. @param {Geometry} g @param {Place} p @param {string} word */
export function wordX(g, p, word) {
	if (p.top && g.room) { // lines from a client come down at its left
		const half = textWidth(word, roomText(g)) / 2;
		return Math.min(0.42 * g.r + half, g.w - half - p.x);
	}
	return p.top && g.beyond ? TOP_WORD.x * g.k : textX(g, p, textWidth(word, roomText(g)));
}

/** The middle of a node's address, from its own middle. @param {Geometry} g @param {Place} p @param {string} address */
export function addressX(g, p, address) {
	return textX(g, p, textWidth(address, deskText(g), { mono: true }));
}

/** How far the text of a node moves sideways: outwards where it must, and so that it stays on the stage. @param {Geometry} g @param {Place} p @param {number} width of the text */
function textX(g, p, width) {
	const half = width / 2 + 3;
	const aside = g.beyond && !p.top && p.y < g.centre.y ? Math.sign(p.x - g.centre.x) * OUTWARD * g.k : 0;
	return half > g.w / 2 ? 0 : Math.max(half, Math.min(g.w - half, p.x + aside)) - p.x;
}

/**
 * The areas that a node covers: its circle, its number, its words, its address.
 * @param {Geometry} g @param {Place} p @param {string} word @param {string} address @returns {(Rect | Point & {r: number})[]}
 */
export function nodeCovers(g, p, word, address) {
	const text = (/** @type {number} */ w, /** @type {number} */ size, /** @type {number} */ x, /** @type {number} */ y) => ({ x: p.x + x - w / 2, y: p.y + y - 0.78 * size, w, h: size });
	const words = word ? [text(textWidth(word, roomText(g)), roomText(g), wordX(g, p, word), wordAt(g, p))] : [];
	return [{ x: p.x, y: p.y, r: g.r + Math.max(13 * g.k, g.beyond) }, { ...p.disc, r: 38 * g.k }, text(textWidth(address, deskText(g), { mono: true }), deskText(g), addressX(g, p, address), addressAt(g, p, word)), ...words];
}

/** @param {Point} p @param {number} r @returns {Rect} */
export function around(p, r) {
	return { x: p.x - r, y: p.y - r, w: 2 * r, h: 2 * r };
}

/**
 * The place of a client's box and of its two arrows. The best place is beside
 * its node, outwards and horizontal. If that is taken, the cheapest other place
 * wins: each overlap and each step away from the best place has a cost.
 * @param {Geometry} g @param {number} id
 * @param {Rect[]} [others] the clients' boxes that have a place already
 * @param {Point[]} [crosses] the points where an × may lie
 * @returns {{box: Rect, asks: [Point, Point], answers: [Point, Point], covers: Rect[]}} covers: the areas that labels must not cover
 */
export function clientAt(g, id, others = [], crosses = []) {
	const p = place(g, id);
	const fit = g.places.length > 7 ? 0.82 : g.places.length > 6 ? 0.9 : 1;
	const [w, h] = [Math.max((106 * g.k + 18) * fit, 6 * 0.6 * roomText(g) + 12 * g.k), (80 * g.k + 9) * fit]; // "$ curl" has six letters of one width
	const outward = p.x > g.centre.x + 1 ? 1 : -1;
	/** @type {(Rect & {weight?: number})[]} */
	const taken = [...others, ...crosses.map((c) => ({ ...around(c, MARK * g.k), weight: 20 })), ...g.places.flatMap((q) => squares(g, q, q.id !== id))];
	let best = beside(g, p, w, h, outward, 2.6 * g.r, 0);
	let least = Infinity;
	const peak = p.top && Math.abs(p.x - g.centre.x) < g.r; // the words are above this node, its number is at its right
	const room = [...waysOf(g).values()].filter((way) => way.free.length);
	/** @param {ReturnType<typeof client>} now @param {number} cost */
	const consider = (now, cost) => {
		for (const t of taken) cost += (t.weight ?? 1) * (overlap(now.box, t) + 0.5 * overlap(now.covers[1], t));
		const { x, y } = now.box;
		cost += 400 * (Math.max(0, 2 - x) + Math.max(0, x + w + 2 - g.w) + Math.max(0, -y) + Math.max(0, y + h - g.h));
		if (cost >= least) return;
		for (const { free } of room) if (free.every((c) => covers(around(c, MARK * g.k), now.box, 0))) cost += 4000 * g.k; // no room left for an ×
		if (cost >= least) return;
		least = cost;
		best = now;
	};
	for (const side of [outward, -outward]) {
		for (const reach of [2.6, 2.72, 2.45, 2.3, 2.1, 1.9, 1.7, 1.5]) {
			for (const dy of [-0.6, -0.44, -0.25, 0, 0.15, 0.3, 0.5]) {
				const odd = Math.abs(reach - (peak ? 2.72 : 2.6)) * 30 + Math.abs(dy - (peak ? -0.44 : 0)) * 60 + (side === outward ? 0 : 700);
				consider(beside(g, p, w, h, side, reach * g.r, dy * g.r), odd * g.k);
			}
		}
	}
	const above = p.y < g.centre.y + 1 && !p.top;
	consider(over(g, p, w, h, above), 400 * g.k);
	return best;
}

/** The areas of a node that a client's box should not cover: circle, number, address. @param {Geometry} g @param {Place} q @param {boolean} circle @returns {(Rect & {weight?: number})[]} */
function squares(g, q, circle) {
	const text = { x: q.x - 62 * g.k, y: q.top ? q.y - g.r - g.beyond - 70 * g.k : q.y + g.r + g.beyond, w: 124 * g.k, h: 66 * g.k };
	const disc = { x: q.disc.x - 36 * g.k, y: q.disc.y - 36 * g.k, w: 72 * g.k, h: 72 * g.k, weight: 4 };
	return circle ? [text, disc, { x: q.x - g.r, y: q.y - 0.8 * g.r, w: 2 * g.r, h: 1.6 * g.r, weight: 20 }, { x: q.x - 0.7 * g.r, y: q.y - g.r, w: 1.4 * g.r, h: 2 * g.r, weight: 20 }] : [text, disc];
}

/** A client left or right of its node. @param {Geometry} g @param {Place} p @param {number} w @param {number} h @param {number} side @param {number} reach @param {number} dy */
function beside(g, p, w, h, side, reach, dy) {
	const near = p.x + side * Math.max(g.r + 26 * g.k, Math.min(reach, (side > 0 ? g.w - p.x : p.x) - w - 6 * g.k));
	const y = p.y + dy;
	const edge = (/** @type {number} */ off) => p.x + side * (Math.sqrt(Math.max(0, g.r ** 2 - (off + dy) ** 2)) + 6 * g.k);
	const [up, down] = [-h / 4, h / 4];
	return client(g, { x: side > 0 ? near : near - w, y: y - h / 2, w, h },
		[{ x: near, y: y + up }, { x: edge(up), y: y + up }], [{ x: edge(down), y: y + down }, { x: near, y: y + down }]);
}

/** A client above or below its node. @param {Geometry} g @param {Place} p @param {number} w @param {number} h @param {boolean} above */
function over(g, p, w, h, above) {
	const cx = Math.max(w / 2 + 4, Math.min(g.w - w / 2 - 4, p.x));
	const near = above ? p.y - g.r - 46 * g.k : p.y + g.r + 112 * g.k;
	const edge = (/** @type {number} */ x) => p.y + (above ? -1 : 1) * (Math.sqrt(Math.max(0, g.r ** 2 - (x - p.x) ** 2)) + (above ? 6 : 74) * g.k);
	const [left, right] = [cx - 17 * g.k, cx + 17 * g.k];
	return client(g, { x: cx - w / 2, y: above ? near - h : near, w, h },
		[{ x: left, y: near }, { x: left, y: edge(left) }], [{ x: right, y: edge(right) }, { x: right, y: near }]);
}

/** @param {Geometry} g @param {Rect} box @param {[Point, Point]} asks @param {[Point, Point]} answers */
function client(g, box, asks, answers) {
	const off = 8 * g.k;
	const covers = [asks, answers].map(([a, b]) => ({ x: Math.min(a.x, b.x) - off, y: Math.min(a.y, b.y) - off, w: Math.abs(a.x - b.x) + 2 * off, h: Math.abs(a.y - b.y) + 2 * off, soft: true }));
	return { box, asks, answers, covers: [box, ...covers] };
}

/** @param {Rect} a @param {Rect} b the area that both cover */
export function overlap(a, b) {
	const w = Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x);
	const h = Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y);
	return w > 0 && h > 0 ? w * h : 0;
}

/** Whether a box is closer to a thing than the margin. @param {Rect} rect @param {Rect|Point & {r: number}} thing @param {number} margin */
export function covers(rect, thing, margin) {
	if ('r' in thing) {
		const dx = thing.x - Math.max(rect.x, Math.min(thing.x, rect.x + rect.w));
		const dy = thing.y - Math.max(rect.y, Math.min(thing.y, rect.y + rect.h));
		return Math.hypot(dx, dy) < thing.r + margin;
	}
	return rect.x < thing.x + thing.w + margin && thing.x < rect.x + rect.w + margin && rect.y < thing.y + thing.h + margin && thing.y < rect.y + rect.h + margin;
}

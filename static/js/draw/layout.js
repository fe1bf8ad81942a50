// Pure geometry of the stage: where nodes, lanes, clients and labels lie.
// Numbers in, numbers out; units are CSS pixels of the stage's svg.

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
 * @property {number} badge radius of the disc with a node's number
 * @property {number} beyond how far a mode draws outwards from a node's circle; 0: it draws nothing there
 * @property {number} [room] the size of room text, px; set where it does not depend on k
 * @property {Place[]} places by node, ascending
 */

export const MARK = 19; // half the size of a mark with its halo, at 1920×1080
export const PLACES = Array.from({ length: 47 }, (_, i) => 0.04 + 0.02 * i); // places on a lane, from 0 to 1, where an × may stand
/** @type {[string, string]} the longest usual words of a node: its role and its address */
export const WORDS = ['coordinator', '127.0.0.1:3001'];

// Where a node's number stands, from the node's centre, in radii. The number stands on
// the circle. Where a mode draws around the circle, the number stands farther out, so
// that it covers neither the value nor the mode's text below the value.
const ON_CIRCLE = { x: 0.789, y: 0.662 };
const BESIDE = 396; // the least distance from a low node to the edge, if a mode draws beside it; at 1920×1080
const BESIDES = 190; // the room for a node's drawing and its client, if there are more than five nodes; at 1920×1080
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
	const upright = w < 600 && h > 0.75 * w; // a phone; a wide stage is that small at 150 %
	const u = Math.max(0.4, upright ? Math.min(w / 640, h / 464) : Math.min(w / 868, h / 464));
	const k = (2 / 3) * Math.min(u, 2.4) * (upright ? 1.1 : 1);
	const ks = Math.max(0.6, 0.2 + 0.9 * k);
	const flat = ids.length > 5;
	const shrink = ids.length > 6 ? 6 / ids.length : 1;
	const narrow = ids.length > 8 ? 0.88 : ids.length > 6 ? 0.95 : 1; // leaves room for clients between the nodes
	const r = 74 * k * Math.sqrt(shrink) * narrow * (around && flat ? 0.85 : 1);
	const centre = { x: w / 2 + (upright ? 0 : 4 * u), y: h / 2 + (upright ? -16 : 6) * u };
	const reach = around * k * (ids.length > 6 ? 0.7 : 1);
	const turn = (/** @type {number} */ i) => -Math.PI / 2 + (2 * Math.PI * (i - (flat ? 0.5 : 0))) / ids.length;
	const [wide, low] = [Math.cos, Math.sin].map((of) => Math.max(...ids.map((_, i) => of(turn(i)))));
	const lowWide = Math.max(0.1, ...ids.map((_, i) => (Math.sin(turn(i)) > 0.3 ? Math.cos(turn(i)) : 0)));
	const aside = around && flat ? reach + BESIDES * k : 168 * k; // room for a client beside a node
	const rx = upright ? w / 2 - r - 26 * u : Math.min((ids.length > 7 ? 312 : ids.length > 5 ? 294 : 278) * u, (w - centre.x - r - aside) / wide, around && !flat ? (w - centre.x - BESIDE * k) / lowWide : Infinity);
	const below = reach + 66 * k; // room for the words of the lowest node
	const ry = Math.min(156 * u * (h / (464 * u)) ** (upright ? 1 : 0.6), h / 2 - r - (upright ? 84 : 34) * u, (h - centre.y - r - below) / low);
	const places = ids.map((id, i) => {
		const angle = turn(i);
		const at = { x: centre.x + rx * Math.cos(angle), y: centre.y + ry * Math.sin(angle) };
		const right = Math.cos(angle) > -0.01;
		const top = Math.sin(angle) < 0.05;
		const off = around ? (top ? ASIDE.high : ASIDE.low) : ON_CIRCLE;
		const disc = { x: at.x + (right ? 1 : -1) * off.x * r, y: at.y + (top ? -1 : 1) * off.y * r };
		return { id, ...at, angle, disc, top: Math.sin(angle) < -0.9 };
	});
	return { w, h, k, ks, centre, rx, ry, r, badge: 30 * k * (ids.length > 6 ? 0.8 : 1), beyond: reach, places };
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
	return { w, h, k, ks: Math.max(0.6, 0.8 * (0.2 + 0.9 * u)), centre, rx, ry, r, badge: 30 * k, room, beyond: around * k, places };
}

/** @param {Geometry} g @param {number} id @returns {Place} */
export function place(g, id) {
	return g.places.find((p) => p.id === id) ?? g.places[0];
}
/**
 * A lane from one node to another, which bows to its right. It begins and ends a
 * little outside the nodes' circles.
 * @param {Geometry} g @param {Place} a @param {Place} b @param {number} wider in parts of the usual bow
 * @returns {Curve}
 */
export function bowed(g, a, b, wider) {
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

/** The areas of a node that stay where they are: its circle and its number. @param {Geometry} g @param {Place} p @returns {(Rect | Point & {r: number})[]} */
export function nodeAreas(g, p) {
	return [{ x: p.x, y: p.y, r: g.r + Math.max(13 * g.k, g.beyond) }, { ...p.disc, r: g.badge + 8 * g.k }];
}

/** @param {Point} p @param {number} r @returns {Rect} */
export function around(p, r) {
	return { x: p.x - r, y: p.y - r, w: 2 * r, h: 2 * r };
}

/** @typedef {{box: Rect, asks: [Point, Point], answers: [Point, Point], covers: Rect[]}} Client covers: the areas that labels must not cover */

/** The width and the height of a client's box. @param {Geometry} g @returns {[number, number]} */
export function clientSize(g) {
	const fit = g.places.length > 7 ? 0.82 : g.places.length > 6 ? 0.9 : 1;
	const name = 6 * 0.632 * roomText(g) + 12 * g.k; // "$ curl" has six letters of one width
	return [Math.max((106 * g.k + 18) * fit, name), (80 * g.k + 9) * fit];
}

/** A client left or right of its node. @returns {Client} @param {Geometry} g @param {Place} p @param {number} w @param {number} h @param {number} side @param {number} reach @param {number} dy */
export function clientBeside(g, p, w, h, side, reach, dy) {
	const near = p.x + side * Math.max(g.r + (g.room ? 10 : 26) * g.k, Math.min(reach, (side > 0 ? g.w - p.x : p.x) - w - 6 * g.k));
	const y = p.y + dy;
	const edge = (/** @type {number} */ off) => p.x + side * endOf(g, side * (p.disc.x - p.x), p.disc.y - p.y, off + dy);
	const [up, down] = [-h / 4, h / 4];
	return client(g, { x: side > 0 ? near : near - w, y: y - h / 2, w, h },
		[{ x: near, y: y + up }, { x: edge(up), y: y + up }], [{ x: edge(down), y: y + down }, { x: near, y: y + down }]);
}

/** A client above or below its node. @param {Geometry} g @param {Place} p @param {number} w @param {number} h @param {boolean} above @param {number} reach from the circle to the box @param {number} dx of the box, from the middle of the node @returns {Client} */
export function clientOver(g, p, w, h, above, reach, dx) {
	const cx = Math.max(w / 2 + 4, Math.min(g.w - w / 2 - 4, p.x + dx));
	const near = p.y + (above ? -1 : 1) * (g.r + reach);
	const side = above ? -1 : 1;
	const edge = (/** @type {number} */ x) => p.y + side * endOf(g, side * (p.disc.y - p.y), p.disc.x - p.x, x - p.x);
	const [left, right] = [cx - 17 * g.k, cx + 17 * g.k];
	return client(g, { x: cx - w / 2, y: above ? near - h : near, w, h },
		[{ x: left, y: near }, { x: left, y: edge(left) }], [{ x: right, y: edge(right) }, { x: right, y: near }]);
}

/**
 * How far from a node's middle a client's arrow ends, along the arrow: at the node's circle, or at
 * the node's number if the arrow would lie on it.
 * @param {Geometry} g @param {number} along the number's place along the arrow @param {number} across the number's place across the arrow, both from the node's middle @param {number} off the arrow's own place across
 */
function endOf(g, along, across, off) {
	const circle = Math.sqrt(Math.max(0, g.r ** 2 - off ** 2));
	const [number, beside] = [g.badge + 3 * g.k, Math.abs(off - across)]; // the number has a halo
	const end = beside < number ? Math.max(circle, along + Math.sqrt(number ** 2 - beside ** 2)) : circle;
	return end + 6 * g.k;
}

/** @param {Geometry} g @param {Rect} box @param {[Point, Point]} asks @param {[Point, Point]} answers @returns {Client} */
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

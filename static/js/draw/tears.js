// The tears of a partition: jagged lines between its groups. The × of a message
// lost to the cut lies exactly on a tear, so a tear is laid where an × covers no
// node and no words. Pure geometry.

import { gridOf } from './grid.js';
import { MARK, WORDS, around, covers, mix, place, pointOn } from './layout.js';
import { lane, nodeCovers } from './stands.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Curve} Curve */

const END = 4; // half the thickness of a tear with its halo, at 1920×1080
const SHIFTS = [0, 0.04, -0.04, 0.08, -0.08, 0.12, -0.12, 0.17, -0.17]; // from a tear's usual place, as parts of the distance between two neighbours

const UNCUT = 8; // how close a tear comes to a link that it does not cut, at 1920×1080
const RAY = [1.45, 0.2]; // from where to where a tear of mixed groups may reach, in parts of the way from the centre to the ring
const LEAST = 44; // the least length of such a tear, at 1920×1080
const FINE = 8; // parts of each side of a jag, to find where a tear has to end

/**
 * The tears between groups. Two groups, each of neighbours on the ring, get one
 * line across. Three groups or more get rays from the centre. Groups that are
 * mixed on the ring get a short tear between each two neighbours of different
 * groups: a longer one would cross links that are not cut.
 * @param {Geometry} g @param {number[][]} groups
 * @returns {Point[][]}
 */
export function tears(g, groups) {
	if (groups.length < 2) return [];
	const of = new Map(groups.flatMap((ids, i) => ids.map((id) => [id, i])));
	const edges = g.places.map((a, i) => [a, g.places[(i + 1) % g.places.length]]).filter(([a, b]) => of.get(a.id) !== of.get(b.id));
	if (edges.length !== groups.length && !(groups.length === 2 && edges.length === 2)) return mixedTears(g, groups, edges);
	const alone = groups.length === 2 ? groups.find((ids) => ids.length === 1) : undefined;
	/** @param {number[]} shifts one shift for each edge, then one that mirrors the jags @returns {Point[][]} */
	const lay = (shifts) => {
		const side = shifts[edges.length] ? -1 : 1;
		if (alone) return [bow(g, place(g, alone[0]), shifts, side)];
		const at = edges.map(([a, b], i) => between(g, a, b, shifts[i]));
		if (at.length > 2) return at.map((e) => jagged(g.centre, mix(g.centre, e, 1.3), g, side));
		const mid = mix(at[0], at[1], 0.5);
		const reach = 1 + (2.1 * g.r) / Math.hypot(at[0].x - mid.x, at[0].y - mid.y);
		return [jagged(mix(mid, at[0], reach), mix(mid, at[1], reach), g, side)];
	};
	const things = g.places.flatMap((p) => nodeCovers(g, p, ...WORDS));
	const lanes = g.places.flatMap((a) => g.places.filter((b) => of.get(a.id) !== of.get(b.id)).map((b) => lane(g, a.id, b.id)));
	const taken = (/** @type {Point} */ p, /** @type {number} */ r) => things.some((t) => covers(around(p, r * g.k), t, 0));
	/** @param {Point[][]} lines the penalty: 3 for each × that would lie on a thing or miss the tear, 1 for each point of a tear that a thing covers */
	const bad = (lines) => {
		const lost = lanes.filter((c) => {
			const f = crossedAt(c, lines);
			return f === undefined || taken(pointOn(c, f), MARK);
		});
		return 3 * lost.length + lines.flat().filter((p) => taken(p, END)).length;
	};
	let shifts = Array(edges.length + 1).fill(0);
	let best = lay(shifts);
	let least = bad(best);
	for (let i = 0; i < shifts.length; i++) {
		for (const shift of i < edges.length ? SHIFTS : [1]) {
			if (!least) break;
			const next = shifts.with(i, shift);
			const lines = lay(next);
			const n = bad(lines);
			if (n < least) [shifts, best, least] = [next, lines, n];
		}
	}
	const trimmed = best.map((line) => {
		const free = line.map((p) => !taken(p, END));
		return line.slice(Math.max(0, free.indexOf(true)), free.lastIndexOf(true) + 1);
	});
	return bad(trimmed) <= least ? trimmed : best;
}

/**
 * A short tear between each two neighbours of different groups. It ends where a link passes that
 * is not cut.
 * @param {Geometry} g @param {number[][]} groups @param {Place[][]} edges the neighbours @returns {Point[][]}
 */
function mixedTears(g, groups, edges) {
	const kept = groups.flatMap((ids) => ids.flatMap((a) => ids.filter((b) => b !== a).flatMap((b) => [lane(g, a, b), linkOf(g, a, b)])));
	const uncut = gridOf(g, kept.flatMap((c) => Array.from({ length: 161 }, (_, i) => ({ ...pointOn(c, i / 160), r: UNCUT * g.k }))));
	const things = gridOf(g, g.places.flatMap((p) => nodeCovers(g, p, ...WORDS)), END * g.k);
	const open = (/** @type {Point} */ p) => p.x > 0 && p.x < g.w && p.y > 0 && p.y < g.h && !uncut.has(p.x, p.y);
	const free = (/** @type {Point} */ p) => open(p) && !things.has(p.x, p.y);
	/** The longest piece between two neighbours. @param {Place[]} edge @param {(p: Point) => boolean} takes @returns {Point[]|undefined} */
	const longest = ([a, b], takes) => {
		const cut = [lane(g, a.id, b.id), lane(g, b.id, a.id)];
		const rays = SHIFTS.map((shift) => between(g, a, b, shift)).map((e) => jagged(mix(g.centre, e, RAY[0]), mix(g.centre, e, RAY[1]), g, 1));
		const pieces = rays.flatMap((ray) => piecesOf(ray, takes)).filter((piece) => lengthOf(piece) > LEAST * g.k);
		const worth = (/** @type {Point[]} */ piece) => cut.filter((c) => crossedAt(c, [piece]) !== undefined).length * g.w + lengthOf(piece);
		return pieces.sort((one, other) => worth(other) - worth(one)).find((piece) => cut.some((c) => crossedAt(c, [piece]) !== undefined) && !kept.some((c) => crossedAt(c, [piece]) !== undefined));
	};
	return edges.map((edge) => longest(edge, free) ?? longest(edge, open) ?? []).filter((line) => line.length);
}

/** @param {Point[]} line */
const lengthOf = ([first, ...rest]) => Math.hypot(rest[rest.length - 1].x - first.x, rest[rest.length - 1].y - first.y);

/** The straight line of a link. @param {Geometry} g @param {number} from @param {number} to @returns {Curve} */
function linkOf(g, from, to) {
	const [a, b] = [place(g, from), place(g, to)];
	return { from: a, ctrl: mix(a, b, 0.5), to: b };
}

/** The pieces of a line whose points are free. @param {Point[]} line @param {(p: Point) => boolean} free @returns {Point[][]} */
function piecesOf(line, free) {
	/** @type {Point[][]} */
	const pieces = [[]];
	for (const p of line.slice(1).flatMap((to, i) => Array.from({ length: FINE }, (_, step) => mix(line[i], to, (step + 1) / FINE)))) {
		if (free(p)) pieces[pieces.length - 1].push(p);
		else if (pieces[pieces.length - 1].length) pieces.push([]);
	}
	return pieces.filter((piece) => piece.length > 1);
}

/**
 * The point where a tear passes between two neighbours: below the words of the upper node, above
 * the lower node.
 * @param {Geometry} g @param {Place} a @param {Place} b @param {number} shift
 */
function between(g, a, b, shift) {
	const [upper, lower] = a.y < b.y ? [a, b] : [b, a];
	const y = (upper.y + g.r + 66 * g.k + lower.y - g.r - 4 * g.k) / 2;
	if (lower.y - upper.y <= g.r) return mix(upper, lower, 0.5 + shift);
	const f = upper.top ? 0.57 : (y - upper.y) / (lower.y - upper.y); // the top node's words are above it, and its client is beside it
	return mix(upper, lower, Math.max(0.5, Math.min(0.68, f)) + shift);
}

/**
 * A jagged arc around one node, open to the outside.
 * @param {Geometry} g @param {Place} p
 * @param {number[]} shifts the first makes the arc wider, the second turns it @param {number} side
 * @returns {Point[]}
 */
function bow(g, p, [wider, turned], side) {
	const inward = Math.atan2(g.centre.y - p.y, g.centre.x - p.x) + turned;
	const steps = 22;
	const out = [];
	for (let i = 0; i <= steps; i++) {
		const angle = inward + (i / steps - 0.5) * ((205 * Math.PI) / 180);
		const radius = (2.05 + 2 * wider) * g.r + (i % 2 ? side : -side) * 9 * g.k;
		out.push({ x: p.x + radius * Math.cos(angle), y: p.y + radius * Math.sin(angle) });
	}
	return out;
}

/** @param {Point} a @param {Point} b @param {Geometry} g @param {number} side @returns {Point[]} */
function jagged(a, b, g, side) {
	const length = Math.hypot(b.x - a.x, b.y - a.y) || 1;
	const steps = Math.max(4, Math.round(length / (36 * g.k)));
	const nx = -(b.y - a.y) / length;
	const ny = (b.x - a.x) / length;
	const out = [];
	for (let i = 0; i <= steps; i++) {
		const p = mix(a, b, i / steps);
		const d = (i % 2 ? side : -side) * (11 + 4 * Math.sin(i * 2.4)) * g.k;
		out.push(i === 0 || i === steps ? p : { x: p.x + nx * d, y: p.y + ny * d });
	}
	return out;
}

/**
 * The part of a lane, 0 to 1, at which a tear stops a message. undefined: no tear
 * crosses the lane.
 * @param {Curve} c @param {Point[][]} lines
 * @returns {number|undefined}
 */
export function crossedAt(c, lines) {
	const steps = 40;
	for (let i = 1; i <= steps; i++) {
		const a = pointOn(c, (i - 1) / steps);
		const b = pointOn(c, i / steps);
		for (const line of lines) {
			for (let j = 1; j < line.length; j++) {
				const f = crossing(a, b, line[j - 1], line[j]);
				if (f >= 0) return (i - 1 + f) / steps;
			}
		}
	}
	return undefined;
}

/**
 * The part of ab, 0 to 1, at which the segment cd crosses it; -1: no crossing.
 * @param {Point} a @param {Point} b @param {Point} c @param {Point} d
 */
export function crossing(a, b, c, d) {
	const rx = b.x - a.x;
	const ry = b.y - a.y;
	const sx = d.x - c.x;
	const sy = d.y - c.y;
	const cross = rx * sy - ry * sx;
	if (!cross) return -1;
	const f = ((c.x - a.x) * sy - (c.y - a.y) * sx) / cross;
	const g = ((c.x - a.x) * ry - (c.y - a.y) * rx) / cross;
	return f >= 0 && f <= 1 && g >= 0 && g <= 1 ? f : -1;
}

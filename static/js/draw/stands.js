// The places of the nodes' words, the clients and the lanes on a stage. They are computed once for
// each geometry, in this order. Each one keeps off the things that have a place already, so that
// no message crosses a word or a client. Pure geometry.

import { bestClient, placeClients } from './client-place.js';
import { gridOf } from './grid.js';
import { Bends, thinLanes } from './lane-place.js';
import { bowed, clientBeside, clientSize, covers, deskText, nodeAreas, overlap, place, roomText } from './layout.js';
import { fit, textWidth } from './letters.js';
import { cellsArea, fixedLog, rowArea, searchLogs, searchesLogs } from './log-place.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Point} Point */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('./layout.js').Curve} Curve */
/** @typedef {import('./layout.js').Client} Client */
/** @typedef {import('./log-place.js').LogPlace} LogPlace */
/** @typedef {import('./grid.js').Grid} Grid */
/** @typedef {Point & {r: number}} Disc */
/** @typedef {Rect | Disc} Area */
/** @typedef {{above: boolean, from: number, to: number}} Room where the words of a node may stand. above: above the node, else below it; from, to: the range of x */
/** @typedef {{rooms: Map<number, Room>, clients: Map<number, Client>, logs: Map<number, LogPlace>, lanes: Map<string, Curve>, words: Area[], thin: Grid, bends: Bends}} Stands words: the areas of words, nodes and logs; thin: the squares that lanes need at least */
/** @typedef {{lines: {text: string, x: number, y: number}[], address?: Point, covers: Rect[]}} Texts x, y: the middle of a line on its baseline, on the stage; address: undefined if there is no room for it */

const SQUARE = 5; // px between two places that are tried for words, at 1920×1080
const USUAL = 176; // width of the usual words of a node, "coordinator", in units of a word
const LONG = 262; // width of the long words of a node, "home · coordinator", in units of a word
const WHOLE = 200; // width of the longer line of the longest words of a node, "keeps 2 writes", in units of a word
const ROOM = 28; // px, the size of room text at 1920×1080
const ROLE = 205; // width of the words of a node in a mode that draws around the circles, "pre-candidate", at 1920×1080

// For a mode that draws around the circles, in px at 1920×1080. TOP_WORD: the place of the top
// node's words, from the node's middle. OUTWARD: how far the words of the other upper nodes are
// moved outwards.
const OUTWARD = 66;
const TOP_WORD = { x: 240, y: -104 };
const ABOVE = 90; // the cost of words on the other side of an upper node, in px of distance at 1920×1080
const INSIDE = 500; // the cost of words inside the ring, in the same unit
const SIDE = 3000; // the cost of words on the wrong side of a node in a small ring, in the same unit

/** @type {WeakMap<Geometry, Stands>} */
const known = new WeakMap();

/** The newest stands, by their geometry as text: rings of the same size side by side share them. @type {Map<string, Stands>} */
const shared = new Map();
const SHARED = 4; // how many are kept

/** @param {Geometry} g @returns {Stands} */
export function standsOf(g) {
	const mine = known.get(g);
	if (mine) return mine;
	const key = JSON.stringify(g);
	const stands = shared.get(key) ?? placeAll(g);
	known.set(g, stands);
	shared.delete(key);
	shared.set(key, stands);
	if (shared.size > SHARED) shared.delete(/** @type {string} */ (shared.keys().next().value));
	return stands;
}

/** @param {Geometry} g @returns {Stands} */
function placeAll(g) {
	const circles = g.places.flatMap((p) => nodeAreas(g, p));
	const thin = thinLanes(g);
	const fixed = g.beyond && !searchesLogs(g) ? new Map(g.places.map((p) => [p.id, fixedLog(g, p)])) : new Map();
	const firm = [...circles, ...areasOfLogs(g, fixed)];
	const rooms = placeWords(g, firm, thin);
	const words = g.places.map((p) => usualArea(g, p, /** @type {Room} */ (rooms.get(p.id))));
	const bends = new Bends(g, [...words, ...areasOfLogs(g, fixed)]);
	const taken = { firm: gridOf(g, [...firm, ...words]), thin, arrows: gridOf(g, []), bends };
	const clients = placeClients(g, taken);
	const logs = searchesLogs(g) ? searchLogs(g, taken) : fixed;
	trim(g, rooms, [...[...clients.values()].map((c) => c.box), ...areasOfLogs(g, logs)]);
	return { rooms, clients, logs, lanes: bends.lanes(), words: [...circles, ...areasOfLogs(g, logs), ...words], thin, bends };
}

/**
 * The lane from one node to another. No two lanes coincide: a lane usually bows to its own right.
 * @param {Geometry} g @param {number} from @param {number} to @returns {Curve}
 */
export function lane(g, from, to) {
	return standsOf(g).lanes.get(`${from}-${to}`) ?? bowed(g, place(g, from), place(g, to), 1);
}

/**
 * The place of a node's client: its box, its two arrows, and the areas that they cover.
 * @param {Geometry} g @param {number} id @param {Rect[]} [lists] the lists that lie over the ring now @returns {Client}
 */
export function clientAt(g, id, lists = []) {
	const { clients, words, thin, bends } = standsOf(g);
	const usual = clients.get(id) ?? /** @type {Client} */ (clients.get(g.places[0].id));
	if (!lists.some((list) => overlap(list, usual.box))) return usual;
	const others = g.room ? [] : [...clients].filter(([of]) => of !== id).map(([, client]) => client.box);
	return bestClient(g, place(g, id), { firm: gridOf(g, [...words, ...others, ...lists]), thin, arrows: gridOf(g, []), bends, lists }) ?? usual;
}

/** The areas of the logs. @param {Geometry} g @param {Map<number, LogPlace>} logs @returns {Area[]} */
function areasOfLogs(g, logs) {
	return g.places.flatMap((p) => {
		const at = logs.get(p.id);
		return at ? [cellsArea(g, p, at), rowArea(g, p, at)] : [];
	});
}

/** The place of a node's log, for a mode that draws one. @param {Geometry} g @param {Place} p @returns {LogPlace} */
export function logPlace(g, p) {
	return standsOf(g).logs.get(p.id) ?? fixedLog(g, p);
}

/* Words */

/** The unit of the widths of words, px: 1 at 1920×1080. In a small ring the words keep their size. @param {Geometry} g */
const wordUnit = (g) => (g.room ? g.room / ROOM : g.k);

/** The width for which a node's words need room, px. @param {Geometry} g */
const usualWidth = (g) => (g.beyond && !g.room ? ROLE : USUAL) * wordUnit(g);

/** The width that a node's words take if there is room, px. @param {Geometry} g */
const longWidth = (g) => (g.beyond && !g.room ? ROLE : LONG) * wordUnit(g);

/** The width that a line of words may have, even if its room is narrower. @param {Geometry} g */
const leastWidth = (g) => (g.room ? WHOLE * wordUnit(g) : usualWidth(g));

/** @param {Geometry} g @param {Area[]} firm @param {Grid} thin the squares that lanes need at least @returns {Map<number, Room>} */
function placeWords(g, firm, thin) {
	if (g.beyond && !searches(g)) return new Map(g.places.map((p) => [p.id, besideLog(g, p)]));
	/** @type {Map<number, Room>} */
	const rooms = new Map();
	const discs = g.places.map((p) => ({ ...p.disc, r: g.badge })); // the words of a node may stand close to its own number
	const taken = gridOf(g, [...firm.filter((one) => !g.places.some((p) => one.x === p.disc.x && one.y === p.disc.y)), ...discs]);
	if (g.beyond && g.places.length > 8) for (const p of g.places) if (p.top) taken.take(clientOfTop(g, p));
	const middle = (/** @type {Place} */ p) => Math.abs(p.x - g.centre.x);
	for (const p of [...g.places].sort((a, b) => middle(a) - middle(b))) {
		const usual = p.top || isHigh(g, p);
		const found = [usual, !usual].map((above) => ({ room: roomFor(g, p, above, [taken, thin]), above }));
		const cost = (/** @type {{room: Room, above: boolean}} */ { room, above }) => wordCost(g, p, room) + (above === usual ? 0 : otherSide(g, p));
		const { room } = cost(found[0]) <= cost(found[1]) ? found[0] : found[1];
		rooms.set(p.id, room);
		taken.take(usualArea(g, p, room), 6 * g.k);
	}
	separate(g, rooms);
	return rooms;
}

/** The room for the client of a node at the top, between it and the words of the next node. @param {Geometry} g @param {Place} p */
const clientOfTop = (g, p) => clientBeside(g, p, ...clientSize(g), p.x < g.centre.x ? -1 : 1, 2.3 * g.r, 0.1 * g.r).box;

/**
 * Whether a node's words usually stand above it, although it is not at the top: with many nodes,
 * words below it would stand close to the next node and look like that node's words.
 * @param {Geometry} g @param {Place} p
 */
const isHigh = (g, p) => !g.room && (g.places.length > 7 || g.beyond > 0) && p.y < g.centre.y - 0.3 * g.ry;

/**
 * The cost of words above a node whose words are usually below it, or below the top node. In a
 * small ring the words of the right node stand above it, and those of the left node below it, so
 * that the top node's client has room at its left.
 * @param {Geometry} g @param {Place} p
 */
function otherSide(g, p) {
	const upper = p.y < g.centre.y && !p.top;
	if (g.room && upper) return (p.x < g.centre.x ? SIDE : -SIDE) * g.k;
	return (upper ? ABOVE : INSIDE) * g.k;
}

/**
 * Ends the rooms of two nodes side by side in the middle between these nodes, where the rooms
 * overlap. So words that are longer than usual do not touch.
 * @param {Geometry} g @param {Map<number, Room>} rooms changed
 */
function separate(g, rooms) {
	for (const a of g.places) for (const b of g.places) {
		const [left, right] = [/** @type {Room} */ (rooms.get(a.id)), /** @type {Room} */ (rooms.get(b.id))];
		const [one, other] = [a.y + bandOf(g, left.above).y, b.y + bandOf(g, right.above).y];
		if (b.x - a.x < usualWidth(g) || Math.abs(one - other) > bandOf(g, true).h + roomText(g) || left.to <= right.from) continue;
		const middle = (a.x + b.x) / 2;
		left.to = Math.max(left.from, Math.min(left.to, middle - 4 * g.k));
		right.from = Math.min(right.to, Math.max(right.from, middle + 4 * g.k));
	}
}

/** Whether the words around logs have no fixed places: only three nodes and five leave room for these. @param {Geometry} g */
const searches = (g) => ![3, 5].includes(g.places.length);

/**
 * Ends the rooms of words where something else stands, so that words that are longer than usual do
 * not touch it.
 * @param {Geometry} g @param {Map<number, Room>} rooms changed @param {Area[]} things
 */
function trim(g, rooms, things) {
	const gap = 6 * g.k;
	for (const p of g.places) {
		const room = /** @type {Room} */ (rooms.get(p.id));
		const words = usualArea(g, p, room);
		const [top, bottom] = room.above ? [words.y - roomText(g), words.y + words.h] : [words.y, words.y + words.h + roomText(g)];
		for (const thing of things) {
			if (!('w' in thing) || thing.y > bottom || thing.y + thing.h < top) continue;
			if (thing.x >= words.x + words.w - gap) room.to = Math.min(room.to, thing.x - gap);
			if (thing.x + thing.w <= words.x + gap) room.from = Math.max(room.from, thing.x + thing.w + gap);
		}
	}
}

/**
 * The room of a node's words, for a mode that draws around the circles. The words keep off the
 * node's log.
 * @param {Geometry} g @param {Place} p @returns {Room}
 */
function besideLog(g, p) {
	const x = p.x + (!p.top && p.y < g.centre.y ? Math.sign(p.x - g.centre.x) * OUTWARD * g.k : 0);
	return { above: p.top, from: x - longWidth(g), to: x + longWidth(g) };
}

/**
 * The cost of a room: the distance of the words from their node, and the width that is missing.
 * @param {Geometry} g @param {Place} p @param {Room} room
 */
function wordCost(g, p, room) {
	const width = usualWidth(g);
	const missing = Math.max(0, width - (room.to - room.from));
	return Math.abs(middleOf(p, room, width) - p.x) + 8 * missing;
}

/**
 * The x of the middle of a text in a room, as close to the text's node as possible.
 * @param {Place} p @param {Room} room @param {number} width
 */
function middleOf(p, room, width) {
	if (width > room.to - room.from) return (room.from + room.to) / 2;
	return Math.max(room.from + width / 2, Math.min(room.to - width / 2, p.x));
}

/** Whether the stage has room for the addresses of the nodes. A phone has none for eight, no stage for nine, there is none beside seven logs, and none in a small ring. @param {Geometry} g */
export const hasAddresses = (g) => !g.room && g.places.length < 9 && (g.k >= 0.5 || g.places.length < 8) && (!g.beyond || g.places.length < 7);

/**
 * y: the upper edge of a node's words and address, from the node's middle; h: their height.
 * @param {Geometry} g @param {boolean} above
 */
function bandOf(g, above) {
	const [near, height] = [g.r + g.beyond + 13 * g.k, roomText(g) + (hasAddresses(g) ? deskText(g) + 6 * g.k : 0)];
	return above ? { y: -near - height, h: height } : { y: near, h: height };
}

/**
 * The room above or below a node that has the least cost.
 * @param {Geometry} g @param {Place} p @param {boolean} above @param {Grid[]} taken @returns {Room}
 */
function roomFor(g, p, above, taken) {
	const band = bandOf(g, above);
	const [step, reach] = [SQUARE * g.k, 320 * g.k];
	const [top, bottom] = [p.y + band.y, p.y + band.y + band.h];
	const fits = top >= -24 * g.k && bottom <= g.h + 16 * g.k;
	const isFree = (/** @type {number} */ x) => fits && x >= 2 && x + step <= g.w - 2 && taken.every((grid) => !grid.areaIn({ x, y: top, w: step, h: band.h }));
	/** @type {Room} */
	let best = { above, from: p.x, to: p.x };
	let least = Infinity;
	for (let x = p.x - reach; x < p.x + reach; x += step) {
		if (!isFree(x)) continue;
		const from = x;
		while (x < p.x + reach && isFree(x)) x += step;
		const room = { above, from, to: x };
		const cost = wordCost(g, p, room);
		if (cost >= least) continue;
		least = cost;
		best = room;
	}
	return best;
}

/**
 * The area of a node's words that lanes and clients keep off.
 * @param {Geometry} g @param {Place} p @param {Room} room @returns {Rect}
 */
function usualArea(g, p, room) {
	const band = bandOf(g, room.above);
	const w = Math.min(longWidth(g), Math.max(g.room ? leastWidth(g) : 20, room.to - room.from));
	const second = room.to - room.from < longWidth(g) ? roomText(g) : 0; // long words take two lines
	const top = topWord(g, p, w, 0);
	if (top) return { x: top.x - w / 2, y: top.y - roomText(g), w, h: 1.2 * roomText(g) };
	const x = Math.max(2, Math.min(g.w - w - 2, middleOf(p, room, w) - w / 2));
	return { x, y: p.y + band.y - (room.above ? second : 0), w, h: band.h + second };
}

/**
 * The words and the address of a node. Words that are too wide for one line take
 * two lines.
 * @param {Geometry} g @param {Place} p @param {string} word @param {string} address @returns {Texts}
 */
export function textsAt(g, p, word, address) {
	const room = /** @type {Room} */ (standsOf(g).rooms.get(p.id));
	const [big, small] = [roomText(g), hasAddresses(g) ? deskText(g) : 0];
	const width = Math.max(leastWidth(g), g.room && p.top ? g.w - topLeft(g, p, 1) - 2 : room.to - room.from);
	const lines = word ? linesOf(word, width, big, !!g.room && !room.above) : [];
	const at = (/** @type {number} */ w) => Math.max(w / 2 + 2, Math.min(g.w - w / 2 - 2, middleOf(p, room, w)));
	const near = g.r + g.beyond + 16 * g.k;
	const rise = big + 3 * g.k;
	const baseline = (/** @type {number} */ i) => p.y + (room.above ? -near - small - 9 * g.k - (lines.length - 1 - i) * rise : near + 0.72 * big + i * rise);
	const down = near + 0.72 * small + lines.length * rise;
	const wide = textWidth(address, small, { mono: true });
	const usual = { x: at(wide), y: p.y + (room.above ? -near - 3 * g.k : down) };
	const beside = lines.every((text) => textWidth(text, big) <= g.w - topLeft(g, p, lines.length)) ? lines.length : 1;
	const texts = lines.map((text, i) => ({ text, ...(topWord(g, p, textWidth(text, big), (lines.length - 1 - i) * rise, beside) ?? { x: at(textWidth(text, big)), y: baseline(i) }) }));
	const area = (/** @type {Point} */ { x, y }, /** @type {number} */ w, /** @type {number} */ size) => ({ x: x - w / 2, y: y - 0.78 * size, w, h: size });
	const shown = !hasAddresses(g) ? undefined : lines.length || g.beyond ? freePlace(g, p, usual, (/** @type {Point} */ place) => area(place, wide, small)) : usual;
	return { lines: texts, address: shown, covers: [...texts.map((t) => area(t, textWidth(t.text, big), big)), ...(small && shown ? [area(shown, wide, small)] : [])] };
}

/**
 * The usual place of a node's address, or the next place on its line where the address lies on no
 * other node and on no log. undefined: there is no such place.
 * @param {Geometry} g @param {Place} p @param {Point} usual @param {(place: Point) => Rect} areaAt @returns {Point|undefined}
 */
function freePlace(g, p, usual, areaAt) {
	const { logs } = standsOf(g);
	const taken = [...g.places.filter((one) => one !== p).flatMap((one) => nodeAreas(g, one)), ...areasOfLogs(g, logs)];
	const moves = [0, 1, -1, 2, -2, 3, -3, 4, -4, 5, -5, 6, -6].map((step) => ({ ...usual, x: usual.x + 12 * step * g.k }));
	return moves.find((place) => {
		const area = areaAt(place);
		return area.x > 0 && area.x + area.w < g.w && !taken.some((one) => covers(area, one, 0));
	});
}

/**
 * The place of the top node's words when something else is above that node: a client's lines, or
 * the caption above its log. undefined: the words have their usual place.
 * @param {Geometry} g @param {Place} p @param {number} width @param {number} lift px, the height of the lines below this one @param {number} [lines] how many lines stand beside the number @returns {Point|undefined}
 */
function topWord(g, p, width, lift, lines = 1) {
	if (!p.top) return undefined;
	const y = p.y - 1.12 * g.r - 4 * g.k - lift;
	if (g.room) return { x: Math.min(topLeft(g, p, lines) + width / 2, g.w - width / 2), y: y + (lines - 1) * (g.room + 3 * g.k) };
	return g.beyond && g.places.length <= 5 ? { x: p.x + TOP_WORD.x * g.k, y: p.y + TOP_WORD.y * g.k - lift } : undefined;
}

/**
 * Where the words of the top node begin in a small ring. One line stands above the number. Two
 * lines stand beside it if they fit, because a client in front of several rings is above them.
 * @param {Geometry} g @param {Place} p @param {number} lines
 */
const topLeft = (g, p, lines) => (lines > 1 ? p.disc.x + g.badge + 5 * g.k : p.x + 0.42 * g.r);

/**
 * A text in lines that fit a width.
 * @param {string} text @param {number} width @param {number} size
 * @param {boolean} narrows whether the longer of two things comes first: below a node of a small ring the next node is close
 */
function linesOf(text, width, size, narrows) {
	if (textWidth(text, size) <= width) return [text];
	const [one, other] = text.split(' · ');
	if (narrows && other && textWidth(one, size) < textWidth(other, size)) return linesOf(`${other} · ${one}`, width, size, false);
	const at = other ? one.length + 2 : middleSpace(text, size);
	const parts = at > 0 ? [text.slice(0, at), text.slice(at + 1)] : [text];
	return parts.map((part) => fit(part, Math.max(width, size * 3), size, size).text);
}

/** The index of the space that parts a text into two lines of about the same width; -1: there is no space. @param {string} text @param {number} size */
function middleSpace(text, size) {
	const longer = (/** @type {number} */ at) => Math.max(textWidth(text.slice(0, at), size), textWidth(text.slice(at + 1), size));
	const spaces = [...text.matchAll(/ /g)].map((space) => space.index);
	return spaces.reduce((best, at) => (best < 0 || longer(at) <= longer(best) ? at : best), -1);
}

/**
 * The areas that a node covers: its circle, its number, its words, its address.
 * @param {Geometry} g @param {Place} p @param {string} word @param {string} address
 * @returns {Area[]}
 */
export function nodeCovers(g, p, word, address) {
	return [...nodeAreas(g, p), ...textsAt(g, p, word, address).covers];
}

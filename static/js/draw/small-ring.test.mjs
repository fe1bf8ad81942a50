// The words of nodes in the rings of the page of all lanes. There is little room, and the
// words keep their size: each word must be whole, and nothing may cover it.

import assert from 'node:assert/strict';
import test from 'node:test';

import { pointsOn } from './lane-place.js';
import { MARK, around as boxAround, covers, nodeAreas, pointOn, smallGeometry } from './layout.js';
import { BAND_REACH } from './log-band.js';
import { placeMarks } from './shown.js';
import { clientAt, lane, standsOf, textsAt } from './stands.js';

/** The ring's width and height and the size of room text, px, with the number of lanes and the window. @type {[number, number, number, string][]} */
const RINGS = [[566, 510, 28, 'three at 1920'], [379, 323, 20, 'three at 1280'], [340, 359, 20, 'a phone'], [419, 510, 28, 'four at 1920'], [279, 327, 20, 'four at 1280']];
const SAID = ['coordinator', 'home', 'home · 3 of 5', 'home · coordinator', 'keeps Faro for 3', 'keeps 2 writes for 4, 5', 'in doubt', 'frozen'];
const STOPS = [0.2, 0.5, 0.55, 0.88, 0.9]; // where an × may stand first, in parts of its lane
const CORNER = 70; // px²: a corner of a word's area may touch a client; no letter stands in it
const EDGE = 10; // px: a second line may lie on the edge of a circle, as words lie on top
const sorted = (/** @type {string} */ said) => said.split(' · ').sort().join(' · ');
const nameOf = (/** @type {number} */ w, /** @type {number} */ room, /** @type {string} */ which) => (which.startsWith('three') ? { x: 0, y: 0.95 * room, w: 0.47 * w, h: 1.7 * room } : { x: 0, y: -8, w: 5.7 * room, h: 2.2 * room });

/** @typedef {import('./layout.js').Rect} Rect */

/** @param {Rect} a @param {Rect} b */
const shared = (a, b) => Math.max(0, Math.min(a.x + a.w, b.x + b.w) - Math.max(a.x, b.x)) * Math.max(0, Math.min(a.y + a.h, b.y + b.h) - Math.max(a.y, b.y));

/** The distance of a rectangle from a point. @param {Rect} a @param {{x: number, y: number}} p */
const distance = (a, p) => Math.hypot(Math.max(a.x - p.x, 0, p.x - a.x - a.w), Math.max(a.y - p.y, 0, p.y - a.y - a.h));

test('rings of the same size share the places of their things', () => {
	const of = (/** @type {number} */ w) => standsOf(smallGeometry(w, 510, [1, 2, 3, 4, 5], 0, 28));
	assert.equal(of(566), of(566));
	assert.notEqual(of(566), of(419));
});

for (const [w, h, room, which] of RINGS) {
	test(`words of nodes are whole and uncovered in a small ring: ${which}`, () => {
		const g = smallGeometry(w, h, [1, 2, 3, 4, 5], 0, room);
		const name = nameOf(w, room, which);
		const clients = which.startsWith('four') ? [] : g.places.map(({ id }) => ({ id, box: clientAt(g, id, [name]).box }));
		for (const p of g.places) {
			for (const said of SAID) {
				const { lines, covers } = textsAt(g, p, said, '127.0.0.1:3001');
				const what = `"${said}" of node ${p.id}`;
				assert.equal(sorted(lines.map((line) => line.text).join(' ')), sorted(said), `${what} is cut`);
				for (const area of covers) {
					assert.ok(area.x >= -2 && area.x + area.w <= w + 2, `${what} leaves the lane`);
					if (which.startsWith('three')) assert.equal(shared(area, name), 0, `${what} lies on the lane's name`);
					if (which.startsWith('three')) assert.ok(area.y > 0.8 * room, `the client in front of the lanes covers ${what}`);
					for (const { id, box } of clients) assert.ok(shared(area, box) < CORNER, `the client of node ${id} covers ${what}`);
					for (const other of g.places) assert.ok(distance(area, other) > g.r - (said.includes(' · ') ? 0 : EDGE), `${what} lies on node ${other.id}`);
				}
			}
		}
	});
	test(`no client touches a node in a small ring: ${which}`, () => {
		const g = smallGeometry(w, h, [1, 2, 3, 4, 5], 0, room);
		const name = nameOf(w, room, which);
		for (const { id } of which.startsWith('four') ? [] : g.places) {
			const { box } = clientAt(g, id, [name]);
			for (const p of g.places) {
				assert.ok(distance(box, p) > g.r + 1, `the client of node ${id} is ${(distance(box, p) - g.r).toFixed(1)} px from node ${p.id}`);
				assert.ok(distance(box, p.disc) > g.badge + 1, `the client of node ${id} touches the number of node ${p.id}`);
			}
		}
	});
	for (const around of which.startsWith('four') ? [] : which === 'three at 1280' ? [0] : [0, BAND_REACH]) test(`no two clients touch in a small ring: ${which}, ${around} px around the nodes`, () => {
		const g = smallGeometry(w, h, [1, 2, 3, 4, 5], around, room);
		const name = nameOf(w, room, which);
		for (const { id: first } of g.places) {
			const one = clientAt(g, first, [name]).box;
			for (const { id: second } of g.places) {
				if (second === first) continue;
				const other = clientAt(g, second, [name, one]).box;
				assert.equal(shared(one, other), 0, `the clients of ${first} and then ${second}`);
				for (const p of g.places) assert.ok(distance(other, p) > g.r + 1, `the client of ${second}, after that of ${first}, touches node ${p.id}`);
			}
		}
	});
	for (const around of which === 'three at 1280' ? [0, BAND_REACH] : [0]) test(`no × touches a client, a node or its number in a small ring: ${which}, ${around} px around the nodes`, () => {
		const g = smallGeometry(w, h, [1, 2, 3, 4, 5], around, room);
		const name = nameOf(w, room, which);
		for (const { id } of which.startsWith('four') ? [] : g.places) {
			const client = clientAt(g, id, [name]);
			const firm = [client.box, ...g.places.flatMap((p) => nodeAreas(g, p))];
			for (const from of g.places) for (const to of g.places) for (const f of from === to ? [] : STOPS) {
				const curve = lane(g, from.id, to.id);
				const one = { m: { id: 'm', from: from.id, to: to.id, why: f === 0.5 ? 'cut' : '', cls: 'request', pace: 'live' }, state: 'lost', f, p: pointOn(curve, f), gone: false, moves: false, rest: f };
				placeMarks(g, [/** @type {any} */ (one)], [...firm, ...client.covers.slice(1), name], new Map());
				for (const thing of firm) assert.ok(!covers(boxAround(one.p, MARK * g.k), thing, 0), `${from.id} to ${to.id}, lost at ${f}, client of ${id}: on ${JSON.stringify(thing)}`);
			}
		}
	});
	test(`no mark leaves a small ring: ${which}`, () => {
		const g = smallGeometry(w, h, [1, 2, 3, 4, 5], 0, room);
		for (const a of g.places) {
			for (const b of g.places) {
				const beyond = a === b ? [] : pointsOn(lane(g, a.id, b.id)).map((p) => Math.max(MARK * g.k - p.x, p.x + MARK * g.k - w));
				assert.ok(Math.max(0, ...beyond) < 1, `a mark from ${a.id} to ${b.id} reaches ${Math.max(...beyond).toFixed(0)} px beyond`);
			}
		}
	});
}

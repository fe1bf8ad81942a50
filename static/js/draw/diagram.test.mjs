import assert from 'node:assert/strict';
import { test } from 'node:test';
import { fakeCanvas } from '../testing/dom.mjs';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { Diagram } from './diagram.js';

const W = 1256;
const H = 132;

/** The diagram of a log, drawn at a place of the playhead. @param {string} log @param {string} mode */
function drawn(log, mode) {
	const { timeline, state } = folded(recorded(log), mode);
	const { canvas, strokes } = fakeCanvas(W, H);
	const diagram = new Diagram(canvas, timeline);
	diagram.recolour();
	return {
		diagram, timeline, state, strokes,
		/** @param {number} x @param {boolean} [past] */
		at(x, past = false) {
			diagram.draw({ ...viewOf(timeline.seek(x)), x }, past);
			return strokes();
		},
	};
}

/** The texts that were drawn. @param {import('../testing/dom.mjs').Stroke[]} strokes @returns {string[]} */
const texts = (strokes) => strokes.filter((s) => s.kind === 'fillText').map((s) => s.args[0]);
/** Strokes in a token's colour. @param {import('../testing/dom.mjs').Stroke[]} strokes @param {string} token */
const inColour = (strokes, token) => strokes.filter((s) => s.kind === 'stroke' && s.colour === `var(--${token})`);

test('five lines, a frozen stretch, a bar with its status, and an × for what was lost', () => {
	const d = drawn('ca-frozen', 'CA');
	const refused = [...d.state.ops.values()][1];
	const strokes = d.at(refused.x1 + 1);
	for (const id of ['1', '2', '3', '4', '5']) assert.ok(texts(strokes).includes(id), `line ${id}`);
	assert.ok(texts(strokes).includes('503'));
	assert.equal(strokes.filter((s) => s.kind === 'fill' && s.colour === 'var(--frozen-fill)').length, 1);
	const cross = inColour(strokes, 'no').filter((s) => s.path.length === 2 && Math.abs(s.path[0][0] - s.path[1][0]) < 20);
	assert.equal(cross.length, 2, 'one ×, of two strokes, at the frozen node');
	const [before] = d.timeline.x;
	assert.ok(!texts(d.at(before)).includes('503'), 'nothing before its time');
});

test('in a replay events that are still to come are drawn pale, past ones are not', () => {
	const d = drawn('ca-frozen', 'CA');
	const refused = [...d.state.ops.values()][1];
	const strokes = d.at(refused.x0 + 1, true);
	const status = strokes.filter((s) => s.kind === 'fillText' && s.args[0] === '503');
	assert.deepEqual(status.map((s) => s.alpha), [0.28, 1], 'in the pale half, and in the other, which is clipped where the playhead is');
	assert.ok(strokes.some((s) => s.kind === 'stroke' && s.alpha === 0.28 && s.colour === 'var(--request)'));
});

test('each message is one arrow from its sender to its receiver, and a cut one stops between', () => {
	const d = drawn('cp-split', 'CP');
	const minority = [...d.state.ops.values()][2];
	d.at(minority.x1 + 1);
	const mine = d.timeline.events.filter((e) => e.kind === 'sent' && e.op === minority.id);
	assert.ok(mine.length >= 4);
	const found = mine.map((e) => d.diagram.arrowOf(e.msg ?? ''));
	assert.ok(found.every(Boolean), 'all of the operation are in sight');
	for (const f of found) {
		const hit = d.diagram.arrowAt(/** @type {any} */ (f).x, /** @type {any} */ (f).y);
		assert.ok(hit, 'what is drawn can be pointed at');
	}
	assert.equal(found.filter((f) => f?.arrow.why === 'cut').length, 3);
});

test('keys walk through the arrows in the order in which the messages left', () => {
	const d = drawn('ap-hint', 'AP');
	d.at(d.timeline.x[d.timeline.length - 1]);
	let at = d.diagram.arrowBeside('', 1);
	let steps = 0;
	for (let last = -Infinity; at && at.arrow.x0 > last && steps < 500; steps++) {
		last = at.arrow.x0;
		const next = d.diagram.arrowBeside(at.arrow.id, 1);
		assert.ok(next && next.arrow.x0 >= last);
		if (next.arrow.id === at.arrow.id) break;
		at = next;
		last -= 1e-9;
	}
	assert.ok(steps > 3);
	assert.equal(d.diagram.arrowBeside(at?.arrow.id ?? '', 1)?.arrow.id, at?.arrow.id, 'the last one stays');
});

test('background traffic is drawn as ticks until it is unfolded', () => {
	const d = drawn('ap-hint', 'AP');
	const end = d.timeline.x[d.timeline.length - 1];
	const about = { node: 1, t: 0, msg: 'quiet', from: 1, to: 2, class: /** @type {const} */ ('background'), type: 'sync' };
	const msg = about.msg;
	const x = end + 300;
	d.timeline.push({ ...about, kind: 'sent' }, { at: end + 10, x: end + 10 });
	d.timeline.push({ ...about, kind: 'delivered', node: 2 }, { at: end + 250, x: end + 250 });
	const ticks = d.at(x).filter((s) => s.kind === 'fillRect' && s.colour === 'var(--background)');
	assert.ok(ticks.length > 0);
	assert.equal(d.diagram.arrowOf(msg), undefined);
	d.diagram.unfold();
	assert.equal(d.at(x).filter((s) => s.kind === 'fillRect' && s.colour === 'var(--background)').length, 0);
	assert.equal(d.diagram.arrowOf(msg)?.arrow.cls, 'background');
});

test('a pixel has its place on the axis, also after the diagram was moved', () => {
	const d = drawn('ca-frozen', 'CA');
	const end = d.timeline.x[d.timeline.length - 1];
	d.at(end);
	const px = 700;
	const before = d.diagram.xAt(px);
	d.diagram.zoomBy(2, px);
	assert.ok(Math.abs(d.diagram.xAt(px) - before) < 1e-6, 'what is pointed at stays under the pointer');
	const wide = d.diagram.xAt(800) - d.diagram.xAt(700);
	d.diagram.panBy(-100, end);
	assert.ok(Math.abs(d.diagram.xAt(px) - (before - wide)) < 1e-6);
	assert.equal(d.diagram.follows(), false);
	d.diagram.follow();
	assert.equal(d.diagram.follows(), true);
});

test('a split is one jagged line between the two nodes that it divides, and has words where it begins and ends', () => {
	const d = drawn('cp-split', 'CP');
	const minority = [...d.state.ops.values()][2];
	const jagged = (/** @type {import('../testing/dom.mjs').Stroke[]} */ strokes) => strokes.filter((s) => s.kind === 'stroke' && s.path.length > 6);
	const strokes = d.at(minority.x1 + 1);
	assert.equal(jagged(strokes).length, 1, 'nodes 1 and 2 are on one side, 3 to 5 on the other');
	const heights = jagged(strokes)[0].path.map(([, y]) => y);
	const line = (/** @type {number} */ id) => 16 + ((id - 1) * (H - 40)) / 4;
	assert.ok(Math.min(...heights) > line(2) && Math.max(...heights) < line(3), 'between the lines of 2 and 3');
	const cut = d.timeline.x[d.timeline.events.findIndex((e) => e.kind === 'link')];
	assert.equal(jagged(d.at(cut - 1)).length, 0, 'nothing before the cut');
	assert.equal(d.diagram.story.splits[0].cut, true);
	const story = d.diagram.story;
	for (const [from, to] of [[1, 2], [2, 1]]) story.linked(/** @type {any} */ ({ link: { from, to, cut: true } }), 1e6);
	assert.deepEqual(story.cutsOf(1, 2, true).at(-1), { from: 1e6, to: Infinity });
	story.linked(/** @type {any} */ ({ link: { from: 2, to: 1, cut: false } }), 1e6 + 5);
	assert.deepEqual(story.cutsOf(1, 2, false).at(-1), { from: 1e6, to: 1e6 + 5 }, 'one direction is enough to join');
});

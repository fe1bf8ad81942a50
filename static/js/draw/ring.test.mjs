import assert from 'node:assert/strict';
import { test } from 'node:test';
import { groups } from '../model/state.js';
import { valueAt } from '../model/view.js';
import { FakeElement } from '../testing/dom.mjs';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { Ring } from './ring.js';
import { tears } from './tears.js';

/** @typedef {import('./layout.js').Point} Point */

const logs = /** @type {const} */ ([['ca-frozen', 'CA'], ['cp-split', 'CP'], ['ap-hint', 'AP']]);
const nothing = () => {};

/**
 * The ring of a log. Its function at draws the ring at a place of the playhead.
 * @param {string} log @param {string} mode
 */
function ringOf(log, mode) {
	const { timeline, state } = folded(recorded(log), mode);
	const root = new FakeElement('svg');
	const ring = new Ring(/** @type {any} */ (root), { node: nothing, take: nothing, client: nothing, ask: nothing });
	return {
		root, ring, timeline, state,
		/** @param {number} x @param {(s: import('../model/types.js').State) => void} [change] a change of the state before it is drawn */
		at(x, change = nothing) {
			const s = timeline.seek(x);
			change(s);
			ring.draw({ ...viewOf(s), x, t: timeline.timeAt(x), v: timeline.timeAt(x), endOf: (id) => state.msgs.get(id)?.x1 ?? Infinity });
			return s;
		},
	};
}

/** The marks of the messages that are not hidden: their places and states. @param {FakeElement} root */
function marks(root) {
	return root.all('data-testid', 'msg').filter((m) => !m.hasAttribute('data-gone')).map((m) => {
		const head = m.all('class', 'head')[0];
		return `${m.getAttribute('data-id')} ${m.getAttribute('data-state')} ${head?.getAttribute('transform')}`;
	}).sort();
}

for (const [log, mode] of logs) {
	test(`${log}: at every moment the ring shows what the state holds, and no message that was not sent`, () => {
		const r = ringOf(log, mode);
		const sent = new Set();
		r.timeline.events.forEach((e, i) => {
			if (e.kind === 'sent') sent.add(e.msg);
			if (r.timeline.x[i + 1] === r.timeline.x[i]) return; // the next event happens at the same moment
			const s = r.at(r.timeline.x[i]);
			if (!s.nodes.size) return;
			for (const n of s.nodes.values()) {
				const [el] = r.root.all('data-testid', 'node').filter((one) => one.getAttribute('data-node') === String(n.id));
				assert.equal(el.getAttribute('data-status'), n.status);
				assert.equal(el.getAttribute('data-value'), valueAt(s, n.id).text);
			}
			for (const m of r.root.all('data-testid', 'msg')) assert.ok(sent.has(m.getAttribute('data-id')), `a message that was not sent, at event ${i}`);
			for (const m of s.msgs.values()) {
				if (m.state !== 'flying' || m.cls === 'background' || m.op !== s.focus) continue;
				assert.ok(r.root.all('data-id', m.id).length, `${m.type} from ${m.from} to ${m.to} flies and is not drawn, at event ${i}`);
			}
		});
	});

	test(`${log}: where a message flies depends on the moment alone, not on how one got there`, () => {
		const [r, other] = [ringOf(log, mode), ringOf(log, mode)];
		const places = r.timeline.x.filter((_, i) => i % 9 === 0);
		const forwards = places.map((x) => {
			r.at(x);
			return marks(r.root);
		});
		places.toReversed().forEach((x, i) => {
			other.at(x);
			assert.deepEqual(marks(other.root).map(stateOnly), forwards[places.length - 1 - i].map(stateOnly), `at ${x}`);
		});
	});
}

/**
 * A mark at rest, without its place. The place is not compared: it depends on earlier frames,
 * because a mark keeps its place.
 * @param {string} mark
 */
function stateOnly(mark) {
	return mark.includes(' flying ') ? mark : mark.split(' ').slice(0, 2).join(' ');
}

test('no label lies on the words of a slow link', () => {
	let labels = 0;
	for (const [log, mode] of logs) {
		const r = ringOf(log, mode);
		for (const x of r.timeline.x.filter((_, i) => i % 5 === 0)) {
			r.at(x, (s) => {
				for (const id of ['3-4', '4-3', '1-2', '2-5']) s.links.set(id, { from: Number(id[0]), to: Number(id[2]), cut: false, delay_ms: 80, jitter_ms: 0, loss: 0.25 });
			});
			const words = r.root.all('data-testid', 'link').map((link) => link.all('class', 'halo')[0]).filter((el) => el.textContent);
			for (const spot of r.ring.messages.words.stood.values()) {
				labels++;
				for (const el of words) {
					const [cx, cy] = [Number(el.getAttribute('x')), Number(el.getAttribute('y'))];
					assert.ok(cx < spot.x || cx > spot.x + spot.w || cy < spot.y || cy > spot.y + spot.h, `a label on "${el.textContent}" at ${x} of ${log}`);
				}
			}
		}
	}
	assert.ok(labels > 100, `only ${labels} labels`);
});

test('each × of a cut lies on the tear', () => {
	const r = ringOf('cp-split', 'CP');
	const minority = [...r.state.ops.values()][2];
	const s = r.at(minority.x1 + 1);
	const lines = tears(r.ring.g, groups(s));
	const crosses = r.root.all('data-testid', 'lost').filter((c) => c.getAttribute('data-why') === 'cut');
	assert.equal(crosses.length, 3);
	for (const c of crosses) {
		const [x, y] = (/** @type {any} */ (c.firstChild).getAttribute('transform').match(/[-\d.]+/g)).map(Number);
		const near = Math.min(...lines.flatMap((line) => line.slice(1).map((b, i) => toSegment({ x, y }, line[i], b))));
		assert.ok(near < 3, `an × ${near.toFixed(0)} px beside the tear`);
	}
});

/** The distance of a point from a segment. @param {Point} p @param {Point} a @param {Point} b */
function toSegment(p, a, b) {
	const [dx, dy] = [b.x - a.x, b.y - a.y];
	const f = Math.max(0, Math.min(1, ((p.x - a.x) * dx + (p.y - a.y) * dy) / (dx * dx + dy * dy || 1)));
	return Math.hypot(p.x - a.x - f * dx, p.y - a.y - f * dy);
}

test('a message parks at a frozen node, and becomes × timed out when its operation ends', () => {
	const r = ringOf('ca-frozen', 'CA');
	const refused = [...r.state.ops.values()][1];
	r.at(refused.x0 + 800);
	assert.deepEqual(r.root.all('data-testid', 'parked').map((p) => [p.getAttribute('data-node'), p.getAttribute('data-count')]), [['4', '1']]);
	assert.equal(r.root.all('data-testid', 'lost').length, 0, 'not lost yet');
	r.at(refused.x1 + 1);
	const lost = r.root.all('data-testid', 'lost');
	assert.deepEqual(lost.map((c) => c.textContent), ['timed out']);
	assert.match(lost[0].getAttribute('aria-label') ?? '', /^prepare, from \d to 4: timed out$/);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clients } from '../model/view.js';
import { folded, recorded, viewOf } from '../testing/logs.mjs';
import { factsOf } from './facts.js';
import { promise } from './words.js';

/** The stage just after the nth operation returned. @param {string} log @param {string} mode @param {number} nth */
function after(log, mode, nth) {
	const { state, timeline } = folded(recorded(log), mode);
	const op = [...state.ops.values()][nth];
	const s = timeline.seek(op.x1 + 1);
	return { view: viewOf(s), op: /** @type {import('../model/types.js').Op} */ (s.ops.get(op.id)) };
}

const rows = (/** @type {ReturnType<typeof after>} */ { view, op }) => factsOf(view, op).map((f) => f.join(': '));

test('CA with a frozen node: which nodes voted, which one did not, where the decision is', () => {
	const [votes, waited, decision] = rows(after('ca-frozen', 'CA', 1));
	assert.equal(votes, 'votes: 3 yes + own');
	assert.match(waited, /^waited for node 4: 1\.0\d s$/);
	assert.match(decision, /^roll back: /);
});

test('CP with a minority cut off: which messages were lost, and what the majority did meanwhile', () => {
	const { view, op } = after('cp-split', 'CP', 2);
	const [lost, waited, meanwhile] = rows({ view, op });
	assert.equal(lost, 'lost on the way: 3, all cut');
	assert.match(waited, /^waited: /);
	assert.match(meanwhile, /^meanwhile at node 4: 201 in /);
	assert.deepEqual(clients(view.s).map((o) => o.node), [op.node, 4], 'a client on each side, and no older one');
});

test('AP without a home: which node keeps the write for which', () => {
	const { state, timeline } = folded(recorded('ap-hint'), 'AP');
	const op = [...state.ops.values()][1];
	const hinted = timeline.events.findIndex((e) => e.kind === 'key' && e.hint_for && e.val === op.val);
	const s = timeline.seek(timeline.x[hinted]);
	const facts = factsOf(viewOf(s), /** @type {import('../model/types.js').Op} */ (s.ops.get(op.id))).map((f) => f.join(': '));
	assert.match(facts[0], /^store: \d sent/);
	assert.match(facts[1], /^hint: \d holds it for \d$/);
});

test('a client leaves when another operation takes the focus', () => {
	const { view, op } = after('ca-frozen', 'CA', 1);
	assert.deepEqual(clients(view.s).map((o) => o.id), [op.id]);
});

test('AP with two homes away: R + W > N promises no overlap where stand-ins answered', () => {
	const said = [0, 1, 2, 3].map((nth) => {
		const { view, op } = after('ap-stand-ins', 'AP', nth);
		return promise(view.s, op);
	});
	assert.deepEqual(said, [
		{ text: '2 + 2 > 3: overlap', sure: true },
		{ text: '1 of 2 from homes: overlap not promised', sure: false },
		{ text: '1 of 2 from homes: overlap not promised', sure: false },
		{ text: 'write, 1 of 3 from homes: overlap not promised', sure: false },
	]);
});

test('no overlap is promised while an operation runs, or where R + W is not above N', () => {
	const { view, op } = after('ap-stand-ins', 'AP', 0);
	assert.deepEqual(promise(view.s, { ...op, status: 0, answered: undefined }), { text: '2 + 2 > 3: overlap', sure: false });
	assert.deepEqual(promise({ ...view.s, quorum: { n: 3, r: 1, w: 2 } }, op), { text: '1 + 2 ≤ 3: no overlap', sure: false });
});

// The tab of the operation in focus: what was asked, what each node said, how
// many answers it needs, the stamp, the facts, its curl command.

import { curlOfOp } from '../model/curl.js';
import { descriptorOf, focusOp } from '../model/state.js';
import { duration } from '../model/text.js';
import { outcome, phaseOf, slots } from '../model/view.js';
import { factsOf } from '../modes/facts.js';
import { countdown, meterWords, promise, stampWords, title } from '../modes/words.js';
import { sayCommand } from './command.js';
import { $, el, say, set, svg } from './dom.js';
import { fillFacts } from './rows.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').State} State */

const SAID = { yes: 'yes', no: 'no', silent: 'silent', lost: 'lost', flying: 'on its way', waiting: 'not yet' };
const MARKS = {
	yes: 'M12 1a11 11 0 1 0 .1 0ZM7 12.5l3.4 3.6L17 8.5',
	no: 'M2 2h20v20H2ZM7 12h10',
	lost: 'M4 4 20 20M20 4 4 20',
	flying: 'M4 12h.1M12 12h.1M20 12h.1',
	waiting: 'M4 12h.1M12 12h.1M20 12h.1',
	silent: '',
};

/** @param {View} view @returns {boolean} whether something counts down */
export function drawOperation(view) {
	const op = focusOp(view.s);
	const box = $('panel-op');
	set(box, 'data-status', op ? op.status || 'waits' : 'none');
	set(box, 'data-op', op?.id);
	drawSlots(view, op);
	if (!op) return drawNothing();
	say($('op-title'), title(op));
	say($('op-sub'), `${op.client} to node ${op.node}${op.coordinator && op.coordinator !== op.node ? ` to ${op.coordinator}` : ''} · op ${op.id.slice(0, 4)}`);
	const w = meterWords(view, op);
	set(box, 'data-need', w.need);
	set(box, 'data-yes', w.yes);
	drawMeter(w, foreseenOp(view, op));
	fillFacts($('op-facts'), factsOf(view, op));
	if (descriptorOf(view.s).sizes) drawOverlap(view.s.quorum, promise(view.s, op));
	else drawOverlap();
	sayCommand($('op-curl'), curlOfOp(view.s).replace(/^(curl -X \w+) /, '$1 \\\n'));
	return drawStamp(view, op);
}

/** No operation has the focus. @returns {boolean} */
function drawNothing() {
	const box = $('panel-op');
	set(box, 'data-need', undefined);
	set(box, 'data-yes', undefined);
	say($('op-title'), 'Nothing asked yet');
	say($('op-sub'), '');
	$('op-meter').hidden = true;
	stamp('none', '', 'Write or read,\nhere or with curl:\nthe answer stands here.');
	fillFacts($('op-facts'), []);
	drawOverlap();
	sayCommand($('op-curl'), '');
	return false;
}

/* What each node said */

/** @param {View} view @param {Op|undefined} op */
function drawSlots(view, op) {
	const list = $('op-slots');
	const now = op ? slots(view, op) : [...view.s.nodes.keys()].sort((a, b) => a - b).map((id) => ({ id, said: /** @type {const} */ ('waiting'), home: false }));
	const key = now.map((s) => s.id).join();
	if (list.dataset.key !== key) {
		list.dataset.key = key;
		list.replaceChildren(...now.map((s) => makeSlot(s.id)));
	}
	now.forEach((slot, i) => drawSlot(list.children[i], slot));
}

/** @param {number} id */
function makeSlot(id) {
	const li = el('li', '', { class: 'slot', 'data-node': String(id) });
	li.append(el('b', String(id)), makeMark());
	return li;
}

function makeMark() {
	const mark = svg('svg', { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 2.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', role: 'img' });
	mark.append(svg('path', { d: MARKS.waiting }));
	return mark;
}

/** @param {Element} li @param {ReturnType<typeof slots>[number]} slot */
function drawSlot(li, slot) {
	set(li, 'data-said', slot.said);
	set(li, 'data-home', slot.home ? '' : undefined);
	set(li, 'aria-label', `node ${slot.id}: ${SAID[slot.said]}`);
	const second = li.children[1];
	const word = second.tagName === 'SPAN';
	if (slot.said === 'silent' && !word) second.replaceWith(el('span', 'silent'));
	if (slot.said !== 'silent' && word) second.replaceWith(makeMark());
	if (slot.said === 'silent') return;
	set(li.children[1], 'aria-label', SAID[slot.said]);
	set(/** @type {Element} */ (li.children[1].firstElementChild), 'd', MARKS[slot.said]);
}

/* How many answers it needs */

/** In a replay the operation as it will have ended, while it runs. @param {View} view @param {Op} op @returns {Op|undefined} */
function foreseenOp({ foreseen }, op) {
	const then = op.status ? undefined : foreseen?.ops.get(op.id);
	return then?.status ? then : undefined;
}

/** The bar with a notch at the number that is needed. @param {ReturnType<typeof meterWords>} w @param {Op} [foreseen] */
function drawMeter(w, foreseen) {
	const box = $('op-meter');
	box.hidden = w.need === 0;
	if (!box.firstChild) makeMeter(box);
	const [bar, notch, words] = /** @type {HTMLElement[]} */ ([...box.children]);
	const yes = [w.yes, Math.max(w.yes, foreseen ? phaseOf(foreseen)?.yes.length ?? 0 : 0)];
	[...bar.children].reverse().forEach((fill, i) => { /** @type {HTMLElement} */ (fill).style.width = `${w.total ? (100 * yes[i]) / w.total : 0}%`; });
	notch.style.left = `${Math.min(99.4, w.total ? (100 * w.need) / w.total : 0)}%`;
	say(words.children[0], w.text);
	say(words.children[1], `need ${w.need}`);
	set(box, 'aria-label', `${w.text}, ${w.need} needed`);
}

/** @param {HTMLElement} box */
function makeMeter(box) {
	const bar = el('div', '', { class: 'bar' });
	bar.append(el('div', '', { class: 'fill ghost' }), el('div', '', { class: 'fill' }));
	const words = el('div', '', { class: 'words' });
	words.append(el('span'), el('span'));
	box.append(bar, el('div', '', { class: 'notch' }), words);
}

/**
 * A cell for each home: W of them from the left, R from the right. Where both fall
 * on one, and the answers came from homes, every read meets the newest write.
 * @param {import('../model/types.js').Quorum} [q] absent where the mode has no sizes
 * @param {ReturnType<typeof promise>} [promised]
 */
function drawOverlap(q, promised) {
	const row = /** @type {HTMLElement} */ ($('op-facts').nextElementSibling?.matches('.overlap') ? $('op-facts').nextElementSibling : makeOverlap());
	row.hidden = !q;
	if (!q || !promised) return;
	const [, cells, text] = row.children;
	while (cells.children.length > q.n) cells.lastChild?.remove();
	while (cells.children.length < q.n) cells.append(el('i'));
	[...cells.children].forEach((cell, i) => {
		set(cell, 'data-w', i < q.w ? '' : undefined);
		set(cell, 'data-r', i >= q.n - q.r ? '' : undefined);
	});
	set(row, 'data-lit', promised.sure ? '' : undefined);
	say(text, promised.text);
}

function makeOverlap() {
	const row = el('div', '', { class: 'overlap', 'data-testid': 'overlap' });
	row.append(el('b', 'R + W'), el('span', '', { class: 'cells', 'aria-hidden': 'true' }), el('span'));
	$('op-facts').after(row);
	return row;
}

/* The stamp */

/** @param {View} view @param {Op} op @returns {boolean} whether it counts down */
function drawStamp(view, op) {
	if (op.status) {
		stamp(outcome(op.status), String(op.status), stampWords(view.s, op));
		return false;
	}
	const then = foreseenOp(view, op);
	if (then) {
		stamp(outcome(then.status), String(then.status), stampWords(/** @type {State} */ (view.foreseen), then), true);
		return false;
	}
	const left = countdown(view, op);
	if (left === undefined) stamp('waits', duration(Math.max(0, (view.t - op.t0) / 1000)), 'since the client asked');
	else if (left === Infinity) stamp('waits', 'held', 'time stands still');
	else stamp('waits', `${(left / 1000).toFixed(1)} s`, view.s.pace.rate === 1 ? 'left before it gives up' : `left, at 1/${Math.round(1 / view.s.pace.rate)} of full speed`);
	return left !== Infinity && view.s.pace.rate > 0;
}

/** @param {string} kind @param {string} big @param {string} text @param {boolean} [ghost] it is still to come */
function stamp(kind, big, text, ghost = false) {
	const box = $('op-stamp');
	set(box, 'data-outcome', kind);
	set(box, 'data-status', (!ghost && big) || undefined);
	set(box, 'data-ghost', ghost ? '' : undefined);
	set(box, 'aria-hidden', ghost ? 'true' : undefined);
	if (!box.firstChild) box.append(el('b'), el('span'));
	const [status, words] = /** @type {HTMLElement[]} */ ([...box.children]);
	say(status, big);
	say(words, text);
	status.hidden = !big;
}

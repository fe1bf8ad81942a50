// The tab of the operation in focus: its request, the answer of each node, the number of answers
// that the operation needs, the stamp, the facts, and its curl command.

import { curlOfOp } from '../model/curl.js';
import { descriptorOf, focusOp } from '../model/state.js';
import { outcome, phaseOf, slots } from '../model/view.js';
import { factsOf } from '../modes/facts.js';
import { isByHand } from '../modes/hand.js';
import { modeOf } from '../modes/index.js';
import { stampOf, stampWords } from '../modes/stamp.js';
import { meterWords, promise, title } from '../modes/words.js';
import { sayCommand } from './command.js';
import { $, el, say, set, svg } from './dom.js';
import { fillFacts } from './rows.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').State} State */

const SAID = { yes: 'yes', no: 'no', late: 'no, too late', 'late-yes': 'yes, too late', dead: 'dead', silent: 'silent', lost: 'lost', flying: 'on its way', waiting: 'not yet', none: 'not counted' };
const MARKS = {
	yes: 'M12 1a11 11 0 1 0 .1 0ZM7 12.5l3.4 3.6L17 8.5',
	no: 'M2 2h20v20H2ZM7 12h10',
	lost: 'M4 4 20 20M20 4 4 20',
	flying: 'M4 12h.1M12 12h.1M20 12h.1',
	waiting: 'M4 12h.1M12 12h.1M20 12h.1',
	none: 'M6 12h12',
};
const SLOT_WORDS = { silent: 'silent', dead: 'dead', late: 'too late', 'late-yes': 'too late' };

/** @param {View} view @returns {boolean} whether the tab shows a countdown */
export function drawOperation(view) {
	const op = focusOp(view.s);
	const box = $('panel-op');
	const election = modeOf(view.s).candidacy(view);
	set(box, 'data-election', election ? '' : undefined);
	if (election) return drawElection(view, election);
	set(box, 'data-status', op ? op.status || 'waits' : 'none');
	set(box, 'data-op', op?.id);
	drawSlots(op ? slots(view, op) : [...view.s.nodes.keys()].sort((a, b) => a - b).map((id) => ({ id, said: 'waiting', home: false })));
	if (!op) return drawNothing();
	say($('op-title'), title(op));
	say($('op-sub'), `${op.client} → ${op.node}${op.coordinator && op.coordinator !== op.node ? ` → ${op.coordinator}` : ''} · op ${op.id.slice(0, 4)}`);
	const w = meterWords(view, op);
	set(box, 'data-need', w.need);
	set(box, 'data-yes', w.yes);
	drawMeter(w, foreseenOp(view, op));
	fillFacts($('op-facts'), factsOf(view, op));
	if (descriptorOf(view.s).sizes && !isByHand(op)) drawOverlap(view.s.quorum, promise(view.s, op));
	else drawOverlap();
	sayCommand($('op-curl'), curlOfOp(view.s).replace(/^(curl -X \w+) /, '$1 \\\n'));
	return drawStamp(view, op);
}

/** Draws the tab when no operation is in focus. @returns {boolean} */
function drawNothing() {
	const box = $('panel-op');
	set(box, 'data-need', undefined);
	set(box, 'data-yes', undefined);
	say($('op-title'), 'Nothing asked yet');
	say($('op-sub'), '');
	$('op-meter').hidden = true;
	stamp({ kind: 'none', big: '', text: 'Write or read,\nhere or with curl:\nthe answer stands here.', band: '' });
	fillFacts($('op-facts'), []);
	drawOverlap();
	sayCommand($('op-curl'), '');
	return false;
}

/** Draws an election: the votes of the nodes, and how many are missing. @param {View} view @param {import('../modes/mode.js').Candidacy} election @returns {boolean} */
function drawElection({ s }, election) {
	const box = $('panel-op');
	set(box, 'data-need', election.meter.need);
	set(box, 'data-yes', election.meter.yes);
	say($('op-title'), election.title);
	say($('op-sub'), election.sub);
	drawSlots(election.slots);
	drawMeter(election.meter);
	stamp(election.stamp);
	fillFacts($('op-facts'), election.facts);
	drawOverlap();
	sayCommand($('op-curl'), s.nodes.size ? `curl -X POST ${location.origin}/api/timers/${election.node}/election/fire` : '');
	return false;
}

/* The answer of each node */

/** @param {import('../modes/mode.js').Candidacy['slots']} now */
function drawSlots(now) {
	const list = $('op-slots');
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
	const word = SLOT_WORDS[/** @type {keyof SLOT_WORDS} */ (slot.said)];
	const isWord = li.children[1].tagName === 'SPAN';
	if (word && !isWord) li.children[1].replaceWith(el('span'));
	if (!word && isWord) li.children[1].replaceWith(makeMark());
	if (word) return say(li.children[1], word);
	set(li.children[1], 'aria-label', SAID[slot.said]);
	set(/** @type {Element} */ (li.children[1].firstElementChild), 'd', MARKS[/** @type {keyof MARKS} */ (slot.said)]);
}

/* The number of answers that the operation needs */

/**
 * In a replay, the operation as it will have ended. undefined: the operation has ended at the
 * playhead, or its end is not known.
 * @param {View} view @param {Op} op @returns {Op|undefined}
 */
function foreseenOp({ foreseen }, op) {
	const then = op.status ? undefined : foreseen?.ops.get(op.id);
	return then?.status ? then : undefined;
}

/**
 * Draws the bar of the yes answers, with a notch at the number that is needed.
 * @param {ReturnType<typeof meterWords>} w @param {Op} [foreseen]
 */
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
	bar.append(el('div', '', { class: 'fill to-come' }), el('div', '', { class: 'fill' }));
	const words = el('div', '', { class: 'words' });
	words.append(el('span'), el('span'));
	box.append(bar, el('div', '', { class: 'notch' }), words);
}

/**
 * Draws one cell for each home. W cells are marked from the left, R cells from the right. If one
 * cell has both marks, and the answers came from homes, every read finds the newest write.
 * @param {import('../model/types.js').Quorum} [q] undefined: the mode has no sizes
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

/** @param {View} view @param {Op} op @returns {boolean} whether the stamp shows a countdown */
function drawStamp(view, op) {
	const then = foreseenOp(view, op);
	const stamped = then ? { kind: outcome(then.status, then.kind), big: String(then.status), text: stampWords(/** @type {State} */ (view.foreseen), then), band: '' } : stampOf(view, op);
	stamp(stamped, !!then);
	return !then && !!stamped.counts;
}

/** @param {{kind: string, big: string, text: string, band: string}} now @param {boolean} [toCome] whether the operation has not ended yet at the playhead */
function stamp({ kind, big, text, band }, toCome = false) {
	const box = $('op-stamp');
	set(box, 'data-outcome', kind);
	set(box, 'data-status', (!toCome && big) || undefined);
	set(box, 'data-to-come', toCome ? '' : undefined);
	set(box, 'aria-hidden', toCome ? 'true' : undefined);
	if (!box.firstChild) box.append(el('b'), el('span'), el('em'));
	const [status, words, foot] = /** @type {HTMLElement[]} */ ([...box.children]);
	say(status, big);
	say(words, text);
	say(foot, band);
	status.hidden = !big;
	foot.hidden = !band;
}

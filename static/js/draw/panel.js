// The panel: the operation in focus with its quorum and its stamp, one node,
// the session. Text reaches the page by textContent only.

import { curlOfOp } from '../model/curl.js';
import { descriptorOf, focusOp } from '../model/state.js';
import { outcome, slots } from '../model/view.js';
import { factsOf } from '../modes/facts.js';
import { duration } from '../model/text.js';
import { countdown, freezeWords, meterWords, overlap, stampWords, title } from '../modes/words.js';
import { sayCommand } from './command.js';
import { $, el, say, set, svg } from './dom.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {import('../model/types.js').Op} Op */

const SAID = { yes: 'yes', no: 'no', silent: 'silent', lost: 'lost', flying: 'on its way', waiting: 'not yet' };
const MARKS = {
	yes: 'M12 1a11 11 0 1 0 .1 0ZM7 12.5l3.4 3.6L17 8.5',
	no: 'M2 2h20v20H2ZM7 12h10',
	lost: 'M4 4 20 20M20 4 4 20',
	flying: 'M4 12h.1M12 12h.1M20 12h.1',
	waiting: 'M4 12h.1M12 12h.1M20 12h.1',
	silent: '',
};

/** @param {{focus: (op: string) => void}} on */
export function createPanel(on) {
	const meter = makeMeter($('op-meter'));
	const overlaps = makeOverlap($('op-facts'));
	let made = '';

	/** @param {View} view @returns {boolean} whether something counts down */
	function drawOp(view) {
		const op = focusOp(view.s);
		const box = $('panel-op');
		set(box, 'data-status', op ? op.status || 'waits' : 'none');
		set(box, 'data-op', op?.id);
		if (!op) {
			set(box, 'data-need', undefined);
			set(box, 'data-yes', undefined);
			say($('op-title'), 'Nothing asked yet');
			say($('op-sub'), '');
			drawSlots(view, undefined);
			$('op-meter').hidden = true;
			stamp('none', '', 'Write or read,\nhere or with curl:\nthe answer stands here.');
			facts($('op-facts'), []);
			overlaps(undefined);
			sayCommand($('op-curl'), '');
			return false;
		}
		say($('op-title'), title(op));
		say($('op-sub'), `${op.client} to node ${op.node}${op.coordinator && op.coordinator !== op.node ? ` to ${op.coordinator}` : ''} · op ${op.id.slice(0, 4)}`);
		drawSlots(view, op);
		const w = meterWords(view, op);
		set(box, 'data-need', w.need);
		set(box, 'data-yes', w.yes);
		$('op-meter').hidden = w.need === 0;
		meter(w);
		const counting = drawStamp(view, op);
		facts($('op-facts'), factsOf(view, op));
		overlaps(descriptorOf(view.s).sizes ? view.s.quorum : undefined);
		sayCommand($('op-curl'), curlOfOp(view.s).replace(/^(curl -X \w+) /, '$1 \\\n'));
		return counting;
	}

	/** @param {View} view @param {Op|undefined} op */
	function drawSlots(view, op) {
		const list = $('op-slots');
		const now = op ? slots(view, op) : [...view.s.nodes.keys()].sort().map((id) => ({ id, said: /** @type {const} */ ('waiting'), home: false }));
		const key = now.map((s) => s.id).join();
		if (made !== key) {
			made = key;
			list.replaceChildren(...now.map((s) => {
				const li = el('li', '', { class: 'slot', 'data-node': String(s.id) });
				li.append(el('b', String(s.id)), svgMark());
				return li;
			}));
		}
		now.forEach((slot, i) => {
			const li = list.children[i];
			set(li, 'data-said', slot.said);
			set(li, 'data-home', slot.home ? '' : undefined);
			set(li, 'aria-label', `node ${slot.id}: ${SAID[slot.said]}`);
			const second = li.children[1];
			if (slot.said === 'silent' && second.tagName !== 'SPAN') second.replaceWith(el('span', 'silent'));
			if (slot.said !== 'silent' && second.tagName === 'SPAN') second.replaceWith(svgMark());
			if (slot.said !== 'silent') set(/** @type {Element} */ (li.children[1].firstElementChild), 'd', MARKS[slot.said]);
		});
	}

	/** @param {View} view @param {Op} op @returns {boolean} */
	function drawStamp(view, op) {
		if (op.status) {
			stamp(outcome(op.status), String(op.status), stampWords(view.s, op));
			return false;
		}
		const left = countdown(view, op);
		if (left === undefined) stamp('waits', duration(Math.max(0, (view.t - op.t0) / 1000)), 'since the client asked');
		else if (left === Infinity) stamp('waits', 'held', 'time stands still');
		else stamp('waits', `${(left / 1000).toFixed(1)} s`, view.s.pace.rate === 1 ? 'left before it gives up' : `left, at 1/${Math.round(1 / view.s.pace.rate)} of full speed`);
		return left !== Infinity && view.s.pace.rate > 0;
	}

	/** @param {string} kind @param {string} big @param {string} text */
	function stamp(kind, big, text) {
		const box = $('op-stamp');
		set(box, 'data-outcome', kind);
		set(box, 'data-status', big || undefined);
		if (!box.firstChild) box.append(el('b'), el('span'));
		say(/** @type {Element} */ (box.firstChild), big);
		say(/** @type {Element} */ (box.lastChild), text);
		/** @type {HTMLElement} */ (box.firstChild).hidden = !big;
	}

	/** @param {View} view */
	function drawNode(view) {
		const n = view.s.nodes.get(view.selected);
		if (!n) return;
		say($('node-title'), `Node ${n.id}: ${n.silent && n.status === 'up' ? 'silent' : n.status}`);
		const address = n.url.replace(/^https?:\/\//, '');
		const is = n.status === 'frozen' ? [] : [n.role, n.term && `term ${n.term}`];
		say($('node-sub'), [address, n.pid && `pid ${n.pid}`, ...is].filter(Boolean).join(' · '));
		say($('node-freeze'), freezeWords(n));
		const held = [...view.s.held.values()].filter((h) => h.node === n.id).sort((a, b) => (a.key < b.key ? -1 : 1));
		const rows = held.map((h) => [h.key, h.val || 'none', `${h.version}${h.lockedBy ? ` locked by ${h.lockedBy.slice(0, 4)}` : ''}${h.siblings.length ? ` +${h.siblings.length}` : ''}${h.byHand ? ' by hand' : ''}`]);
		for (const h of view.s.hints.values()) if (h.node === n.id) rows.push([h.key, h.val, `hint for ${h.for}`]);
		table($('node-keys'), rows.slice(0, 200));
		const screen = $('node-screen');
		const end = screen.scrollTop + screen.clientHeight >= screen.scrollHeight - 8;
		say(screen, n.screen.join('\n'));
		if (end) screen.scrollTop = screen.scrollHeight;
	}

	/** @param {View} view */
	function drawSession(view) {
		const { s } = view;
		const done = [...s.ops.values()].filter((o) => o.status);
		const good = done.filter((o) => outcome(o.status) === 'good');
		facts($('session-facts'), [
			['answered', done.length ? `${good.length} of ${done.length}` : 'no calls'],
			['messages', `${s.totals.sent} sent, ${s.totals.delivered} taken in, ${s.totals.lost} ×`],
			...(descriptorOf(s).sizes ? [['R + W, N', overlap(s.quorum)]] : []),
			...(s.totals.gap ? [['not heard of', `${s.totals.gap} events`]] : []),
		]);
		const list = $('session-ops');
		const newest = [...s.ops.values()].slice(-40).reverse();
		const key = newest.map((o) => `${o.id}${o.status}`).join() + s.focus;
		if (list.dataset.key === key) return;
		list.dataset.key = key;
		list.replaceChildren(...newest.map((o) => {
			const li = el('li');
			const b = el('button', '', { type: 'button', 'aria-current': String(o.id === s.focus) });
			b.append(el('b', o.status ? String(o.status) : '…', { 'data-outcome': outcome(o.status) }), el('span', `${title(o)} · node ${o.node}${o.t1 ? ` · ${duration((o.t1 - o.t0) / 1000)}` : ''}`));
			b.addEventListener('click', () => on.focus(o.id));
			li.append(b);
			return li;
		}));
	}

	/** @param {View} view @returns {boolean} */
	function draw(view) {
		const counting = drawOp(view);
		if (!$('panel-node').hidden) drawNode(view);
		if (!$('panel-session').hidden) drawSession(view);
		return counting;
	}

	return { draw };
}

/** @param {HTMLElement} list @param {string[][]} rows */
function facts(list, rows) {
	while (list.children.length > rows.length * 2) list.lastChild?.remove();
	while (list.children.length < rows.length * 2) list.append(el('dt'), el('dd'));
	rows.forEach(([name, value], i) => {
		say(list.children[2 * i], name);
		say(list.children[2 * i + 1], value);
	});
}

/** @param {HTMLElement} body @param {string[][]} rows */
function table(body, rows) {
	while (body.children.length > rows.length) body.lastChild?.remove();
	while (body.children.length < rows.length) {
		const tr = el('tr');
		tr.append(el('td'), el('td'), el('td'));
		body.append(tr);
	}
	rows.forEach((row, i) => row.forEach((text, j) => say(body.children[i].children[j], text)));
}

function svgMark() {
	const mark = svg('svg', { viewBox: '0 0 24 24', fill: 'none', stroke: 'currentColor', 'stroke-width': 2.6, 'stroke-linecap': 'round', 'stroke-linejoin': 'round', 'aria-hidden': 'true' });
	mark.append(svg('path', { d: MARKS.waiting }));
	return mark;
}

/**
 * A cell for each home: W of them from the left, R from the right; where both
 * fall on one, every read meets the newest write.
 * @param {HTMLElement} after
 */
function makeOverlap(after) {
	const row = el('div', '', { class: 'overlap', 'data-testid': 'overlap' });
	const cells = el('span', '', { class: 'cells', 'aria-hidden': 'true' });
	const text = el('span');
	row.append(el('b', 'R + W'), cells, text);
	row.hidden = true;
	after.after(row);
	return (/** @type {import('../model/types.js').Quorum|undefined} */ q) => {
		row.hidden = !q;
		if (!q) return;
		while (cells.children.length > q.n) cells.lastChild?.remove();
		while (cells.children.length < q.n) cells.append(el('i'));
		[...cells.children].forEach((cell, i) => {
			set(cell, 'data-w', i < q.w ? '' : undefined);
			set(cell, 'data-r', i >= q.n - q.r ? '' : undefined);
		});
		set(row, 'data-lit', q.r + q.w > q.n ? '' : undefined);
		say(text, overlap(q));
	};
}

/** @param {HTMLElement} box */
function makeMeter(box) {
	const bar = el('div', '', { class: 'bar' });
	const fill = el('div', '', { class: 'fill' });
	const notch = el('div', '', { class: 'notch' });
	const words = el('div', '', { class: 'words' });
	const left = el('span');
	const right = el('span');
	bar.append(fill);
	words.append(left, right);
	box.append(bar, notch, words);
	return (/** @type {ReturnType<typeof meterWords>} */ w) => {
		fill.style.width = `${w.total ? (100 * w.yes) / w.total : 0}%`;
		const at = w.total ? (100 * w.need) / w.total : 0;
		notch.style.left = `${Math.min(99.4, at)}%`;
		say(left, w.text);
		say(right, `need ${w.need}`);
		set(box, 'aria-label', `${w.text}, ${w.need} needed`);
	};
}

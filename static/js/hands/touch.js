// Hands on the ring. A finger means the message nearest to it, else the node
// or client under it, else the link beside it; a stroke across the ring is a
// knife. One layer listens for all, so that what moves need not be hit exactly.

import { el, set, svg } from '../draw/dom.js';
import { clip } from '../model/text.js';
import { crossed, linkNear, nearest } from './aim.js';

/** @typedef {import('../draw/layout.js').Point} Point */

const REACH = 34; // px around a message within which it is meant
const REACH_ON_NODE = 22; // the same where a node or a client lies below
const LINK_REACH = 14;
const STROKE = 14; // px after which a press is a stroke
const LONG = 500; // ms after which a finger that rests asks for the menu

/**
 * @param {SVGSVGElement} root
 * @param {object} on
 * @param {() => import('../draw/layout.js').Geometry} on.geometry
 * @param {(id: string) => void} on.take
 * @param {() => void} on.letGo
 * @param {(link: [number, number]) => void} on.link
 * @param {(links: [number, number][]) => void} on.cut
 * @param {(what: {msg?: string, node?: number, link?: [number, number]}, at: Point) => void} on.menu
 */
export function createHands(root, on) {
	/** @type {{id: number, p: Point, at: Point, msg: string, thing: boolean, knife?: SVGElement, to: Point}|undefined} */
	let press;
	let consumed = false; // the click that follows was dealt with
	let rest = 0;

	/** @param {MouseEvent} e @returns {Point} */
	function local(e) {
		const box = root.getBoundingClientRect();
		return { x: e.clientX - box.x, y: e.clientY - box.y };
	}

	/** What lies under a finger. @param {Point} p @param {Element} target */
	function under(p, target) {
		const thing = target.closest('.node, .client');
		const msg = nearest(catchable(root), p, thing ? REACH_ON_NODE : REACH)?.id ?? '';
		const node = Number(target.closest('.node')?.getAttribute('data-node') ?? 0);
		return { msg, node, thing: !!thing, link: msg || thing ? undefined : linkNear(on.geometry(), p, LINK_REACH) };
	}

	/** @param {Point} p @param {Point} at @param {Element} target */
	function openMenu(p, at, target) {
		const { msg, node, link } = under(p, target);
		if (msg) on.menu({ msg }, at);
		else if (node) on.menu({ node }, at);
		else if (link) on.menu({ link }, at);
		else return false;
		return true;
	}

	function end() {
		clearTimeout(rest);
		press?.knife?.remove();
		press = undefined;
	}

	root.addEventListener('pointerdown', (e) => {
		end();
		consumed = false;
		if (e.button !== 0 || !e.isPrimary) return;
		const p = local(e);
		const target = /** @type {Element} */ (e.target);
		const { msg, thing } = under(p, target);
		press = { id: e.pointerId, p, at: { x: e.clientX, y: e.clientY }, msg, thing, to: p };
		const now = press;
		if (e.pointerType === 'mouse') return;
		rest = window.setTimeout(() => {
			if (press !== now || now.knife || !openMenu(now.p, now.at, target)) return;
			consumed = true;
			end();
		}, LONG);
	});

	root.addEventListener('pointermove', (e) => {
		if (!press || e.pointerId !== press.id) return;
		press.to = local(e);
		if (!press.knife) {
			if (press.thing || press.msg || Math.hypot(press.to.x - press.p.x, press.to.y - press.p.y) < STROKE) return;
			clearTimeout(rest);
			root.setPointerCapture(e.pointerId);
			press.knife = svg('line', { class: 'knife', x1: press.p.x, y1: press.p.y });
			root.append(press.knife);
		}
		set(press.knife, 'x2', press.to.x);
		set(press.knife, 'y2', press.to.y);
	});

	root.addEventListener('pointerup', (e) => {
		if (!press || e.pointerId !== press.id) return;
		const { p, to, msg, thing, knife } = press;
		end();
		if (knife) {
			consumed = true;
			const links = crossed(on.geometry(), p, to);
			if (links.length) on.cut(links);
		} else if (msg) {
			consumed = true;
			on.take(msg);
		} else if (!thing) {
			consumed = true;
			const link = linkNear(on.geometry(), p, LINK_REACH);
			if (link) on.link(link);
			else on.letGo();
		}
	});
	root.addEventListener('pointercancel', end);

	root.addEventListener('click', (e) => {
		if (!consumed) return;
		consumed = false;
		e.stopPropagation();
		root.closest('main')?.focus({ preventScroll: true });
	}, { capture: true });

	root.addEventListener('contextmenu', (e) => {
		e.preventDefault();
		e.stopPropagation();
		if (consumed) return; // a long press asked already
		end();
		const byKey = e.button !== 2;
		const target = /** @type {Element} */ (e.target);
		const held = target.closest('.msg[data-id]');
		if (byKey && held) return on.menu({ msg: held.getAttribute('data-id') ?? '' }, middle(held));
		openMenu(local(e), { x: e.clientX, y: e.clientY }, target);
	}, { capture: true });
}

/** The messages that can be taken into the hand, with their places on the ring. @param {Element} root @returns {{id: string, p: Point}[]} */
export function catchable(root) {
	const out = [];
	for (const m of root.querySelectorAll('.msg[data-id][tabindex]:not([data-gone])')) {
		const at = /translate\(([-\d.]+)[ ,]+([-\d.]+)\)/.exec(m.querySelector('.head')?.getAttribute('transform') ?? '');
		if (at) out.push({ id: m.getAttribute('data-id') ?? '', p: { x: Number(at[1]), y: Number(at[2]) } });
	}
	return out;
}

/** @param {Element} e @returns {Point} */
export function middle(e) {
	const box = e.getBoundingClientRect();
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

/**
 * The card of the message in the hand, docked at the stage's edge, with a wire
 * to where the message is.
 * @param {HTMLElement} card @param {SVGSVGElement} root the ring
 */
export function createCard(card, root) {
	const wire = svg('line', { class: 'wire', visibility: 'hidden' });
	root.append(wire);
	let end = { x: 0, y: 0 };

	/** @param {import('../model/types.js').Msg} m @param {number} left virtual microseconds until it is due @param {number} rate of the pace in which it goes on */
	function show(m, left, rate) {
		const hand = el('div', '', { class: 'hand' });
		for (const [verb, label] of [['deliver', 'Deliver'], ['drop', 'Drop'], ['duplicate', 'Double']]) hand.append(el('button', label, { type: 'button', 'data-action': verb }));
		const facts = [m.label.replaceAll('=', ' ') || (m.op ? `op ${m.op.slice(0, 4)}` : ''), left > 0 && rate > 0 ? `${(left / 1e6 / rate).toFixed(1)} s to go` : ''].filter(Boolean).join(' · ');
		card.replaceChildren(el('h2', `${m.type.replaceAll('-', ' ')}, from ${m.from} to ${m.to}`), el('p', clip(facts, 90)), hand);
		card.hidden = false;
		measure();
		card.dataset.msg = m.id;
	}

	/** Where the wire ends. */
	function measure() {
		const [box, ring] = [card.getBoundingClientRect(), root.getBoundingClientRect()];
		end = { x: box.x - ring.x, y: box.y - ring.y + box.height * 0.3 };
	}
	addEventListener('resize', measure);

	function hide() {
		const held = card.contains(document.activeElement);
		card.hidden = true;
		set(wire, 'visibility', 'hidden');
		if (held) root.closest('main')?.focus({ preventScroll: true });
	}

	/** The wire follows the message. */
	function draw() {
		if (card.hidden) return;
		const at = catchable(root).find((m) => m.id === card.dataset.msg)?.p;
		set(wire, 'visibility', at ? undefined : 'hidden');
		if (!at) return;
		const d = Math.hypot(end.x - at.x, end.y - at.y) || 1;
		const off = Math.min(d, 34 * Number(root.style.getPropertyValue('--k') || 1));
		set(wire, 'x1', Math.round(at.x + ((end.x - at.x) / d) * off));
		set(wire, 'y1', Math.round(at.y + ((end.y - at.y) / d) * off));
		set(wire, 'x2', Math.round(end.x));
		set(wire, 'y2', Math.round(end.y));
	}

	return { show, hide, draw };
}

/**
 * A button that acts when it was held for as long as its data-hold says.
 * @param {HTMLElement} b @param {() => void} act
 */
export function holdable(b, act) {
	let hold = 0;
	const stop = () => {
		clearTimeout(hold);
		b.removeAttribute('data-pending');
	};
	const start = () => {
		stop();
		b.dataset.pending = '';
		hold = window.setTimeout(() => {
			stop();
			act();
		}, Number(b.dataset.hold));
	};
	b.addEventListener('pointerdown', start);
	for (const end of ['pointerup', 'pointerleave', 'blur', 'keyup']) b.addEventListener(end, stop);
	b.addEventListener('contextmenu', (e) => e.preventDefault());
	b.addEventListener('keydown', (e) => {
		if ((e.key === 'Enter' || e.key === ' ') && !e.repeat) start();
	});
}

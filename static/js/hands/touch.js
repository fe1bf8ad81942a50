// Pointers and fingers on the ring. The target of a press is the message nearest to it,
// else the node or client under it, else the link beside it. A stroke across the ring cuts the
// links that it crosses. One layer listens for all, so that a press need not hit a
// moving message exactly.

import { set, svg } from '../draw/dom.js';
import { crossed, linkNear, nearest } from './aim.js';

/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {{msg?: string, node?: number, link?: [number, number], op?: string}} Target */
/** @typedef {{id: number, p: Point, at: Point, since: number, target: Element, msg: string, thing: boolean, knife?: SVGElement, to: Point}} Press p and to are points of the ring, at is one of the window, since is the time of the event, ms */
/**
 * @typedef {object} Means The functions that a press on the ring calls.
 * @property {() => import('../draw/layout.js').Geometry} geometry
 * @property {(id: string) => void} take a message
 * @property {() => void} letGo
 * @property {(link: [number, number]) => void} link
 * @property {(links: [number, number][]) => void} cut by a stroke
 * @property {(what: Target, at: Point, byKey?: boolean) => void} menu
 */

const REACH = 34; // px around a message within which a press means it
const REACH_ON_NODE = 22; // the same, if a node or a client lies below
const LINK_REACH = 14;
const STROKE = 14; // px; a press that moves farther is a stroke
const LONG = 500; // ms; a finger that rests longer opens the menu

export class Touch {
	/** @param {SVGSVGElement} root @param {Means} means */
	constructor(root, means) {
		this.root = root;
		this.means = means;
		/** @type {Press|undefined} */
		this.press = undefined;
		this.consumed = false; // whether the click that follows is ignored
		this.rest = 0; // the timer of a finger that rests
		root.addEventListener('pointerdown', (e) => this.down(e));
		root.addEventListener('pointermove', (e) => this.move(e));
		root.addEventListener('pointerup', (e) => this.up(e));
		root.addEventListener('pointercancel', () => this.end());
		root.addEventListener('click', (e) => this.click(e), { capture: true });
		root.addEventListener('contextmenu', (e) => this.contextMenu(e), { capture: true });
	}

	/** A point of the ring. @param {MouseEvent} e @returns {Point} */
	local(e) {
		const box = this.root.getBoundingClientRect();
		return { x: e.clientX - box.x, y: e.clientY - box.y };
	}

	/** What lies under a finger. @param {Point} p @param {Element} target */
	under(p, target) {
		const thing = target.closest('.node, .client');
		const msg = nearest(catchable(this.root), p, thing ? REACH_ON_NODE : REACH)?.id ?? '';
		const node = Number(target.closest('.node')?.getAttribute('data-node') ?? 0);
		return { msg, node, thing: !!thing, link: msg || thing ? undefined : linkNear(this.means.geometry(), p, LINK_REACH) };
	}

	/** @param {Point} p @param {Point} at @param {Element} target @returns {boolean} whether anything has a menu there */
	openMenu(p, at, target) {
		const { msg, node, link } = this.under(p, target);
		const op = target.closest('.client')?.getAttribute('data-op');
		const over = target.closest('.msg[data-id]')?.getAttribute('data-id'); // a message that no hand can take
		const what = msg ? { msg } : op ? { op } : node ? { node } : over ? { msg: over } : link ? { link } : undefined;
		if (what) this.means.menu(what, at);
		return !!what;
	}

	end() {
		clearTimeout(this.rest);
		this.press?.knife?.remove();
		this.press = undefined;
	}

	/** @param {PointerEvent} e */
	down(e) {
		this.end();
		this.consumed = false;
		if (e.button !== 0 || !e.isPrimary) return;
		const p = this.local(e);
		const target = /** @type {Element} */ (e.target);
		const { msg, thing } = this.under(p, target);
		/** @type {Press} */
		const now = { id: e.pointerId, p, at: { x: e.clientX, y: e.clientY }, since: e.timeStamp, target, msg, thing, to: p };
		this.press = now;
		if (e.pointerType !== 'mouse') this.rest = window.setTimeout(() => this.rested(now), LONG);
	}

	/** Opens the menu below a finger that has rested. @param {Press} press @returns {boolean} whether there is a menu */
	rested(press) {
		if (this.press !== press || press.knife || !this.openMenu(press.p, press.at, press.target)) return false;
		this.end();
		return (this.consumed = true);
	}

	/** @param {PointerEvent} e */
	move(e) {
		const { press } = this;
		if (!press || e.pointerId !== press.id) return;
		press.to = this.local(e);
		if (!press.knife) {
			if (press.thing || press.msg || Math.hypot(press.to.x - press.p.x, press.to.y - press.p.y) < STROKE) return;
			clearTimeout(this.rest);
			this.root.setPointerCapture(e.pointerId);
			press.knife = svg('line', { class: 'knife', x1: press.p.x, y1: press.p.y });
			this.root.append(press.knife);
		}
		set(press.knife, 'x2', press.to.x);
		set(press.knife, 'y2', press.to.y);
	}

	/** @param {PointerEvent} e */
	up(e) {
		const { press, means } = this;
		if (!press || e.pointerId !== press.id) return;
		const long = e.pointerType !== 'mouse' && e.timeStamp - press.since >= LONG;
		if (long && this.rested(press)) return; // a busy page handles the event before the timer
		const { p, to, msg, thing, knife } = press;
		this.end();
		this.consumed = !!knife || !!msg || !thing;
		if (knife) {
			const links = crossed(means.geometry(), p, to);
			if (links.length) means.cut(links);
		} else if (msg) means.take(msg);
		else if (!thing) {
			const link = linkNear(means.geometry(), p, LINK_REACH);
			if (link) means.link(link);
			else means.letGo();
		}
	}

	/** @param {MouseEvent} e */
	click(e) {
		if (!this.consumed) return;
		this.consumed = false;
		e.stopPropagation();
		this.root.closest('main')?.focus({ preventScroll: true });
	}

	/** @param {MouseEvent} e */
	contextMenu(e) {
		e.preventDefault();
		e.stopPropagation();
		if (this.consumed) return; // a long press has opened the menu already
		this.end();
		const target = /** @type {Element} */ (e.target);
		const held = target.closest('.msg[data-id]');
		if (e.button !== 2 && held) this.means.menu({ msg: held.getAttribute('data-id') ?? '' }, middle(held));
		else this.openMenu(this.local(e), { x: e.clientX, y: e.clientY }, target);
	}
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

/** @param {Element} e @returns {Point} of the window */
export function middle(e) {
	const box = e.getBoundingClientRect();
	return { x: box.x + box.width / 2, y: box.y + box.height / 2 };
}

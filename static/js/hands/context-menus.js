// Opens the context menu of a message, a node, a link, an operation, or a moment of the
// diagram. A page with several clusters has one ContextMenus for each.

import { $ } from '../draw/dom.js';
import { title } from '../modes/words.js';
import { typeWords } from '../model/text.js';
import { middle } from './touch.js';

/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {import('./touch.js').Target} Target */

/**
 * @typedef {object} Shown The cluster whose things have the menus, and the hands of the page.
 * @property {import('../model/player.js').Player} player
 * @property {SVGSVGElement} ring
 * @property {string} lane the mode of the cluster, if the page shows several, else ''
 * @property {{selected: number, link: [number, number]}} ui
 * @property {import('./menus.js').Menu} menu
 * @property {(id: number) => void} select
 * @property {(id: string) => void} take a message into the hand
 * @property {(more?: Partial<import('./actions.js').Context>) => import('./actions.js').Context} context
 * @property {(about?: import('../model/moment.js').Moment) => string} fragment of a link to a thing
 */

export class ContextMenus {
	/** @param {Shown} shown */
	constructor(shown) {
		this.shown = shown;
	}

	/** Opens the menus of the panel's operations and of the diagram as well. @param {import('../draw/diagram.js').Diagram} diagram */
	listen(diagram) {
		document.addEventListener('contextmenu', (e) => this.onOperation(e));
		$('diagram-canvas').addEventListener('contextmenu', (e) => this.onDiagram(e, diagram));
	}

	/** @param {Target} what @param {Point} at @param {boolean} [byKey] */
	open(what, at, byKey = false) {
		const { ui, select } = this.shown;
		if (what.msg) this.openMessage(what.msg, at, byKey);
		else if (what.op) this.openOperation(what.op, at, byKey);
		else if (what.node) {
			select(what.node);
			this.show('node', `Node ${what.node}`, {}, at, byKey);
		} else if (what.link) {
			ui.link = what.link;
			this.show('link', `Link ${what.link.join(' – ')}`, {}, at, byKey);
		}
	}

	/**
	 * Opens the menu of a thing. In a lane its title begins with the lane.
	 * @param {import('./actions.js').Place} on @param {string} title @param {Partial<import('./actions.js').Context>} more @param {Point} at @param {boolean} byKey
	 */
	show(on, title, more, at, byKey) {
		const { menu, lane, context } = this.shown;
		menu.open(on, lane ? `${lane}: ${title}` : title, context(more), at, byKey);
	}

	/** @param {string} id @param {Point} at @param {boolean} byKey */
	openMessage(id, at, byKey) {
		const { player, take, fragment } = this.shown;
		take(id);
		const m = [player.past, player.shown, player.newest].map((s) => s?.msgs.get(id)).find(Boolean); // the newest state may have dropped what the stage still shows
		if (!m) return;
		this.show('msg', `${typeWords(m.type)}, from ${m.from} to ${m.to}`, { moment: fragment(m.op ? { op: m.op } : {}) }, at, byKey);
	}

	/** @param {string} id @param {Point} at @param {boolean} byKey */
	openOperation(id, at, byKey) {
		const { player, fragment } = this.shown;
		const op = [player.past, player.shown, player.newest].map((s) => s?.ops.get(id)).find(Boolean);
		if (!op) return;
		const ended = op.status ? { at: Math.round(player.timeline.timeAt(op.x1)) } : {};
		this.show('op', `${title(op)}, node ${op.node}`, { moment: fragment({ op: id, ...ended }) }, at, byKey);
	}

	/** An operation of the list, or the one whose title stands in the panel. @param {MouseEvent} e */
	onOperation(e) {
		const { player } = this.shown;
		const target = /** @type {Element} */ (e.target);
		const op = target.closest('#op-title') ? (player.past ?? player.shown).focus : target.closest('.ops [data-op]')?.getAttribute('data-op');
		if (!op) return;
		e.preventDefault();
		this.open({ op }, { x: e.clientX, y: e.clientY });
	}

	/** The moment under the pointer, with the operation of the arrow there. @param {MouseEvent} e @param {import('../draw/diagram.js').Diagram} diagram */
	onDiagram(e, diagram) {
		const { player, fragment } = this.shown;
		e.preventDefault();
		const x = Math.max(0, Math.min(diagram.xAt(e.offsetX), player.end(performance.now())));
		const op = diagram.arrowAt(e.offsetX, e.offsetY)?.arrow.op ?? diagram.story.barAt(x)?.op;
		this.show('diagram', 'This moment', { moment: fragment({ at: Math.round(player.timeline.timeAt(x)), op }) }, { x: e.clientX, y: e.clientY }, false);
	}

	/** The menu of the message or node that has the focus, else of the chosen node. */
	openOfFocus() {
		const { ring, ui } = this.shown;
		const at = document.activeElement;
		const msg = at?.closest('.msg[data-id]');
		if (msg) return this.open({ msg: msg.getAttribute('data-id') ?? '' }, middle(msg), true);
		const client = at?.closest('.client');
		if (client) return this.open({ op: client.getAttribute('data-op') ?? '' }, middle(client), true);
		const node = at?.closest('.node') ?? ring.querySelector(`.node[data-node="${ui.selected}"]`);
		if (node) this.open({ node: Number(node.getAttribute('data-node')) }, middle(node), true);
	}
}

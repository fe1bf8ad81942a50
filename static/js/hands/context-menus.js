// Opens the context menu of a message, a node, a link, an operation, or a moment of the
// diagram.

import { $ } from '../draw/dom.js';
import { title } from '../modes/words.js';
import { typeWords } from '../model/text.js';
import { middle } from './touch.js';

/** @typedef {import('../draw/layout.js').Point} Point */
/** @typedef {import('./touch.js').Target} Target */

export class ContextMenus {
	/** @param {import('./controls.js').Controls} controls */
	constructor(controls) {
		this.controls = controls;
		document.addEventListener('contextmenu', (e) => this.onOperation(e));
		$('diagram-canvas').addEventListener('contextmenu', (e) => this.onDiagram(e));
	}

	/** @param {Target} what @param {Point} at @param {boolean} [byKey] */
	open(what, at, byKey = false) {
		if (what.msg) this.openMessage(what.msg, at, byKey);
		else if (what.op) this.openOperation(what.op, at, byKey);
		else if (what.node) {
			this.controls.select(what.node);
			this.controls.menu.open('node', `Node ${what.node}`, this.controls.context(), at, byKey);
		} else if (what.link) {
			this.controls.ui.link = what.link;
			this.controls.menu.open('link', `Link ${what.link.join(' – ')}`, this.controls.context(), at, byKey);
		}
	}

	/** @param {string} id @param {Point} at @param {boolean} byKey */
	openMessage(id, at, byKey) {
		const { player, grip, menu, moments } = this.controls;
		grip.take(id);
		const m = [player.past, player.shown, player.newest].map((s) => s?.msgs.get(id)).find(Boolean); // the newest state may have dropped what the stage still shows
		if (!m) return;
		const moment = moments.fragment(m.op ? { op: m.op } : {});
		menu.open('msg', `${typeWords(m.type)}, from ${m.from} to ${m.to}`, this.controls.context({ moment }), at, byKey);
	}

	/** @param {string} id @param {Point} at @param {boolean} byKey */
	openOperation(id, at, byKey) {
		const { player, menu, moments } = this.controls;
		const op = [player.past, player.shown, player.newest].map((s) => s?.ops.get(id)).find(Boolean);
		if (!op) return;
		const ended = op.status ? { at: Math.round(player.timeline.timeAt(op.x1)) } : {};
		menu.open('op', `${title(op)}, node ${op.node}`, this.controls.context({ moment: moments.fragment({ op: id, ...ended }) }), at, byKey);
	}

	/** An operation of the list, or the one whose title stands in the panel. @param {MouseEvent} e */
	onOperation(e) {
		const { player, follows } = this.controls;
		const target = /** @type {Element} */ (e.target);
		const op = target.closest('#op-title') ? (player.past ?? player.shown).focus : target.closest('.ops [data-op]')?.getAttribute('data-op');
		if (!op || follows) return;
		e.preventDefault();
		this.open({ op }, { x: e.clientX, y: e.clientY });
	}

	/** The moment under the pointer, with the operation of the arrow there. @param {MouseEvent} e */
	onDiagram(e) {
		const { player, diagram, menu, moments, follows } = this.controls;
		if (follows) return;
		e.preventDefault();
		const x = Math.max(0, Math.min(diagram.xAt(e.offsetX), player.end(performance.now())));
		const op = diagram.arrowAt(e.offsetX, e.offsetY)?.arrow.op ?? diagram.story.barAt(x)?.op;
		const moment = moments.fragment({ at: Math.round(player.timeline.timeAt(x)), op });
		menu.open('diagram', 'This moment', this.controls.context({ moment }), { x: e.clientX, y: e.clientY }, false);
	}

	/** The menu of the message or node that has the focus, else of the chosen node. */
	openOfFocus() {
		const at = document.activeElement;
		const msg = at?.closest('.msg[data-id]');
		if (msg) return this.open({ msg: msg.getAttribute('data-id') ?? '' }, middle(msg), true);
		const client = at?.closest('.client');
		if (client) return this.open({ op: client.getAttribute('data-op') ?? '' }, middle(client), true);
		const node = at?.closest('.node') ?? document.querySelector(`.node[data-node="${this.controls.ui.selected}"]`);
		if (node) this.open({ node: Number(node.getAttribute('data-node')) }, middle(node), true);
	}
}

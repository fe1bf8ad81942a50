// What this window shows: the chosen node, the operation in focus, the tab. It sends
// each change to the windows that follow.

import { $ } from '../draw/dom.js';
import { placeOf } from '../model/beats.js';

/** @typedef {import('./follow.js').Focus} Focus */

export class Choice {
	/**
	 * @param {object} page
	 * @param {import('../model/player.js').Player} page.player
	 * @param {import('./controls.js').Ui} page.ui
	 * @param {() => void} page.changed
	 */
	constructor({ player, ui, changed }) {
		this.player = player;
		this.ui = ui;
		this.changed = changed;
	}

	/** Chooses a node. @param {number} id */
	select(id) {
		if (!this.player.newest.nodes.has(id)) return;
		this.ui.selected = id;
		this.changed();
	}

	/** Puts an operation into focus. @param {string} id */
	focus(id) {
		const { shown, newest, past } = this.player;
		for (const s of [shown, newest, past]) {
			const op = s?.ops.get(id);
			if (!s || !op) continue;
			s.focus = id;
			s.key = op.key || s.key;
		}
		this.tab('op');
	}

	/** Opens a tab of the panel. @param {string} name */
	tab(name) {
		for (const b of /** @type {NodeListOf<HTMLElement>} */ (document.querySelectorAll('[role=tab]'))) {
			const on = b.dataset.tab === name;
			b.setAttribute('aria-selected', String(on));
			b.tabIndex = on ? 0 : -1;
			$(`panel-${b.dataset.tab}`).hidden = !on;
		}
		this.changed();
	}

	/** Opens the tab to the right of the open one. */
	nextTab() {
		const all = /** @type {HTMLElement[]} */ ([...document.querySelectorAll('[role=tab]')]);
		const at = all.findIndex((b) => b.getAttribute('aria-selected') === 'true');
		this.tab(all[(at + 1) % all.length].dataset.tab ?? 'op');
	}

	/** What this window sends to the windows that follow. @returns {Focus} */
	look() {
		const { player, ui } = this;
		const s = player.past ?? player.shown;
		const chosen = /** @type {HTMLElement|null} */ (document.querySelector('[role=tab][aria-selected=true]'));
		return {
			kind: 'focus', node: ui.selected, tab: chosen?.dataset.tab ?? 'op', op: s.focus, key: s.key, msg: ui.hand,
			at: player.parked === undefined ? 0 : Math.round(player.timeline.timeAt(player.parked)),
		};
	}

	/** Shows what another window shows, except its message. @param {Focus} f @param {(x: number|undefined) => void} seek */
	follow(f, seek) {
		seek(f.at ? placeOf(this.player.timeline, f.at) : undefined);
		if (f.node) this.select(f.node);
		if (f.op && (this.player.past ?? this.player.shown).focus !== f.op) this.focus(f.op);
		this.tab(f.tab ?? 'op');
	}
}

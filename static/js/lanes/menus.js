// The menus of one lane: of its nodes, links, messages and clients. They are those of
// the stage, and act on this lane alone.

import { ContextMenus } from '../hands/context-menus.js';
import { middle, Touch } from '../hands/touch.js';
import { writeMoment } from '../model/moment.js';

export class LaneMenus extends ContextMenus {
	/** @param {import('./lane.js').Lane} lane @param {import('./hands.js').LaneHands} hands */
	constructor(lane, hands) {
		const { player, svg: ring, mode } = lane;
		const ui = hands.ui;
		const moment = () => (player.parked === undefined ? Date.now() * 1000 : Math.round(player.timeline.timeAt(player.parked)));
		let hand = ''; // the message whose menu is open
		super({
			player, ring, ui, lane: mode, menu: hands.menu, select: (id) => hands.select(id), take: (id) => (hand = id),
			context: (more) => hands.context({ hand, ...more, lane: mode }),
			fragment: (about) => writeMoment({ at: moment(), node: ui.selected, ...about }),
		});
		lane.pressed = (what, e) => this.open(what, middle(e), e.matches(':focus-visible, :has(:focus-visible)'));
		new Touch(ring, {
			geometry: () => lane.ring.g, letGo: () => {}, menu: (...at) => this.open(...at),
			take: (id) => lane.pressed({ msg: id }, lane.messageOf(id) ?? ring),
			link: (link) => {
				ui.link = link;
				hands.open('pop-link', mode);
			},
			cut: (crossed) => hands.run('slash', { crossed, lane: mode }),
		});
	}
}

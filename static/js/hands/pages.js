// The actions that need no call to the playground, by their names in the table of
// actions.

import { showScreen } from '../draw/node.js';
import { pathHere } from '../model/place.js';
import { openHelp } from './help.js';
import { nextOfTour, openLegend, startTour, toggleTheme } from './sheets.js';

/** @param {import('./controls.js').Controls} controls @returns {Record<string, (c: import('./actions.js').Context) => any>} */
export function pagesOf(controls) {
	const { asks, choice, replay, diagram, moments, notice, redraw } = controls;
	/** The playground passes a call for a node's screen on to the node. @param {string} verb */
	const screen = (verb) => {
		choice.tab('node');
		showScreen();
		return asks.ask([{ method: 'POST', path: `/api/nodes/${controls.ui.selected}/${verb}` }]);
	};
	const shift = (/** @type {number} */ by) => {
		const next = controls.pace.beside(by);
		return next && controls.run(next);
	};
	const root = document.documentElement;
	return {
		undo: () => asks.undo(),
		dump: () => screen('dump'),
		clean: () => screen('clean'),
		slower: () => shift(1),
		faster: () => shift(-1),
		pause: () => (replay.on ? replay.toggle() : controls.run(controls.pace.toggled())),
		on: () => (replay.on ? replay.wave(1) : controls.run('step')),
		back: () => replay.wave(-1),
		rewind: () => replay.rewind(),
		now: () => replay.now(),
		again: () => replay.again() || notice('Nothing was asked yet.'),
		half: () => replay.setSpeed(0.5),
		normal: () => replay.setSpeed(1),
		double: () => replay.setSpeed(2),
		next: () => nextOfTour() || (replay.on ? replay.beat(1) : controls.player.newest.pace.pace === 'step' && controls.run('step')),
		previous: () => replay.beat(-1),
		tab: () => choice.nextTab(),
		picture: () => controls.pictures.open(),
		snapshots: () => controls.snapshots.open(),
		copyLink: (c) => (c.id ? moments.copy(c.id) : moments.copyHere()),
		compare: () => {
			if (root.hasAttribute('data-talk')) return notice('A scenario is played: Esc leaves it, then you can compare.');
			if (!root.hasAttribute('data-simulated')) return location.assign(pathHere('/compare'));
			return window.open('compare.html', 'compare') ?? notice('The browser opened no window: allow this page to open one.'); // the window of a simulated stage has the nodes, so it stays
		},
		link: () => controls.forms?.open('pop-link'),
		menu: () => controls.openMenuOfFocus(),
		full: () => (document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen?.()),
		follow: () => {
			diagram.follow();
			redraw();
		},
		background: () => {
			notice(diagram.unfold() ? 'Background traffic: each message.' : 'Background traffic: ticks only.');
			redraw();
		},
		legend: () => openLegend(),
		help: () => openHelp(controls.context(), location.origin),
		tour: () => (replay.on ? notice('The tour shows the present: Esc leads back to it.') : startTour(true)),
		stories: () => controls.talk('list'),
		code: () => controls.talk('code'),
		theme: () => {
			toggleTheme();
			diagram.recolour();
			redraw();
		},
	};
}

// A short text to the person who pressed something, such as the reason of a refusal. It
// stands where the pointer pressed. After a key it stands at the foot of the diagram, where
// it covers no node.

import { say } from '../draw/dom.js';
import { moveInto } from './menus.js';

const STAYS = 4000; // ms for which the text is shown
const ABOVE = 34; // px between the finger and the text

/**
 * @param {HTMLElement} box a manual popover, so that it lies on top of sheets, too
 * @param {HTMLElement} stage
 * @returns {(text: string) => void}
 */
export function createNotice(box, stage) {
	/** @type {import('../draw/layout.js').Point|undefined} where the last press was, if a pointer made it */
	let pressed;
	let timer = 0;
	addEventListener('pointerdown', (e) => { pressed = { x: e.clientX, y: e.clientY }; }, { capture: true });
	addEventListener('keydown', () => { pressed = undefined; }, { capture: true });

	return (text) => {
		if (box.matches(':popover-open')) box.hidePopover(); // shown again, it lies on top
		say(box, text);
		box.showPopover();
		const foot = (document.querySelector('.diagram') ?? stage).getBoundingClientRect();
		const at = pressed ? { x: pressed.x, y: pressed.y - ABOVE } : { x: foot.x + foot.width / 2, y: Math.min(foot.bottom, innerHeight) - 6 };
		moveInto(box, { x: at.x - box.offsetWidth / 2, y: at.y - box.offsetHeight });
		clearTimeout(timer);
		timer = window.setTimeout(() => box.hidePopover(), STAYS);
	};
}

// A QR code over the whole page, large enough for the last row, with its address below.

import { el, svg } from '../draw/dom.js';
import { call } from './calls.js';

const QUIET = 4; // modules that stay free around a code, as ISO/IEC 18004 demands

export class Code {
	/**
	 * @param {HTMLElement} page
	 * @param {(text: string) => void} notice says why there is no code on show
	 * @param {(answer: any) => {url: string, code: {width: number, path: string}, words: string}} pick takes the code from the playground's answer
	 */
	constructor(page, notice, pick) {
		this.notice = notice;
		this.pick = pick;
		this.sheet = el('section', '', { class: 'qr', 'data-testid': 'qr', 'aria-label': 'Code for phones', hidden: '' });
		this.sheet.addEventListener('click', () => this.hide());
		page.append(this.sheet);
	}

	isOpen() {
		return !this.sheet.hidden;
	}

	hide() {
		this.sheet.hidden = true;
	}

	async toggle() {
		if (this.isOpen()) return this.hide();
		const { ok, answer } = await call('GET', '/api/audience');
		if (!ok) return this.notice(document.documentElement.hasAttribute('data-simulated') ? 'Phones cannot connect here: they need the real playground.' : 'Phones cannot connect: start the playground with --audience HOST:PORT.');
		const { url, code, words } = this.pick(answer);
		this.sheet.replaceChildren(image(code), el('p', words, { class: 'for' }), el('p', url));
		this.sheet.hidden = false;
	}
}

/** @param {{width: number, path: string}} code */
function image({ width, path }) {
	const picture = svg('svg', { viewBox: `${-QUIET} ${-QUIET} ${width + 2 * QUIET} ${width + 2 * QUIET}`, role: 'img', 'aria-label': 'QR code' });
	picture.append(svg('path', { d: path }));
	return picture;
}

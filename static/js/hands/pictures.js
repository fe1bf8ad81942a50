// The form that saves or copies a picture of the ring or of the diagram.

import { $ } from '../draw/dom.js';
import { pictureOfDiagram, pictureOfRing, png } from '../draw/picture.js';

export class Pictures {
	/**
	 * @param {object} page
	 * @param {import('../draw/diagram.js').Diagram} page.diagram
	 * @param {SVGSVGElement} page.ring
	 * @param {() => import('../model/view.js').View} page.view what the page shows now
	 * @param {(text: string) => void} page.notice
	 */
	constructor({ diagram, ring, view, notice }) {
		this.diagram = diagram;
		this.ring = ring;
		this.view = view;
		this.notice = notice;
		this.form = /** @type {HTMLFormElement} */ ($('pop-picture'));
		this.form.addEventListener('submit', (e) => {
			e.preventDefault();
			this.make(/** @type {HTMLButtonElement} */ (e.submitter).value);
		});
	}

	/** Opens the form, with the theme of the page. */
	open() {
		const theme = getComputedStyle(document.documentElement).colorScheme;
		const dark = theme === 'dark' || (theme !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches);
		/** @type {HTMLSelectElement} */ (this.form.elements.namedItem('theme')).value = dark ? 'dark' : 'light';
		this.form.showPopover();
	}

	/** @param {string} how svg, png or copy */
	async make(how) {
		const chosen = new FormData(this.form);
		const of = String(chosen.get('of'));
		const theme = chosen.get('theme') === 'dark' ? 'dark' : 'light';
		this.form.hidePopover();
		try {
			const picture = of === 'ring' ? pictureOfRing(this.ring, theme) : pictureOfDiagram(this.diagram, this.view(), theme);
			if (how === 'copy') return await this.copy(picture.then(png));
			const blob = how === 'svg' ? new Blob([(await picture).svg], { type: 'image/svg+xml' }) : await png(await picture);
			save(blob, `playground-${of}.${how}`);
		} catch (error) {
			this.notice(`There is no picture: ${error}.`);
		}
	}

	/** @param {Promise<Blob>} blob a browser allows the copy only right after the press, so it gets the promise and not its result */
	async copy(blob) {
		try {
			await navigator.clipboard.write([new ClipboardItem({ 'image/png': blob })]);
			this.notice('The picture is copied.');
		} catch {
			this.notice('The browser does not let the page copy a picture.');
		}
	}
}

/** @param {Blob} blob @param {string} name */
function save(blob, name) {
	const link = document.createElement('a');
	link.href = URL.createObjectURL(blob);
	link.download = name;
	link.click();
	URL.revokeObjectURL(link.href);
}

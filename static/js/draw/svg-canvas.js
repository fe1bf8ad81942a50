// A canvas that writes SVG. It has only the parts of a canvas that the pen of the diagram uses.
// Each text is escaped, so that no text becomes markup.

/** @typedef {{stroke: string, fill: string, width: number, cap: string, dash: number[], alpha: number, font: string, align: string, baseline: string, clip: string}} Style */

const ANCHORS = { left: 'start', start: 'start', center: 'middle', right: 'end', end: 'end' };
const FULL = 2 * Math.PI; // an arc of at least this is a circle

/** @param {number} x */
const round = (x) => String(Math.round(x * 100) / 100);

/** A text without the characters that XML cannot hold: each becomes U+FFFD. @param {string} text */
export const fitForXML = (text) => text.toWellFormed().replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f\ufffe\uffff]/g, '\ufffd');

/** A text, escaped for markup. @param {string} text */
export const escapeXML = (text) => fitForXML(text).replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);

/** A 2d context that writes one SVG element for each stroke, fill and text. */
class Context {
	constructor() {
		/** @type {Style} */
		this.style = { stroke: '#000', fill: '#000', width: 1, cap: 'butt', dash: [], alpha: 1, font: '10px sans-serif', align: 'start', baseline: 'alphabetic', clip: '' };
		/** @type {Style[]} */ this.saved = [];
		/** @type {string[]} */ this.parts = [];
		this.path = '';
		this.clips = 0;
	}

	set strokeStyle(/** @type {string} */ v) { this.style.stroke = v; }
	set fillStyle(/** @type {string} */ v) { this.style.fill = v; }
	set lineWidth(/** @type {number} */ v) { this.style.width = v; }
	set lineCap(/** @type {string} */ v) { this.style.cap = v; }
	set globalAlpha(/** @type {number} */ v) { this.style.alpha = v; }
	set font(/** @type {string} */ v) { this.style.font = v; }
	set textAlign(/** @type {string} */ v) { this.style.align = v; }
	set textBaseline(/** @type {string} */ v) { this.style.baseline = v; }
	/** @param {number[]} dash */
	setLineDash(dash) { this.style.dash = dash; }

	save() {
		this.saved.push({ ...this.style });
	}

	restore() {
		this.style = this.saved.pop() ?? this.style;
	}

	/** Does nothing: SVG does not depend on the scale of the screen. */
	setTransform() {}

	clearRect() {
		this.parts = [];
	}

	beginPath() {
		this.path = '';
	}

	/** @param {number} x @param {number} y */
	moveTo(x, y) {
		this.path += `M${round(x)} ${round(y)}`;
	}

	/** @param {number} x @param {number} y */
	lineTo(x, y) {
		this.path += `L${round(x)} ${round(y)}`;
	}

	/** @param {number} x @param {number} y @param {number} w @param {number} h */
	rect(x, y, w, h) {
		this.path += `M${round(x)} ${round(y)}h${round(w)}v${round(h)}h${round(-w)}Z`;
	}

	/** @param {number} x @param {number} y @param {number} w @param {number} h @param {number} r */
	roundRect(x, y, w, h, r) {
		const c = Math.min(r, Math.abs(w) / 2, Math.abs(h) / 2);
		const turn = (/** @type {number} */ dx, /** @type {number} */ dy) => `a${round(c)} ${round(c)} 0 0 1 ${round(dx)} ${round(dy)}`;
		this.path += `M${round(x + c)} ${round(y)}h${round(w - 2 * c)}${turn(c, c)}v${round(h - 2 * c)}${turn(-c, c)}h${round(2 * c - w)}${turn(-c, -c)}v${round(2 * c - h)}${turn(c, -c)}Z`;
	}

	/** @param {number} x @param {number} y @param {number} r @param {number} from @param {number} to radians */
	arc(x, y, r, from, to) {
		if (to - from < FULL) throw new Error('only whole circles are drawn');
		const half = (/** @type {number} */ dx) => `a${round(r)} ${round(r)} 0 1 0 ${round(dx)} 0`;
		this.path += `M${round(x - r)} ${round(y)}${half(2 * r)}${half(-2 * r)}Z`;
	}

	clip() {
		const id = `clip${this.clips++}`;
		this.parts.push(`<clipPath id="${id}"${this.clipped()}><path d="${this.path}"/></clipPath>`);
		this.style.clip = id;
	}

	stroke() {
		this.add(`<path d="${this.path}" fill="none"${this.stroked()}`);
	}

	fill() {
		this.add(`<path d="${this.path}" fill="${escapeXML(this.style.fill)}"`);
	}

	/** @param {number} x @param {number} y @param {number} w @param {number} h */
	fillRect(x, y, w, h) {
		this.add(`<rect x="${round(x)}" y="${round(y)}" width="${round(w)}" height="${round(h)}" fill="${escapeXML(this.style.fill)}"`);
	}

	/** @param {string} text @param {number} x @param {number} y */
	fillText(text, x, y) {
		this.addText(text, x, y, ` fill="${escapeXML(this.style.fill)}"`);
	}

	/** @param {string} text @param {number} x @param {number} y */
	strokeText(text, x, y) {
		this.addText(text, x, y, ` fill="none"${this.stroked()} aria-hidden="true"`);
	}

	/** @param {string} text @param {number} x @param {number} y @param {string} colour */
	addText(text, x, y, colour) {
		const { font, align, baseline } = this.style;
		const [, weight = '400', size = '10', family = 'sans-serif'] = /^(?:(\d+) )?([\d.]+)px (.*)$/.exec(font) ?? [];
		const anchor = ANCHORS[/** @type {keyof typeof ANCHORS} */ (align)] ?? 'start';
		const middle = baseline === 'middle' ? ' dominant-baseline="central"' : '';
		this.parts.push(`<text x="${round(x)}" y="${round(y)}" font-family="${escapeXML(family)}" font-size="${size}" font-weight="${weight}" text-anchor="${anchor}"${middle}${colour}${this.common()}>${escapeXML(text)}</text>`);
	}

	/** @param {string} open an element that is not closed yet */
	add(open) {
		this.parts.push(`${open}${this.common()}/>`);
	}

	stroked() {
		const { stroke, width, cap, dash } = this.style;
		return ` stroke="${escapeXML(stroke)}" stroke-width="${round(width)}"${cap === 'butt' ? '' : ` stroke-linecap="${cap}"`}${dash.length ? ` stroke-dasharray="${dash.map(round).join(' ')}"` : ''}`;
	}

	common() {
		const { alpha } = this.style;
		return `${alpha === 1 ? '' : ` opacity="${round(alpha)}"`}${this.clipped()}`;
	}

	clipped() {
		return this.style.clip ? ` clip-path="url(#${this.style.clip})"` : '';
	}
}

export class SvgCanvas {
	/** @param {HTMLElement|null} parentElement the element whose colours the pen reads */
	constructor(parentElement) {
		this.parentElement = parentElement;
		this.width = 0;
		this.height = 0;
		this.context = new Context();
	}

	getContext() {
		return this.context;
	}

	/** The drawing, as SVG elements. */
	markup() {
		return this.context.parts.join('\n');
	}
}

// A picture of the ring or of the diagram as the page shows it now. The picture is an SVG file.
// It contains its fonts and no script, so it does not need the page. The diagram is drawn again,
// on a canvas that writes SVG. The ring is SVG already: it is copied, and its computed styles are
// written into the copy.

import { Pen } from './pen.js';
import { escapeXML, fitForXML, SvgCanvas } from './svg-canvas.js';

/** @typedef {import('../model/view.js').View} View */
/** @typedef {'light'|'dark'} Theme */
/** @typedef {{x: number, y: number, w: number, h: number}} Box in CSS pixels */
/** @typedef {{w: number, h: number, svg: string}} Picture w, h in CSS pixels */

const EDGE = 8; // px of margin around words that extend beyond the ring's edge
const BEYOND = 60; // px beyond the ring's edge that the picture shows, at most
const SHAPES = ['path', 'line', 'circle', 'rect', 'text', 'tspan', 'ellipse', 'polygon', 'polyline'];
const GROUPS = ['g', 'defs', 'pattern', 'clipPath'];
const GEOMETRY = ['d', 'x', 'y', 'dx', 'dy', 'x1', 'y1', 'x2', 'y2', 'cx', 'cy', 'r', 'rx', 'ry', 'width', 'height', 'points', 'transform', 'id', 'patternUnits', 'patternTransform', 'clip-path'];
/** Properties, each with its default. A property with this value is not written. @type {Record<string, string>} */
const LOOKS = {
	fill: '', 'fill-opacity': '1', stroke: 'none', 'stroke-width': '', 'stroke-opacity': '1', 'stroke-dasharray': 'none', 'stroke-dashoffset': '0px', 'stroke-linecap': 'butt', 'stroke-linejoin': 'miter', opacity: '1', 'paint-order': 'normal',
};
/** @type {Record<string, string>} */
const LETTERS = { 'font-family': '', 'font-size': '', 'font-weight': '400', 'font-style': 'normal', 'font-variant-numeric': 'normal', 'text-anchor': 'start', 'dominant-baseline': 'auto', 'letter-spacing': 'normal' };
const CLEAR = ['none', 'transparent', 'rgba(0, 0, 0, 0)'];

/**
 * Calls make with the colours of a theme, then restores the page's theme.
 * @template T @param {Theme} theme @param {() => T} make @returns {T}
 */
function inTheme(theme, make) {
	const root = document.documentElement;
	const before = root.dataset.theme;
	root.dataset.theme = theme;
	root.dataset.picture = ''; // ends colour transitions: the picture must have final colours
	try {
		return make();
	} finally {
		if (before) root.dataset.theme = before;
		else delete root.dataset.theme;
		delete root.dataset.picture;
	}
}

/** @param {import('./diagram.js').Diagram} diagram @param {View} view @param {Theme} theme @returns {Promise<Picture>} */
export function pictureOfDiagram(diagram, view, theme) {
	const { w, h } = diagram.size;
	const canvas = new SvgCanvas(diagram.pen.canvas.parentElement);
	const back = inTheme(theme, () => {
		const pen = new Pen(/** @type {any} */ (canvas));
		pen.recolour();
		diagram.drawWith(pen, view);
		return pen.colour.paper;
	});
	return finish({ x: 0, y: 0, w, h }, back, canvas.markup());
}

/** @param {SVGSVGElement} ring @param {Theme} theme @returns {Promise<Picture>} */
export function pictureOfRing(ring, theme) {
	const { back, copy } = inTheme(theme, () => ({ back: colourOf('var(--stage)'), copy: copyOf(ring) }));
	return finish(boxOf(ring), back, copy.map((one) => new XMLSerializer().serializeToString(one)).join('\n'));
}

/**
 * The box of the ring and of the words that extend beyond the ring's edge.
 * @param {SVGSVGElement} ring @returns {Box}
 */
function boxOf(ring) {
	const { width, height } = ring.viewBox.baseVal;
	const drawn = ring.getBBox();
	const beyond = (/** @type {number} */ by) => (by > 0 ? Math.min(by + EDGE, BEYOND) : 0);
	const [left, top, right, bottom] = [-drawn.x, -drawn.y, drawn.x + drawn.width - width, drawn.y + drawn.height - height].map(beyond);
	return { x: -left, y: -top, w: width + left + right, h: height + top + bottom };
}

/** The computed value of a CSS colour. @param {string} value */
function colourOf(value) {
	const probe = document.createElement('span');
	probe.style.color = value;
	document.body.append(probe);
	const { color } = getComputedStyle(probe);
	probe.remove();
	return color;
}

/**
 * Copies of the visible elements below an element, with their computed styles.
 * @param {Element} from @returns {Element[]}
 */
function copyOf(from) {
	return [...from.children].flatMap((child) => {
		const style = getComputedStyle(child);
		const group = GROUPS.includes(child.localName);
		if (style.display === 'none' || !(group || SHAPES.includes(child.localName)) || (!group && !isSeen(style))) return [];
		const copy = document.createElementNS(child.namespaceURI, child.localName);
		for (const name of GEOMETRY) if (child.hasAttribute(name)) copy.setAttribute(name, child.getAttribute(name) ?? '');
		const isText = child.localName === 'text' || child.localName === 'tspan';
		write(copy, style, group ? { opacity: '1' } : isText ? { ...LOOKS, ...LETTERS } : LOOKS);
		if (!isText || child.children.length) copy.append(...copyOf(child));
		else copy.textContent = fitForXML(child.textContent ?? '');
		return group && !copy.childNodes.length ? [] : [copy];
	});
}

/** @param {Element} copy @param {CSSStyleDeclaration} style @param {Record<string, string>} properties */
function write(copy, style, properties) {
	for (const [name, usual] of Object.entries(properties)) {
		const value = style.getPropertyValue(name);
		if (value && value !== usual) copy.setAttribute(name, value);
	}
}

/** @param {CSSStyleDeclaration} style */
function isSeen(style) {
	return style.visibility === 'visible' && !(CLEAR.includes(style.fill) && CLEAR.includes(style.stroke)) && style.opacity !== '0';
}

/** @param {Box} box @param {string} back the background colour @param {string} body @returns {Promise<Picture>} */
async function finish({ x, y, w, h }, back, body) {
	const fonts = await fontsFor(body);
	const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${w}" height="${h}" viewBox="${x} ${y} ${w} ${h}">\n<style>${fonts}</style>\n<rect x="${x}" y="${y}" width="${w}" height="${h}" fill="${escapeXML(back)}"/>\n${body}\n</svg>\n`;
	return { w, h, svg };
}

/** The font-face rules of the fonts that a body uses, with the font data in them. @param {string} body */
async function fontsFor(body) {
	const wide = /[\u0100-\u1fff]|&#(?:2[5-9]\d|[3-9]\d\d|[1-7]\d{3});/.test(body); // characters beyond U+00FF need the latin-ext fonts
	/** @type {Promise<string>[]} */
	const faces = [];
	for (const sheet of document.styleSheets) {
		for (const rule of sheet.cssRules) {
			if (!(rule instanceof CSSFontFaceRule)) continue;
			const family = rule.style.getPropertyValue('font-family').replace(/["']/g, '');
			const src = /url\("([^"]+)"\)/.exec(rule.style.getPropertyValue('src'))?.[1] ?? '';
			if (!body.includes(family) || (src.includes('latin-ext') && !wide)) continue;
			faces.push(face(family, new URL(src, sheet.href ?? location.href).href, rule.style));
		}
	}
	return (await Promise.all(faces)).join('\n');
}

/** @param {string} family @param {string} url @param {CSSStyleDeclaration} style */
async function face(family, url, style) {
	const answer = await fetch(url);
	if (!answer.ok) throw new Error(`the font ${url} cannot be read: status ${answer.status}`);
	const data = await dataOf(await answer.blob(), 'font/woff2');
	return `@font-face{font-family:"${family}";font-weight:${style.getPropertyValue('font-weight')};src:url(${data}) format("woff2");unicode-range:${style.getPropertyValue('unicode-range')}}`;
}

/** A file as a data URL. @param {Blob} blob @param {string} type @returns {Promise<string>} */
function dataOf(blob, type) {
	return new Promise((resolve, reject) => {
		const reader = new FileReader();
		reader.onload = () => resolve(String(reader.result));
		reader.onerror = () => reject(reader.error);
		reader.readAsDataURL(blob.slice(0, blob.size, type));
	});
}

/**
 * A picture as PNG, with two pixels for each CSS pixel, because slides are large.
 * @param {Picture} picture @returns {Promise<Blob>}
 */
export async function png({ w, h, svg }) {
	const image = new Image();
	image.src = await dataOf(new Blob([svg]), 'image/svg+xml');
	await image.decode();
	const canvas = document.createElement('canvas');
	Object.assign(canvas, { width: Math.round(2 * w), height: Math.round(2 * h) });
	canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
	return new Promise((resolve, reject) => canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Error('the picture is too large'))), 'image/png'));
}

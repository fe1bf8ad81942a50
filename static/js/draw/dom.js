// Makes elements of the page, and changes only the parts that differ.

/** The element of the page with an id. It exists, because the templates make all such elements. @param {string} id */
export const $ = (id) => /** @type {HTMLElement} */ (document.getElementById(id));

/**
 * Makes an element.
 * @param {string} name @param {string} [text] @param {Record<string, string>} [attributes]
 */
export function el(name, text, attributes = {}) {
	const e = document.createElement(name);
	if (text) e.textContent = text;
	for (const [k, v] of Object.entries(attributes)) e.setAttribute(k, v);
	return e;
}
const NS = 'http://www.w3.org/2000/svg';

/**
 * Makes an svg element.
 * @param {string} name
 * @param {Record<string, string|number>} [attributes]
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}) {
	const el = document.createElementNS(NS, name);
	for (const [key, value] of Object.entries(attributes)) el.setAttribute(key, String(value));
	return el;
}

/**
 * Sets an attribute where it differs; undefined removes it.
 * @param {Element} el @param {string} name @param {string|number|undefined} value
 */
export function set(el, name, value) {
	if (value === undefined) {
		if (el.hasAttribute(name)) el.removeAttribute(name);
		return;
	}
	const text = String(value);
	if (el.getAttribute(name) !== text) el.setAttribute(name, text);
}

/** @param {Element} el @param {string} text */
export function say(el, text) {
	const first = el.firstChild;
	if (first instanceof Text && !first.nextSibling) {
		if (first.data !== text) first.data = text;
	} else if (first || text) el.textContent = text;
}

/** Whether the page is on a touch screen without a mouse. Hints for fingers replace the hints for keys there. */
export const byFingers = () => matchMedia('(pointer: coarse) and (hover: none)').matches;

/** With what the person who reads uses this page. @returns {import('../modes/hints.js').Reader} */
export const reader = () => (document.documentElement.hasAttribute('data-audience') ? 'eyes' : byFingers() ? 'fingers' : 'keys');

/**
 * The size of an element. An observer keeps it up to date, so that no frame forces a
 * layout.
 * @param {Element} el @param {() => void} [changed]
 * @returns {{w: number, h: number}}
 */
export function sizeOf(el, changed) {
	const size = { w: el.clientWidth, h: el.clientHeight };
	new ResizeObserver(() => {
		size.w = el.clientWidth;
		size.h = el.clientHeight;
		changed?.();
	}).observe(el);
	return size;
}

/** Calls act on a press on an element that is no button: by pointer, Enter or Space. @param {Element} el @param {() => void} act */
export function onPress(el, act) {
	el.addEventListener('click', act);
	onEnter(el, act);
}

/** Calls act on Enter or Space on an element that is no button. @param {Element} el @param {() => void} act */
export function onEnter(el, act) {
	el.addEventListener('keydown', (e) => {
		const { key } = /** @type {KeyboardEvent} */ (e);
		if (key !== 'Enter' && key !== ' ') return;
		e.preventDefault();
		e.stopPropagation();
		act();
	});
}

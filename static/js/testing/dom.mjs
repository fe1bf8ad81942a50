// The part of a browser's document that drawing needs, so that tests can read a
// drawing without a browser: a tree of elements with attributes and text, and a
// canvas that records its strokes.

class FakeNode {
	constructor() {
		/** @type {FakeElement|undefined} */
		this.parentElement = undefined;
	}

	get textContent() {
		return '';
	}

	remove() {
		const of = this.parentElement?.childNodes;
		if (of) of.splice(of.indexOf(this), 1);
		this.parentElement = undefined;
	}

	/** @returns {FakeNode|undefined} */
	get nextSibling() {
		const of = this.parentElement?.childNodes ?? [];
		return of[of.indexOf(this) + 1];
	}
}

class FakeText extends FakeNode {
	/** @param {string} data */
	constructor(data) {
		super();
		this.data = data;
	}

	/** @override */
	get textContent() {
		return this.data;
	}
}

export class FakeElement extends FakeNode {
	/** @param {string} name */
	constructor(name) {
		super();
		this.name = name;
		/** @type {Map<string, string>} */
		this.attributes = new Map();
		/** @type {FakeNode[]} */
		this.childNodes = [];
		this.clientWidth = 868;
		this.clientHeight = 464;
		this.style = /** @type {any} */ ({ setProperty() {} });
	}

	/** @param {string} name @param {string} value */
	setAttribute(name, value) {
		this.attributes.set(name, value);
	}

	/** @param {string} name */
	getAttribute(name) {
		return this.attributes.get(name) ?? null;
	}

	/** @param {string} name */
	hasAttribute(name) {
		return this.attributes.has(name);
	}

	/** @param {string} name */
	removeAttribute(name) {
		this.attributes.delete(name);
	}

	/** @param {...(FakeElement|string)} nodes */
	append(...nodes) {
		for (const one of nodes) {
			const node = typeof one === 'string' ? new FakeText(one) : one;
			node.remove();
			node.parentElement = this;
			this.childNodes.push(node);
		}
	}

	/** @param {...FakeElement} nodes */
	replaceChildren(...nodes) {
		for (const one of [...this.childNodes]) one.remove();
		this.append(...nodes);
	}

	get children() {
		return this.childNodes.filter((one) => one instanceof FakeElement);
	}

	get firstChild() {
		return this.childNodes[0];
	}

	get lastChild() {
		return this.childNodes.at(-1);
	}

	/** @override @returns {string} */
	get textContent() {
		return this.childNodes.map((one) => one.textContent).join('');
	}

	set textContent(text) {
		this.replaceChildren();
		if (text) this.append(text);
	}

	addEventListener() {}

	/** A fade ends at once, because no time passes here. */
	animate() {
		return { set onfinish(/** @type {() => void} */ end) { end(); } };
	}

	/**
	 * The elements below it that have an attribute with a value.
	 * @param {string} name @param {string} [value] any, without it
	 * @returns {FakeElement[]}
	 */
	all(name, value) {
		return this.children.flatMap((one) => [...(one.hasAttribute(name) && (value === undefined || one.getAttribute(name) === value) ? [one] : []), ...one.all(name, value)]);
	}
}
/** @typedef {{kind: string, colour: string, alpha: number, dash: number[], args: any[], path: [number, number][]}} Stroke */

/** A canvas that records its strokes since it was last cleared. @param {number} width @param {number} height */
export function fakeCanvas(width, height) {
	/** @type {Stroke[]} */
	let strokes = [];
	/** @type {[number, number][]} */
	let path = [];
	/** @type {number[]} */
	let dash = [];
	const note = (/** @type {string} */ kind, /** @type {string} */ colour, /** @type {any[]} */ args = []) => strokes.push({ kind, colour, alpha: ctx.globalAlpha, dash, args, path });
	const ctx = {
		strokeStyle: '', fillStyle: '', globalAlpha: 1, setTransform() {}, save() {}, restore() {}, clip() {}, rect() {}, strokeText() {}, arc() {},
		clearRect: () => { strokes = []; },
		beginPath: () => { path = []; },
		moveTo: (/** @type {number} */ x, /** @type {number} */ y) => path.push([x, y]),
		lineTo: (/** @type {number} */ x, /** @type {number} */ y) => path.push([x, y]),
		setLineDash: (/** @type {number[]} */ d) => { dash = d; },
		stroke: () => note('stroke', ctx.strokeStyle),
		fill: () => note('fill', ctx.fillStyle),
		roundRect: (/** @type {any[]} */ ...args) => note('roundRect', ctx.fillStyle, args),
		fillRect: (/** @type {any[]} */ ...args) => note('fillRect', ctx.fillStyle, args),
		fillText: (/** @type {any[]} */ ...args) => note('fillText', ctx.fillStyle, args),
	};
	const canvas = Object.assign(new FakeElement('canvas'), { clientWidth: width, clientHeight: height, width: 0, height: 0, getContext: () => ctx });
	new FakeElement('section').append(canvas);
	return { canvas: /** @type {HTMLCanvasElement} */ (/** @type {any} */ (canvas)), strokes: () => strokes };
}

Object.assign(globalThis, {
	Text: FakeText, Element: FakeElement, devicePixelRatio: 1,
	document: { createElementNS: (/** @type {string} */ _ns, /** @type {string} */ name) => new FakeElement(name), createElement: (/** @type {string} */ name) => new FakeElement(name) },
	ResizeObserver: class {
		observe() {}
	},
	getComputedStyle: (/** @type {FakeElement} */ e) => ({ color: e.style.color }), // the token itself: tests ask for it by name
});

// The pen draws lines, texts and crosses on a canvas. A colour has the name of its CSS token.

const TOKENS = ['ink', 'ink2', 'request', 'yes', 'no', 'decide', 'repair', 'background', 'frozen', 'frozen-fill', 'dead', 'link', 'paper', 'rule', 'lock',
	...['1', '2', '3', '4'].flatMap((term) => [`term-${term}`, `term-${term}-faint`])];

export class Pen {
	/** @param {HTMLCanvasElement} canvas */
	constructor(canvas) {
		this.canvas = canvas;
		this.ctx = /** @type {CanvasRenderingContext2D} */ (canvas.getContext('2d'));
		/** @type {Record<string, string>} by token */
		this.colour = {};
	}

	/** Reads the colours of the theme that is in force. */
	recolour() {
		const probe = document.createElement('span');
		probe.style.setProperty('forced-color-adjust', 'none'); // else, with forced colours, each token would have the colour of text
		this.canvas.parentElement?.append(probe);
		for (const name of TOKENS) {
			probe.style.color = `var(--${name})`;
			this.colour[name] = getComputedStyle(probe).color;
		}
		probe.remove();
	}

	/** Begins a frame of w×h CSS pixels. @param {number} w @param {number} h */
	clear(w, h) {
		const { canvas, ctx } = this;
		const dpr = devicePixelRatio || 1;
		const [width, height] = [Math.round(w * dpr), Math.round(h * dpr)];
		if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
		ctx.setTransform(dpr, 0, 0, dpr, 0, 0);
		ctx.clearRect(0, 0, w, h);
		ctx.lineCap = 'round';
	}

	/** @param {number} x0 @param {number} y0 @param {number} x1 @param {number} y1 */
	line(x0, y0, x1, y1) {
		const { ctx } = this;
		ctx.beginPath();
		ctx.moveTo(x0, y0);
		ctx.lineTo(x1, y1);
		ctx.stroke();
	}

	/** @param {string} token of the colour @param {number} width @param {number[]} [dash] */
	stroke(token, width, dash = []) {
		this.ctx.strokeStyle = this.colour[token];
		this.ctx.lineWidth = width;
		this.ctx.setLineDash(dash);
	}

	/** @param {string} text @param {number} x @param {number} y @param {{font: string, align: CanvasTextAlign, token: string, baseline?: CanvasTextBaseline, halo?: number}} style halo: its width */
	text(text, x, y, { font, align, token, baseline, halo }) {
		const { ctx } = this;
		ctx.font = font;
		ctx.textAlign = align;
		if (baseline) ctx.textBaseline = baseline;
		if (halo) {
			this.stroke('paper', halo);
			ctx.strokeText(text, x, y);
		}
		ctx.fillStyle = this.colour[token];
		ctx.fillText(text, x, y);
	}

	/** The × of a lost message, which is 2a wide. @param {number} x @param {number} y @param {number} a */
	cross(x, y, a) {
		for (const [token, width] of /** @type {const} */ ([['paper', a * 1.5], ['no', a * 0.72]])) {
			this.stroke(token, width);
			this.line(x - a, y - a, x + a, y + a);
			this.line(x - a, y + a, x + a, y - a);
		}
	}
}

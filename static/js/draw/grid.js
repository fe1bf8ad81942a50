// The stage as small squares that are free or taken. The cost of a question about an
// area does not depend on how many things stand on the stage.

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {{x: number, y: number, r: number}} Disc */

const SQUARE = 5; // side of a square, in px at 1920×1080

export class Grid {
	/** @param {number} w px @param {number} h px @param {number} step px of a square */
	constructor(w, h, step) {
		this.step = step;
		this.columns = Math.ceil(w / step) + 1;
		this.rows = Math.ceil(h / step) + 1;
		this.taken = new Uint8Array(this.columns * this.rows);
		/** @type {Uint32Array|undefined} for each corner, the number of taken squares to the left of it and above it */
		this.sums = undefined;
	}

	/** Takes an area and a margin around it. @param {Rect|Disc} area @param {number} [margin] px */
	take(area, margin = 0) {
		this.sums = undefined;
		const disc = 'r' in area ? area : undefined;
		const box = 'r' in area ? { x: area.x - area.r, y: area.y - area.r, w: 2 * area.r, h: 2 * area.r } : area;
		const { step, columns, rows } = this;
		const [x0, x1] = [Math.max(0, Math.floor((box.x - margin) / step)), Math.min(columns - 1, Math.floor((box.x + box.w + margin) / step))];
		const [y0, y1] = [Math.max(0, Math.floor((box.y - margin) / step)), Math.min(rows - 1, Math.floor((box.y + box.h + margin) / step))];
		for (let y = y0; y <= y1; y++) {
			for (let x = x0; x <= x1; x++) {
				if (disc && Math.hypot((x + 0.5) * step - disc.x, (y + 0.5) * step - disc.y) > disc.r + margin) continue;
				this.taken[y * columns + x] = 1;
			}
		}
	}

	/** Whether the square at a point is taken. @param {number} x @param {number} y */
	has(x, y) {
		const [column, row] = [Math.floor(x / this.step), Math.floor(y / this.step)];
		return column >= 0 && row >= 0 && column < this.columns && row < this.rows && this.taken[row * this.columns + column] === 1;
	}

	/** How much of a box is taken, px². @param {Rect} box */
	areaIn(box) {
		this.sums ??= sumsOf(this);
		const { step, columns, rows, sums } = this;
		const clamp = (/** @type {number} */ v, /** @type {number} */ most) => Math.max(0, Math.min(most, v));
		const [x0, x1] = [clamp(Math.floor(box.x / step), columns), clamp(Math.ceil((box.x + box.w) / step), columns)];
		const [y0, y1] = [clamp(Math.floor(box.y / step), rows), clamp(Math.ceil((box.y + box.h) / step), rows)];
		if (x1 <= x0 || y1 <= y0) return 0;
		const at = (/** @type {number} */ x, /** @type {number} */ y) => sums[y * (columns + 1) + x];
		return (at(x1, y1) - at(x0, y1) - at(x1, y0) + at(x0, y0)) * step * step;
	}
}

/** @param {Grid} grid */
function sumsOf({ columns, rows, taken }) {
	const sums = new Uint32Array((columns + 1) * (rows + 1));
	for (let y = 0; y < rows; y++) {
		let row = 0;
		for (let x = 0; x < columns; x++) {
			row += taken[y * columns + x];
			sums[(y + 1) * (columns + 1) + x + 1] = sums[y * (columns + 1) + x + 1] + row;
		}
	}
	return sums;
}

/**
 * A grid of the stage, in which the squares of the areas are taken.
 * @param {Geometry} g @param {(Rect|Disc)[]} areas @param {number} [margin] px around each
 */
export function gridOf(g, areas, margin = 0) {
	const grid = new Grid(g.w, g.h, Math.max(3, SQUARE * g.k));
	for (const area of areas) grid.take(area, margin);
	return grid;
}

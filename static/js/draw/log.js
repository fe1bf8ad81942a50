// What a node shows of a replicated log, around its circle: its term, the last
// entries, how far they are committed, the time in which it will ask for votes,
// and the votes that it has as a candidate.

import { svg, say, set } from './dom.js';
import { n, textWidth } from './layout.js';

/** @typedef {import('./layout.js').Geometry} Geometry */
/** @typedef {import('./layout.js').Place} Place */
/** @typedef {import('./layout.js').Rect} Rect */
/** @typedef {import('../model/types.js').Node} Node */
/** @typedef {import('../model/types.js').Cell} Cell */

const CELLS = 6; // entries that there is room for
const PITCH = 42;
const WIDTH = 39;
const HEIGHT = 66;
const STRUCK = 6000; // elastic ms for which overwritten entries stay
const TICKS = 12; // of the engine, in the time in which a node may ask

/** The colour of a term: neighbouring terms differ. @param {number} term */
export const hue = (term) => String(((term - 1) % 4) + 1);

/**
 * Makes the parts of one node, without content. The node's circle is at 0, 0.
 * @param {Geometry} g @param {Place} p
 * @param {Element} name the node's number, which makes room for the term
 * @param {() => void} ask fires the election by hand
 */
export function makeLog(g, p, name, ask) {
	const { k, r } = g;
	const under = svg('g', { class: 'log-term', 'aria-hidden': 'true' });
	const y = 19 * k;
	const half = Math.sqrt(r * r - y * y);
	const fill = svg('path', { d: `M${n(-half)} ${n(y)}A${n(r)} ${n(r)} 0 0 0 ${n(half)} ${n(y)}Z` });
	const term = svg('text', { y: n(51 * k) });
	under.append(fill, term);
	const band = svg('g', { class: 'log-band', 'data-testid': 'band' });
	band.addEventListener('click', (e) => {
		e.stopPropagation();
		ask();
	});
	const cells = svg('g', { class: 'log-cells', 'data-testid': 'log' });
	const ballots = svg('g', { class: 'log-ballots', 'data-testid': 'ballots' });
	const at = cellsAt(g, p);
	cells.setAttribute('transform', `translate(${n(at.x)} ${n(at.y)})`);
	ballots.setAttribute('transform', `translate(${n(at.x)} ${n(at.y + 90 * k)})`);
	/** @type {Rect} in the stage's own units */
	const cover = { x: p.x + at.x, y: p.y + at.y, w: CELLS * PITCH * k, h: (HEIGHT + 12) * k };
	/** @type {Rect} */
	const coverBallots = { x: cover.x, y: cover.y + 90 * k, w: 260 * k, h: HEIGHT * k };
	const right = p.disc.x >= p.x;
	const low = p.disc.y > p.y;
	const number = { x: (right ? 1 : -1) * (low ? 85 : 70) * k, y: (low ? 44 : -62) * k }; // its place beside a term
	const away = `translate(${n(number.x - p.disc.x + p.x)} ${n(number.y - p.disc.y + p.y)})`;
	const start = Math.atan2(number.y, number.x) + 0.42;
	const seen = { cells: '', band: '', ballots: '', there: false };

	/** @param {Node} node @param {number} x @param {number} v virtual time @returns {Rect[]} what labels must not cover */
	function draw(node, x, v) {
		const there = node.term > 0 || !!node.log;
		seen.there = there;
		set(under, 'visibility', there ? undefined : 'hidden');
		set(name, 'transform', there ? away : undefined);
		set(under, 'data-term', node.term ? hue(node.term) : undefined);
		say(term, node.term ? `term ${node.term}` : '');
		drawCells(node, x);
		drawBand(node, v);
		drawBallots(node);
		/** @type {Rect[]} */
		const taken = [];
		if (node.log?.cells.length) taken.push(cover);
		if (node.ballots) taken.push(coverBallots);
		return taken;
	}

	/** @param {Node} node @param {number} x */
	function drawCells({ log }, x) {
		const struck = log && x - log.struckX < STRUCK ? log.struck : [];
		const now = log ? JSON.stringify([log.cells, log.commit, log.applied, struck.length]) : '';
		if (now === seen.cells) return;
		seen.cells = now;
		cells.replaceChildren();
		if (!log) return;
		const shown = log.cells.slice(-CELLS);
		const first = shown[0]?.i ?? 0;
		for (const c of struck) if (c.i >= first && c.i < first + CELLS) cells.append(cellOf(c, (c.i - first) * PITCH * k, -HEIGHT * k - 8 * k, 'struck', k));
		for (const [i, c] of shown.entries()) {
			const is = c.i <= log.applied ? 'applied' : c.i <= log.commit ? 'committed' : 'open';
			cells.append(cellOf(c, i * PITCH * k, 0, is, k));
		}
		const committed = shown.filter((c) => c.i <= log.commit).length;
		if (committed) {
			const end = (committed * PITCH - 3) * k;
			const line = (HEIGHT + 8) * k;
			cells.append(svg('path', { class: 'commit', d: `M0 ${n(line)}H${n(end)}m0 ${n(-7 * k)}v${n(14 * k)}` }));
		}
	}

	/** @param {Node} node @param {number} v */
	function drawBand({ log, status, role }, v) {
		const waits = !!log?.willAsk && status !== 'killed' && role !== 'leader';
		const length = waits && log ? log.willAsk - log.mayAsk : 0;
		const gone = waits && log ? Math.max(0, Math.min(1, (v - log.mayAsk + length) / (2 * length))) : 0;
		const now = waits ? gone.toFixed(3) : '';
		if (now === seen.band) return;
		if (!seen.band || !now) {
			band.replaceChildren();
			set(band, 'role', waits ? 'button' : undefined);
			if (!waits) set(band, 'aria-label', undefined);
			else bandLines();
		}
		seen.band = now;
		const hand = band.querySelector('.gone');
		if (!hand) return;
		const end = start + gone * SWEEP;
		hand.setAttribute('d', `${arc(92 * k, start, end)}M${at2(84 * k, end)}L${at2(104 * k, end)}`);
		set(band, 'data-may', gone >= 0.5 ? '' : undefined);
		const label = `${gone >= 0.5 ? 'may ask for votes' : 'waits for a leader'}: ask now`;
		set(band, 'aria-label', label);
		say(/** @type {any} */ (band.querySelector('title')), label);
	}

	/** The lines of the band that stay: too early, may ask, will ask. */
	function bandLines() {
		const middle = start + SWEEP / 2;
		const will = start + SWEEP - 0.3;
		let ticks = '';
		for (let i = 0; i <= TICKS; i++) {
			const a = middle + ((will - middle) * i) / TICKS;
			ticks += `M${at2(86 * k, a)}L${at2(102 * k, a)}`;
		}
		band.append(
			svg('title'),
			svg('path', { class: 'early', d: arc(92 * k, start, middle) }),
			svg('path', { class: 'may', d: `${arc(86 * k, middle, will)}${arc(102 * k, middle, will)}${ticks}` }),
			svg('path', { class: 'will', d: ring(86 * k, 102 * k, will, start + SWEEP) }),
			svg('path', { class: 'gone' }),
		);
	}

	/** @param {Node} node */
	function drawBallots({ ballots: b, status }) {
		const now = b && status !== 'killed' ? JSON.stringify([b.yes, b.no, b.waiting, b.phase, b.term]) : '';
		if (now === seen.ballots) return;
		seen.ballots = now;
		ballots.replaceChildren();
		if (!b || !now) return;
		const all = [...b.yes, ...b.no, ...b.waiting].sort((one, two) => one - two);
		for (const [i, id] of all.entries()) {
			const is = b.yes.includes(id) ? 'yes' : b.no.includes(id) ? 'no' : 'open';
			const box = svg('g', { class: `ballot ${is}`, 'data-node': id, 'data-vote': is, transform: `translate(${n(i * 51 * k)} 0)` });
			const name = svg('text', { x: n(21 * k), y: n(28 * k) });
			name.textContent = String(id);
			const mark = { yes: 'M11 46l7 8l14 -16', no: 'M12 40h18v16h-18z', open: 'M12 48h18' }[is];
			box.append(svg('rect', { width: n(43 * k), height: n(HEIGHT * k), rx: n(4 * k) }), name, svg('path', { d: mark, transform: `scale(${n(k)})` }));
			ballots.append(box);
		}
	}

	/** How far the band reaches beyond the circle. */
	const reach = () => (seen.there ? 32 * k : 0);

	return { under, band, cells, ballots, draw, reach };
}

const SWEEP = 2 * Math.PI - 0.96; // of the band, which leaves the node's number free

/** @param {number} radius @param {number} a */
const at2 = (radius, a) => `${n(radius * Math.cos(a))} ${n(radius * Math.sin(a))}`;

/** @param {number} radius @param {number} a @param {number} b */
function arc(radius, a, b) {
	return `M${at2(radius, a)}A${n(radius)} ${n(radius)} 0 ${b - a > Math.PI ? 1 : 0} 1 ${at2(radius, b)}`;
}

/** @param {number} inner @param {number} outer @param {number} a @param {number} b */
function ring(inner, outer, a, b) {
	return `M${at2(inner, a)}A${n(inner)} ${n(inner)} 0 0 1 ${at2(inner, b)}L${at2(outer, b)}A${n(outer)} ${n(outer)} 0 0 0 ${at2(outer, a)}Z`;
}

/**
 * The upper left corner of a node's cells, seen from its centre: beside a low
 * node, above a high one, to the right of the topmost.
 * @param {Geometry} g @param {Place} p
 */
function cellsAt({ k, w, h, r }, p) {
	const wide = CELLS * PITCH * k;
	const right = p.x >= w / 2;
	/** @param {number} x @param {number} y */
	const inside = (x, y) => ({ x: Math.max(8 * k - p.x, Math.min(x, w - wide - 8 * k - p.x)), y: Math.max((HEIGHT + 16) * k - p.y, Math.min(y, h - (HEIGHT + 16) * k - p.y)) });
	if (p.top) return inside(112 * k, -90 * k);
	if (p.y < h * 0.6) return right ? inside(-10 * k, -r - 120 * k) : inside(10 * k - wide, -r - 120 * k);
	return right ? inside(130 * k, -62 * k) : inside(-128 * k - wide, -62 * k);
}

/** @param {Cell} c @param {number} x @param {number} y @param {string} is @param {number} k */
function cellOf(c, x, y, is, k) {
	const cell = svg('g', { class: `cell ${is}`, 'data-term': hue(c.t), 'data-index': c.i, 'data-state': is, transform: `translate(${n(x)} ${n(y)})` });
	const term = svg('text', { x: n((WIDTH / 2) * k), y: n(28 * k) });
	const key = svg('text', { class: 'key', x: n((WIDTH / 2) * k), y: n(56 * k) });
	term.textContent = String(c.t);
	const letter = [...(c.k ?? '')][0] ?? '•';
	key.textContent = textWidth(letter, 28 * k) > WIDTH * k ? '…' : letter;
	const title = svg('title');
	title.textContent = `entry ${c.i} of term ${c.t}: ${c.k || 'the first of its leader'}, ${is === 'open' ? 'not committed' : is === 'struck' ? 'overwritten' : is}`;
	cell.append(title, svg('rect', { width: n(WIDTH * k), height: n(HEIGHT * k), rx: n(4 * k) }), term, key);
	if (is === 'struck') cell.append(svg('path', { class: 'strike', d: `M${n(-7 * k)} ${n(33 * k)}H${n((WIDTH + 7) * k)}` }));
	return cell;
}

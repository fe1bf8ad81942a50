// Computes the contrast of every pair of tokens in use (WCAG 2.2), and the distances
// between the message classes (CIEDE2000). The distances are computed with and without
// a colour vision deficiency (Machado, Oliveira, Fernandes 2009).

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { test } from 'node:test';

/** @typedef {[number, number, number]} Triple */

const css = new URL('../../css/', import.meta.url);
const sheets = readdirSync(css).filter((name) => name.endsWith('.css')).map((name) => ({ name, text: readFileSync(new URL(name, css), 'utf8').replaceAll(/\/\*[^]*?\*\//g, '') }));
const js = new URL('../', import.meta.url);
const scripts = readdirSync(js, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js')).map((name) => readFileSync(new URL(name, js), 'utf8'));

/** Tokens by theme: name to "#rrggbb". @type {Record<string, Map<string, string>>} */
const themes = { light: new Map(), dark: new Map() };
for (const { text } of sheets) {
	for (const [, name, light, dark] of text.matchAll(/--([\w-]+):\s*light-dark\((#\w{6}),\s*(#\w{6})\)/g)) {
		themes.light.set(name, light);
		themes.dark.set(name, dark);
	}
}

/** Words, and the grounds under them: the stage, the paper or their own fill. At least 7:1. */
const words = {
	ink: ['stage', 'paper', 'yes-fill', 'no-fill', 'frozen-fill', 'term-1-faint', 'term-2-faint', 'term-3-faint', 'term-4-faint'],
	ink2: ['stage', 'paper'],
	yes: ['stage', 'paper', 'yes-fill'],
	'no-text': ['stage', 'paper', 'no-fill'],
	'frozen-text': ['stage', 'paper', 'frozen-fill'],
	stage: ['ink', 'lock'],
	'amber-text': ['paper', 'amber-fill'],
	'on-term': ['term-1', 'term-2', 'term-3', 'term-4'],
};

/** Numbers on discs, large and bold, and the grounds under them. At least 4.5:1. */
const numbers = { stage: ['frozen', 'dead'] };

/** Drawn things, and the grounds under them. At least 3:1. */
const drawn = {
	request: ['stage', 'paper'], yes: ['stage', 'paper'], no: ['stage', 'paper', 'no-fill'], decide: ['stage', 'paper'],
	repair: ['stage', 'paper'], background: ['stage', 'paper'], frozen: ['stage', 'paper', 'frozen-fill'], dead: ['stage', 'paper'], lock: ['stage', 'paper'],
	'term-1': ['stage', 'term-1-faint'], 'term-2': ['stage', 'term-2-faint'], 'term-3': ['stage', 'term-3-faint'], 'term-4': ['stage', 'term-4-faint'],
};

/** Decoration. The page shows the same fact in another way, too. */
const decorative = ['link', 'rule'];

const classes = ['request', 'yes', 'no', 'decide', 'repair', 'background'];

for (const [theme, tokens] of Object.entries(themes)) {
	const ratio = (/** @type {string} */ a, /** @type {string} */ b) => contrast(rgb(tokens, a), rgb(tokens, b));
	for (const [what, pairs, least] of /** @type {[string, Record<string, string[]>, number][]} */ ([['words', words, 7], ['numbers', numbers, 4.5], ['marks', drawn, 3]])) {
		test(`${theme}: ${what} have a contrast of ${least}:1`, () => {
			for (const [on, grounds] of Object.entries(pairs)) {
				for (const ground of grounds) {
					const r = ratio(on, ground);
					assert.ok(r >= least, `${on} on ${ground}: ${r.toFixed(2)}, want ${least}`);
				}
			}
		});
	}

	test(`${theme}: a rule's own words can be read on its own ground`, () => {
		for (const { name, text } of sheets) {
			for (const [rule, body] of [...text.matchAll(/([^{}]+)\{([^{}]*)\}/g)].map((m) => [m[1].trim(), m[2]])) {
				const on = /(?:^|[;\s])color:\s*var\(--([\w-]+)\)/.exec(body)?.[1];
				const ground = /(?:^|[;\s])background(?:-color)?:\s*var\(--([\w-]+)\)/.exec(body)?.[1];
				if (!on || !ground || !tokens.has(on) || !tokens.has(ground)) continue;
				const r = ratio(on, ground);
				assert.ok(r >= 4.5, `${name}, ${rule}: ${on} on ${ground}: ${r.toFixed(2)}, want 4.5`);
			}
		}
	});

	// The least distances are those of the present palette. The test fails if two
	// classes come closer to each other.
	const least = { light: { normal: 22.6, protan: 17.1, deutan: 15.2, tritan: 17.4 }, dark: { normal: 22.4, protan: 17.8, deutan: 15.6, tritan: 15.7 } }[theme];
	for (const [eye, wanted] of Object.entries(least ?? {})) {
		test(`${theme}: the classes keep apart for ${eye} eyes`, (t) => {
			let nearest = { d: Infinity, pair: '' };
			for (const a of classes) {
				for (const b of classes) {
					if (a >= b) continue;
					const d = distance(lab(seen(rgb(tokens, a), eye)), lab(seen(rgb(tokens, b), eye)));
					if (d < nearest.d) nearest = { d, pair: `${a} and ${b}` };
				}
			}
			t.diagnostic(`nearest: ${nearest.pair}, ${nearest.d.toFixed(1)}`);
			assert.ok(nearest.d >= wanted - 0.05, `${nearest.pair}: ${nearest.d.toFixed(1)}, want ${wanted}`);
		});
	}
}

test('every colour in use is in these tables', () => {
	const known = new Set([...decorative, ...[words, numbers, drawn].flatMap((pairs) => [...Object.keys(pairs), ...Object.values(pairs).flat()])]);
	const used = new Set(sheets.flatMap(({ text }) => [...text.matchAll(/var\(--([\w-]+)[,)]/g)].map((m) => m[1])));
	for (const text of scripts) for (const name of themes.light.keys()) if (text.includes(`'${name}'`) || text.includes(`--${name}`)) used.add(name);
	for (const name of used) if (themes.light.has(name)) assert.ok(known.has(name), `no test computes the contrast of --${name}`);
	for (const { name, text } of sheets) {
		if (name === 'tokens.css') continue;
		assert.deepEqual(text.match(/#[0-9a-f]{3,8}\b(?=[^{}]*[;}])/gi) ?? [], [], `${name} has colours that are no tokens`);
	}
});

test('the arithmetic agrees with published values', () => {
	assert.equal(contrast([1, 1, 1], [0, 0, 0]), 21);
	// Sharma, Wu, Dalal 2005, pairs 1, 7 and 25 of their test data.
	const near = (/** @type {number} */ d, /** @type {number} */ want) => assert.ok(Math.abs(d - want) < 1e-4, `${d}, want ${want}`);
	near(distance([50, 2.6772, -79.7751], [50, 0, -82.7485]), 2.0425);
	near(distance([50, 0, 0], [50, -1, 2]), 2.3669);
	near(distance([60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387]), 1.2644);
});

/** The channels of a token, from 0 to 1, linear in light. @param {Map<string, string>} tokens @param {string} name @returns {Triple} */
function rgb(tokens, name) {
	const hex = tokens.get(name);
	assert.ok(hex, `no token --${name}`);
	return /** @type {Triple} */ ([1, 3, 5].map((at) => {
		const c = parseInt(hex.slice(at, at + 2), 16) / 255;
		return c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4;
	}));
}

/** The contrast of two colours (WCAG 2.2), from linear channels. @param {Triple} a @param {Triple} b */
function contrast(a, b) {
	const [dark, light] = [a, b].map(([r, g, blue]) => 0.2126 * r + 0.7152 * g + 0.0722 * blue).sort((x, y) => x - y);
	return (light + 0.05) / (dark + 0.05);
}

/** A colour as this kind of eye sees it: Machado et al., severity 1. @param {Triple} c @param {string} eye @returns {Triple} */
function seen(c, eye) {
	/** @type {Record<string, Triple[]>} */
	const matrices = {
		protan: [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
		deutan: [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.01182, 0.04294, 0.968881]],
		tritan: [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.3039]],
	};
	const m = matrices[eye];
	return m ? times(m, c, (x) => Math.max(0, Math.min(1, x))) : c;
}

/** @param {Triple[]} m @param {Triple} c @param {(x: number) => number} [then] @returns {Triple} */
function times(m, c, then = (x) => x) {
	return /** @type {Triple} */ (m.map((row) => then(row[0] * c[0] + row[1] * c[1] + row[2] * c[2])));
}

/** CIE L*a*b*, white D65, of linear sRGB. @param {Triple} c @returns {Triple} */
function lab(c) {
	const xyz = times([[0.4124564, 0.3575761, 0.1804375], [0.2126729, 0.7151522, 0.072175], [0.0193339, 0.119192, 0.9503041]], c);
	const [x, y, z] = [xyz[0] / 0.95047, xyz[1], xyz[2] / 1.08883].map((v) => (v > 216 / 24389 ? Math.cbrt(v) : (24389 / 27 * v + 16) / 116));
	return [116 * y - 16, 500 * (x - y), 200 * (y - z)];
}

/** The CIEDE2000 distance, as in Sharma, Wu, Dalal 2005. @param {Triple} one @param {Triple} two */
function distance([l1, a1, b1], [l2, a2, b2]) {
	const rad = Math.PI / 180;
	const c = (Math.hypot(a1, b1) + Math.hypot(a2, b2)) / 2;
	const g = 0.5 * (1 - Math.sqrt(c ** 7 / (c ** 7 + 25 ** 7)));
	const [p1, p2] = [a1 * (1 + g), a2 * (1 + g)];
	const [c1, c2] = [Math.hypot(p1, b1), Math.hypot(p2, b2)];
	const hue = (/** @type {number} */ b, /** @type {number} */ a) => (a || b ? (Math.atan2(b, a) / rad + 360) % 360 : 0);
	const [h1, h2] = [hue(b1, p1), hue(b2, p2)];
	const turn = c1 * c2 === 0 ? 0 : ((h2 - h1 + 540) % 360) - 180;
	const dH = 2 * Math.sqrt(c1 * c2) * Math.sin((turn * rad) / 2);
	const [l, cm] = [(l1 + l2) / 2, (c1 + c2) / 2];
	const h = c1 * c2 === 0 ? h1 + h2 : Math.abs(h1 - h2) <= 180 ? (h1 + h2) / 2 : (h1 + h2 + (h1 + h2 < 360 ? 360 : -360)) / 2;
	const t = 1 - 0.17 * Math.cos((h - 30) * rad) + 0.24 * Math.cos(2 * h * rad) + 0.32 * Math.cos((3 * h + 6) * rad) - 0.2 * Math.cos((4 * h - 63) * rad);
	const sl = 1 + (0.015 * (l - 50) ** 2) / Math.sqrt(20 + (l - 50) ** 2);
	const sc = 1 + 0.045 * cm;
	const sh = 1 + 0.015 * cm * t;
	const rt = -2 * Math.sqrt(cm ** 7 / (cm ** 7 + 25 ** 7)) * Math.sin(60 * rad * Math.exp(-(((h - 275) / 25) ** 2)));
	const [x, y, z] = [(l2 - l1) / sl, (c2 - c1) / sc, dH / sh];
	return Math.sqrt(x * x + y * y + z * z + rt * y * z);
}

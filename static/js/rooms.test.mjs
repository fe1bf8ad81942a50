import { test } from 'node:test';
import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { dirname, join, normalize } from 'node:path';

// The rooms that each room may import from: model ← draw, hands ← main.
const rooms = { model: [], modes: ['model'], draw: ['model', 'modes'], hands: ['model', 'modes', 'draw', 'source'], source: ['model'], simulated: ['model', 'draw', 'source'], talk: ['model', 'modes', 'draw', 'hands', 'source'], files: ['model', 'modes', 'draw', 'hands', 'source'], lanes: ['model', 'modes', 'draw', 'hands', 'source', 'talk'], '': ['model', 'modes', 'draw', 'hands', 'source', 'talk', 'files', 'lanes', 'simulated'] };

/** The room of a path below js; '' for main.js and the scripts of other pages. @param {string} path */
const roomOf = (path) => (path.includes('/') ? path.slice(0, path.indexOf('/')) : '');

/** What a module imports, in code and in types. @param {string} text @returns {string[]} */
function importsOf(text) {
	return [...text.matchAll(/(?:from |import\()'(\.[^']+)'/g)].map((found) => found[1]);
}

const js = new URL('.', import.meta.url).pathname;
const modules = readdirSync(js, { recursive: true, encoding: 'utf8' }).filter((path) => path.endsWith('.js'));

test('imports run one way between the rooms', () => {
	assert.ok(modules.length > 30);
	for (const path of modules) {
		const room = roomOf(path);
		assert.ok(room in rooms, `${path} lies in no room`);
		for (const to of importsOf(readFileSync(js + path, 'utf8'))) {
			const target = normalize(join(dirname(path), to));
			if (target.startsWith('../vendor/')) continue;
			const other = roomOf(target);
			assert.ok(other === room || /** @type {Record<string, string[]>} */ (rooms)[room].includes(other), `${path} imports ${target}: ${room || 'the top'} may not know ${other || 'the top'}`);
		}
	}
});

test('the model does not use the page, reads no clock and makes no request', () => {
	for (const path of modules.filter((p) => /^(model|modes)\//.test(p))) {
		const code = readFileSync(js + path, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*/g, '').replace(/'[^'\n]*'/g, "''");
		const found = /\b(document|window|navigator|localStorage|performance|fetch|Date\.now|Math\.random|setTimeout|matchMedia)\b/.exec(code);
		assert.equal(found, null, `${path} uses ${found?.[0]}`);
	}
});

test('no module outside the room of modes names a mode', () => {
	for (const path of modules.filter((p) => roomOf(p) !== 'modes')) {
		const found = /\b(CA|AC|AP|CP|RAFT)\b/.exec(readFileSync(js + path, 'utf8'));
		assert.equal(found, null, `${path} names ${found?.[0]}`);
	}
	for (const name of readdirSync(`${js}../css`)) {
		const found = /data-mode=/.exec(readFileSync(`${js}../css/${name}`, 'utf8'));
		assert.equal(found, null, `${name} names a mode`);
	}
});

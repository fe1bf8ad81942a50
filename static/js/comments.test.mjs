// The simulated edition is served without the comments that stand on lines of their own
// (withoutComments in web/site). It finds them line by line, so the modules must allow that.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import ts from '../../scripts/node_modules/typescript/lib/typescript.js';

const here = new URL('./', import.meta.url);
const modules = readdirSync(here, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.js'));

/** The template literals of a module that have a line that looks like a comment. @param {string} text */
function misleading(text) {
	/** @type {string[]} */
	const found = [];
	/** @param {ts.Node} node */
	const look = (node) => {
		if (ts.isTemplateLiteral(node) && node.getText().split('\n').slice(1).some((line) => /^\s*(\/\/|\/\*)/.test(line))) found.push(node.getText());
		ts.forEachChild(node, look);
	};
	look(ts.createSourceFile('module.js', text, ts.ScriptTarget.Latest, true));
	return found;
}

test('no line of a template literal looks like a comment', () => {
	assert.ok(modules.length > 100, `${modules.length} modules`);
	for (const name of modules) assert.deepEqual(misleading(readFileSync(new URL(name, here), 'utf8')), [], name);
	assert.equal(misleading('const a = `x\n\t// ${1}\n`;').length, 1, 'a planted one is found');
});

/** A comment of several lines that begins a line and has code behind it. */
const beside = /^[ \t]*\/\*(?:(?!\*\/)[^])*?\n(?:(?!\*\/)[^])*?\*\/[ \t]*\S/m;

test('a comment of several lines has no code beside it', () => {
	for (const name of modules) assert.doesNotMatch(readFileSync(new URL(name, here), 'utf8'), beside, name);
	assert.match('\t/**\n\t * a\n\t */ b();\n', beside, 'a planted one is found');
});

// Fills lists and tables of the panel. Elements that exist already are used again.

import { el, say } from './dom.js';

/** Fills a list with pairs of a name and a value. @param {HTMLElement} list a dl @param {string[][]} rows */
export function fillFacts(list, rows) {
	while (list.children.length > rows.length * 2) list.lastChild?.remove();
	while (list.children.length < rows.length * 2) list.append(el('dt'), el('dd'));
	rows.forEach(([name, value], i) => {
		say(list.children[2 * i], name);
		say(list.children[2 * i + 1], value);
	});
}

/**
 * Fills a table. If heads is true, the first cell of each row is a heading.
 * @param {HTMLElement} body a tbody @param {string[][]} rows of three cells; a cell without a text stays as it is @param {boolean} [heads]
 */
export function fillTable(body, rows, heads = false) {
	while (body.children.length > rows.length) body.lastChild?.remove();
	while (body.children.length < rows.length) {
		const tr = el('tr');
		tr.append(heads ? el('th', '', { scope: 'row' }) : el('td'), el('td'), el('td'));
		body.append(tr);
	}
	rows.forEach((row, i) => row.forEach((text, j) => say(body.children[i].children[j], text)));
}

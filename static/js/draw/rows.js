// Lists and tables of the panel, filled without being made anew.

import { el, say } from './dom.js';

/** Names and values, in pairs. @param {HTMLElement} list a dl @param {string[][]} rows */
export function fillFacts(list, rows) {
	while (list.children.length > rows.length * 2) list.lastChild?.remove();
	while (list.children.length < rows.length * 2) list.append(el('dt'), el('dd'));
	rows.forEach(([name, value], i) => {
		say(list.children[2 * i], name);
		say(list.children[2 * i + 1], value);
	});
}

/**
 * Rows of cells; where heads is true the first of each row is its head.
 * @param {HTMLElement} body a tbody @param {string[][]} rows of three cells @param {boolean} [heads]
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

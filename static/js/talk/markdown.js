// The notes of a step, in a small part of Markdown. They become elements one by one,
// and no text is taken as markup. So the file of a scenario cannot bring HTML.

import { el } from '../draw/dom.js';

/** Elements for a text with paragraphs, lists, **bold** and *emphasis*. @param {string} text @returns {HTMLElement[]} */
export function markdown(text) {
	/** @type {HTMLElement[]} */
	const out = [];
	for (const block of text.trim().split(/\n\s*\n/)) {
		const lines = block.split('\n').map((l) => l.trim()).filter(Boolean);
		let list;
		let words = '';
		const flush = () => {
			if (words) out.push(inline(el('p'), words));
			words = '';
		};
		for (const line of lines) {
			const item = line.match(/^[-*] (.*)$/);
			if (!item) {
				list = undefined;
				words += `${words ? ' ' : ''}${line}`;
				continue;
			}
			flush();
			if (!list) out.push((list = el('ul')));
			list.append(inline(el('li'), item[1]));
		}
		flush();
	}
	return out;
}

/** @param {HTMLElement} into @param {string} text */
function inline(into, text) {
	for (const part of text.split(/(\*\*[^*]+\*\*|\*[^*]+\*|`[^`]+`)/)) {
		if (/^\*\*.+\*\*$/.test(part)) into.append(el('b', part.slice(2, -2)));
		else if (/^\*.+\*$/.test(part)) into.append(el('em', part.slice(1, -1)));
		else if (/^`.+`$/.test(part)) into.append(el('code', part.slice(1, -1)));
		else if (part) into.append(document.createTextNode(part));
	}
	return into;
}

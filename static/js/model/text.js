// Text of any kind: numbers, lists and times as people write them.

const numbers = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];

/** A number in a sentence: "three". @param {number} n */
export function numberWord(n) {
	return numbers[n] ?? String(n);
}

/** @param {string} text */
export function capital(text) {
	return text.charAt(0).toUpperCase() + text.slice(1);
}

/** A list: "2, 3 and 4". @param {(number|string)[]} all */
export function listed(all) {
	return all.length < 2 ? all.join('') : `${all.slice(0, -1).join(', ')} and ${all.at(-1)}`;
}

/** Nodes in a sentence: "node 4", "nodes 3 and 4". @param {number[]} ids */
export function nodesWords(ids) {
	return `node${ids.length === 1 ? '' : 's'} ${listed(ids)}`;
}

/** Nodes at the beginning of a sentence: "Node 4 is", "Nodes 3 and 4 are". @param {number[]} ids @param {boolean} [past] "was", "were" */
export function nodesAre(ids, past = false) {
	const verb = ids.length === 1 ? (past ? 'was' : 'is') : past ? 'were' : 'are';
	return `${capital(nodesWords(ids))} ${verb}`;
}

/** A partition: "Split 1 2 | 3 4 5." @param {number[][]} parts */
export function splitWords(parts) {
	return `Split ${parts.map((g) => g.join(' ')).join(' | ')}.`;
}

const segmenter = new Intl.Segmenter();

/** The letters of a text as people see them. An emoji of several code points is one letter. @param {string} text @returns {string[]} */
export function lettersOf(text) {
	return /^[\x20-\x7e]*$/.test(text) ? [...text] : [...segmenter.segment(text)].map((one) => one.segment);
}

export const WIDE = /^(?:\p{Script=Han}|\p{Script=Hangul}|\p{Script=Hiragana}|\p{Script=Katakana}|\p{Extended_Pictographic}|\p{Regional_Indicator}|[\u3000-\u303f\uff00-\uff60])/u;

/** How many columns of type a letter takes. @param {string} letter */
const columns = (letter) => (WIDE.test(letter) ? 2 : 1);

/** Text of at most `most` columns. An ellipsis replaces the middle of a longer text. @param {string} text @param {number} most */
export function clip(text, most) {
	const c = lettersOf(text);
	if (c.reduce((sum, letter) => sum + columns(letter), 0) <= most) return text;
	let [head, tail, left] = [0, c.length, most - 1];
	for (let atHead = true; head < tail; atHead = !atHead) {
		left -= columns(c[atHead ? head : tail - 1]);
		if (left < 0) break;
		if (atHead) head++;
		else tail--;
	}
	return c.slice(0, head).join('') + '…' + c.slice(tail).join('');
}

/** The type of a message, as people say it. @param {string} type */
export function typeWords(type) {
	return { rollback: 'roll back', handover: 'hand over' }[type] ?? type.replaceAll('-', ' ');
}

/** The age of a moment, for people: "5 s" of "5 s ago". @param {number} ms */
export function span(ms) {
	return ms < 1000 ? `${Math.max(1, Math.round(ms))} ms` : ms < 90_000 ? `${Math.round(ms / 1000)} s` : `${Math.round(ms / 60_000)} min`;
}

/** A length of time. @param {number} ms */
export function duration(ms) {
	if (ms < 0.1) return `${Math.round(ms * 1000)} µs`;
	if (ms < 10) return `${ms.toFixed(1)} ms`;
	if (ms < 1000) return `${Math.round(ms)} ms`;
	return `${(ms / 1000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}

/** The texts of a return that the playground made because the node could not. */
export const NODE_GONE = ['the node was killed', 'the connection to the node broke'];

// The captions that name a key, for people who have no keys. The modes write them for a
// keyboard. A finger taps instead, and a phone in the audience can only look.

/** @typedef {'keys'|'fingers'|'eyes'} Reader with what a person uses the page */

/** @type {[key: string, finger: string, eye: string][]} */
const HINTS = [
	['Press w to write.', 'Tap Write.', ''],
	[': press the right arrow.', ': tap a message.', '.'],
];

/** A caption in the words of its reader. @param {Reader} reader @param {string} text */
export function inWordsOf(reader, text) {
	if (reader === 'keys') return text;
	return HINTS.reduce((now, [key, finger, eye]) => now.replace(key, reader === 'fingers' ? finger : eye), text).replaceAll('  ', ' ').trim();
}

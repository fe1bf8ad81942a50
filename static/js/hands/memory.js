// Choices that the browser stores for the next visit. A browser may forbid that. Then
// they last as long as the page is open.

/** @type {Map<string, string>} */
const here = new Map();

/** @param {string} name @returns {string|undefined} */
export function recall(name) {
	try {
		return localStorage.getItem(name) ?? here.get(name);
	} catch {
		return here.get(name);
	}
}

/** @param {string} name @param {string} value */
export function remember(name, value) {
	here.set(name, value);
	try {
		localStorage.setItem(name, value);
	} catch { /* the map keeps it while the page is open */ }
}

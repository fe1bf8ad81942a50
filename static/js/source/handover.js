// Hands a recording over to the stage. A page without a stage cannot play a file that is
// dropped on it. It keeps the file in the browser and opens the stage, which takes it.

import { pathHere } from '../model/place.js';

const NAME = 'dropped'; // of the database, of its store, of the only key, and of the stage's query

/** @template T @param {IDBRequest<T>} request @returns {Promise<T>} */
function done(request) {
	return new Promise((resolve, reject) => {
		request.onsuccess = () => resolve(request.result);
		request.onerror = () => reject(request.error);
	});
}

async function open() {
	const request = indexedDB.open(NAME, 1);
	request.onupgradeneeded = () => request.result.createObjectStore(NAME);
	return (await done(request)).transaction(NAME, 'readwrite').objectStore(NAME);
}

/** Lets the stage play a file that is dropped on this page. */
export function handOverDrops() {
	document.addEventListener('dragover', (e) => e.dataTransfer?.types.includes('Files') && e.preventDefault());
	document.addEventListener('drop', async (e) => {
		const file = e.dataTransfer?.files[0];
		if (!file) return;
		e.preventDefault();
		const store = await open();
		await done(store.put({ file, from: location.href }, NAME));
		location.assign(pathHere(`/?${NAME}`));
	});
}

/**
 * The file that another page has handed over, and the address of that page. It can be
 * taken once.
 * @returns {Promise<{file: Blob, from: string}|undefined>}
 */
export async function takeOver() {
	if (!new URLSearchParams(location.search).has(NAME)) return undefined;
	history.replaceState(null, '', location.pathname + location.hash);
	const store = await open();
	const dropped = await done(store.get(NAME));
	store.delete(NAME);
	return dropped;
}

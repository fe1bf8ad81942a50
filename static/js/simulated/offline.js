// The service worker of the simulated edition. It keeps the files of the site, and answers
// from them when there is no network. It is part of sw.js, which package site writes, and
// which sets these fields of the worker:
//
//	keptVersion  a name of this version of the site
//	keptFiles    addresses of the files that the first visit keeps
//	keptLater    the address of the file that is kept when it is first used
//
// A page comes from the network while there is one, so that a new site is seen at once. All
// other files have the version in their addresses, and come from the kept ones.

/** @type {any} */
const scope = globalThis;

const LONGEST = 4000; // ms that a page may take to come from the network

// The browser has one store of caches for all sites of a host, so the names have our address.
const ours = `playground ${scope.registration.scope} `;
const current = ours + scope.keptVersion;

scope.addEventListener('install', (/** @type {any} */ e) => e.waitUntil(keepFiles().then(() => scope.skipWaiting())));
scope.addEventListener('activate', (/** @type {any} */ e) => e.waitUntil(dropEarlier().then(() => scope.clients.claim())));
scope.addEventListener('fetch', (/** @type {any} */ e) => {
	if (e.request.method !== 'GET') return;
	e.respondWith(e.request.mode === 'navigate' ? pageOf(e.request) : fileOf(e.request));
});

async function keepFiles() {
	const all = await caches.open(current);
	await all.addAll(scope.keptFiles);
}

/** Deletes the files of earlier versions of this site. */
async function dropEarlier() {
	const names = await caches.keys();
	await Promise.all(names.filter((name) => name.startsWith(ours) && name !== current).map((name) => caches.delete(name)));
}

/** @param {Request} request @returns {Promise<Response|undefined>} */
async function kept(request) {
	const all = await caches.open(current);
	const found = await all.match(request, { ignoreSearch: true });
	// Some web hosts redirect a page to a shorter address. A browser refuses such an answer as a page.
	return found?.redirected ? new Response(found.body, { status: found.status, headers: found.headers }) : found;
}

/** A network may also take a request and never answer: then the kept page is shown. @param {Request} request @returns {Promise<Response>} */
async function pageOf(request) {
	const answer = fetch(request);
	const late = new Promise((resolve) => setTimeout(resolve, LONGEST));
	const instead = async () => (await kept(request)) ?? answer;
	return Promise.race([answer.catch(instead), late.then(instead)]);
}

/** @param {Request} request @returns {Promise<Response>} */
async function fileOf(request) {
	const found = await kept(request);
	if (found) return found;
	const answer = await fetch(request);
	if (request.url === scope.keptLater && answer.ok) await (await caches.open(current)).put(request, answer.clone());
	return answer;
}

import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import vm from 'node:vm';

const code = readFileSync(new URL('offline.js', import.meta.url), 'utf8');
const SITE = 'https://host/talk/';
const LATER = `${SITE}static/1/later.xz`;

/** The caches of a browser, by their names. A cache has answers by addresses without a query. */
class FakeCaches {
	constructor() {
		/** @type {Map<string, Map<string, any>>} */ this.all = new Map();
	}

	async open(/** @type {string} */ name) {
		const held = this.all.get(name) ?? new Map();
		this.all.set(name, held);
		return {
			addAll: async (/** @type {string[]} */ names) => names.forEach((n) => held.set(new URL(n, SITE).href, answerOf(`kept ${n}`))),
			match: async (/** @type {any} */ request) => held.get(request.url.split('?')[0]),
			put: async (/** @type {any} */ request, /** @type {any} */ answer) => held.set(request.url, answer),
		};
	}

	keys = async () => [...this.all.keys()];
	delete = async (/** @type {string} */ name) => this.all.delete(name);
}

/** @param {string} text @param {boolean} [redirected] @returns {any} */
function answerOf(text, redirected = false) {
	const answer = new Response(text);
	Object.defineProperty(answer, 'redirected', { value: redirected });
	return answer;
}

/**
 * A service worker with the site installed.
 * @param {(url: string) => Promise<any>} network
 */
async function installed(network) {
	const fakes = new FakeCaches();
	/** @type {Record<string, (e: any) => void>} */ const heard = {};
	/** @type {(() => void)[]} */ const timers = [];
	vm.runInNewContext(code, {
		keptVersion: '1', keptFiles: ['./', 'faithful.html', 'static/1/main.js'], keptLater: LATER,
		registration: { scope: SITE }, clients: { claim: async () => {} }, skipWaiting: async () => {},
		caches: fakes, Response, fetch: (/** @type {any} */ request) => network(request.url),
		setTimeout: (/** @type {() => void} */ f) => timers.push(f),
		addEventListener: (/** @type {string} */ kind, /** @type {any} */ f) => (heard[kind] = f),
	});
	const wait = async (/** @type {string} */ kind) => {
		/** @type {any} */ let until;
		heard[kind]({ waitUntil: (/** @type {any} */ p) => (until = p) });
		await until;
	};
	await wait('install');
	/** @param {string} path @param {string} mode */
	const load = (path, mode) => {
		/** @type {any} */ let answer;
		heard.fetch({ request: { method: 'GET', mode, url: SITE + path }, respondWith: (/** @type {any} */ p) => (answer = p) });
		return answer;
	};
	return { fakes, timers, wait, page: (/** @type {string} */ path) => load(path, 'navigate'), file: (/** @type {string} */ path) => load(path, 'cors') };
}

const offline = async () => {
	throw new TypeError('Failed to fetch');
};

test('a page comes from the network while there is one, and a file from the kept ones', async () => {
	const w = await installed(async (url) => answerOf(`new ${url}`));
	assert.equal(await (await w.page('?seed=7')).text(), `new ${SITE}?seed=7`);
	assert.equal(await (await w.file('static/1/main.js')).text(), 'kept static/1/main.js');
});

test('without a network a kept page is shown, with any query', async () => {
	const w = await installed(offline);
	assert.equal(await (await w.page('?seed=7')).text(), 'kept ./');
	await assert.rejects(w.page('unknown.html'), /Failed to fetch/);
});

test('a network that never answers is given up after a time', async () => {
	const w = await installed(() => new Promise(() => {}));
	const page = w.page('faithful.html');
	w.timers.forEach((f) => f());
	assert.equal(await (await page).text(), 'kept faithful.html');
});

test('a kept page that came by a redirection is shown', async () => {
	const w = await installed(offline);
	for (const held of w.fakes.all.values()) held.set(`${SITE}faithful.html`, answerOf('moved', true));
	const answer = await w.page('faithful.html');
	assert.equal(answer.redirected, false);
	assert.equal(await answer.text(), 'moved');
});

test('a new version deletes the files of earlier ones, and no files of other sites', async () => {
	const w = await installed(offline);
	await w.fakes.open(`playground ${SITE} 0`);
	await w.fakes.open('playground https://host/other/ 0');
	await w.wait('activate');
	assert.deepEqual(await w.fakes.keys(), [`playground ${SITE} 1`, 'playground https://host/other/ 0']);
});

test('the module with all modes is kept when it is first used', async () => {
	let online = true;
	const w = await installed(async (url) => (online ? answerOf(url) : offline()));
	await w.file('static/1/later.xz');
	online = false;
	assert.equal(await (await w.file('static/1/later.xz')).text(), LATER);
});

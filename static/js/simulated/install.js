// Replaces the real playground by a simulated one, before the page starts.

import { $, say } from '../draw/dom.js';
import { showReal } from '../model/curl.js';
import { reach } from '../source/reach.js';
import { LONGEST, packRun, partFragment, withRun } from './link.js';
import { SimulatedRequest } from './request.js';
import { Simulation } from './simulation.js';

const root = document.documentElement;
const address = new URL(location.href);
const seed = /^\d{1,9}$/.exec(address.searchParams.get('seed') ?? '')?.[0] ?? String(crypto.getRandomValues(new Uint32Array(1))[0] % 10000);
const { run, moment } = partFragment(address.hash);
address.hash = moment; // the page itself reads the moment
showSeed(seed);

const parameters = { mode: root.dataset.mode ?? '', seed, version: root.dataset.version ?? '' };
const linked = { run, once: moment };
const simulation = new Simulation((module, link) => new Worker(new URL('worker.js', import.meta.url), { name: String(new URLSearchParams({ module, ...parameters, ...(link && linked) })) }));
reach.ask = (path, init) => simulation.ask(path, init);
reach.open = (url) => simulation.open(url);
/** @type {any} */ (globalThis).XMLHttpRequest = SimulatedRequest;
reach.link = link;
/** @type {any} */ (window).playground = reach; // for the windows that this page opens (guest.js)
showReal();
simulation.ready.then(showSeed).catch((error) => {
	$('banner').hidden = false;
	say($('banner'), `The simulation cannot start: ${error.message}`);
});

/** @param {string} number */
function showSeed(number) {
	address.searchParams.set('seed', number);
	history.replaceState(history.state, '', address);
	say($('seed'), number);
}

/** An address that repeats the run so far. @param {string} url */
async function link(url) {
	const answer = await reach.ask('/api/run');
	const packed = answer.ok ? await packRun(await answer.text()) : '';
	if (!packed || packed.length > LONGEST) throw new Error('This run is too long for a link. Save a recording instead.');
	return withRun(url, packed);
}

document.addEventListener('click', (e) => {
	const link = /** @type {HTMLAnchorElement|null} */ (/** @type {Element} */ (e.target).closest('a[download][href^="/api/"]'));
	if (!link) return;
	e.preventDefault();
	void save(link.getAttribute('href') ?? '');
});

/** Saves the answer to a call as a file. @param {string} path */
async function save(path) {
	const answer = await reach.ask(path);
	const name = /filename="?([^";]+)/.exec(answer.headers.get('Content-Disposition') ?? '')?.[1] ?? 'recording.jsonl';
	const url = URL.createObjectURL(await answer.blob());
	const link = document.createElement('a');
	link.href = url;
	link.download = name;
	link.click();
	URL.revokeObjectURL(url);
}

// The copy of the site that works offline. It loads all files, so it waits until the nodes run.
// A browser has service workers only for pages that came by HTTPS or from this machine.
if ('serviceWorker' in navigator) simulation.ready.then(() => navigator.serviceWorker.register(new URL('sw.js', document.baseURI))).catch(() => {});

// The Web Worker of the simulated edition. It runs the playground in WebAssembly
// (cmd/simulation), and passes the calls of the page to it. Its name has the parameters
// module, mode, seed and version, and those of a link: run, and once, which is not empty if
// the whole run is repeated before the page starts. They are not in its address, because a
// worker from the cache of a service worker has the address of the cached file.
//
// From the page: {id, method, path, type, body} makes a call, {id, open, since, boot}
// opens the stream, {id, close} closes it. To the page: {ready, seed} or {failed} once, then
// {id, status, type, name, bytes} for a call and {id, frame} for a stream, and {lacks} when
// a mode is chosen that the module does not have.

/** @type {any} */
const scope = globalThis;
const query = new URLSearchParams(scope.name);
const base = new URL('../../', scope.location.href);

/** The playground calls it when it is ready. @param {Function} call @param {Function} open @param {string} seed */
scope.playgroundReady = (call, open, seed) => {
	/** @type {Map<number, () => void>} */
	const streams = new Map();
	scope.onmessage = (/** @type {{data: any}} */ { data }) => {
		const { id } = data;
		if (data.open) streams.set(id, open(data.since, data.boot, (/** @type {string} */ frame) => scope.postMessage({ id, frame })));
		else if (data.close) {
			streams.get(id)?.();
			streams.delete(id);
		} else {
			call(data.method, data.path, data.type, data.body, (/** @type {number} */ status, /** @type {string} */ type, /** @type {string} */ name, /** @type {Uint8Array} */ bytes) => {
				scope.postMessage({ id, status, type, name, bytes }, [bytes.buffer]);
			});
		}
	};
	scope.postMessage({ ready: true, seed });
};

/** @param {string} text */
scope.playgroundFailed = (text) => scope.postMessage({ failed: text });

/** @param {string} mode */
scope.playgroundLacks = (mode) => scope.postMessage({ lacks: mode });

start().catch((error) => scope.playgroundFailed(String(error)));

async function start() {
	// The module is the largest file, so it begins to arrive before the scripts are loaded.
	const arrive = Promise.all([fetch(new URL(`simulation/${query.get('module')}.wasm.xz`, base)), readRun()]);
	scope.importScripts(new URL('simulation/wasm_exec.js', base).href, new URL('vendor/xz/xz-decompress.min.js', base).href);
	const [file] = await arrive;
	const go = new scope.Go();
	go.argv = ['simulation', ...['mode', 'seed', 'version', 'once'].map((name) => query.get(name) ?? '')];
	const { instance } = await WebAssembly.instantiateStreaming(unpacked(file), go.importObject);
	await go.run(instance);
}

/** Leaves the run of the link, if there is one, where the playground reads it. */
async function readRun() {
	const run = query.get('run');
	if (run) scope.playgroundRun = await unpackRun(run);
}

const MOST = 16_000_000; // bytes of the JSON of a run

/** The JSON of the run of a link (link.js). @param {string} packed @returns {Promise<string>} */
async function unpackRun(packed) {
	try {
		const bytes = Uint8Array.from(atob(packed.replaceAll('-', '+').replaceAll('_', '/')), (c) => c.charCodeAt(0));
		const reader = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw')).getReader();
		const parts = [];
		for (let size = 0; ;) {
			const { done, value } = await reader.read();
			if (done) return new Blob(parts).text();
			parts.push(value);
			if ((size += value.length) > MOST) throw new Error(`it has more than ${MOST} bytes`);
		}
	} catch (error) {
		throw new Error(`the run of the link cannot be read: ${error instanceof Error ? error.message : error}`);
	}
}

/** The module. Its file is compressed by xz: gzip makes it a third larger, and many web hosts compress no file of this type. @param {Response} file */
function unpacked(file) {
	if (!file.ok || !file.body) throw new Error(`the simulation cannot be read: status ${file.status}`);
	return new Response(new scope['xz-decompress'].XzReadableStream(file.body), { headers: { 'Content-Type': 'application/wasm' } });
}

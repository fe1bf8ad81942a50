// The page's side of the worker: calls and streams of the playground in it.
//
// The module of the first worker lacks the mode whose engine is large. When that mode is
// chosen, a worker whose module has all modes takes its place. It starts with new nodes and
// the pace of the first one, and the call that chose the mode is made there.

/** @typedef {import('../source/reach.js').Channel} Channel */
/** @typedef {{status: number, type: string, name: string, bytes: Uint8Array<ArrayBuffer>}} Answer */
/** @typedef {{id: number, method: string, path: string, type: string, body: string}} Call */

export const PLAIN = 'simulation'; // the modules, as package site names them
export const WHOLE = 'simulation-whole'; // with all modes

const BODILESS = [204, 205, 304]; // an answer with one of these has no body (Fetch, "null body status")
const CHOOSES = ['/api/mode', '/api/scenario', '/api/compare']; // calls of these paths choose a mode

export class Simulation {
	/** @param {(module: string, link: boolean) => Worker} start starts a worker with a module; link: it begins with the run of the link */
	constructor(start) {
		this.start = start;
		this.last = 0; // the number of the newest call or stream
		/** @type {Map<number, {call: Call, resolve: (answer: Answer) => void}>} the calls under way */
		this.calls = new Map();
		/** @type {Map<number, Channel>} the open streams */
		this.streams = new Map();
		/** @type {Call|null} the newest call that chose a mode */
		this.chosen = null;
		/** @type {Call|null} the newest call that set the pace */
		this.paced = null;
		this.changing = false;
		this.worker = start(PLAIN, true);
		this.ready = this.listen(this.worker);
	}

	/** Starts a worker with all modes, because the run of the link is in a mode that the first module lacks. @returns {Promise<string>} */
	beginWhole() {
		this.worker.terminate();
		this.worker = this.start(WHOLE, true);
		return this.listen(this.worker);
	}

	/** @param {Worker} worker @returns {Promise<string>} resolves to the seed when the playground in the worker is ready */
	listen(worker) {
		return new Promise((resolve, reject) => {
			let ready = false;
			worker.onerror = (e) => reject(new Error(e.message));
			worker.onmessage = ({ data }) => {
				if (data.ready) {
					ready = true;
					resolve(data.seed);
				} else if (data.failed) reject(new Error(data.failed));
				else if (data.lacks && !ready) resolve(this.beginWhole());
				else if (data.lacks) void this.change();
				else this.take(data);
			};
		});
	}

	/** @param {any} data */
	take(data) {
		if (data.frame !== undefined) return this.streams.get(data.id)?.onmessage?.({ data: data.frame });
		this.calls.get(data.id)?.resolve(data);
		this.calls.delete(data.id);
	}

	/** Replaces the first worker by one with all modes. If the new one does not start, the first one continues. */
	async change() {
		if (this.changing || !this.chosen) return;
		this.changing = true;
		const held = this.calls.get(this.chosen.id); // the answer of the first worker is ignored
		this.calls.delete(this.chosen.id);
		const worker = this.start(WHOLE, false);
		try {
			await this.listen(worker);
		} catch (error) {
			worker.terminate();
			this.changing = false;
			held?.resolve(unavailable(String(error)));
			return;
		}
		this.worker.terminate();
		this.worker = worker;
		const again = [...this.calls.values()].map(({ call }) => call);
		if (held) this.calls.set(this.chosen.id, held);
		for (const call of [...(this.paced ? [this.paced] : []), this.chosen, ...again]) worker.postMessage(call);
		const streams = [...this.streams.values()];
		this.streams.clear();
		for (const channel of streams) {
			channel.readyState = 3;
			channel.onclose?.({});
		}
	}

	/** Makes a call, as fetch does. @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
	async ask(path, { method = 'GET', headers = {}, body = '' } = {}) {
		await this.ready;
		const call = { id: ++this.last, method, path, type: new Headers(headers).get('Content-Type') ?? '', body: String(body ?? '') };
		if (method !== 'GET' && CHOOSES.includes(path)) this.chosen = call;
		if (method !== 'GET' && path === '/api/pace') this.paced = call;
		/** @type {Promise<Answer>} */
		const answered = new Promise((resolve) => this.calls.set(call.id, { call, resolve }));
		this.worker.postMessage(call);
		const { status, type, name, bytes } = await answered;
		return new Response(BODILESS.includes(status) ? null : bytes, { status, headers: { 'Content-Type': type, 'Content-Disposition': name } });
	}

	/** Opens the stream, as a WebSocket does. @param {URL} url @returns {Channel} */
	open(url) {
		const id = ++this.last;
		/** @type {Channel} */
		const channel = {
			readyState: 0, onopen: null, onmessage: null, onclose: null,
			send: () => {}, // a page sends its focus for other windows, and there are none here
			close: () => {
				channel.readyState = 3;
				if (this.streams.delete(id)) this.worker.postMessage({ id, close: true });
			},
		};
		this.ready.then(() => {
			if (channel.readyState !== 0) return;
			channel.readyState = 1;
			this.streams.set(id, channel);
			this.worker.postMessage({ id, open: true, since: url.searchParams.get('since') ?? '', boot: url.searchParams.get('boot') ?? '' });
			channel.onopen?.({}); // it may close the stream
		}, () => {});
		return channel;
	}
}

/** The answer when the module with all modes cannot be loaded. @param {string} why @returns {Answer} */
function unavailable(why) {
	const bytes = new TextEncoder().encode(JSON.stringify({ error: `the protocol of this mode cannot be loaded: ${why}`, code: 'not_now' }));
	return { status: 409, type: 'application/json; charset=utf-8', name: '', bytes };
}

// The page's side of the worker: calls and streams of the playground in it.

/** @typedef {import('../source/reach.js').Channel} Channel */
/** @typedef {{status: number, type: string, name: string, bytes: Uint8Array<ArrayBuffer>}} Answer */

const BODILESS = [204, 205, 304]; // an answer with one of these has no body (Fetch, "null body status")

export class Simulation {
	/** @param {Worker} worker */
	constructor(worker) {
		this.worker = worker;
		this.last = 0; // the number of the newest call or stream
		/** @type {Map<number, (answer: Answer) => void>} the calls under way */
		this.calls = new Map();
		/** @type {Map<number, Channel>} the open streams */
		this.streams = new Map();
		/** @type {Promise<void>} */
		this.ready = new Promise((resolve, reject) => {
			worker.onerror = (e) => reject(new Error(e.message));
			worker.onmessage = ({ data }) => {
				if (data.ready) resolve();
				else if (data.failed) reject(new Error(data.failed));
				else this.take(data);
			};
		});
	}

	/** @param {any} data */
	take(data) {
		if (data.frame !== undefined) return this.streams.get(data.id)?.onmessage?.({ data: data.frame });
		this.calls.get(data.id)?.(data);
		this.calls.delete(data.id);
	}

	/** Makes a call, as fetch does. @param {string} path @param {RequestInit} [init] @returns {Promise<Response>} */
	async ask(path, { method = 'GET', headers = {}, body = '' } = {}) {
		await this.ready;
		const id = ++this.last;
		/** @type {Promise<Answer>} */
		const answered = new Promise((resolve) => this.calls.set(id, resolve));
		this.worker.postMessage({ id, method, path, type: new Headers(headers).get('Content-Type') ?? '', body: String(body ?? '') });
		const { status, type, name, bytes } = await answered;
		return new Response(BODILESS.includes(status) ? null : bytes, { status, headers: { 'Content-Type': type, 'Content-Disposition': name } });
	}

	/** Opens the stream, as a WebSocket does. @param {URL} url @returns {Channel} */
	open(url) {
		const id = ++this.last;
		/** @type {Channel} */
		const channel = {
			readyState: 0, onopen: null, onmessage: null, onclose: null,
			send: () => {}, // a page sends its focus, and no other window follows here
			close: () => {
				channel.readyState = 3;
				this.streams.delete(id);
				this.worker.postMessage({ id, close: true });
			},
		};
		this.ready.then(() => {
			if (channel.readyState !== 0) return;
			channel.readyState = 1;
			this.streams.set(id, channel);
			channel.onopen?.({});
			this.worker.postMessage({ id, open: true, since: url.searchParams.get('since') ?? '', boot: url.searchParams.get('boot') ?? '' });
		}, () => {});
		return channel;
	}
}

// The requests of htmx. htmx makes them by XMLHttpRequest, which cannot reach a worker.

import { reach } from '../source/reach.js';

/** The part of XMLHttpRequest that htmx uses. */
export class SimulatedRequest extends EventTarget {
	constructor() {
		super();
		this.upload = new EventTarget();
		this.status = 0;
		this.response = '';
		this.responseText = '';
		this.responseURL = '';
		this.timeout = 0;
		this.withCredentials = false;
		this.method = '';
		this.path = '';
		this.headers = new Headers();
		this.answered = new Headers();
		/** @type {(() => void)|null} */ this.onload = null;
		/** @type {(() => void)|null} */ this.onerror = null;
		/** @type {(() => void)|null} */ this.onabort = null;
		/** @type {(() => void)|null} */ this.ontimeout = null;
	}

	/** @param {string} method @param {string} path */
	open(method, path) {
		this.method = method;
		this.path = path;
	}

	overrideMimeType() {}

	/** @param {string} name @param {string} value */
	setRequestHeader(name, value) {
		this.headers.set(name, value);
	}

	/** @param {string} name */
	getResponseHeader(name) {
		return this.answered.get(name);
	}

	getAllResponseHeaders() {
		return [...this.answered].map(([name, value]) => `${name}: ${value}\r\n`).join('');
	}

	abort() {
		this.onabort?.();
	}

	/** @param {any} body */
	async send(body) {
		try {
			const answer = await reach.ask(this.path, { method: this.method.toUpperCase(), headers: this.headers, body: body ?? undefined });
			this.response = this.responseText = await answer.text();
			this.status = answer.status;
			this.answered = answer.headers;
			this.onload?.();
		} catch {
			this.onerror?.();
		}
		this.dispatchEvent(new Event('loadend'));
	}
}

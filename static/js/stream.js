// The stream of events from the playground: one WebSocket, which resumes where
// it stopped and comes back by itself for ever.

/** @typedef {import('./model.js').Event} Event */

const FIRST_WAIT = 250; // ms before the first attempt to come back
const LONGEST_WAIT = 2000;

/**
 * Opens the stream. onHello gets the whole state, onEvents what followed, and
 * onState says whether the playground is there.
 * @param {object} to
 * @param {(hello: any) => void} to.onHello
 * @param {(events: Event[]) => void} to.onEvents
 * @param {(up: boolean) => void} to.onState
 * @returns {{close: () => void, send: (frame: object) => void}}
 */
export function connect({ onHello, onEvents, onState }) {
	let since = 0;
	let boot = '';
	let wait = FIRST_WAIT;
	let closed = false;
	/** @type {WebSocket|undefined} */
	let socket;

	function open() {
		const url = new URL('/ws', location.href);
		url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
		if (boot) {
			url.searchParams.set('since', String(since));
			url.searchParams.set('boot', boot);
		}
		socket = new WebSocket(url);
		socket.onopen = () => {
			wait = FIRST_WAIT;
			onState(true);
		};
		socket.onmessage = (frame) => take(JSON.parse(frame.data));
		socket.onclose = () => {
			if (closed) return;
			onState(false);
			setTimeout(open, wait);
			wait = Math.min(wait * 1.6, LONGEST_WAIT);
		};
	}

	/** @param {any} frame */
	function take(frame) {
		/** @type {Event[]} */
		let events = Array.isArray(frame) ? frame : [frame];
		const hello = /** @type {any} */ (events.findLast((e) => e.kind === 'hello'));
		if (hello) {
			events = events.slice(events.indexOf(hello) + 1);
			boot = hello.boot ?? '';
			since = hello.seq ?? 0;
			onHello(hello);
		}
		events = events.filter((e) => !e.seq || e.seq > since || e.kind === 'flow');
		if (!events.length) return;
		for (const e of events) since = Math.max(since, e.seq ?? 0, /** @type {any} */ (e).seq_to ?? 0);
		onEvents(events);
	}

	open();
	return {
		close() {
			closed = true;
			socket?.close();
		},
		send(frame) {
			if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(frame));
		},
	};
}

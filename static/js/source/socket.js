// The stream of events from the playground: one WebSocket, which resumes where
// it stopped and comes back by itself for ever.

import { pathHere } from '../model/place.js';
import { OPEN, OPENING, reach } from './reach.js';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {{close: () => void, send: (frame: object) => void}} Stream */

const FIRST_WAIT = 250; // ms before the first attempt to come back
const LONGEST_WAIT = 2000;
const EVERY = 16; // ms between two frames of the stream: a page draws no more often

/**
 * Opens the stream. onHello gets the whole state, onEvents what followed, and
 * onState(true) follows the first frame of each connection: an open connection alone
 * says nothing about the nodes. onState(false) follows the loss of a connection.
 * @param {object} to
 * @param {(hello: import('../model/types.js').Hello) => void} to.onHello
 * @param {(events: Event[]) => void} to.onEvents
 * @param {(up: boolean) => void} to.onState
 * @param {(focus: any) => void} [to.onFocus] what the window that was touched last looks at: asked for by those that follow
 * @param {string} [to.path] of the stream
 * @returns {Stream}
 */
export function connect({ onHello, onEvents, onState, onFocus, path = pathHere('/ws') }) {
	let since = 0;
	let boot = '';
	let wait = FIRST_WAIT;
	let closed = false;
	/** @type {import('./reach.js').Channel|undefined} */
	let socket;

	function open() {
		if (closed) return;
		socket = reach.open(addressOf(path, boot, since, !!onFocus));
		let answered = false;
		socket.onopen = () => {
			wait = FIRST_WAIT;
		};
		socket.onmessage = (frame) => {
			if (closed) return;
			take(JSON.parse(frame.data));
			if (!answered) onState(true);
			answered = true;
		};
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
		const focus = events.findLast((e) => e.kind === 'focus');
		events = events.filter((e) => e.kind !== 'focus' && (!e.seq || e.seq > since || e.kind === 'flow'));
		for (const e of events) since = Math.max(since, e.seq ?? 0, /** @type {any} */ (e).seq_to ?? 0);
		if (events.length) onEvents(events);
		if (focus) onFocus?.(focus);
	}

	open();
	return {
		close() {
			closed = true;
			// If the socket were closed before it is open, the browser would warn in its console.
			if (socket?.readyState === OPENING) socket.onopen = () => socket?.close();
			else socket?.close();
		},
		send(frame) {
			if (socket?.readyState === OPEN) socket.send(JSON.stringify(frame));
		},
	};
}

/**
 * The address of the socket. The playground with this boot then sends only the events after since.
 * @param {string} path @param {string} boot '' before the first hello @param {number} since @param {boolean} follow whether to receive the projector's focus
 */
function addressOf(path, boot, since, follow) {
	const url = new URL(path, location.href);
	url.searchParams.set('every', String(EVERY));
	if (boot) {
		url.searchParams.set('since', String(since));
		url.searchParams.set('boot', boot);
	}
	if (follow) url.searchParams.set('follow', '');
	return url;
}

// The reader of recordings in the browser. It refuses what package recording of
// the server refuses, in the same words: both are held to the same files.

import { isObject, wrongLine } from './check.js';
import { bounds } from './shapes.js';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {{kind: string, t: number, text: string, scenario?: string, step?: number, steps?: number, after: number}} Marker after: how many events stand before it */
/** @typedef {{format: string, version: number, program: string, mode: string, nodes: number, title?: string, scenario?: string, time: string, clock: {t: number, v: number}}} Head */
/**
 * @typedef {object} Recording
 * @property {Head} head
 * @property {any} hello undefined where the file ends before it
 * @property {Event[]} events
 * @property {Marker[]} markers
 * @property {string[]} missing what the file does not hold, in sentences
 */

const NEWLINE = 10;
const BRACE = 123;
const BLOCK = 1 << 18; // bytes that are decoded at once
const BUSY = 40; // ms for which the page reads before it may draw

/** What is wrong with a recording. Its message names the line. */
export class BadRecording extends Error {}

/**
 * Reads a file, compressed or not.
 * @param {Blob} file @param {(share: number) => void} [progress]
 * @param {number} [most] bytes of its text
 * @returns {Promise<Recording>} rejected with a BadRecording
 */
export async function readFile(file, progress, most = bounds.bytes) {
	const { bytes, cut } = await unpack(file, most);
	const reader = new Reader();
	let began = performance.now();
	for (let from = 0; from < bytes.length;) {
		from = reader.block(bytes, from);
		if (performance.now() - began < BUSY) continue;
		progress?.(from / bytes.length);
		await new Promise((resume) => setTimeout(resume));
		began = performance.now();
	}
	return reader.finish(cut);
}

/** The text of a file, without compression. cut: the file breaks off. @param {Blob} file @param {number} most */
async function unpack(file, most) {
	const magic = new Uint8Array(await file.slice(0, 2).arrayBuffer());
	const packed = magic[0] === 0x1f && magic[1] === 0x8b;
	const stream = packed ? file.stream().pipeThrough(new DecompressionStream('gzip')) : file.stream();
	/** @type {Uint8Array[]} */
	const parts = [];
	let size = 0;
	let cut = false;
	try {
		for (const reader = stream.getReader(); ;) {
			const { value, done } = await reader.read();
			if (done) break;
			parts.push(value);
			size += value.length;
			if (size > most) {
				await reader.cancel();
				throw new BadRecording(`line ${lines(parts)}: the recording is longer than ${most} bytes`);
			}
		}
	} catch (error) {
		if (error instanceof BadRecording) throw error;
		if (!/trunc|unexpected end|end of/i.test(String(error))) throw new BadRecording(`line ${lines(parts)}: the compressed data are damaged here or before`);
		if (!size) throw new BadRecording('line 1: the file is compressed, and its first bytes are cut off or damaged');
		cut = true;
	}
	const bytes = new Uint8Array(size);
	let at = 0;
	for (const part of parts) {
		bytes.set(part, at);
		at += part.length;
	}
	return { bytes, cut };
}

/** The number of the line that breaks off at the end of a text. @param {Uint8Array[]} parts */
function lines(parts) {
	let n = 1;
	for (const part of parts) for (let at = part.indexOf(NEWLINE); at >= 0; at = part.indexOf(NEWLINE, at + 1)) n++;
	return n;
}

/** Reader takes one line after another. */
class Reader {
	constructor() {
		this.n = 0;
		this.cut = false;
		this.lost = 0;
		this.lostAt = 0;
		this.utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });
		/** @type {Head|undefined} */ this.head = undefined;
		/** @type {any} */ this.hello = undefined;
		/** @type {Event[]} */ this.events = [];
		/** @type {Marker[]} */ this.markers = [];
	}

	/**
	 * Reads as many whole lines as fit in a block, or one longer line, or the last one.
	 * @param {Uint8Array} bytes @param {number} from
	 * @returns {number} where the next block begins
	 */
	block(bytes, from) {
		let end = from + BLOCK < bytes.length ? bytes.lastIndexOf(NEWLINE, from + BLOCK) : bytes.lastIndexOf(NEWLINE);
		if (end < from) end = bytes.indexOf(NEWLINE, from); // a line that is longer than a block
		const whole = end >= 0;
		const next = whole ? end + 1 : bytes.length;
		const block = bytes.subarray(from, whole ? end : next);
		if (block.length >= BLOCK && block.length + 1 > bounds.line) {
			this.n++;
			this.fail(`longer than ${bounds.line} bytes`);
		}
		let text = '';
		try {
			text = this.utf8.decode(block);
		} catch {
			this.byLine(block, whole);
			return next;
		}
		for (const line of text.split('\n')) this.line(line, whole);
		return next;
	}

	/** Reads a block in which something is not UTF-8. @param {Uint8Array} block @param {boolean} whole the last line ends */
	byLine(block, whole) {
		for (let from = 0; from <= block.length;) {
			let end = block.indexOf(NEWLINE, from);
			if (end < 0) end = block.length;
			try {
				this.line(this.utf8.decode(block.subarray(from, end)), whole);
			} catch (error) {
				if (error instanceof BadRecording) throw error;
				this.n++;
				if (whole) this.fail('no JSON: not valid UTF-8');
				this.cut = true;
			}
			from = end + 1;
		}
	}

	/** Reads a line. Only the last line of a file may be broken off. @param {string} text @param {boolean} whole it ends */
	line(text, whole) {
		this.n++;
		if (text.charCodeAt(text.length - 1) === 13 && whole) text = text.slice(0, -1);
		if (text.charCodeAt(0) !== BRACE && isBlank(text)) return;
		if (depth(text) > bounds.depth) this.fail(`nested deeper than ${bounds.depth}`);
		let object;
		try {
			object = JSON.parse(text);
		} catch {
			if (whole) this.fail('no JSON');
			this.cut = true;
			return;
		}
		if (!isObject(object)) this.fail('want an object');
		this.take(object);
	}

	/** @param {string} text @returns {never} */
	fail(text) {
		throw new BadRecording(`line ${this.n}: ${text}`);
	}

	/** @param {any} object */
	take(object) {
		const { kind } = object;
		if (typeof kind !== 'string' || !kind) this.fail('no kind');
		if (kind === 'head') return this.takeHead(object);
		if (!this.head) this.fail('no head: the first line of a recording is its head');
		if (kind === 'hello') return this.takeHello(object);
		if (!this.hello) this.fail('no hello: the second line of a recording is the hello');
		if (this.events.length + this.markers.length >= bounds.events) this.fail(`more than ${bounds.events} events`);
		if (kind === 'marker') return this.takeMarker(object);
		for (const name of ['seq', 'node', 't']) if (!Object.hasOwn(object, name)) this.fail(`no ${name}`);
		this.check(kind, object);
		this.order(object);
	}

	/** @param {string} kind @param {any} object */
	check(kind, object) {
		const wrong = wrongLine(this.head?.nodes ?? bounds.nodes, kind, object);
		if (wrong) this.fail(wrong);
	}

	/** @param {any} h */
	takeHead(h) {
		if (this.head) this.fail('a second head');
		this.check('head', h);
		if (h.format !== bounds.format) this.fail(`format ${JSON.stringify([...(h.format ?? '')].slice(0, 40).join(''))}: want "${bounds.format}"`);
		if (h.version !== bounds.version) this.fail(`version ${h.version ?? 0}: this program reads version ${bounds.version}`);
		if (!(h.nodes >= 1 && h.nodes <= bounds.nodes)) this.fail(`${h.nodes ?? 0} nodes: want 1 to ${bounds.nodes}`);
		if (!/^[A-Z]{1,16}$/.test(h.mode ?? '')) this.fail('mode: want at most 16 capital letters');
		this.head = h;
	}

	/** @param {any} h */
	takeHello(h) {
		if (this.hello) this.fail('a second hello');
		this.check('hello', h);
		const nodes = h.cluster?.nodes ?? [];
		const wanted = this.head?.nodes ?? 0;
		if (nodes.length !== wanted) this.fail(`${nodes.length} nodes, and the head says ${wanted}`);
		nodes.forEach((/** @type {any} */ n, /** @type {number} */ i) => {
			if (n.id !== i + 1) this.fail(`cluster.nodes[${i}]: want node ${i + 1}`);
		});
		this.hello = h;
	}

	/** @param {any} m */
	takeMarker(m) {
		this.check('marker', m);
		this.markers.push({ ...m, t: m.t ?? 0, text: [...(m.text ?? '')].slice(0, bounds.text).join(''), after: this.events.length });
	}

	/** Adds an event. Its seq must be higher than that of the event before; a gap means that events are missing. @param {any} e */
	order(e) {
		const { events } = this;
		const hello = this.hello.seq ?? 0;
		const last = events.at(-1)?.seq ?? 0;
		if (e.seq === 0) this.fail('seq: want 1 or more');
		if (events.length && e.seq <= last) this.fail(`seq ${e.seq} follows ${last}`);
		if (events.length && (events[0].seq ?? 0) <= hello && e.seq > hello) this.fail(`seq ${e.seq} is higher than the hello's ${hello}, and earlier ones were not`);
		const before = events.length ? last : e.seq <= hello ? e.seq - 1 : hello;
		const gap = e.seq - before - 1;
		if (gap > 0 && !this.lost) this.lostAt = this.n;
		this.lost += gap;
		events.push(e);
	}

	/** @param {boolean} cut @returns {Recording} */
	finish(cut) {
		if (!this.head) throw new BadRecording('line 1: the file ends within its head: there is nothing to show');
		const missing = [];
		const last = this.events.at(-1)?.seq ?? 0;
		if (this.lost) missing.push(`${many(this.lost)} missing, the first before line ${this.lostAt}.`);
		if (!this.hello) missing.push('The file ends before the state of the cluster and the events.');
		else if (last && last < (this.hello.seq ?? 0)) missing.push(`The file ends early: the last ${many(this.hello.seq - last)} missing.`);
		else if (this.cut || cut) missing.push(`The file breaks off in line ${this.n}: what came after is missing.`);
		return { head: this.head, hello: this.hello, events: this.events, markers: this.markers, missing };
	}
}

/** Whether a line is empty or a comment. @param {string} text */
function isBlank(text) {
	const first = /[^ \t\r]/.exec(text)?.[0];
	return !first || first === '#';
}

/** @param {number} n */
const many = (n) => (n === 1 ? '1 event is' : `${n} events are`);

/** How many brackets are open at once, at most. @param {string} text */
function depth(text) {
	if (!isNested(text)) return 0;
	let most = 0;
	let open = 0;
	let inText = false;
	for (let i = 0; i < text.length; i++) {
		const c = text.charCodeAt(i);
		if (c === 34) inText = !inText;
		else if (inText) i += c === 92 ? 1 : 0;
		else if (c === 123 || c === 91) most = Math.max(most, ++open);
		else if (c === 125 || c === 93) open--;
	}
	return most;
}

/** Whether a text has enough brackets to be nested too deep. Most lines have few. @param {string} text */
function isNested(text) {
	let n = 0;
	for (let at = text.indexOf('{'); at >= 0; at = text.indexOf('{', at + 1)) if (++n > bounds.depth) return true;
	for (let at = text.indexOf('['); at >= 0; at = text.indexOf('[', at + 1)) if (++n > bounds.depth) return true;
	return false;
}

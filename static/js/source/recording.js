// The reader of recordings in the browser. It refuses what package recording of
// the server refuses, in the same words: both are held to the same files.

import { bounds, shapes } from './shapes.js';

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
const MAX_INT = Number.MAX_SAFE_INTEGER;
const LINES = 20_000; // that are read before the page may draw

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
	let from = 0;
	for (let n = 1; from < bytes.length; n++) {
		let end = bytes.indexOf(NEWLINE, from);
		const whole = end >= 0;
		if (!whole) end = bytes.length;
		const stop = whole && bytes[end - 1] === 13 && end > from ? end - 1 : end;
		const next = end + (whole ? 1 : 0);
		if (next - from > bounds.line) reader.skip(`longer than ${bounds.line} bytes`);
		reader.line(bytes.subarray(from, stop), whole);
		from = next;
		if (n % LINES === 0) {
			progress?.(from / bytes.length);
			await new Promise((resume) => setTimeout(resume));
		}
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

	/** Refuses the next line. @param {string} text @returns {never} */
	skip(text) {
		this.n++;
		this.fail(text);
	}

	/** Only the last line of a file may be broken off. @param {Uint8Array} bytes @param {boolean} whole */
	line(bytes, whole) {
		this.n++;
		let object;
		try {
			object = this.parse(bytes);
		} catch (error) {
			if (!(error instanceof SyntaxError)) throw error;
			if (!whole) this.cut = true;
			else this.fail(error.message);
			return;
		}
		if (object) this.take(object);
	}

	/** @param {string} text @returns {never} */
	fail(text) {
		throw new BadRecording(`line ${this.n}: ${text}`);
	}

	/** @param {Uint8Array} bytes @returns {any} nothing for a comment */
	parse(bytes) {
		let text = '';
		try {
			text = this.utf8.decode(bytes);
		} catch {
			throw new SyntaxError('no JSON: not valid UTF-8');
		}
		const first = /[^ \t\r]/.exec(text)?.[0];
		if (!first || first === '#') return undefined;
		if (depth(text) > bounds.depth) this.fail(`nested deeper than ${bounds.depth}`);
		let value;
		try {
			value = JSON.parse(text);
		} catch {
			throw new SyntaxError('no JSON');
		}
		if (!isObject(value)) this.fail('want an object');
		return value;
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

/** @param {number} n */
const many = (n) => (n === 1 ? '1 event is' : `${n} events are`);

/** How many brackets are open at once, at most. @param {string} text */
function depth(text) {
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

/** @param {any} v */
const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);

/** What is wrong with a line, by its kind; '' for nothing. @param {number} nodes @param {string} kind @param {any} object @param {string} [at] where it stands in a line @returns {string} */
function wrongLine(nodes, kind, object, at = '') {
	const known = Object.hasOwn(shapes.lines, kind) ? shapes.lines[kind] : {};
	const wrong = wrongObject(nodes, at, known, object);
	if (wrong || kind === 'head' || kind === 'marker' || kind === 'hello') return wrong;
	return wrongObject(nodes, at, shapes.event, object);
}

/** @param {number} nodes @param {string} at @param {Record<string, string>} fields @param {any} object @returns {string} */
function wrongObject(nodes, at, fields, object) {
	for (const name in object) {
		if (!Object.hasOwn(fields, name)) continue;
		const wrong = wrongValue(nodes, at, name, fields[name], object[name]);
		if (wrong) return wrong;
	}
	return '';
}

/** @param {string} at @param {string} name */
function place(at, name) {
	const short = [...name].slice(0, 40).join('');
	return at ? `${at}.${short}` : short;
}

/** @param {number} nodes @param {string} at @param {string} name @param {string} shape @param {any} v @returns {string} */
function wrongValue(nodes, at, name, shape, v) {
	const ok = leaves[shape]?.(v, nodes);
	if (ok === true) return '';
	if (ok === false) return `${place(at, name)}: want ${wanted(shape, nodes)}`;
	if (shape.startsWith('?')) return v === null ? '' : wrongValue(nodes, at, name, shape.slice(1), v);
	if (shape.startsWith('[]')) {
		if (!Array.isArray(v)) return `${place(at, name)}: want a list`;
		for (let i = 0; i < v.length; i++) {
			const wrong = wrongValue(nodes, at, `${name}[${i}]`, shape.slice(2), v[i]);
			if (wrong) return wrong;
		}
		return '';
	}
	if (!isObject(v)) return `${place(at, name)}: want an object`;
	if (shape === 'event') return wrongLine(nodes, typeof v.kind === 'string' ? v.kind : '', v, place(at, name));
	const here = place(at, name);
	if (shape.startsWith('@')) {
		complete(shape.slice(1), v);
		return wrongObject(nodes, here, shapes.objects[shape.slice(1)], v);
	}
	for (const key in v) {
		const wrong = wrongValue(nodes, here, key, shape.slice(2), v[key]);
		if (wrong) return wrong;
	}
	return '';
}

/** Gives an object the fields that its type has in any case. The rest of the page relies on them. @param {string} type @param {any} object */
function complete(type, object) {
	for (const name of shapes.whole[type]) if (!Object.hasOwn(object, name)) object[name] = zero(shapes.objects[type][name]);
	return object;
}

/** The value that the server's program has for a field that the file leaves out. @param {string} shape @returns {any} */
function zero(shape) {
	if (shape.startsWith('[]')) return [];
	if (shape.startsWith('{}')) return {};
	if (shape.startsWith('@')) return complete(shape.slice(1), {});
	if (shape.startsWith('?') || shape === 'any') return null;
	if (shape === 'text') return '';
	return shape === 'yes' ? false : 0;
}

/** @param {any} v @param {number} least @param {number} most */
const isInt = (v, least, most) => Number.isInteger(v) && v >= least && v <= most;

/** The values that hold no others. @type {Record<string, (v: any, nodes: number) => boolean>} */
const leaves = {
	any: () => true,
	text: (v) => typeof v === 'string',
	yes: (v) => typeof v === 'boolean',
	number: (v) => Number.isFinite(v),
	int: (v) => isInt(v, -MAX_INT, MAX_INT),
	count: (v) => isInt(v, 0, MAX_INT),
	node: (v, nodes) => isInt(v, 0, nodes),
	'any-node': (v, nodes) => v === '*' || isInt(v, 1, nodes),
	status: (v) => typeof v === 'string' || isInt(v, 0, 999),
};

/** @param {string} shape @param {number} nodes */
function wanted(shape, nodes) {
	if (shape === 'node') return `a node, 0 to ${nodes}`;
	if (shape === 'any-node') return `a node, 1 to ${nodes}, or "*"`;
	return { text: 'a text', yes: 'true or false', number: 'a number', int: 'a whole number', count: 'a whole number, not negative', status: 'a status of HTTP or a word' }[shape];
}

// Holds the lines of a recording against the types of its values (shapes.js), as package
// recording of the server does.

import { shapes } from './shapes.js';

const MAX_INT = Number.MAX_SAFE_INTEGER;

/** @typedef {(v: any, nodes: number) => boolean} Leaf whether a value that holds no others has a type */
/** @typedef {Record<string, {shape: string, leaf: Leaf|undefined}>} Fields by their names; it has no prototype, because a file may have any name */

/** @param {any} v @param {number} least @param {number} most */
const isInt = (v, least, most) => Number.isInteger(v) && v >= least && v <= most;

/** @type {Record<string, Leaf>} */
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

/** @param {Record<string, string>} of the shapes, by the names of the fields @returns {Fields} */
function fieldsOf(of) {
	/** @type {Fields} */
	const fields = Object.create(null);
	for (const [name, shape] of Object.entries(of)) fields[name] = { shape, leaf: leaves[shape] };
	return fields;
}

/** @param {Record<string, Record<string, string>>} of @param {(name: string) => Record<string, string>} more further fields */
const tableOf = (of, more) => new Map(Object.entries(of).map(([name, fields]) => [name, fieldsOf({ ...more(name), ...fields })]));

const NO_EVENTS = ['head', 'hello', 'marker'];
const lines = tableOf(shapes.lines, (kind) => (NO_EVENTS.includes(kind) ? {} : shapes.event));
const objects = tableOf(shapes.objects, () => ({}));
const anyEvent = fieldsOf(shapes.event); // of a kind that this version does not know

/** What is wrong with a line, by its kind; '' for nothing. @param {number} nodes @param {string} kind @param {any} object @param {string} [at] where it stands in a line @returns {string} */
export function wrongLine(nodes, kind, object, at = '') {
	return wrongObject(nodes, at, lines.get(kind) ?? anyEvent, object);
}

/** @param {any} v */
export const isObject = (v) => typeof v === 'object' && v !== null && !Array.isArray(v);

/** @param {number} nodes @param {string} at @param {Fields|undefined} fields @param {any} object @returns {string} */
function wrongObject(nodes, at, fields, object) {
	for (const name in object) {
		const field = fields?.[name];
		if (!field) continue;
		const v = object[name];
		if (field.leaf?.(v, nodes)) continue;
		const wrong = wrongValue(nodes, at, name, field.shape, v);
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
		return wrongObject(nodes, here, objects.get(shape.slice(1)), v);
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

/** @param {string} shape @param {number} nodes */
function wanted(shape, nodes) {
	if (shape === 'node') return `a node, 0 to ${nodes}`;
	if (shape === 'any-node') return `a node, 1 to ${nodes}, or "*"`;
	return { text: 'a text', yes: 'true or false', number: 'a number', int: 'a whole number', count: 'a whole number, not negative', status: 'a status of HTTP or a word' }[shape];
}

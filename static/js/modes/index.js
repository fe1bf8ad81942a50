// The modes that have words of their own, by name.

import { ap } from './ap.js';
import { ca } from './ca.js';
import { cp } from './cp.js';
import { neutral } from './neutral.js';
import { raft } from './raft.js';

/** @typedef {import('./mode.js').Mode} Mode */

const byName = new Map([ca, ap, cp, raft].map((mode) => [mode.name, mode]));

/** The words of the mode in which the cluster runs. @param {import('../model/types.js').State} s @returns {Mode} */
export function modeOf(s) {
	return byName.get(s.mode) ?? neutral;
}

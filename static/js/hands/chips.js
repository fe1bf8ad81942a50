// Settings that a speaker might forget: rules, the load, links that are not perfect,
// sizes other than the usual ones, and a comparison that runs in another window. Each setting has a chip in the bar. A click on the chip
// ends the setting.

import { el, say } from '../draw/dom.js';
import { descriptorOf, faultsOf, weaknessOfAll } from '../model/state.js';
import { imperfect, usualSizes } from './actions.js';
import { ruleWords } from './points.js';

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Load} Load */
/** @typedef {{what: string, action: string, text: string, id?: string}} Chip action: of the table, which ends it; id: of the rule that it ends */

/** @param {number} n @param {string} word */
const count = (n, word) => `${n} ${word}${n === 1 ? '' : 's'}`;

/** What all links that are not perfect do: delay messages, or lose some; a weak link does one of the two. @param {State} s */
function weakWord(s) {
	const all = imperfect(s);
	if (all.every((l) => l.delay_ms || l.jitter_ms)) return 'slow link';
	return all.every((l) => l.loss) ? 'lossy link' : 'weak link';
}

/** The chips of a state. @param {State} s @param {Load|undefined} load the one that runs @param {import('../model/types.js').Comparison} [comparison] @returns {Chip[]} */
export function chipsOf(s, load, comparison) {
	const { n, r, w } = s.quorum;
	const usual = usualSizes(s);
	const held = s.rules.filter((r) => !r.then).length;
	const cut = [...s.links.values()].filter((l) => l.cut).length;
	/** @type {(Chip|false)[]} */
	const all = [
		!!comparison?.running && { what: 'compare', action: 'stop-compare', text: `compares ${comparison.progress?.mode ?? 'modes'}` },
		held > 0 && { what: 'rules', action: 'end-rules', text: count(held, 'rule') },
		...s.rules.filter((r) => r.then).map((r) => ({ what: 'point', action: 'end-rule', id: r.id, text: ruleWords(s, r) })),
		!!load && { what: 'load', action: 'unload', text: `load ${load.rate}/s` },
		imperfect(s).length > 0 && { what: 'links', action: 'mend-links', text: weaknessOfAll(s) ? `every link ${weaknessOfAll(s)}` : count(imperfect(s).length, weakWord(s)) },
		cut > 0 && !faultsOf(s).parts.length && { what: 'cuts', action: 'join-links', text: count(cut, 'cut') },
		descriptorOf(s).sizes && (n !== usual.n || r !== usual.r || w !== usual.w) && { what: 'sizes', action: 'usual-sizes', text: `N ${n} R ${r} W ${w}` },
	];
	return /** @type {Chip[]} */ (all.filter(Boolean));
}

/** The caption of a stage whose cluster a comparison drives; '' where none runs. @param {import('../model/types.js').Comparison} c */
export function runningWords(c) {
	if (!c.running) return '';
	return `A comparison of the modes runs${c.progress?.mode ? `: ${c.progress.mode} now` : ''}. A click on its chip stops it.`;
}

/** @param {HTMLElement} row @param {Chip[]} chips */
export function drawChips(row, chips) {
	const key = chips.map((c) => `${c.what} ${c.id ?? ''}`).join();
	if (row.dataset.key !== key) {
		row.dataset.key = key;
		row.replaceChildren(...chips.map((c) => {
			const b = el('button', '', { type: 'button', class: 'chip', 'data-action': c.action, 'data-testid': 'chip', 'data-chip': c.what, 'data-id': c.id ?? '' });
			b.append(el('b'), el('span', 'end'));
			return b;
		}));
	}
	chips.forEach((c, i) => say(row.children[i].children[0], c.text));
}

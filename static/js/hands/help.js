// Help: the actions that have a key, in groups, each with its curl. They come from the
// table of actions.

import { commandOf } from '../draw/command.js';
import { $, el, say } from '../draw/dom.js';
import { nextMessage, splits } from '../model/order.js';
import { action, actions, curl } from './actions.js';
import { layoutWords } from './keys.js';

/** @param {import('./actions.js').Context} c @param {string} origin */
export function openHelp(c, origin) {
	const sheet = /** @type {HTMLDialogElement} */ ($('help'));
	if (sheet.open) return sheet.close();
	$('help-rows').replaceChildren(...helpGroups().flatMap(({ title, rows }) => [helpTitle(title), ...rows.map((a) => helpRow(a.key ?? '', a.label, a.id === CHOOSE.id ? '' : curlOf(a, c, origin)))]));
	drawLayout();
	sheet.showModal();
	sheet.scrollTop = 0; // the browser would scroll to the first element that can have the focus
}

/** The digits are no action of the table, but help names them. */
const CHOOSE = { id: 'choose', key: '1–9', label: 'Choose a node' };

/** The headings of help, each with the actions under it. The last group has all other actions. */
const HEADINGS = {
	'Ask the nodes': ['choose', 'write', 'read', 'by-hand', 'load'],
	'Break and mend': ['freeze', 'kill', 'isolate', 'moment', 'split', 'heal', 'undo', 'recover', 'link', 'rule'],
	'Set up': ['mode', 'quorum', 'reset', 'dump', 'clean', 'compare'],
	Time: ['pause', 'on', 'back', 'rewind', 'now', 'again', 'slower', 'faster', 'next', 'previous'],
};

/** The actions that have a key, under their headings. @returns {{title: string, rows: Pick<import('./actions.js').Action, 'id'|'key'|'label'|'request'>[]}[]} */
export function helpGroups() {
	const keyed = [CHOOSE, ...actions.filter((a) => a.key)];
	const groups = Object.entries(HEADINGS).map(([title, ids]) => ({ title, rows: ids.flatMap((id) => keyed.filter((a) => a.id === id)) }));
	return [...groups, { title: 'Look', rows: keyed.filter((a) => !Object.values(HEADINGS).flat().includes(a.id)) }];
}

/** @param {string} title */
function helpTitle(title) {
	const tr = el('tr');
	tr.append(el('th', title, { scope: 'rowgroup', colspan: '3', class: 'help-title' }));
	return tr;
}

/** @param {string} key @param {string} label @param {string} command */
function helpRow(key, label, command) {
	const tr = el('tr');
	const first = el('td');
	first.append(el('kbd', key));
	const third = el('td');
	if (command) third.append(el('button', 'copy', { type: 'button', class: 'quiet', 'data-action': 'copy-curl', 'aria-label': `Copy the curl command: ${label}` }), commandOf(command));
	tr.append(first, el('td', label), third);
	return tr;
}

/** Writes the sentence about the letters of this keyboard. */
function drawLayout() {
	const rows = $('help-rows');
	const table = /** @type {HTMLElement} */ (rows.closest('table') ?? rows);
	const words = document.getElementById('help-layout') ?? el('p', '', { id: 'help-layout', class: 'desk for-keys' });
	say(words, layoutWords());
	table.before(words);
}

/** Actions without a call of their own, and the action whose curl is shown for them. @type {Record<string, string>} */
const leadsTo = { pause: 'pace-step', slower: 'pace-10', faster: 'pace-live', next: 'step', on: 'step' };

/** @param {import('./actions.js').Action} a @param {import('./actions.js').Context} c @param {string} origin */
function curlOf(a, c, origin) {
	return shortened(commandsOf(a, c, origin));
}

/** The first two commands, and the number of the others. @param {string} commands */
function shortened(commands) {
	const lines = commands.split('\n');
	return lines.length > 3 ? `${lines.slice(0, 2).join('\n')}\n# and ${lines.length - 2} more` : commands;
}

/** @param {import('./actions.js').Action} a @param {import('./actions.js').Context} c @param {string} origin */
function commandsOf(a, c, origin) {
	const b = action(leadsTo[a.id] ?? a.id) ?? a;
	if (b.id === 'step' && !nextMessage(c.s)) return `curl -X POST ${origin}/api/messages/{id}/deliver`;
	return curl(b, b.id === 'split' ? { ...c, groups: splits([...c.s.nodes.keys()])[0].groups } : c, origin);
}

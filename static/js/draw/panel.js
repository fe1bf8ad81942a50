// The panel has three tabs. One tab is shown at a time.

import { $ } from './dom.js';
import { drawNode } from './node.js';
import { drawOperation } from './operation.js';
import { drawSession } from './session.js';

/**
 * @param {import('../model/view.js').View} view
 * @param {(op: string) => void} focus an operation of the list was clicked
 * @returns {boolean} whether the panel shows a countdown
 */
export function drawPanel(view, focus) {
	const counting = drawOperation(view);
	if (!$('panel-node').hidden) drawNode(view);
	if (!$('panel-session').hidden) drawSession(view, focus);
	return counting;
}

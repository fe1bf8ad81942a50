// Runs of the simulator and of the scripts, as the events that a page would see.

import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

/** @typedef {import('../model/types.js').Event} Event */
/** @typedef {{name: string, mode: string, nodes: number, events: Event[]}} Run */

const top = fileURLToPath(new URL('../../..', import.meta.url));

/**
 * The runs that a program prints, each after a line that names it.
 * @param {string[]} args of go run
 * @param {(run: Run) => void} take
 */
export async function runsOf(args, take) {
	const program = spawn('go', ['run', ...args], { cwd: top });
	let stderr = '';
	program.stderr.on('data', (text) => (stderr += text));
	const ended = once(program, 'close');
	/** @type {Run} */
	let run = { name: '', mode: '', nodes: 0, events: [] };
	const onLine = (/** @type {string} */ line) => {
		const e = JSON.parse(line);
		if (!e.run) {
			run.events.push(e);
			return;
		}
		if (run.events.length) take(run);
		const { mode, script, seed, nodes } = e.run;
		run = { name: `${mode} ${script ?? `seed ${seed}`}`, mode, nodes, events: [] };
	};
	let rest = '';
	for await (const chunk of program.stdout.setEncoding('utf8')) {
		const lines = (rest + chunk).split('\n');
		rest = lines.pop() ?? '';
		lines.forEach(onLine); // one by one with `for await` takes as long as the folding
	}
	if (rest) onLine(rest);
	if (run.events.length) take(run);
	const [status] = await ended;
	assert.equal(status, 0, stderr);
}

/** Simulated runs of a mode. @param {string} mode @param {{seeds: number, ops: number, nodes?: number, from?: number}} how @param {(run: Run) => void} take */
export function simulated(mode, { seeds, ops, nodes = 5, from = 1 }, take) {
	return runsOf(['./cmd/playground', 'sim', '--mode', mode, '--seeds', String(seeds), '--ops', String(ops), '--nodes', String(nodes), '--from', String(from), '--events'], take);
}

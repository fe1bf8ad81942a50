// Drives a playground by a client that oazapfts has generated from its description
// (playground.ts): writes, freezes a node, writes again, reads the judgement. The
// compiler holds every name here against the description.

import { HttpError, ok } from '@oazapfts/runtime';
import { defaults, getVerdict, postNodesNodeFreeze, postOps } from './playground.js';

defaults.baseUrl = process.argv[2];

const write = (val: string) => postOps({ node: 1, kind: 'write', key: 'city', val });

/** Tries again for a while: on a busy machine a vote or an event may be late. */
async function until<T>(ask: () => Promise<T>, holds: (answer: T) => boolean): Promise<T> {
	for (let tries = 1; ; tries++) {
		const answer = await ask();
		if (holds(answer) || tries === 100) return answer;
		await new Promise((done) => setTimeout(done, 100));
	}
}

const written = await until(() => write('Lisboa'), ({ status }) => status === 201);
const frozen = await ok(postNodesNodeFreeze(4));
let refused = { status: 0, code: '' };
try {
	await ok(write('Porto'));
} catch (error) {
	if (!(error instanceof HttpError)) throw error;
	refused = { status: error.status, code: error.data.code };
}
const { verdict, keys } = await until(() => ok(getVerdict()), (report) => report.verdict === 'linearizable so far');
console.log(JSON.stringify({ written: written.status, node: frozen.nodes[3].status, refused, verdict, keys: keys.map(({ key }) => key) }));

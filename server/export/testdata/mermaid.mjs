// Reads a JSON list of texts from standard input, and writes for each text what
// Mermaid's own parser makes of it: {"messages": 12}, or {"error": "…"}.

import { text } from 'node:stream/consumers';

const { default: mermaid } = await import(new URL('../../../scripts/node_modules/mermaid/dist/mermaid.esm.min.mjs', import.meta.url).href);

/** @param {string} diagram */
async function read(diagram) {
	try {
		const { diagramType } = await mermaid.parse(diagram);
		if (diagramType !== 'sequence') return { error: `a diagram of type ${diagramType}` };
		const { db } = await mermaid.mermaidAPI.getDiagramFromText(diagram);
		return { messages: db.getMessages().filter((/** @type {any} */ m) => m.from && m.to).length };
	} catch (error) {
		return { error: String(error) };
	}
}

const all = [];
for (const diagram of JSON.parse(await text(process.stdin))) all.push(await read(diagram));
console.log(JSON.stringify(all));

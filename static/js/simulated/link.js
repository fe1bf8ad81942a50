// The run in the fragment of a link: #run=…&at=…. Its JSON is compressed (RFC 1951) and
// written in base64url (RFC 4648, section 5). The worker reads it (worker.js).

export const LONGEST = 60_000; // characters of a run in a link: browsers and chats cut longer addresses

/** Writes a run for a link. @param {string} text JSON @returns {Promise<string>} */
export async function packRun(text) {
	const packed = new Blob([text]).stream().pipeThrough(new CompressionStream('deflate-raw'));
	const bytes = new Uint8Array(await new Response(packed).arrayBuffer());
	const letters = Array.from(bytes, (b) => String.fromCharCode(b)).join('');
	return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** Splits the fragment of an address into the run and the moment. @param {string} hash with its # @returns {{run: string, moment: string}} */
export function partFragment(hash) {
	const parts = hash.slice(1).split('&');
	const run = parts.find((part) => part.startsWith('run='));
	const rest = parts.filter((part) => part && part !== run).join('&');
	return { run: run?.slice('run='.length) ?? '', moment: rest && `#${rest}` };
}

/** An address with a run. @param {string} address @param {string} run @returns {string} */
export function withRun(address, run) {
	const url = new URL(address);
	const { moment } = partFragment(url.hash);
	url.hash = `run=${run}${moment && `&${moment.slice(1)}`}`;
	return url.href;
}

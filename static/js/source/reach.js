// How the page reaches its playground: by HTTP and by a WebSocket. The simulated edition
// replaces these functions before the page starts (simulated/install.js). No other module
// makes a request of the playground.

/**
 * A stream of text frames, as a WebSocket is one.
 * @typedef {object} Channel
 * @property {number} readyState 0 while it opens, 1 while it is open
 * @property {((event: any) => void)|null} onopen
 * @property {((frame: any) => void)|null} onmessage its data is the text
 * @property {((event: any) => void)|null} onclose
 * @property {(text: string) => void} send
 * @property {() => void} close
 */

/** The readyState of a Channel that opens, and of an open one. */
export const OPENING = 0;
export const OPEN = 1;

/**
 * link is missing where the playground has one past, which every page can be shown. It adds
 * the run to the address of a link.
 * toStage shows the stage instead of this page.
 * @type {{ask: (path: string, init?: RequestInit) => Promise<Response>, open: (url: URL) => Channel, toStage: () => void, link?: (url: string) => Promise<string>}}
 */
export const reach = {
	ask: (path, init) => fetch(path, init),
	open(url) {
		url.protocol = location.protocol === 'https:' ? 'wss:' : 'ws:';
		return new WebSocket(url);
	},
	toStage: () => location.assign('/'),
};

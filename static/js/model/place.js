// The paths of the cluster that the page shows. The calls and the stream of a lane are
// not at the root of the playground.

const place = { home: '', calls: '/api', several: false };

/**
 * Sets the paths of the cluster.
 * @param {{home?: string, calls?: string, lanes?: string}} found home: the path above the stream; calls: the path that stands for /api; lanes: present where a call acts on several clusters
 */
export function setPlace({ home = '', calls = '/api', lanes }) {
	place.home = home;
	place.calls = calls;
	place.several = lanes !== undefined;
}

/** The path at which this playground has a call or a page. @param {string} path as the playground without lanes has it */
export function pathHere(path) {
	return path === '/api' || path.startsWith('/api/') ? place.calls + path.slice('/api'.length) : place.home + path;
}

/** Whether the page shows a lane, or all of them. */
export function ofLanes() {
	return place.several || place.home !== '';
}

/** Whether a call acts on several clusters at once. */
export function several() {
	return place.several;
}

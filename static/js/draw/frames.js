// The page measures itself: how long its frames take, and whether the numbers of the
// messages that it shows add up. Tests call it, and so can you, from the console:
//
//   await window.__frames.measure(20_000)
//     → {seconds, frames, p50, p95, p99, longest, heap, totals}
//   window.__frames.playhead()
//     → where the playhead stands: px from the diagram's left edge, x on the elastic axis,
//       whose end is end
//   await window.__frames.seeks(50)
//     → how long it takes to move the playhead to 50 places: {p50, longest} for the
//       state at that place, and {drawn, drawnLongest} until the frame is drawn
//   window.__frames.totals()
//     → {seq, epoch, sent, delivered, lost, flying, gap, flow, kept, dropped}
//
// Times are in milliseconds, from the beginning of one frame to the beginning of the
// next, by the browser's own timestamps. A skipped frame makes the time longer, so it
// counts. heap is in bytes; it is 0 where the browser does not report it. totals are
// those of the state that the stage shows. sent, delivered and lost count from the
// beginning of the epoch, or from when this page was opened. kept is the number of
// events in the timeline, and dropped is the number of events removed from it. Nothing
// runs without a call.

/** The numbers of one cluster as the page shows them. @param {import('../model/player.js').Player} player */
function totalsOf(player) {
	const s = player.shown;
	let flying = 0;
	for (const m of s.msgs.values()) if (m.state === 'flying') flying++;
	return { seq: s.seq, epoch: s.epoch, ...s.totals, flying, flow: !player.elastic.stretched, kept: player.timeline.length, dropped: player.timeline.dropped };
}

/** Offers the measurements of the stage. @param {import('../model/player.js').Player} player @param {import('./diagram.js').Diagram} diagram @param {() => void} redraw draws a frame soon */
export function offerFrames(player, diagram, redraw) {
	const totals = () => totalsOf(player);
	/** @type {any} */ (window).__frames = {
		totals, measure: (/** @type {number} */ ms) => measure(ms, totals), seeks: (/** @type {number} */ n) => seeks(n, player, redraw),
		playhead: () => ({ px: diagram.playhead, x: player.x(performance.now()), end: player.end(performance.now()) }),
	};
}

/** Offers the measurements of a page of several clusters: totals has those of each. @param {import('../model/player.js').Player[]} players */
export function offerFramesOfLanes(players) {
	const totals = () => ({ lanes: players.map(totalsOf) });
	/** @type {any} */ (window).__frames = { totals, measure: (/** @type {number} */ ms) => measure(ms, totals) };
}

/** Measures the frames of a span of time. @param {number} ms @param {() => object} totals */
function measure(ms, totals) {
	return new Promise((done) => {
		/** @type {number[]} */
		const gaps = [];
		let start = 0;
		let last = 0;
		const frame = (/** @type {number} */ now) => {
			if (start) gaps.push(now - last);
			else start = now;
			last = now;
			if (now - start < ms) requestAnimationFrame(frame);
			else done({ ...report(gaps, now - start), totals: totals() });
		};
		requestAnimationFrame(frame);
	});
}

/** Moves the playhead to n places of the timeline, in no order, and measures each move. @param {number} n @param {import('../model/player.js').Player} player @param {() => void} redraw */
async function seeks(n, player, redraw) {
	const took = [];
	const drawn = [];
	const end = player.timeline.x.at(-1) ?? 0;
	for (let i = 0; i < n; i++) {
		const began = performance.now();
		player.seek(end * ((i * 0.618) % 1));
		took.push(performance.now() - began);
		redraw();
		await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
		drawn.push(performance.now() - began);
	}
	const of = (/** @type {number[]} */ all, /** @type {number} */ q) => Math.round(10 * all.toSorted((a, b) => a - b)[Math.min(n - 1, Math.floor(n * q))]) / 10;
	return { p50: of(took, 0.5), longest: of(took, 1), drawn: of(drawn, 0.5), drawnLongest: of(drawn, 1) };
}

/** @param {number[]} gaps @param {number} ms */
function report(gaps, ms) {
	gaps.sort((a, b) => a - b);
	const share = (/** @type {number} */ q) => Math.round((gaps[Math.min(gaps.length - 1, Math.floor(gaps.length * q))] ?? 0) * 10) / 10;
	return {
		seconds: ms / 1000, frames: gaps.length, p50: share(0.5), p95: share(0.95), p99: share(0.99), longest: share(1),
		heap: /** @type {any} */ (performance).memory?.usedJSHeapSize ?? 0,
	};
}

// A button or a key that must be held for a while before it acts, so that a slip
// of the hand has no effect. After a short press the page says that it must be held.

// How long it was held is the time between the two events, not between their handlers. A
// busy page handles events late, and the events that wait before a timer that is due.

/** @typedef {{start: (down: Event) => void, stop: (up: Event) => void}} Hold */

/**
 * @param {HTMLElement} b the button that shows that it is held; its data-hold is the time, ms
 * @param {() => void} act @param {() => void} tapped is called if it was let go too soon
 * @returns {Hold}
 */
export function holdOf(b, act, tapped) {
	const needed = Number(b.dataset.hold); // ms
	let timer = 0;
	let since = 0; // when the press began, ms
	const end = () => {
		clearTimeout(timer);
		timer = 0;
		b.removeAttribute('data-pending');
	};
	const held = () => {
		end();
		act();
	};
	return {
		start(down) {
			end();
			b.dataset.pending = '';
			since = down.timeStamp;
			timer = window.setTimeout(held, needed);
		},
		stop(up) {
			if (!timer) return;
			if (up.timeStamp - since >= needed) return held();
			end();
			tapped();
		},
	};
}

/** Makes a button that must be held, by a pointer, by Enter or by Space. @param {HTMLElement} b @param {Hold} hold */
export function holdable(b, hold) {
	b.addEventListener('pointerdown', hold.start);
	for (const kind of ['pointerup', 'pointerleave', 'blur', 'keyup']) b.addEventListener(kind, hold.stop);
	b.addEventListener('contextmenu', (e) => e.preventDefault());
	b.addEventListener('keydown', (e) => {
		if ((e.key === 'Enter' || e.key === ' ') && !e.repeat) hold.start(e);
	});
}

/** Makes a key that must be held. @param {Hold} hold @returns {(e: KeyboardEvent) => void} must be called when the key goes down */
export function holdKey(hold) {
	return (e) => {
		hold.start(e);
		const ended = (/** @type {KeyboardEvent|FocusEvent} */ up) => {
			if (up instanceof KeyboardEvent && up.code !== e.code) return;
			hold.stop(up);
			removeEventListener('keyup', ended);
			removeEventListener('blur', ended);
		};
		addEventListener('keyup', ended);
		addEventListener('blur', ended);
	};
}

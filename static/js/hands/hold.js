// A button or a key that must be held for a while before it acts, so that a slip
// of the hand has no effect. After a short press the page says that it must be held.

/** @typedef {{start: () => void, stop: () => void}} Hold */

/**
 * @param {HTMLElement} b the button that shows that it is held; its data-hold is the time, ms
 * @param {() => void} act @param {() => void} tapped is called if it was let go too soon
 * @returns {Hold}
 */
export function holdOf(b, act, tapped) {
	let timer = 0;
	const end = () => {
		clearTimeout(timer);
		timer = 0;
		b.removeAttribute('data-pending');
	};
	return {
		start() {
			end();
			b.dataset.pending = '';
			timer = window.setTimeout(() => {
				end();
				act();
			}, Number(b.dataset.hold));
		},
		stop() {
			if (!timer) return;
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
		if ((e.key === 'Enter' || e.key === ' ') && !e.repeat) hold.start();
	});
}

/** Makes a key that must be held. @param {Hold} hold @returns {(e: KeyboardEvent) => void} must be called when the key goes down */
export function holdKey(hold) {
	return (e) => {
		hold.start();
		const ended = (/** @type {KeyboardEvent|FocusEvent} */ up) => {
			if (up instanceof KeyboardEvent && up.code !== e.code) return;
			hold.stop();
			removeEventListener('keyup', ended);
			removeEventListener('blur', ended);
		};
		addEventListener('keyup', ended);
		addEventListener('blur', ended);
	};
}

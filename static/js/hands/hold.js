// A button that has to be held, so that no slip of the hand does what it does.

/**
 * A button that acts when it was held for as long as its data-hold says.
 * @param {HTMLElement} b @param {() => void} act
 */
export function holdable(b, act) {
	let hold = 0;
	const stop = () => {
		clearTimeout(hold);
		b.removeAttribute('data-pending');
	};
	const start = () => {
		stop();
		b.dataset.pending = '';
		hold = window.setTimeout(() => {
			stop();
			act();
		}, Number(b.dataset.hold));
	};
	b.addEventListener('pointerdown', start);
	for (const end of ['pointerup', 'pointerleave', 'blur', 'keyup']) b.addEventListener(end, stop);
	b.addEventListener('contextmenu', (e) => e.preventDefault());
	b.addEventListener('keydown', (e) => {
		if ((e.key === 'Enter' || e.key === ' ') && !e.repeat) start();
	});
}

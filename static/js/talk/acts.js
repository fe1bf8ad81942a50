// The actions by which a person steers the talk from the stage. Keys and buttons
// call them by their names. Each is one call to the playground. Nothing on the page
// changes before the playground has answered.

/**
 * @param {import('./stage.js').TalkStage} stage
 * @returns {Record<string, () => unknown>}
 */
export function actsOf(stage) {
	const { on, list, code, steering } = stage;
	const pressed = async (/** @type {string} */ what) => stage.tell(await steering.press(what));
	return {
		next: () => on.now() || pressed('next'),
		back: () => on.look() || pressed('back'),
		black: () => pressed('black'),
		again: () => pressed('again'),
		recording: () => pressed('recording'),
		reveal: () => pressed('reveal'),
		restart: () => pressed('restart'),
		leave: async () => stage.tell(await steering.leave()),
		drop: () => steering.drop(),
		following: async () => {
			const next = await list.following(stage.talk.name);
			if (next) stage.play(next);
			else on.notice('That was the last one.');
		},
		list: () => list.toggle(),
		code: () => code.toggle(),
	};
}

// The state of the talk: the scenario, its step, its question. The hello and every
// event about the talk hold all of it, so a page that is loaded again shows what the
// other pages show.

/**
 * @typedef {{id: string, asked?: number, text: string, choices: string[], open: boolean, voted: number, revealed: boolean, answer?: number, counts?: number[], happened?: Happened[], measured?: Measured[]}} Question
 * @typedef {{lane?: string, text: string, status?: number, val?: string, siblings?: string[]}} Happened
 * @typedef {{lane: string, answered: number, stale: number, verdict: string}} Measured
 * @typedef {{running: boolean, black: boolean, name?: string, title?: string, mode?: string, modes?: string[], step?: number, steps?: number, id?: string, say?: string, phase?: string, queued?: boolean, marker?: string, focus?: {node?: number, key?: string, tab?: string}, question?: Question, recording?: boolean}} Talk recording: the stage shows the recording of this step
 * @typedef {{name: string, title: string, summary: string, mode?: string, modes?: string[], steps: number, seconds: number}} Listed
 */

/** The state while no scenario is played. @type {Talk} */
export const NO_TALK = { running: false, black: false };

const KINDS = ['scenario', 'ask', 'vote', 'reveal', 'black'];

/** Whether an event is about the talk, and not about the cluster. @param {{kind: string}} e */
export const isTalk = (e) => KINDS.includes(e.kind);

const ACTS = ['invoke', 'mode', 'link', 'rule', 'pace', 'quorum'];

/** Whether an event shows that a person acts on the cluster. @param {{kind: string}} e */
export const isAct = (e) => ACTS.includes(e.kind);

/**
 * The state after some events. Each event about the talk holds all of it.
 * @param {Talk} talk @param {{kind: string, report?: any}[]} events @returns {Talk}
 */
export function fold(talk, events) {
	return /** @type {any} */ (events.findLast(isTalk))?.report ?? talk;
}

/**
 * Whether a scenario began, began again or ended between two states of the talk. A press that
 * was made before that is void.
 * @param {Talk} before @param {Talk} now
 */
export function beginsAnew(before, now) {
	if (!now.running) return before.running;
	return now.phase === 'beginning' && (before.phase !== 'beginning' || before.name !== now.name || before.step !== now.step);
}

/** The letter of a choice, from 1. @param {number} n */
export const letter = (n) => String.fromCharCode(64 + n);

/** The letters of all choices: "A, B or C". @param {number} n */
export function letters(n) {
	const all = Array.from({ length: n }, (_, i) => letter(i + 1));
	return `${all.slice(0, -1).join(', ')} or ${all.at(-1)}`;
}

/** The sentence in large letters; '' if the stage makes its own. @param {Talk} talk */
export function sentence(talk) {
	if (!talk.running) return '';
	if (talk.phase === 'beginning') return 'From the beginning…';
	if (talk.phase === 'replaying') return 'Back: the steps before are played again…';
	if (talk.phase === 'broken') return 'The nodes did not start. Press again.';
	const q = talk.question;
	return talk.say || (q?.open ? `Guess first, then look: ${letters(q.choices.length)}?` : '');
}

/**
 * The length of each bar, from 0 to 1. The choice with the most votes has 1.
 * @param {Question} q
 */
export function bars(q) {
	const most = Math.max(1, ...(q.counts ?? []));
	return q.choices.map((_, i) => (q.counts?.[i] ?? 0) / most);
}

/** An operation in few words: "write at node 1", "read at node 3: Faro, Porto". @param {Happened} h */
export function brief(h) {
	const at = h.text.match(/^(\w+) .*(at node \d+)$/);
	if (!at) return h.text;
	const values = [h.val, ...(h.siblings ?? [])].filter(Boolean).join(', ');
	return at[1] === 'read' && values ? `${at[1]} ${at[2]}: ${values}` : `${at[1]} ${at[2]}`;
}

/** The question of one run. A scenario that begins again asks another one, and forgets the votes. @param {Talk} talk */
export const questionOf = (talk) => `${talk.name} ${talk.question?.id} ${talk.question?.asked ?? 0}`;

/** Whether the last step is over, so that only another scenario can follow. @param {Talk} talk */
export const isLast = (talk) => talk.step === talk.steps && talk.phase === 'ready';

/** A key and what it does now, as the foot of the question says it. @param {Talk} talk @returns {[key: string, does: string]} */
export function foot(talk) {
	if (talk.recording) return ['PageDown', 'ends the recording'];
	if (talk.question?.open) return ['PageDown', 'reveals'];
	if (!talk.question?.revealed) return ['PageDown', 'waits for the answer'];
	return isLast(talk) ? ['Shift+N', 'begins the next story'] : ['PageDown', 'goes on'];
}

/** Seconds in the form of a clock, 3:05. @param {number} seconds */
export function clock(seconds) {
	const s = Math.max(0, Math.floor(seconds));
	return `${Math.floor(s / 60)}:${String(s % 60).padStart(2, '0')}`;
}

/** How long a scenario takes, in words. @param {number} seconds */
export const minutes = (seconds) => `${Math.max(1, Math.round(seconds / 60))} min`;

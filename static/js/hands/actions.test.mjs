import assert from 'node:assert/strict';
import { test } from 'node:test';
import { descriptors, folded, recorded } from '../testing/logs.mjs';
import { action, actions, curl } from './actions.js';
import { verbOf } from './buttons.js';
import { proposal } from './byhand.js';
import { chipsOf, runningWords } from './chips.js';
import { keyMeans } from './keymap.js';
import { helpGroups } from './help.js';
import { verbs } from './verbs.js';

const press = (/** @type {object} */ e) => ({ key: '', code: '', shiftKey: false, ctrlKey: false, altKey: false, metaKey: false, repeat: false, ...e });

function context() {
	const { state } = folded(recorded('ca-frozen'), 'CA');
	for (const n of state.nodes.values()) n.url = `http://127.0.0.${n.id}:300${n.id}`;
	/** @type {import('./actions.js').Context} */
	const c = {
		s: state, node: 3, key: 'a/b', val: 'é x', mode: 'AP', groups: [[1], [2, 3, 4, 5]], hand: '', quorum: state.quorum, link: [1, 2], crossed: [],
		set: {}, rule: { from: '*', to: 1, type: 'vote', do: 'drop', count: 1 }, load: { rate: 60, clients: 16, keys: 5, read_ratio: 0.5 }, timer: 'votes:91be', id: 'r1', ts: 5, handled: new Set(), isPlayback: false, alone: false, moment: '', undo: undefined,
	};
	return c;
}

test('each id and each key names one action', () => {
	assert.equal(new Set(actions.map((a) => a.id)).size, actions.length);
	const keys = actions.map((a) => a.key).filter(Boolean);
	assert.equal(new Set(keys).size, keys.length);
});

test('keys', () => {
	assert.equal(keyMeans(press({ code: 'Digit4', key: '$' }), true), 4);
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f' }), true), 'freeze');
	assert.equal(keyMeans(press({ code: 'KeyH', key: 'H', shiftKey: true }), true), 'recover');
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f' }), false), undefined, 'letters off');
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f', ctrlKey: true }), true), undefined);
	assert.equal(keyMeans(press({ code: 'KeyF', key: 'f', repeat: true }), true), undefined);
	assert.deepEqual(['ArrowRight', 'ArrowLeft', 'Home', 'End'].map((key) => keyMeans(press({ code: key, key }), false)), ['on', 'back', 'rewind', 'now']);
	assert.equal(keyMeans(press({ code: 'Comma', key: ',' }), true), 'again');
	assert.equal(keyMeans(press({ code: 'BracketLeft', key: 'ü' }), true), 'slower');
	assert.equal(keyMeans(press({ code: 'Digit2', key: '@', shiftKey: true }), true), 'mode-2');
	assert.equal(keyMeans(press({ code: 'Digit0', key: '0' }), true), 'reset');
	assert.equal(keyMeans(press({ code: 'KeyC', key: 'C', shiftKey: true }), true), 'compare');
	assert.equal(keyMeans(press({ code: 'KeyB', key: 'b' }), true), undefined, 'a clicker\'s black screen leaves the diagram as it is');
});

test('curl commands are the calls that the page makes', () => {
	const c = context();
	const of = (/** @type {string} */ id) => curl(/** @type {any} */ (action(id)), c, 'http://localhost:8080');
	assert.equal(of('write'), 'curl -X POST 127.0.0.3:3003/database/a%2Fb/%C3%A9%20x');
	assert.equal(of('freeze'), 'curl -X POST http://localhost:8080/api/nodes/3/freeze');
	assert.equal(of('mode'), `curl -X PUT http://localhost:8080/api/mode -H 'Content-Type: application/json' -d '{"mode":"AP"}'`);
});

test('every control that calls the playground has a curl command', () => {
	const c = context();
	c.crossed = [[1, 2]];
	c.undo = { label: 'Freeze 3', requests: [{ method: 'POST', path: '/api/nodes/3/unfreeze' }] };
	/** @type {import('../model/types.js').Node} */ (c.s.nodes.get(2)).status = 'killed';
	c.s.rules = [{ id: '7', from: 1, to: 2, type: '*', do: 'hold' }];
	c.s.links.set('1-2', { from: 1, to: 2, cut: true, delay_ms: 80, jitter_ms: 0, loss: 0.5 });
	Object.assign(c.s, { modes: descriptors });
	for (const a of actions) {
		const command = curl(a, c, 'http://localhost:8080');
		if (a.request || a.id === 'dump' || a.id === 'clean') assert.match(command, /^curl /, a.id);
		else assert.equal(command, '', a.id);
	}
	assert.equal(curl(/** @type {any} */ (action('recover')), c, '').split('\n').length, 3, 'heal, restart of the killed one, pace');
	assert.equal(action('undo')?.name?.(c), 'Undo: Freeze 3');
	c.undo = undefined;
	assert.equal(action('undo')?.allowed?.(c), 'nothing to undo');
});

/** The calls of every action, with the verb of the table that each of them is. */
function callsOfActions() {
	const c = context();
	c.crossed = [[1, 2]];
	c.hand = 'm';
	const [m] = folded(recorded('ca-frozen').slice(0, 60), 'CA').state.msgs.values();
	c.s.msgs.set('m', { ...m, id: 'm', state: 'flying', to: 3 });
	c.s.rules = [{ id: '7', from: 1, to: 2, type: '*', do: 'hold' }];
	const frozen = context();
	for (const id of [3, 4]) /** @type {import('../model/types.js').Node} */ (frozen.s.nodes.get(id)).status = id === 3 ? 'frozen' : 'killed';
	const killed = context();
	/** @type {import('../model/types.js').Node} */ (killed.s.nodes.get(3)).status = 'killed';
	const isolated = context();
	for (const id of [1, 2, 4, 5]) for (const [from, to] of [[3, id], [id, 3]]) isolated.s.links.set(`${from}-${to}`, { from, to, cut: true, delay_ms: 0, jitter_ms: 0, loss: 0 });
	return [c, frozen, killed, isolated].flatMap((one) => actions.filter((a) => (a.allowed?.(one) ?? true) === true || a.only || a.id === 'quorum' || a.id === 'wipe').flatMap((a) => [a.request?.(one) ?? []].flat().map((r) => ({ action: a.id, r }))));
}

test('every call of an action is a line of the table of verbs, and every verb has an action', () => {
	const patterns = Object.entries(verbs).filter(([, v]) => v.path).map(([name, v]) => ({ name, v, path: new RegExp(`^${v.path.replace(/\{\w+\}/g, '[^/]+')}$`) }));
	const reached = new Set();
	for (const { action: id, r } of callsOfActions()) {
		if (r.path.startsWith('/api/scenario')) continue; // a call about the talk, not about the cluster
		if (r.method === 'DELETE' && r.path === verbs.workload.path) continue; // the end of a load; scripts write it as a rate of 0
		if (r.path === '/api/compare') continue; // no verb: a script of faults is not one action
		const line = patterns.find(({ v, path }) => r.method === v.method && path.test(r.path) && (!v.kind || r.body.kind === v.kind));
		assert.ok(line, `${id} asks for ${r.method} ${r.path}`);
		reached.add(line.name);
		const otherForm = line.v.instead.some((name) => r.body?.[name] !== undefined);
		const known = otherForm ? line.v.instead : [...line.v.needs, ...line.v.takes, 'kind'];
		for (const name of Object.keys(r.body ?? {})) assert.ok(known.includes(name), `${id} sends ${name}, which ${line.name} does not take`);
		for (const name of otherForm ? line.v.instead : line.v.needs) assert.ok(line.v.path.includes(`{${name}}`) || r.body?.[name] !== undefined, `${id} sends no ${name}`);
	}
	assert.deepEqual(patterns.map((p) => p.name).filter((name) => !reached.has(name)), []);
});

test('an operation by hand goes to its node, with the words of its mode', () => {
	const c = { ...context(), key: 'city', val: 'London', id: 'T 1' };
	const of = (/** @type {string} */ id) => curl(/** @type {any} */ (action(id)), c, 'http://localhost:8080');
	assert.equal(of('propose'), `curl -X POST 127.0.0.3:3003/2pc/propose -H 'Content-Type: application/json' -d '{"id":"T 1","key":"city","val":"London"}'`);
	assert.equal(of('commit'), 'curl -X POST 127.0.0.3:3003/2pc/commit/T%201');
	assert.equal(of('rollback'), 'curl -X POST 127.0.0.3:3003/2pc/rollback/T%201');
	assert.equal(of('plant'), `curl -X POST 127.0.0.3:3003/quorum/repair -H 'Content-Type: application/json' -d '{"key":"city","val":"London","ts":5}'`);
	assert.equal(of('local-read'), 'curl 127.0.0.3:3003/quorum/read/city');
});

test('a waiting transaction can be ended, and can be proposed at another node', () => {
	const c = context();
	const held = { key: 'city', val: 'Porto', hash: '', version: '7', siblings: [], homes: [], byHand: false };
	c.s.held.set('1/city', { ...held, node: 1, lockedBy: 'T1' });
	c.s.held.set('2/city', { ...held, node: 2, lockedBy: '4a14b0c2-1b0e-4b52-93a5-52a0b6f1cf10' });
	const [op] = c.s.ops.values();
	c.s.ops.set('o', { ...op, id: 'o', kind: 'propose', tx: 'T1', val: 'London', node: 1 });
	assert.deepEqual(action('commit')?.each?.({ ...c, node: 1 }), ['T1']);
	assert.equal(action('commit')?.name?.({ ...c, node: 1, id: 'T1' }), 'Commit T1 city = London');
	assert.deepEqual(action('commit')?.each?.({ ...c, node: 2 }), [], 'the lock of a client\'s write');
	assert.equal(action('commit')?.allowed?.({ ...c, node: 2, id: '' }), 'no transaction waits at node 2');
	assert.deepEqual(proposal(c.s, 2, 'k', 'v'), { id: 'T1', key: 'city', val: 'London' });
	assert.deepEqual(proposal(c.s, 1, 'k', 'v'), { id: 'T2', key: 'k', val: 'v' });
});

test('each setting has a chip, whose action ends the setting', () => {
	const c = context();
	c.s.mode = 'AP';
	assert.deepEqual(chipsOf(c.s, undefined), []);
	const running = { running: true, progress: { mode: 'CP', done: 0.4, text: 'freeze 4' } };
	assert.deepEqual(chipsOf(c.s, undefined, running), [{ what: 'compare', action: 'stop-compare', text: 'compares CP' }]);
	assert.equal(runningWords(running), 'A comparison of the modes runs: CP now. A click on its chip stops it.');
	assert.equal(runningWords({ running: false }), '');
	c.s.rules = [{ id: '1', from: 1, to: 2, type: '*', do: 'hold' }, { id: '2', from: 1, to: 2, type: '*', do: 'hold' }];
	c.s.quorum = { n: 5, r: 1, w: 1 };
	c.s.links.set('1-2', { from: 1, to: 2, cut: true, delay_ms: 80, jitter_ms: 0, loss: 0 });
	const chips = chipsOf(c.s, { rate: 60, clients: 1, keys: 1, read_ratio: 0 });
	assert.deepEqual(chips.map((one) => one.text), ['2 rules', 'load 60/s', '1 slow link', '1 cut', 'N 5 R 1 W 1']);
	const calls = chips.map((one) => [action(one.action)?.request?.(c) ?? []].flat());
	assert.deepEqual(calls.map((of) => of.map((r) => `${r.method} ${r.path}`)), [
		['DELETE /api/rules/1', 'DELETE /api/rules/2'], ['DELETE /api/workload'], ['PUT /api/links/1/2'], ['PUT /api/links/1/2'], ['PUT /api/quorum'],
	]);
	assert.deepEqual(calls[2][0].body, { cut: true, delay_ms: 0, jitter_ms: 0, loss: 0 });
	assert.deepEqual(calls[4][0].body, { n: 3, r: 2, w: 2 });
	for (const from of c.s.nodes.keys()) for (const to of c.s.nodes.keys()) if (from !== to) c.s.links.set(`${from}-${to}`, { from, to, cut: false, delay_ms: 100, jitter_ms: 0, loss: 0 });
	assert.equal(chipsOf(c.s, undefined).find((one) => one.what === 'links')?.text, 'every link 100 ms');
	c.s.links.set('2-1', { from: 2, to: 1, cut: false, delay_ms: 50, jitter_ms: 0, loss: 0.05 });
	assert.equal(chipsOf(c.s, undefined).find((one) => one.what === 'links')?.text, `${c.s.links.size} slow links`);
	const links = (/** @type {Partial<import('../model/types.js').Link>[]} */ ...faults) => {
		const all = faults.map((fault, i) => ({ from: 1, to: i + 2, cut: false, delay_ms: 0, jitter_ms: 0, loss: 0, ...fault }));
		return chipsOf({ ...c.s, links: new Map(all.map((l) => [`${l.from}-${l.to}`, l])) }, undefined).find((one) => one.what === 'links')?.text;
	};
	assert.equal(links({ loss: 0.1 }), '1 lossy link', 'it loses messages, and slows none');
	assert.equal(links({ loss: 0.1 }, { delay_ms: 5 }), '2 weak links');
});

test('an action that is refused gives the reason', () => {
	const c = context();
	const n = /** @type {import('../model/types.js').Node} */ (c.s.nodes.get(3));
	n.status = 'killed';
	assert.equal(action('freeze')?.allowed?.(c), 'node 3 is killed');
	assert.equal(action('kill')?.name?.(c), 'Restart');
	assert.match(String(action('wipe')?.allowed?.(c)), /rest on its disk/);
});

test('undo brings back the state before a fault, link by link', () => {
	const c = context();
	c.s.links.set('1-2', { from: 1, to: 2, cut: false, delay_ms: 80, jitter_ms: 0, loss: 0.5 });
	const undo = (/** @type {string} */ id) => [action(id)?.undo?.(c) ?? []].flat();
	assert.equal(undo('split').length, 8, 'four pairs, both ways');
	assert.deepEqual(undo('split').find((r) => r.path === '/api/links/1/2')?.body, { cut: false, delay_ms: 80, jitter_ms: 0, loss: 0.5 });
	assert.deepEqual(undo('cut').map((r) => r.path), ['/api/links/1/2', '/api/links/2/1']);
	assert.deepEqual(undo('set-link').map((r) => r.body.delay_ms), [80]);
	assert.equal(undo('heal').length, 0);
});

test('a bridge is cut link by link, because groups that overlap are no partition', () => {
	const c = { ...context(), groups: [[1, 2, 3], [3, 4, 5]] };
	const calls = [action('split')?.request?.(c) ?? []].flat();
	assert.equal(calls.length, 20, 'each direction, whatever it is now');
	const cut = calls.filter((r) => r.method === 'PUT' && r.body.cut);
	assert.equal(cut.length, 8);
	assert.ok(cut.every((r) => !r.path.includes('3')));
	assert.match(curl(/** @type {any} */ (action('split')), c, ''), /^curl -X PUT \/api\/links\/1\/2 .*\n/);
});

test('a form sends the call that its curl command shows', () => {
	const c = context();
	assert.deepEqual(action('rule')?.request?.(c), { method: 'POST', path: '/api/rules', body: { from: '*', to: 1, type: 'vote', do: 'drop', count: 1 } });
	assert.equal(curl(/** @type {any} */ (action('fire')), c, ''), 'curl -X POST /api/timers/3/votes%3A91be/fire');
	c.rule.type = "it's";
	assert.match(curl(/** @type {any} */ (action('rule')), c, ''), /"it'\\''s"/);
});

test('a message in the hand cannot be delivered to a node that does not run', () => {
	const c = context();
	assert.match(String(action('deliver')?.allowed?.(c)), /no message/);
	const [m] = folded(recorded('ca-frozen').slice(0, 60), 'CA').state.msgs.values();
	c.s.msgs.set('x', { ...m, id: 'x', state: 'flying', to: 3 });
	c.hand = 'x';
	const n = /** @type {import('../model/types.js').Node} */ (c.s.nodes.get(3));
	n.status = 'frozen';
	assert.equal(action('drop')?.allowed?.(c), 'node 3 is frozen');
	n.status = 'up';
	assert.equal(action('drop')?.allowed?.(c), true);
});

test('with letters off no printing key acts, except the one for help', () => {
	for (const [code, key] of [['KeyF', 'f'], ['Digit3', '3'], ['BracketLeft', '['], ['Minus', '-']]) {
		assert.equal(keyMeans(press({ code, key }), false), undefined, key);
		assert.notEqual(keyMeans(press({ code, key }), true), undefined, key);
	}
	assert.equal(keyMeans(press({ code: 'Period', key: '.' }), true), 'black', 'a clicker\'s black screen never stops time');
	assert.equal(keyMeans(press({ code: 'Space', key: ' ' }), false), 'pause');
	assert.equal(keyMeans(press({ code: 'PageUp', key: 'PageUp' }), false), 'previous');
	assert.equal(keyMeans(press({ code: 'Slash', key: '?', shiftKey: true }), false), 'help');
});

test('a letter key acts by its letter, or by its place if the layout has no Latin letters', () => {
	const means = (/** @type {string} */ code, /** @type {string} */ key, shiftKey = false) => keyMeans(press({ code, key, shiftKey }), true);
	assert.equal(means('KeyF', 'а'), 'freeze', 'Cyrillic');
	assert.equal(means('KeyK', 'κ'), 'kill', 'Greek');
	assert.equal(means('KeyH', 'Р', true), 'recover', 'Cyrillic with Shift');
	assert.equal(means('Comma', 'б'), 'again', 'Cyrillic');
	assert.equal(means('KeyZ', 'w'), 'write', 'AZERTY');
	assert.equal(means('KeyW', 'z'), 'undo', 'AZERTY');
	assert.equal(means('KeyM', ','), 'again', 'AZERTY');
	assert.equal(means('Digit4', "'"), 4, 'AZERTY');
	assert.equal(means('KeyY', 'f'), 'freeze', 'Dvorak');
	assert.equal(means('Period', 'v'), undefined, 'Dvorak: nothing pauses');
	assert.equal(means('KeyE', '.'), 'black', 'Dvorak');
	assert.equal(means('Comma', 'w'), 'write', 'Dvorak');
	assert.equal(means('Semicolon', 'ö'), undefined, 'a Latin letter without an action');
});

test('a rule at a moment: its call, its words and its chip', () => {
	const c = context();
	const kill = /** @type {import('./actions.js').Action} */ (action('kill-when'));
	Object.assign(c.s, { modes: descriptors });
	assert.deepEqual(kill.each?.(c).map((id) => kill.name?.({ ...c, id })), ['Kill when the votes are in', 'Kill when the commit comes in']);
	assert.equal(curl(kill, { ...c, id: '0' }, 'http://localhost:8080'), `curl -X POST http://localhost:8080/api/rules -H 'Content-Type: application/json' -d '{"when":{"type":"yes","count":4,"node":3},"then":"kill"}'`);
	const moment = /** @type {import('./actions.js').Action} */ (action('moment'));
	const point = { when: { type: 'commit', count: 1, node: '*' }, then: 'freeze' };
	assert.equal(curl(moment, { ...c, point }, ''), `curl -X POST /api/rules -H 'Content-Type: application/json' -d '{"when":{"type":"commit","count":1,"node":"*"},"then":"freeze"}'`);

	const rule = (/** @type {string} */ id, /** @type {any} */ more) => ({ id, from: /** @type {const} */ ('*'), to: /** @type {const} */ ('*'), type: '*', do: '', ...more });
	c.s.rules = [rule('1', { when: { type: 'yes', count: 4, node: 1 }, then: 'kill' }), rule('2', { do: 'hold' }), rule('3', { when: { type: 'ack', count: 2, node: '*' }, then: 'isolate' })];
	assert.deepEqual(chipsOf(c.s, undefined).map(({ action, text, id }) => [action, text, id]), [
		['end-rules', '1 rule', undefined], ['end-rule', 'kill 1 when the votes are in', '1'], ['end-rule', 'isolate the first node when 2 ack are in', '3'],
	]);
	assert.deepEqual(/** @type {any} */ (action('end-rules')).request(c).map((/** @type {any} */ r) => r.path), ['/api/rules/2']);
	assert.equal(keyMeans(press({ code: 'KeyK', key: 'K', shiftKey: true }), true), 'moment');
});

test('each menu on the stage has a link to the thing that it is about', () => {
	const link = /** @type {import('./actions.js').Action} */ (action('copy-link'));
	assert.deepEqual([link.on].flat().sort(), ['diagram', 'link', 'msg', 'node', 'op']);
});

test('help has each action with a key once, under a heading', () => {
	const rows = helpGroups().flatMap((group) => group.rows.map((a) => a.id));
	assert.deepEqual(rows.toSorted(), ['choose', ...actions.filter((a) => a.key).map((a) => a.id)].toSorted());
	assert.deepEqual(helpGroups().map((group) => group.rows.length > 3), [true, true, true, true, true]);
});

test('the rail names the node that a verb goes to', () => {
	const c = context();
	const said = ['write', 'read', 'freeze', 'kill', 'isolate'].map((id) => verbOf(/** @type {import('./actions.js').Action} */ (action(id)), c));
	assert.deepEqual(said, ['Write at 3', 'Read at 3', 'Freeze 3', 'Kill 3', 'Isolate 3']);
	c.s.nodes.set(4, { .../** @type {import('../model/types.js').Node} */ (c.s.nodes.get(4)), status: 'frozen' });
	assert.equal(verbOf(/** @type {import('./actions.js').Action} */ (action('freeze')), { ...c, node: 4 }), 'Thaw 4');
});

import assert from 'node:assert/strict';
import { execFile, execFileSync } from 'node:child_process';
import { createServer } from 'node:http';
import { test } from 'node:test';
import { promisify } from 'node:util';
import { curlOfRead, curlOfRequest, curlOfWrite, quoted } from './curl.js';
import { newState, node } from './state.js';

const HOSTILE = ['.', '..', "it's", "rock 'n' roll", 'a(b)', 'a b', '$HOME', '`id`', '$(id)', '"', '\\', '\\\\n', '*', '?', '#', '&', '%2F', '%', '/', '//', '~', '~root', '!', '!!', '{a,b}', '[1-3]', '<>', '|', ';', '=', '-X', '--data', '@/etc/passwd', '\u00e9', '\u{1F600}', 'a\u0301', 'ß', '中文', '\u202e', "'", "''", "'\\''"];

/** A random word of characters that mean something to a shell or in an address. @param {number} n */
function word(n) {
	const letters = [...'abc \'"\\$`!*?[]{}()<>|&;#~%/@=+-,.:^é中😀'];
	let seed = 7919 * (n + 1);
	return Array.from({ length: 1 + (n % 12) }, () => {
		seed = (seed * 1103515245 + 12345) % 2147483648;
		return letters[Math.floor((seed / 2147483648) * letters.length)];
	}).join('');
}

const words = [...HOSTILE, ...Array.from({ length: 500 - HOSTILE.length }, (_, n) => word(n))];
const values = [...words.slice(7), ...words.slice(0, 4), '', 'two\nlines', 'x'.repeat(2000)];

const run = promisify(execFile);

/** The calls that a server got, in order. The shell prints the words of all commands, and one curl then makes all calls: a process for each would take half a minute. @param {(port: number) => string[]} commands @returns {Promise<{method: string, url: string, body: string, authorization: string}[]>} */
async function asked(commands) {
	/** @type {{method: string, url: string, body: string, authorization: string}[]} */
	const calls = [];
	const server = createServer((request, response) => {
		let body = '';
		request.setEncoding('utf8').on('data', (chunk) => { body += chunk; }).on('end', () => {
			calls.push({ method: request.method ?? '', url: request.url ?? '', body, authorization: request.headers.authorization ?? '' });
			response.end();
		});
	});
	await new Promise((done) => server.listen(0, '127.0.0.1', () => done(undefined)));
	const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
	const script = ["curl() { printf '%s\\0' --next --noproxy '*' \"$@\"; }", ...commands(port)].join('\n');
	const { stdout } = await run('sh', ['-c', script], { env: { ...process.env, CAP_TOKEN: 'secret of the talk' }, maxBuffer: 1 << 26 });
	await run('curl', ['--silent', ...stdout.split('\0').slice(1, -1)]);
	server.close();
	return calls;
}

/** @param {number} port */
function stateAt(port) {
	const s = newState();
	node(s, 1).url = `http://127.0.0.1:${port}`;
	return s;
}

test('sh and curl write 500 hostile keys and values as the page would', async () => {
	const pairs = words.map((key, i) => ({ node: 1, key, val: values[i % values.length] }));
	const calls = await asked((port) => pairs.map((pair) => curlOfWrite(stateAt(port), pair)));
	assert.equal(calls.length, pairs.length);
	calls.forEach(({ method, url, body }, i) => {
		const [, database, key, val] = url.split('/');
		assert.equal(database, 'database', url);
		assert.equal(decodeURIComponent(key), pairs[i].key);
		assert.equal(method === 'PUT' ? body : decodeURIComponent(val), pairs[i].val);
	});
});

test('sh and curl read 500 hostile keys', async () => {
	const calls = await asked((port) => words.map((key) => curlOfRead(stateAt(port), { node: 1, key })));
	assert.deepEqual(calls.map(({ method, url }) => [method, decodeURIComponent(url.slice('/database/'.length))]), words.map((key) => ['GET', key]));
});

test('sh and curl send the body of a call byte for byte', async () => {
	const bodies = words.map((word) => ({ type: word }));
	const calls = await asked((port) => bodies.map((body) => curlOfRequest({ method: 'POST', path: '/api/rules', body }, `http://127.0.0.1:${port}`)));
	assert.deepEqual(calls.map(({ body }) => JSON.parse(body)), bodies);
});

test('a plain word gets no quotes, and the shell does not change any other word', () => {
	assert.equal(quoted('http://127.0.0.1:8080/api/nodes/3/freeze'), 'http://127.0.0.1:8080/api/nodes/3/freeze');
	const said = execFileSync('sh', ['-c', `printf '%s\\0' ${words.map(quoted).join(' ')}`], { encoding: 'utf8' });
	assert.deepEqual(said.split('\0').slice(0, -1), words);
});

test('with a token each command has the header', async () => {
	const { curlOfRead: read, curlOfWrite: write, showToken } = await import(`./curl.js?token=${words.length}`);
	showToken();
	const calls = await asked((port) => [read(stateAt(port), { node: 1, key: 'a' }), write(stateAt(port), { node: 1, key: 'a', val: 'b' }), write(stateAt(port), { node: 1, key: 'a', val: '' })]);
	assert.deepEqual(calls.map((call) => call.authorization), Array(3).fill('Bearer secret of the talk'));
});

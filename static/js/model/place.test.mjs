import { test } from 'node:test';
import assert from 'node:assert/strict';
import { curlOfRequest } from './curl.js';
import { pathHere, ofLanes, setPlace, several } from './place.js';

test('calls and pages have the addresses of the playground', () => {
	assert.deepEqual([pathHere('/api/ops'), pathHere('/ws'), several()], ['/api/ops', '/ws', false]);
	setPlace({ home: '/lanes/X', calls: '/api/lanes/X' });
	assert.deepEqual([pathHere('/api/ops'), pathHere('/api'), pathHere('/apix'), pathHere('/ws'), several()], ['/api/lanes/X/ops', '/api/lanes/X', '/lanes/X/apix', '/lanes/X/ws', false]);
	assert.match(curlOfRequest({ method: 'POST', path: '/api/heal' }, 'http://here'), /http:\/\/here\/api\/lanes\/X\/heal$/);
	assert.equal(ofLanes(), true);
	setPlace({ calls: '/api/lanes', lanes: '' });
	assert.deepEqual([pathHere('/api/ops'), several(), ofLanes()], ['/api/lanes/ops', true, true]);
	setPlace({});
	assert.deepEqual([pathHere('/api/ops'), ofLanes()], ['/api/ops', false]);
});

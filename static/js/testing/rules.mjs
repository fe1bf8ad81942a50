// A rule for each sentence of the page: the form of the sentence, and a check of the
// state. The test of the sentences checks every caption, stamp, meter, slot, fact and
// word of a node by these rules. It fails for a sentence that has no rule.
//
// The rules read the state itself (nodes, held, messages, an operation's newest
// reports). They use none of the functions that make the sentences.

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').Phase} Phase */
/** @typedef {import('../model/view.js').View} View */
/** @typedef {{view: View, s: State, op: Op, id: number}} At op: the operation that the sentence is about; id: the node */
/** @typedef {[form: RegExp, holds: (at: At, ...groups: string[]) => unknown]} Rule */

const NUMBERS = ['none', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine'];
const number = (/** @type {string} */ word) => (/^\d+$/.test(word) ? Number(word) : NUMBERS.indexOf(word.toLowerCase()));
const ids = (/** @type {string} */ text) => (text.match(/\d+/g) ?? []).map(Number);
const nodes = (/** @type {State} */ s) => [...s.nodes.values()];
const msgs = (/** @type {Pick<At, 's'|'op'>} */ { s, op }) => [...s.msgs.values()].filter((m) => m.op === op.id);
const status = (/** @type {State} */ s, /** @type {number} */ id) => s.nodes.get(id)?.status;
const held = (/** @type {State} */ s, /** @type {number} */ id, /** @type {string} */ key) => s.held.get(`${id}/${key}`);
const isCut = (/** @type {State} */ s, /** @type {number} */ a, /** @type {number} */ b) => !!s.links.get(`${a}-${b}`)?.cut;
/** The newest report of a phase. @param {Op} op @param {string} name */
const phase = (op, name) => op.phases.findLast((p) => p.phase === name);
/** Whether a word about a node is true: now, or, in the past tense, when the operation began or ended. @param {State} s @param {Op} op @param {number} id @param {string} word @param {boolean} past */
function is(s, op, id, word, past) {
	const n = s.nodes.get(id);
	if (past) return word === 'silent' ? [...op.faults.frozen, ...op.faults.killed, ...op.faults.silent].includes(id) : op.faults[/** @type {'frozen'|'killed'} */ (word)].includes(id);
	return word === 'silent' ? n?.status !== 'up' || n.silent : n?.status === word;
}
/** @param {At} at @param {string} list @param {string} word @param {string} verb */
const are = ({ s, op }, list, word, verb) => ids(list).length > 0 && ids(list).every((id) => is(s, op, id, word, verb.startsWith('w')));
/** Whether the groups of a sentence are the present ones: no message goes from one to another. @param {State} s @param {string} text */
function isSplit(s, text) {
	const parts = text.split('|').map(ids);
	const same = parts.flat().length === s.nodes.size;
	return same && parts.length > 1 && parts.every((g, i) => g.every((a) => parts.every((h, j) => i === j || h.every((b) => isCut(s, a, b) && isCut(s, b, a)))));
}
/** "x of y": the answers that a phase has, never more than it needs. @param {Phase|undefined} p @param {string} x @param {string} y */
const counts = (p, x, y) => !!p && number(y) === p.need && number(x) === Math.min(p.yes.length, p.need);
const clipped = (/** @type {string} */ val, /** @type {string} */ text) => val === text || (text.includes('…') && val.startsWith(text.split('…')[0]));
const byHand = (/** @type {Op} */ op) => op.kind !== 'read' && op.kind !== 'write';
const good = (/** @type {Op} */ op) => op.status > 0 && (op.status < 300 || op.status === 404);
const hintOf = (/** @type {State} */ s, /** @type {number} */ node, /** @type {number} */ home, /** @type {string} */ key) => s.hints.get(`${node}/${home}/${key}`);
/** Whether a node keeps this write for a home. */
const keeps = (/** @type {{s: State, op: Op}} */ { s, op }, /** @type {number} */ node, /** @type {number} */ home) => op.kind === 'write' && hintOf(s, node, home, op.key)?.val === op.val;
const opsOf = (/** @type {State} */ s, /** @type {string} */ tx, /** @type {string} */ kind) => [...s.ops.values()].filter((o) => o.tx === tx && o.kind === kind && o.status && o.status < 300);
const flying = (/** @type {At} */ at) => msgs(at).filter((m) => m.state === 'flying');
const majority = (/** @type {State} */ s) => Math.floor(s.nodes.size / 2) + 1;
const allSame = (/** @type {State} */ s, /** @type {string} */ key) => {
	const all = nodes(s).map((n) => held(s, n.id, key));
	return all.every((h) => h && !h.lockedBy && h.val === all[0]?.val && h.version === all[0].version);
};
const leads = (/** @type {State} */ s, /** @type {string} */ id, /** @type {string} */ term) => s.nodes.get(Number(id))?.role === 'leader' && s.nodes.get(Number(id))?.term === Number(term);
const homes = (/** @type {Op} */ op) => op.phases.flatMap((p) => p.homes);

/** @type {Rule[]} the sentences of the caption */
export const captionRules = [
	[/^Connecting to the playground\.$/, ({ view, s }) => s.nodes.size === 0 && view.link !== 'lost'],
	[/^The connection is lost\.$/, ({ view }) => view.link === 'lost'],
	[/^The stage shows the last state that arrived\.$/, ({ view }) => view.link === 'lost' && !view.past],
	[/^The nodes are starting\.$/, ({ s }) => s.nodes.size > 0 && nodes(s).every((n) => n.status === 'starting')],
	[/^Nodes? ([\d, and]+) (is|are|was|were) (frozen|killed|silent)\.$/, (at, list, verb, word) => are(at, list, word, verb)],
	[/^What (it|they) wrote to disk stays\.$/, ({ s }, who) => {
		const dead = nodes(s).filter((n) => n.status === 'killed' && [...s.held.values()].some((h) => h.node === n.id));
		return dead.length > (who === 'they' ? 1 : 0) && nodes(s).some((n) => n.status !== 'killed');
	}],
	[/^Nodes? ([\d, and]+) (?:is|are) thawed\.$/, (at, list) => ids(list).every((id) => status(at.s, id) === 'up')],
	[/^Nodes? ([\d, and]+) (?:is|are) thawed, and the messages that waited are delivered\.$/, ({ s }, list) => ids(list).every((id) => status(s, id) === 'up') && [...s.msgs.values()].some((m) => m.state === 'flying' && ids(list).includes(m.to))],
	[/^Nodes? ([\d, and]+) (?:is|are) back\.$/, (at, list) => ids(list).every((id) => status(at.s, id) === 'up')],
	[/^All (\w+) run again\.$/, ({ s }, n) => number(n) === s.nodes.size && nodes(s).every((one) => one.status === 'up')],
	[/^The split is healed\.$/, ({ s }) => ![...s.links.values()].some((l) => l.cut)],
	[/^The nodes still hold different values\.$/, ({ s }) => new Set([...s.held.values()].filter((h) => h.key === s.key && h.val).map((h) => h.val)).size > 1],
	[/^Node (\d) still keeps a write for node (\d)\.$/, ({ s }, a, b) => [...s.hints.values()].some((h) => h.node === Number(a) && h.for === Number(b))],
	[/^(\w+) links are cut\.$/, ({ s }, n) => new Set([...s.links.values()].filter((l) => l.cut).map((l) => [l.from, l.to].sort().join())).size === number(n)],
	[/^The link between nodes (\d) and (\d) is cut\.$/, ({ s }, a, b) => isCut(s, Number(a), Number(b)) && isCut(s, Number(b), Number(a))],
	[/^No message gets from node (\d) to node (\d)\.$/, ({ s }, a, b) => isCut(s, Number(a), Number(b))],
	[/^Split ([\d |]+)\.$/, ({ s }, parts) => isSplit(s, parts)],
	[/^Which nodes can still agree\?$/, ({ s }) => s.faults.parts.length > 1],
	[/^(CA|AP|CP|RAFT)\.$/, ({ s }, mode) => s.mode === mode],
	[/^Every database is empty\.$/, ({ s }) => ![...s.held.values()].some((h) => h.val)],
	[/^Press w to write\.$/, () => true],
	[/^All (\w+) nodes must agree\.$/, ({ s }, n) => s.mode === 'CA' && number(n) === s.nodes.size],
	[/^A majority must answer\.$/, ({ s }) => s.mode === 'CP'],
	[/^(\w+) of (\w+) homes (?:is|are) enough\.$/, ({ s }, w, n) => number(w) === s.quorum.w && number(n) === s.quorum.n],
	[/^(?:One|\d+) events? of node (\d) never reached the page: some messages may be missing\.$/, ({ s }, id) => !!s.nodes.get(Number(id))?.gap],
	[/^Node (\d) went on: the playground did not answer\.$/, ({ s }, id) => s.news.what === 'passed' && s.news.nodes[0] === Number(id) && status(s, Number(id)) === 'up' && !isCutOff(s, Number(id))],
	[/^A rule could not act on node (\d)\.$/, ({ s }, id) => s.news.what === 'failed' && s.news.nodes[0] === Number(id)],
	[/^(\w+) on the way: press the right arrow\.$/, (at, n) => flying(at).length === number(n)],
	[/^Nothing moves by itself\.$/, ({ s }) => s.pace.rate === 0],
	[/^A client asks node (\d) to ([a-z ]+) (.+)\.$/, ({ op }, id) => op.node === Number(id) && !op.status],
	[/^Node (\d) answered (\d+)\.$/, ({ op }, id, st) => op.node === Number(id) && op.status === Number(st)],
	[/^No answer came in time\.$/, ({ op }) => op.status === 504],
	[/^The write may have happened, or may yet\.$/, ({ op }) => op.status === 504 && op.kind === 'write'],
	[/^Now it is sure: the write happened\.$/, ({ s, op }) => isWritten(s, op)],
	[/^Now it is sure: the write did not happen\.$/, ({ s, op }) => isNotWritten(s, op)],
	[/^Node (\d) died before it answered\.$/, ({ op }, id) => op.node === Number(id) && op.died && (!op.status || op.status >= 500)],
	[/^Node (\d) is dead\.$/, ({ s, op }, id) => op.coordinator === Number(id) && status(s, Number(id)) === 'killed'],
	[/^Nodes? ([\d, and]+) (?:is|are) in doubt: (?:it|they) said yes to a write, and must wait for the decision\.$/, ({ s }, list) => ids(list).every((id) => (s.nodes.get(id)?.badges['in doubt'] ?? 0) > 0)],
	[/^Node (\d) died before it told any node\.$/, ({ s, op }, id) => op.coordinator === Number(id) && status(s, Number(id)) === 'killed' && !msgs({ s, op }).some((m) => m.cls === 'decide')],
	[/^Nodes? ([\d, and]+) said yes and must wait\.$/, ({ s, op }, list) => ids(list).every((id) => held(s, id, op.key)?.lockedBy === op.id) && status(s, op.coordinator) === 'killed'],
	[/^Node (\d) is (frozen|silent)(?:, and the \w[\w-]* waits for it|: the request waits at this node)\.$/, ({ s, op }, id, word) => is(s, op, Number(id), word, false) && !op.status],
	[/^Nodes? ([\d, and]+) (?:is|are) (frozen|silent): the [\w-]+ waits for (?:it|them)\.$/, (at, list, word) => are(at, list, word, 'is') && at.op.phases.some((p) => p.waiting.every((id) => ids(list).includes(id)))],
	[/^Node (\d) has (\w+) of the (\w+) answers that it needs\.$/, ({ op }, id, x, y) => op.phases.some((p) => p.node === Number(id) && counts(p, x, y) && number(x) < number(y))],
	[/^Node (\d) has the (?:answer|(\w+) answers) that it needs\.$/, ({ op }, id, y) => op.phases.some((p) => p.node === Number(id) && p.yes.length >= p.need && p.need === (y ? number(y) : 1))],
	// by hand
	[/^Node (\d) refused to .+\.$/, ({ op }, id) => byHand(op) && op.node === Number(id) && op.status >= 400],
	[/^Nodes? ([\d, and]+) promised (.+) to (?:its|their) caller\.$/, ({ s, op }, list, val) => op.kind === 'propose' && clipped(op.val, val) && ids(list).every((id) => [...s.held.values()].some((h) => h.node === id && h.lockedBy === op.tx) || opsOf(s, op.tx, 'propose').some((o) => o.node === id))],
	[/^All (\w+) promised .+ to their caller\.$/, ({ s, op }, n) => number(n) === s.nodes.size && nodes(s).every((one) => [...s.held.values()].some((h) => h.node === one.id && h.lockedBy === op.tx))],
	[/^(No other node knows of it|The others know nothing of it)\.$/, ({ s, op }) => nodes(s).every((n) => [...s.held.values()].some((h) => h.node === n.id && h.lockedBy === op.tx) || ![...s.ops.values()].some((o) => o.tx === op.tx && o.node === n.id && o.id !== op.id))],
	[/^You were the coordinator, and (\d) and (\d) ended differently\.$/, ({ s }, a, b) => [...s.ops.values()].some((o) => o.tx && ['commit', 'rollback'].every((kind) => opsOf(s, o.tx, kind).some((one) => one.node === Number(a) || one.node === Number(b))))],
	[/^Node (\d) (committed|rolled) .+, and no other node was told\.$/, ({ s, op }, id, what) => op.node === Number(id) && op.status < 300 && op.kind === (what === 'rolled' ? 'rollback' : 'commit') && !opsOf(s, op.tx, op.kind === 'commit' ? 'rollback' : 'commit').some((o) => o.node !== op.node)],
	[/^Nodes? ([\d, and]+) still waits?\.$/, ({ s, op }, list) => ids(list).every((id) => [...s.held.values()].some((h) => h.node === id && h.lockedBy === op.tx))],
	[/^Node (\d) alone got .+, and it counts as older than every write\.$/, ({ op }, id) => op.kind === 'plant' && op.node === Number(id) && good(op)],
	[/^Node (\d) alone was asked\.$/, ({ op }, id) => op.kind === 'local-read' && op.node === Number(id)],
	[/^It answered that it has no value\.$/, ({ op }) => op.status === 404],
	[/^It answered (.+)\.$/, ({ op }, val) => op.status === 200 && clipped(op.val, val)],
	// stale
	[/^Node (\d) answered (.+): stale\. (.+) was written \d+ (?:ms|s|min) before\.$/, ({ op, view, s }, id, val, missed) => (op.coordinator || op.node) === Number(id) && (op.status === 404 || clipped(op.val, val)) && isStale(view, op) && [...s.ops.values()].some((w) => w.kind === 'write' && clipped(w.val, missed) && w.status < 300 && w.t1 < op.t0)],
	// CA
	[/^Votes come in: (\d+) of (\d+)\.$/, ({ op }, x, y) => counts(phase(op, 'votes'), x, y)],
	[/^Node (\d) asks all others: can you commit (.+) = (.+)\?$/, (at, id) => at.op.coordinator === Number(id) && msgs(at).some((m) => m.type === 'prepare') && !phase(at.op, 'votes')?.yes.some((one) => one !== Number(id))],
	[/^Nodes? ([\d, and]+) (?:is|are) killed: (?:its vote does|their votes do) not come\.$/, (at, list) => are(at, list, 'killed', 'is') && ids(list).every((id) => phase(at.op, 'votes')?.waiting.includes(id))],
	[/^The others wait\.$/, ({ op }) => !op.status],
	[/^The key is locked at node (\d): the read waits\.$/, ({ op }, id) => op.node === Number(id) && op.phases.at(-1)?.phase === 'lock' && !op.status],
	[/^The key is locked at node (\d)\.$/, ({ op }, id) => op.node === Number(id) && op.phases.findLast((p) => p.phase !== 'acks')?.phase === 'lock' && !op.status],
	[/^It asks how that write ended\.$/, ({ op }) => op.phases.findLast((p) => p.phase !== 'acks')?.phase === 'lock'],
	[/^All (\w+) said yes, so the write is committed\.$/, ({ s, op }, n) => number(n) === s.nodes.size && phase(op, 'votes')?.yes.length === s.nodes.size && op.status === 201],
	[/^All (\w+) said yes, and all (\w+) committed\.$/, ({ s, op }, n) => number(n) === s.nodes.size && phase(op, 'acks')?.yes.length === s.nodes.size],
	[/^Nodes? ([\d, and]+) said no: the key is locked\.$/, ({ op }, list) => ids(list).every((id) => phase(op, 'votes')?.no.includes(id)) && op.status === 409],
	[/^So the write is (refused|rolled back)\.$/, ({ op }, word) => op.kind === 'write' && op.status === (word === 'refused' ? 409 : 503)],
	[/^Another write holds the lock at node (\d), so this one is refused\.$/, ({ op }, id) => op.node === Number(id) && op.status === 409 && op.phases.at(-1)?.phase === 'lock'],
	[/^Two-phase commit needs all (\w+)\.$/, ({ s }, n) => number(n) === s.nodes.size && s.mode === 'CA'],
	[/^Nodes? ([\d, and]+) (is|are|was|were) (\w+), so the write is rolled back\.$/, (at, list, verb, word) => are(at, list, word, verb) && at.op.status === 503 && ids(list).every((id) => phase(at.op, 'votes')?.waiting.includes(id))],
	[/^No vote came in time from nodes? ([\d, and]+)\.$/, ({ op }, list) => op.status === 503 && ids(list).every((id) => phase(op, 'votes')?.waiting.includes(id))],
	[/^A read asks one node only: all (\w+) hold the same\.$/, ({ s, op }, n) => number(n) === s.nodes.size && allSame(s, op.key)],
	[/^A read asks one node only: node (\d)\.$/, ({ op }, id) => op.kind === 'read' && op.node === Number(id)],
	[/^The key is locked at node (\d)( by a write in doubt)?: the read waited, and gave up\.$/, ({ s, op }, id, doubt) => op.kind === 'read' && op.status >= 500 && op.phases.at(-1)?.phase === 'lock' && (!doubt || (s.nodes.get(Number(id))?.badges['in doubt'] ?? 0) > 0)],
	// CP
	[/^First: which version is the newest\?$/, ({ op }) => op.phases.at(-1)?.phase === 'query' && op.kind === 'write'],
	[/^Which value is the newest\?$/, ({ op }) => op.phases.at(-1)?.phase === 'query' && op.kind === 'read'],
	[/^(\d+) of (\d+) answered\.$/, ({ op }, x, y) => counts(op.phases.at(-1), x, y)],
	[/^Now store it: (\d+) of (\d+) have it\.$/, ({ op }, x, y) => counts(phase(op, 'store'), x, y)],
	[/^The answers differ, so the newest is written back: (\d+) of (\d+) have it\.$/, ({ op }, x, y) => counts(phase(op, 'write back'), x, y)],
	[/^(\w+) of (\w+) (answered|have it)\.$/, ({ s, op }, x, y) => enough(s, op, x, y)],
	[/^Nodes? ([\d, and]+) (is|are|was|were) (\w+), but (\w+) of (\w+) (?:answered|have it)\.$/, (at, list, verb, word, x, y) => are(at, list, word, verb) && enough(at.s, at.op, x, y)],
	[/^That is enough\.$/, ({ s, op }) => good(op) && (op.phases.at(-1)?.yes.length ?? 0) >= majority(s)],
	[/^Only (\w+) of (\w+) answered, so the answer is no\.$/, ({ s, op }, x, y) => op.status === 503 && number(x) === op.phases.at(-1)?.yes.length && number(y) === s.nodes.size && number(x) < majority(s)],
	[/^(\w+) can still agree\.$/, ({ s }, n) => s.faults.parts.some((g) => g.length === number(n)) && number(n) >= majority(s)],
	[/^(\w+) cannot(?: agree)?, so (?:it says|they say) no\.$/, ({ s, op }, n) => s.faults.parts.some((g) => g.includes(op.node) && g.length === number(n)) && !good(op)],
	// AP
	[/^Node (\d) passes the (read|write) on to (home|node) (\d)\.$/, ({ op }, a, kind, home, b) => op.kind === kind && op.phases.some((p) => p.phase === 'forward' && p.node === Number(a) && p.waiting[0] === Number(b) && (home === 'home') === p.homes.includes(Number(b)))],
	[/^Home (\d) did not answer: node (\d) keeps the write for it\.$/, (at, home, node) => keeps(at, Number(node), Number(home))],
	[/^Node (\d) (?:stores it at the homes|asks what the others hold): (\d+) of (\d+) answered\.$/, ({ op }, id, x, y) => op.phases.some((p) => p.node === Number(id) && counts(p, x, y))],
	[/^Only (\w+) of the (\w+) answers came, so the answer is no\.$/, ({ op }, x, y) => op.status === 503 && op.phases.some((p) => p.yes.length === number(x) && p.need === number(y)) && number(x) < number(y)],
	[/^The read found (\w+) values\.$/, ({ op }, n) => new Set([op.val, ...op.siblings]).size === number(n) && op.siblings.length > 0],
	[/^No node knows which was written last\.$/, ({ op }) => op.siblings.length > 0],
	[/^The read found (.+) at node (\d), and wrote (.+) there\.$/, ({ s, op }, was, id, val) => clipped(op.val, val) && held(s, Number(id), op.key)?.val === op.val && op.repairs.some((r) => r.node === Number(id) && r.was !== undefined && (was === 'no value' ? !r.was : clipped(r.was, was)) && r.was !== op.val)],
	[/^Homes? ([\d, and]+) did not answer in time: ([\d, and]+) kept the write for (?:it|them), and handed it over\.$/, ({ s, op }, list, keepers) => ids(list).every((home) => op.kept.some((k) => k.for === home && ids(keepers).includes(k.node))) && op.kept.every((k) => !ids(list).includes(k.for) || !hintOf(s, k.node, k.for, op.key))],
	[/^Homes? ([\d, and]+) (?:is|are|did) (frozen|killed|not answer), so ([\d, and]+) keeps? the write for (?:it|them)\.$/, ({ s, op }, list, word, keepers) => ids(list).every((home) => homes(op).includes(home) && (word === 'not answer' || status(s, home) === word) && ids(keepers).some((n) => keeps({ s, op }, n, home)))],
	[/^The client got (\d+)\.$/, ({ op }, st) => op.status === Number(st)],
	[/^(\w+) answers? (?:was|were) enough\.$/, ({ op }, n) => good(op) && op.phases.some((p) => p.need === number(n))],
	[/^(\w+) answers? (?:was|were) enough; (\d) of (\d) homes (?:have it|answered)\.$/, ({ op }, n, x, y) => good(op) && Number(x) <= Number(y) && op.phases.some((p) => p.need === number(n) && p.homes.length === Number(y) && p.homes.filter((h) => p.yes.includes(h)).length === Number(x))],
	// RAFT
	[/^The leader asks the others\.$/, ({ s }) => nodes(s).some((n) => n.role === 'leader')],
	[/^No node leads yet\.$/, ({ s }) => !nodes(s).some((n) => n.role === 'leader' && n.status === 'up')],
	[/^One of them will ask for votes\.$/, () => true],
	[/^It was not committed, so the leader's log replaces it at node (\d)\.$/, ({ s }, id) => (s.nodes.get(Number(id))?.log?.struck.length ?? 0) > 0],
	[/^Node (\d) cannot win term (\d+): too many refused\.$/, ({ s }, id, term) => ballots(s, id, term, (b) => s.nodes.size - b.no.length < b.need)],
	[/^Node (\d) has (\d+) of the (\d+) votes that it needs in term (\d+)\.$/, ({ s }, id, x, y, term) => ballots(s, id, term, (b) => b.need === Number(y) && Math.min(b.yes.length, b.need) === Number(x))],
	[/^(\w+) of the (\d+) nodes that it needs would vote for node (\d) in term (\d+)\.$/, ({ s }, x, y, id, term) => ballots(s, id, term, (b) => b.need === Number(y) && Math.min(b.yes.length, b.need) === number(x))],
	[/^Node (\d) heard no leader and asks (?:for votes in|whether it would win) term (\d+)\.$/, ({ s }, id, term) => ballots(s, id, term, () => true)],
	[/^Node (\d) has a majority of the votes: it leads term (\d+)\.$/, ({ s }, id, term) => leads(s, id, term)],
	[/^Node (\d) forwards the (?:write|read) to the leader, node (\d)\.$/, ({ op }, a, b) => op.phases.some((p) => p.phase === 'forward' && p.node === Number(a) && p.waiting[0] === Number(b))],
	[/^The entry is on (\d+) of the (\d+) nodes that it needs\.$/, ({ op }, x, y) => counts(phase(op, 'append'), x, y)],
	[/^Node (\d) leads, and must know that it still does\.$/, ({ op }, id) => op.phases.some((p) => p.phase === 'read-index' && p.waiting[0] === Number(id))],
	[/^Node (\d) asks the leader how far the log is committed\.$/, ({ op }) => op.phases.some((p) => p.phase === 'read-index')],
	[/^Does it still lead\?$/, ({ op }) => !!phase(op, 'confirm')],
	[/^(\w+) of (\w+) say yes\.$/, ({ op }, x, y) => counts(phase(op, 'confirm'), x, y)],
	[/^There is no leader\.$/, ({ s }) => !nodes(s).some((n) => n.role === 'leader' && n.status === 'up')],
	[/^The operation waits until one is elected\.$/, ({ op }) => !op.status],
	[/^The side with a majority has a leader, and commits\.$/, ({ s, op }) => good(op) && s.faults.parts.some((g) => g.includes(op.node) && g.length >= majority(s))],
	[/^(\w+) of (\w+) elect no leader, so the answer is no\.$/, ({ s, op }, n) => s.faults.parts.some((g) => g.includes(op.node) && g.length === number(n) && g.length < majority(s)) && op.status === 503],
	[/^No leader took it, so the answer is no\.$/, ({ op }) => op.status === 503],
	[/^A majority confirmed the leader, so nothing newer is committed\.$/, ({ op }) => op.kind === 'read' && good(op)],
	[/^(?:Nodes? ([\d, and]+) (is|are|was|were) (\w+), but )?(\w+) of (\w+) have the entry: it is committed\.$/, (at, list, verb, word, x, y) => (!list || are(at, list, word, verb)) && at.op.status === 201 && number(x) === majority(at.s) && number(y) === at.s.nodes.size],
];

/** Whether no message goes from or to a node. @param {State} s @param {number} id */
function isCutOff(s, id) {
	return nodes(s).every((n) => n.id === id || (isCut(s, n.id, id) && isCut(s, id, n.id)));
}

/** @param {State} s @param {Op} op @param {string} x @param {string} y */
function enough(s, op, x, y) {
	return number(y) === s.nodes.size && number(x) === op.phases.at(-1)?.yes.length && number(x) >= majority(s);
}

/** @param {State} s @param {string} id @param {string} term @param {(b: import('../model/types.js').Ballots) => boolean} holds */
function ballots(s, id, term, holds) {
	const b = s.nodes.get(Number(id))?.ballots;
	return !!b && b.term === Number(term) && holds(b);
}

/** Whether the verdict says that a read is stale, and the read did not return the newest write before it. @param {View} view @param {Op} op */
function isStale(view, op) {
	const newest = view.s.ops.get(view.judged?.(op.id)?.word?.newest ?? '');
	return !!newest && newest.status < 300 && newest.t1 < op.t0 && newest.val !== op.val;
}

/** Whether a write whose client got no outcome is on enough disks, or was decided. @param {State} s @param {Op} op */
function isWritten(s, op) {
	if (op.kind !== 'write' || (op.status && op.status !== 504)) return false;
	const says = (/** @type {string} */ type) => new Set(msgs({ s, op }).filter((m) => m.type === type).map((m) => m.from));
	const stored = new Set([...says('stored'), ...op.phases.filter((p) => p.phase === 'store').flatMap((p) => p.yes), ...nodes(s).map((n) => n.id).filter((id) => held(s, id, op.key)?.version.includes(`.${op.id.slice(0, 4)}`))]);
	const known = msgs({ s, op });
	switch (s.mode) {
		case 'CA':
			return (known.some((m) => m.type === 'commit') || !!phase(op, 'acks') || (op.types.commit?.sent ?? 0) > 0) && !known.some((m) => m.type === 'rollback');
		case 'AP':
			return stored.size > 0;
		case 'CP':
			return stored.size >= majority(s);
	}
	return op.entries.some((e) => e.state === 'committed' && nodes(s).every((n) => e.i > (n.log?.commit ?? 0) || !n.log?.cells.some((c) => c.i === e.i && c.t !== e.t)));
}

/** Whether no node can ever apply a write. @param {State} s @param {Op} op */
function isNotWritten(s, op) {
	if (op.kind !== 'write' || (op.status && op.status !== 504)) return false;
	const known = msgs({ s, op });
	if (s.mode === 'CA') {
		const votes = new Set(known.filter((m) => m.type === 'yes').map((m) => m.from)).size;
		const against = known.some((m) => m.type === 'rollback' || m.type === 'no') || (op.types.rollback?.sent ?? 0) > 0;
		return !known.some((m) => m.type === 'commit') && (against || (op.died && votes < s.nodes.size - 1));
	}
	return op.entries.length > 0 && op.entries.every((e) => nodes(s).some((n) => (n.log?.commit ?? 0) >= e.i)) && !nodes(s).some((n) => n.log?.cells.some((c) => c.o === op.id && c.i <= (n.log?.commit ?? 0)));
}

/** One of two nodes committed the transaction, the other one rolled it back. @param {State} s @param {Op} op @param {string} a @param {string} b */
function isEndedApart(s, op, a, b) {
	const kinds = [a, b].map((id) => [...s.ops.values()].filter((o) => o.tx === op.tx && o.node === Number(id) && o.status > 0 && o.status < 300).map((o) => o.kind));
	return (kinds[0].includes('commit') && kinds[1].includes('rollback')) || (kinds[0].includes('rollback') && kinds[1].includes('commit'));
}

/** Whether a node holds the value of a write, which no other operation writes. @param {State} s @param {Op} op */
function isHeld(s, op) {
	const others = [...s.ops.values()].some((one) => one !== op && one.key === op.key && one.val === op.val);
	return !others && [...s.held.values(), ...s.hints.values()].some((h) => h.key === op.key && h.val === op.val);
}

/** @type {Rule[]} status, words and band of the stamp, as "201 | written | " */
export const stampRules = [
	[/^in doubt \| (\d) said yes, (\d) is dead\n(no node may decide|they must wait) \| $/, ({ s, op }, n, id, who) => {
		const open = nodes(s).filter((one) => held(s, one.id, op.key)?.lockedBy === op.id && one.status !== 'killed').length;
		const told = msgs({ s, op }).some((m) => m.cls === 'decide' && (m.state === 'flying' || who === 'they must wait'));
		return status(s, Number(id)) === 'killed' && op.coordinator === Number(id) && open === Number(n) && !told && (who === 'they must wait' || nodes(s).every((one) => one.status === 'killed' || held(s, one.id, op.key)?.lockedBy === op.id));
	}],
	[/^(504|no reply) \| (?:outcome\nunknown|node \d\ndied) \| now sure: (written|not written)$/, ({ s, op }, status, fate) => (status === '504') === (op.status === 504) && (op.status === 504 || op.died) && (fate === 'written' ? isWritten : isNotWritten)(s, op)],
	[/^no reply \| node (\d)\ndied \| $/, ({ op }, id) => op.died && op.node === Number(id) && !op.status],
	[/^held \| time stands still \| $/, ({ s }) => s.pace.rate === 0],
	[/^[\d.]+ (µs|ms|s) \| since the client asked \| $/, ({ op }) => !op.status],
	[/^([\d.]+) s \| left before it (gives up|asks another node)(?:, at 1\/\d+ of full speed)? \| $/, ({ s, op, view }, left) => !op.status && (s.pace.pace !== 'live' || (!view.behind && view.t > s.t + 100_000)) && [...s.timers.values()].some((t) => t.op === op.id && Math.abs((t.due - view.v) / 1e6 / s.pace.rate - Number(left)) < 0.06)],
	[/^(\d+) \| ([\s\S]*) \| stale: (.+) was written\n\d+ (?:ms|s|min) before, at node (\d)$/, (at, st, words, val, id) => at.op.status === Number(st) && isStale(at.view, at.op) && [...at.s.ops.values()].some((w) => clipped(w.val, val) && w.node === Number(id)) && stampRules.some(([form, holds]) => { const m = form.exec(`${st} | ${words} | `); return m && holds(at, ...m.slice(1)); })],
	[/^(\d+) \| committed\nby all (\d) \| $/, ({ s, op }, st, n) => op.status === Number(st) && Number(n) === s.nodes.size && phase(op, 'acks')?.yes.length === s.nodes.size],
	[/^201 \| decided:\ncommit, (\d) of\n(\d) have it \| $/, ({ s, op }, x, y) => op.status === 201 && Number(x) < Number(y) && Number(y) === s.nodes.size && phase(op, 'acks')?.yes.length === Number(x)],
	[/^409 \| refused\nkey is locked \| $/, ({ op }) => op.status === 409 && op.kind === 'write'],
	[/^503 \| locked\nthe read\ngave up \| $/, ({ op }) => op.status === 503 && op.kind === 'read' && op.phases.at(-1)?.phase === 'lock'],
	[/^503 \| (?:rolled back|refused)\nnothing\nwas written \| $/, ({ s, op }) => op.status === 503 && op.kind !== 'read' && !isHeld(s, op)],
	[/^503 \| refused\nno quorum \| $/, ({ op }) => op.status === 503 && op.kind === 'read'],
	[/^503 \| no leader \| $/, ({ op, s }) => op.status === 503 && s.mode === 'RAFT'],
	[/^201 \| (?:written|committed)\nby a majority \| $/, ({ s, op }) => op.status === 201 && (s.mode === 'RAFT' || (op.phases.at(-1)?.yes.length ?? 0) >= majority(s))],
	[/^201 \| written\n(\d) of (\d) homes(?:,\n(hint for|hints|handed to) (\d(?:, \d)*)|,\n(\d) (hints|handed over))? \| $/, ({ s, op }, x, y, what, list, n, many) => op.status === 201 && op.phases.some((p) => p.homes.length === Number(y) && p.homes.filter((h) => p.yes.includes(h)).length === Number(x)) && (!what || ids(list).every((home) => (what !== 'handed to' ? [...s.nodes.keys()].some((id) => keeps({ s, op }, id, home)) : op.kept.some((k) => k.for === home && !hintOf(s, k.node, k.for, op.key))))) && (!many || new Set(op.kept.filter((k) => (many === 'hints') === keeps({ s, op }, k.node, k.for)).map((k) => k.for)).size >= Number(n))],
	[/^(?:201|200) \| (?:written|done) \| $/, ({ op }) => op.status < 300],
	[/^200 \| read\n(.+)\nor (.+) \| $/, ({ op }, a, b) => op.siblings.length > 0 && clipped(op.val, a) && op.siblings.some((v) => clipped(v, b))],
	[/^200 \| read\n(\d) values \| $/, ({ op }, n) => new Set([op.val, ...op.siblings]).size === Number(n)],
	[/^200 \| read\n(.+) \| $/, ({ op }, val) => op.status === 200 && (clipped(op.val, val) || (val === 'an empty value' && op.val === ''))],
	[/^404 \| answered:\nno value \| $/, ({ op }) => op.status === 404],
	[/^504 \| unknown\nit may yet\ntake effect \| $/, ({ op }) => op.status === 504 && op.kind === 'write'],
	[/^504 \| no answer\nin time \| $/, ({ op }) => op.status === 504 && op.kind !== 'write'],
	[/^(\d)≠(\d) \| two ends,\none key \| $/, ({ s, op }, a, b) => Number(a) < Number(b) && isEndedApart(s, op, a, b)],
	[/^200 \| ([\s\S]*) \| conflicting: no node knows\nwhich was written last$/, ({ op }) => op.siblings.some((v) => v !== op.val)],
	[/^(\d+) \| (promised|committed|rolled back|planted)\n(?:by|at) node (\d)(?:\nalone)? \| $/, ({ op }, st, what, id) => op.status === Number(st) && op.status < 300 && op.node === Number(id) && { promised: 'propose', committed: 'commit', 'rolled back': 'rollback', planted: 'plant' }[what] === op.kind],
	[/^(\d+) \| refused \| $/, ({ op }, st) => op.status === Number(st) && op.status >= 400],
];

/** @type {Rule[]} the words of the meter */
export const meterRules = [
	[/^(\d) (?:yes|answered)((?:, \d [a-z ,]+)*)$/, ({ s, op }, yes, rest) => Number(yes) <= s.nodes.size && parts(rest).every(([n, what]) => holdsPart(s, op, n, what, Number(yes)))],
];

/** @param {string} text @returns {[number, string][]} */
function parts(text) {
	return [...text.matchAll(/, (\d) (no, too late|[a-z ]+)/g)].map(([, n, what]) => [Number(n), what]);
}

/** The nodes whose answer came after the end, by the clock of the node that took it in. @param {State} s @param {Op} op @param {string} cls */
function lateOnes(s, op, cls) {
	const at = op.coordinator || op.node;
	return msgs({ s, op }).filter((m) => m.cls === cls && m.to === at && (op.node === at ? m.t1 > op.t1 : m.x1 > op.x1)).map((m) => m.from);
}

/** @param {State} s @param {Op} op @param {number} n @param {string} what @param {number} yes */
function holdsPart(s, op, n, what, yes) {
	const p = op.phases.filter((one) => one.need > 0);
	switch (what) {
		case 'no':
			return p.some((one) => one.no.length === n);
		case 'dead':
			return nodes(s).filter((one) => one.status === 'killed').length >= n;
		case 'silent':
			return nodes(s).filter((one) => one.status === 'frozen' || one.silent).length >= n;
		case 'no, too late':
			return new Set(lateOnes(s, op, 'no')).size >= n;
		case 'coming':
			return msgs({ s, op }).filter((m) => m.state === 'flying').length >= n && !op.status;
		case 'short':
			return p.some((one) => one.need - yes === n);
	}
	return false;
}

/** @type {Rule[]} each word below a node */
export const nodeRules = [
	[/^home$/, ({ s, id }) => [...s.ops.values()].some((o) => homes(o).includes(id)) || [...s.held.values()].some((h) => h.homes.includes(id))],
	[/^(frozen|killed|starting|silent)$/, ({ s, op, id }, word) => word === 'starting' ? status(s, id) === word : is(s, op, id, word, false)],
	[/^keeps (.+) for ([\d, ]+)$/, ({ s, id }, what, list) => {
		const mine = [...s.hints.values()].filter((h) => h.node === id);
		const many = /^(\d+) writes?$/.exec(what);
		return [...new Set(mine.map((h) => h.for))].sort().join() === ids(list).sort().join() && (many ? mine.length === Number(many[1]) : mine.length === 1 && clipped(mine[0].val, what));
	}],
	[/^coordinator$/, ({ s, id }) => [...s.ops.values()].some((o) => o.phases.some((p) => p.node === id))],
	[/^(\d) of (\d)$/, ({ s, id }, x, y) => Number(y) === s.nodes.size && s.faults.parts.some((g) => g.includes(id) && g.length === Number(x))],
	[/^(promised|committed by hand|rolled back by hand)$/, ({ s, op, id }, what) => [...s.ops.values()].some((o) => o.tx === op.tx && o.node === id && o.status < 300 && { promised: 'propose', 'committed by hand': 'commit', 'rolled back by hand': 'rollback' }[what] === o.kind)],
	[/^not asked$/, ({ s, op, id }) => ![...s.ops.values()].some((o) => o.tx === op.tx && o.node === id && o.status > 0 && o.status < 300)],
	[/^(committed|rolled back)$/, ({ s, op, id }, how) => msgs({ s, op }).some((m) => m.to === id && m.state === 'delivered' && m.type === (how === 'committed' ? 'commit' : 'rollback'))],
	[/^has it$/, ({ s, op, id }) => (op.status === 504 || op.died) && (msgs({ s, op }).some((m) => m.type === 'stored' && m.from === id) || op.phases.some((p) => p.phase === 'store' && p.yes.includes(id)) || held(s, id, op.key)?.version.includes(`.${op.id.slice(0, 4)}`))],
	[/^had it, replaced$/, ({ s, op, id }) => op.entries.some((e) => e.nodes.includes(id) && nodes(s).some((n) => (n.log?.commit ?? 0) >= e.i)) && !s.nodes.get(id)?.log?.cells.some((c) => c.o === op.id && c.i <= (s.nodes.get(id)?.log?.commit ?? 0))],
	[/^in doubt$/, ({ s, op, id }) => (s.nodes.get(id)?.badges['in doubt'] ?? 0) > 0 || (op.kind === 'write' && held(s, id, op.key)?.lockedBy === op.id && status(s, op.coordinator) === 'killed' && !msgs({ s, op }).some((m) => m.cls === 'decide' && m.state === 'flying'))],
	[/^(\d+) not heard of$/, ({ s, id }, n) => s.nodes.get(id)?.gap?.n === Number(n)],
	[/^leader of term (\d+)$/, ({ s, id }, term) => leads(s, String(id), term)],
	[/^voted for (\d)$/, ({ s, id }, to) => s.nodes.get(id)?.log?.vote === Number(to)],
	[/^no leader$/, ({ s, id }) => !s.nodes.get(id)?.log?.leader],
	[/^([a-z][a-z-]+)$/, ({ s, id }, role) => s.nodes.get(id)?.role === role],
];

/** @type {Rule[]} what the slots say, as "3 yes" */
export const slotRules = [
	[/^(\d) yes$/, ({ s, op }, id) => [...s.ops.values()].some((o) => !!op.tx && o.tx === op.tx && o.kind === 'propose' && o.node === Number(id) && o.status < 300) || op.phases.some((p) => p.yes.includes(Number(id))) || msgs({ s, op }).some((m) => m.cls === 'yes' && m.from === Number(id)) || held(s, Number(id), op.key)?.lockedBy === op.id || (op.node === Number(id) && good(op) && !op.phases.length)],
	[/^(\d) no$/, ({ op }, id) => op.phases.some((p) => p.no.includes(Number(id)))],
	[/^(\d) late$/, ({ s, op }, id) => op.status > 0 && lateOnes(s, op, 'no').includes(Number(id))],
	[/^(\d) late-yes$/, ({ s, op }, id) => op.status >= 400 && lateOnes(s, op, 'yes').includes(Number(id))],
	[/^(\d) dead$/, ({ s }, id) => status(s, Number(id)) === 'killed'],
	[/^(\d) silent$/, ({ s }, id) => status(s, Number(id)) === 'frozen' || s.nodes.get(Number(id))?.silent],
	[/^(\d) lost$/, ({ s, op }, id) => msgs({ s, op }).some((m) => m.state === 'lost' && (m.from === Number(id) || m.to === Number(id))) && !(op.died && msgs({ s, op }).some((m) => m.cls === 'yes' && m.from === Number(id) && m.to === (op.coordinator || op.node)))],
	[/^(\d) flying$/, ({ s, op }, id) => !op.status && msgs({ s, op }).some((m) => m.state === 'flying' && (m.from === Number(id) || m.to === Number(id)))],
	[/^(\d) waiting$/, ({ op }) => !op.status],
	[/^(\d) none$/, ({ s, op }, id) => op.status > 0 && !(op.kind === 'write' && op.died && held(s, Number(id), op.key)?.lockedBy === op.id)],
];

/** Whether an operation sent at least so many requests of one type: a write that was repeated under its id sent more than a page that was opened between its tries knows. @param {{s: State, op: Op}} of @param {number} n */
function isWave(of, n) {
	const types = msgs(of).filter((m) => m.cls === 'request').map((m) => m.type);
	return types.some((type) => types.filter((one) => one === type).length >= n);
}

/** @type {Rule[]} the facts, as "votes: 3 yes + own" */
export const factRules = [
	[/^(votes|answers): (?:(\d)(?!\d)(?: yes)?( \+ own)?)?(?:,? ?(\d) no)?(?:,? ?(\d+) on the way)?$/, ({ s, op }, _name, others, own, no, air) => op.phases.some((p) => (!others || p.yes.length === Number(others) + (own ? 1 : 0)) && (!no || p.no.length === Number(no))) && (!air || (!op.status && msgs({ s, op }).filter((m) => m.state === 'flying').length >= Number(air)))],
	[/^lost on the way: (\d+), (.+)$/, ({ s, op }, n) => msgs({ s, op }).filter((m) => m.state === 'lost' || m.state === 'flying').length >= Number(n)],
	[/^waited(?: for node (\d))?: .+$/, ({ op }, id) => op.status >= 500 && (!id || (op.node === Number(id) || op.phases.some((p) => p.waiting.includes(Number(id)) || p.homes.includes(Number(id)))) && !op.phases.at(-1)?.yes.includes(Number(id)))],
	[/^meanwhile at node (\d): (\d+) in .+$/, ({ s, op }, id, st) => [...s.ops.values()].some((o) => o.id !== op.id && o.node === Number(id) && o.status === Number(st))],
	[/^node (\d): (?:(.+), version (.+)|no value)$/, ({ s, op }, id, val, version) => { const h = held(s, Number(id), [...s.ops.values()].find((o) => o.tx === op.tx && o.key)?.key ?? ''); return val === undefined ? !h?.version : !!h && clipped(h.val, val) && h.version === version; }],
	[/^took: .+$/, ({ op }) => op.status > 0],
	[/^outcome: (written|not written|not known yet)$/, ({ s, op }, fate) => op.kind === 'write' && (op.status === 504 || op.died) && (fate === 'not known yet' || (fate === 'written' ? isWritten : isNotWritten)(s, op))],
	[/^voted yes: ([\d, ]+)$/, ({ s, op }, list) => ids(list).every((id) => held(s, id, op.key)?.lockedBy === op.id)],
	[/^asked each other: (?:once|(\d+) times)$/, ({ s, op }, n) => msgs({ s, op }).filter((m) => m.type === 'ask' && m.from !== op.coordinator && m.to !== op.coordinator).length === Number(n ?? 1)],
	[/^locked: ([\d, ]+)$/, ({ s, op }, list) => ids(list).every((id) => held(s, id, op.key)?.lockedBy)],
	[/^hint: (\d) (holds|gave) it (?:for|to) (\d)$/, ({ s, op }, node, what, home) => (what === 'holds' ? keeps({ s, op }, Number(node), Number(home)) : op.kept.some((k) => k.node === Number(node) && k.for === Number(home)) && !hintOf(s, Number(node), Number(home), op.key))],
	[/^hints: (\d (?:for|to) \d[^a-z]*(?:; \d (?:for|to) \d[^a-z]*)*)$/, ({ s, op }, all) => all.split('; ').every((one) => {
		const [node, ...list] = ids(one);
		return list.every((home) => (one.includes('for') ? keeps({ s, op }, node, home) : op.kept.some((k) => k.node === node && k.for === home) && !hintOf(s, node, home, op.key)));
	})],
	[/^[a-z ]+: (\d+) on the way$/, (at, n) => flying(at).length >= Number(n)],
	[/^[a-z ]+: (\d+) arrived(?:, (\d+) waits?)?$/, ({ s, op }, n, waiting) => msgs({ s, op }).filter((m) => m.cls === 'decide' && m.state === 'delivered').length >= Number(n) && (!waiting || msgs({ s, op }).filter((m) => m.state === 'flying').length >= Number(waiting))],
	[/^[a-z -]+: (\d+) sent(?:, (\d+) ×)?(?:, (\d+) on the way)?$/, ({ s, op }, n, dead, air) => isWave({ s, op }, Number(n)) && msgs({ s, op }).filter((m) => m.state !== 'delivered').length >= Number(dead ?? 0) + Number(air ?? 0)],
];

/** @type {Rule[]} whether R + W > N promises anything */
export const overlapRules = [
	[/^(\d) \+ (\d) (> (\d): overlap|≤ (\d): no overlap), (sure|not sure)$/, ({ s, op }, r, w, _sign, more, less, sure) => {
		const q = s.quorum;
		const sum = Number(r) === q.r && Number(w) === q.w && (q.r + q.w > q.n ? Number(more) === q.n : Number(less) === q.n);
		const a = op.answered;
		return sum && (sure === 'not sure' || (q.r + q.w > q.n && op.status < 300 && !!a && a.yes.filter((id) => !a.hinted.includes(id)).length >= a.need));
	}],
	[/^(write, )?(\d) of (\d) from homes: overlap not promised, not sure$/, ({ s, op }, write, h, n) => [op, ...s.ops.values()].some((o) => (write ? o.kind === 'write' && o.key === op.key : o === op) && [o.answered, ...o.phases].some((p) => !!p && p.yes.length === Number(n) && p.yes.filter((id) => !p.hinted.includes(id)).length === Number(h)))],
];

/** @type {Rule[]} what the panel says of an election; id: the candidate */
export const electionRules = [
	[/^(election|trial), term (\d+)$/, ({ s, id }, what, term) => asks(s, id, (b) => b.term === Number(term) && (b.phase === 'pre-vote') === (what === 'trial'))],
	[/^candidate (\d)$/, ({ s, id }, node) => id === Number(node) && asks(s, id, () => true)],
	[/^(\d) yes$/, ({ s, id }, node) => asks(s, id, (b) => b.yes.includes(Number(node)))],
	[/^(\d) no$/, ({ s, id }, node) => asks(s, id, (b) => b.no.includes(Number(node)))],
	[/^(\d) dead$/, ({ s }, node) => status(s, Number(node)) === 'killed'],
	[/^(\d) silent$/, ({ s }, node) => status(s, Number(node)) === 'frozen' || s.nodes.get(Number(node))?.silent],
	[/^(\d) waiting$/, ({ s, id }, node) => asks(s, id, (b) => !b.yes.includes(Number(node)) && !b.no.includes(Number(node)))],
	[/^(\d) (granted|would grant)(?:, (\d) refused)?(?:, (\d) short)?$/, ({ s, id }, yes, word, no, short) => asks(s, id, (b) => b.yes.length === Number(yes) && b.no.length === Number(no ?? 0) && Math.max(0, b.need - b.yes.length) === Number(short ?? 0) && (b.phase === 'pre-vote') === (word === 'would grant'))],
	[/^need (\d)$/, ({ s, id }, need) => asks(s, id, (b) => b.need === Number(need) && b.need === majority(s))],
	[/^no leader \| writes wait until one is elected \| $/, ({ s }) => !nodes(s).some((n) => n.role === 'leader' && n.status === 'up')],
	[/^node (\d) \| asks (whether it would win|for votes) \| $/, ({ s, id }, node, what) => id === Number(node) && asks(s, id, (b) => (b.phase === 'pre-vote') === (what !== 'for votes'))],
	[/^rule: (a trial spends no vote|one vote a term, to no older log)$/, ({ s, id }, rule) => asks(s, id, (b) => (b.phase === 'pre-vote') === rule.startsWith('a trial'))],
];

/** Whether a node that runs asks for votes, and a condition holds for its ballots. @param {State} s @param {number} id @param {(b: import('../model/types.js').Ballots) => boolean} holds */
function asks(s, id, holds) {
	const n = s.nodes.get(id);
	return n?.status === 'up' && !!n.ballots && holds(n.ballots);
}

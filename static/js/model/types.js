// The types of the page's data. The types of events and of the control API's bodies are
// generated from Go in wire.d.ts. The other types are the page's own.

/** @typedef {{method: string, path: string, body?: any}} Request */
/** @typedef {import('./wire.js').Load} Load */
/** @typedef {{running: boolean, ended?: number, result?: {lanes: unknown[]}, progress?: {mode: string, done: number, text: string}, error?: string}} Comparison how far a comparison of the modes is */
/** @typedef {'inflight'|'timers'|'roles'|'keys'|'ops'|'events'} Lists the lists of events in a hello */
/** @typedef {Partial<Omit<import('./wire.js').Cluster, 'nodes'>> & {nodes?: (Pick<import('./wire.js').Node, 'id'> & Partial<import('./wire.js').Node>)[]}} Cluster */
/** @typedef {Partial<Omit<import('./wire.js').Hello, Lists|'cluster'> & Record<Lists, Event[]> & {cluster: Cluster}>} Hello the whole present; an older playground leaves out some parts */
/** @typedef {Partial<import('./wire.js').AnyEvent> & Pick<import('./wire.js').AnyEvent, 'kind'|'node'|'t'>} Event one event of /ws; kind says which of the other fields are set */
/** @typedef {import('./wire.js').Link} Link */
/** @typedef {import('./wire.js').Pace} Pace */
/** @typedef {import('./wire.js').Quorum} Quorum */
/** @typedef {import('./wire.js').Rule} Rule */
/** @typedef {import('./wire.js').Call} Call */
/** @typedef {import('./wire.js').Descriptor} Descriptor */
/** @typedef {import('./wire.js').LogCell} Cell */
/** @typedef {import('./wire.js').Sibling} Sibling */
/** @typedef {{phase: string, term: number, need: number, yes: number[], no: number[], waiting: number[], x: number}} Ballots the votes that a candidate has; x: when the last one came, on the elastic axis */
/**
 * @typedef {object} Log What a node reports about its replicated log.
 * @property {number} leader the leader that it follows, 0 for none
 * @property {number} vote the candidate that it voted for in its term, 0 for none
 * @property {number} last index of the last entry
 * @property {number} commit
 * @property {number} applied
 * @property {number} mayAsk virtual microseconds: from then on the node may ask for votes; 0 at a leader
 * @property {number} willAsk virtual microseconds: by then the node will ask for votes
 * @property {Cell[]} cells the last entries, ascending
 * @property {import('./wire.js').LogMatch[]} match at a leader: the index up to which each node has the leader's log
 * @property {Cell[]} struck the entries that were overwritten last
 * @property {number} struckX when, on the elastic axis
 */
/** @typedef {{id: number, url: string, status: string, pid: number, role: string, roleX: number, term: number, badges: Record<string, number>, ballots: Ballots|null, log: Log|null, silent: boolean, freeze: string, down: boolean, screen: string[], gap?: {x: number, n: number}}} Node status: '' if it is not known; freeze: how a frozen node was frozen, "signal" or "self"; down: it was killed, and is not up again */
/**
 * @typedef {object} Msg A message, from its departure to its end.
 * @property {string} id
 * @property {number} from
 * @property {number} to
 * @property {string} type
 * @property {string} cls its class
 * @property {string} sense
 * @property {string} op
 * @property {string} label
 * @property {number} due virtual microseconds; 0 is at once
 * @property {string} via
 * @property {number} for
 * @property {boolean} held
 * @property {string} dupOf
 * @property {number} t0 when it left
 * @property {number} v0 the same in virtual time
 * @property {number} lc the same on its sender's Lamport clock
 * @property {number} x0 the same on the elastic axis
 * @property {string} pace the pace in which it left
 * @property {'flying'|'delivered'|'lost'} state
 * @property {number} t1 when it ended
 * @property {number} v1
 * @property {number} x1
 * @property {string} why
 * @property {string} late
 */
/**
 * @typedef {object} Phase How one phase of an operation stands.
 * @property {string} phase
 * @property {number} need
 * @property {number[]} yes
 * @property {number[]} no
 * @property {number[]} waiting
 * @property {number[]} hinted
 * @property {number[]} homes
 * @property {string} timer
 * @property {number} node that reported it
 * @property {number} x
 */
/**
 * @typedef {object} Op A client's operation.
 * @property {string} id
 * @property {string} client
 * @property {number} node that the client called
 * @property {number} coordinator that reports its progress; 0 until the first report
 * @property {string} kind
 * @property {string} tx of an operation by hand: the id that a person gave to the transaction
 * @property {string} key
 * @property {string} val the value of a write; the answer of a read that ended
 * @property {string[]} siblings of a read that ended: the other values that it answered
 * @property {number} status 0 while it runs
 * @property {number} t0
 * @property {number} t1
 * @property {number} x0
 * @property {number} x1
 * @property {Phase[]} phases the phase of the newest report is the last
 * @property {Phase} [answered] as its phase stood when it ended; more answers may come later
 * @property {Record<string, {sent: number, lost: number, arrived: number}>} types
 * @property {Faults} faults the faults when it ended; while it runs, the faults when it began
 * @property {{node: number, for: number}[]} kept hints that it left: node keeps it for the node in `for`
 * @property {{node: number, was: string|undefined}[]} repairs the nodes that a read repaired, and the value that each held before; '' for none, undefined if it is not known
 * @property {{i: number, t: number, nodes: number[], state: 'open'|'committed'|'replaced'}[]} entries the entries of the replicated log that carry it: index, term, and the nodes that had it; replaced: another entry is committed at this index
 * @property {boolean} died whether the node that the client called was killed before it answered
 * @property {boolean} partial whether it came with a hello, so that its earlier messages, and the faults and values of its time, are not known
 */
/** @typedef {{node: number, key: string, val: string, hash: string, version: string, lockedBy: string, siblings: Sibling[], homes: number[], byHand: boolean}} Held */
/** @typedef {{node: number, key: string, for: number, val: string, version: string}} Hint */
/** @typedef {{node: number, id: string, name: string, op: string, due: number, state: string}} Timer */
/** @typedef {{parts: number[][], frozen: number[], killed: number[], silent: number[]}} Faults parts: the groups of a partition, empty without one */
/**
 * @typedef {object} State
 * @property {number} seq
 * @property {number} t of the newest event
 * @property {number} x of the newest event
 * @property {number} epoch
 * @property {string} mode
 * @property {Descriptor[]} modes the modes that the playground can run
 * @property {Pace} pace
 * @property {Quorum} quorum
 * @property {Map<number, Node>} nodes
 * @property {Map<string, Link>} links the links that are not perfect, by "from-to"
 * @property {Rule[]} rules
 * @property {Map<string, Msg>} msgs in flight, and those that the stage still shows
 * @property {Map<string, Op>} ops the newest operations, the oldest of them first
 * @property {Map<string, Timer>} timers by "node/id"
 * @property {Map<string, Held>} held by "node/key"
 * @property {boolean} late whether a node may hold a value that is not in held: the events before the present of a hello are folded, or the hello has not all keys
 * @property {Map<string, Hint>} hints by "node/for/key"
 * @property {Map<string, {sent: number, delivered: number, lost: number, x: number, summed: number}>} flow by "from-to-class"; summed is when the last sum came, in elastic ms
 * @property {string} focus the operation in focus
 * @property {string} pinned another operation whose messages are kept in a crowd, because a person looks at it
 * @property {string} key the key in focus
 * @property {{sent: number, delivered: number, lost: number, gap: number}} totals
 * @property {Map<string, {lane: string, x: number}>} early messages that ended, and whose `sent` has not come yet: their lane in `flow`, and when they ended
 * @property {Faults} faults the faults that are in force now; the object is replaced, never changed
 * @property {News} news the latest thing that a person did to the cluster
 */
/** @typedef {'frozen'|'killed'|'thawed'|'back'|'link'|'healed'|'mode'|'reset'|'gap'|'passed'|'failed'|''} Change */
/** @typedef {{x: number, what: Change, nodes: number[], n: number}} News nodes: those that it concerns; n: of a gap, the events that are missing */

export {};

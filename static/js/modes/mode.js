// What a file of this room says about its mode. Everything that the page says about
// a mode is in such a file, except what is in the mode's descriptor. No module outside
// this room names a mode. A mode without a file has the words of neutral.js.

/** @typedef {import('../model/types.js').State} State */
/** @typedef {import('../model/types.js').Op} Op */
/** @typedef {import('../model/types.js').Msg} Msg */
/** @typedef {import('../model/types.js').Node} Node */
/** @typedef {import('../model/view.js').View} View */

/**
 * @typedef {object} Outcome What is known of an operation that ended.
 * @property {boolean} good the client got what it asked for
 * @property {number[][]} parts the groups of the partition at that time if it still exists, else empty
 * @property {number[]} away nodes that could not answer then: frozen, silent or killed
 * @property {(ids?: number[]) => string} who these nodes in words, all or some of them: "Node 4 is frozen", or "was" if it no longer is; '' for none
 */

/**
 * @typedef {object} Candidacy An election, as its candidate sees it.
 * @property {string} title
 * @property {string} sub
 * @property {number} node the candidate
 * @property {{id: number, said: import('../model/view.js').Said, home: boolean}[]} slots
 * @property {{yes: number, need: number, total: number, text: string}} meter
 * @property {import('./stamp.js').Stamp} stamp
 * @property {[name: string, value: string][]} facts
 */

/**
 * @typedef {object} Mode
 * @property {string} name '' for the neutral words
 * @property {(s: State) => string} promise a phrase beside the triangle: what the mode keeps, and what that costs
 * @property {(s: State) => string} first the caption of a stage on which nothing happened yet
 * @property {(m: Msg) => boolean} isVote whether a message is a vote
 * @property {(phase: string) => boolean} isTrial whether a phase of an election is a trial, in which no node uses its vote
 * @property {(op: Op) => 'votes'|'answers'} counts what the meter of an operation counts
 * @property {(view: View) => Candidacy|undefined} candidacy the election that the panel shows in the place of an operation; undefined for none
 * @property {(view: View) => string} scene the caption of what happens beside the operations, such as an election, if that is newer than the news; '' for nothing
 * @property {(s: State, op: Op) => number[]} blocked the nodes that wait for the decision of a dead coordinator, and may not go on without it
 * @property {(s: State, op: Op) => boolean} isSeen whether the page got all messages of an operation, as far as the words of the mode need to know
 * @property {(s: State, op: Op) => import('./fate.js').Fate} fate what the page knows for sure about a write whose client got no outcome
 * @property {(s: State, op: Op, id: number) => string} ending what a node did with such a write, in the words below the node; '' for nothing that is known
 * @property {(view: View, op: Op) => string} running the caption while an operation runs; '' leaves it to the common words
 * @property {(s: State, op: Op, how: Outcome) => string} ended the caption of a read or a write that ended; '' leaves it to the common words
 * @property {(s: State, op: Op) => string} stamp the words beside a status; '' leaves it to the common words
 * @property {(s: State, n: Node) => string} role the words for the role of a node; they come before the words for a coordinator
 * @property {(n: Node) => [name: string, value: string][]} rows what the tab of a node says beside its keys
 * @property {boolean} sides whether a coordinator says how many nodes of its side of a split there are
 * @property {boolean} asksFirst whether the panel's facts begin with the requests, and not with the answers
 * @property {(version: string) => string} version a version, short enough for a node
 */

export {};

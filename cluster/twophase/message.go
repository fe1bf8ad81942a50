package twophase

import (
	"strings"
	"unicode"

	"capplayground/cluster"
)

// The messages.
const (
	typePrepare   = "prepare"   // coordinator: lock, log and vote
	typeYes       = "yes"       // participant: I have locked and logged, and may not decide alone any more
	typeNo        = "no"        // participant: I have not locked or logged, and will never vote yes
	typeCommit    = "commit"    // the decision is commit; also an answer to ask
	typeRollback  = "rollback"  // the transaction is aborted; also an answer to ask
	typeAck       = "ack"       // participant: the commit is on my disk
	typeAsk       = "ask"       // participant: how did the transaction end?
	typeUndecided = "undecided" // I do not know: I have voted yes and wait for the outcome too
)

// maxVersion is more than any key reaches: a higher version in a message is an error.
const maxVersion = 1 << 62

type prepareBody struct {
	Key string `json:"k"`
	Val string `json:"v"`
	// Last is the outcome of the last transaction on the key in which the coordinator
	// took part; nil if there was none. If that transaction's commit or rollback has not
	// reached a participant yet, the participant learns the outcome here.
	Last *lastBody `json:"last,omitempty"`
}

// lastBody is how one transaction ended.
type lastBody struct {
	Tx      cluster.OpID `json:"tx"`
	Version uint64       `json:"n,omitempty"` // that its key got; 0: aborted
}

type yesBody struct {
	Version uint64 `json:"n"` // that the voter holds
	// Sum identifies the write for which the participant voted. The coordinator may have
	// crashed and forgotten that write, and the client may have sent another value under
	// the same name since. Then the vote must not count.
	Sum uint64 `json:"sum"`
}

type refusalBody struct {
	Reason string `json:"why"`
}

type commitBody struct {
	Version uint64 `json:"n"` // that the key gets; never 0
}

// send adds a message about a transaction to the Output. what comes after the
// transaction's name in the label; body may be nil.
func (m *Machine) send(to cluster.NodeID, kind string, tx cluster.OpID, what string, body []byte) *cluster.Message {
	msg := cluster.Message{From: m.cfg.ID, To: to, Type: kind, Class: classes[kind], Op: tx, Body: body}
	if !m.summed {
		msg.Label = "tx=" + tx.Short()
		if what != "" {
			msg.Label += " " + what
		}
	}
	switch kind {
	case typeCommit:
		msg.Sense = cluster.SenseCommit
	case typeRollback:
		msg.Sense = cluster.SenseAbort
	}
	m.out.Messages = append(m.out.Messages, msg)
	return &m.out.Messages[len(m.out.Messages)-1]
}

var classes = map[string]cluster.Class{
	typePrepare:   cluster.ClassRequest,
	typeYes:       cluster.ClassYes,
	typeNo:        cluster.ClassNo,
	typeCommit:    cluster.ClassDecide,
	typeRollback:  cluster.ClassDecide,
	typeAck:       cluster.ClassYes,
	typeAsk:       cluster.ClassRequest,
	typeUndecided: cluster.ClassNo,
}

// keyAndValue returns a key and its value for a label: short, and on one line.
func keyAndValue(key, val string) string { return plain(key) + "=" + plain(val) }

// keyAndValue returns the same, or "" if the Step is summed and labels are not shown.
func (m *Machine) keyAndValue(key, val string) string {
	if m.summed {
		return ""
	}
	return keyAndValue(key, val)
}

const maxLabel = 40

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return ' '
		}
		return r
	}, cluster.Cut(s, maxLabel))
}

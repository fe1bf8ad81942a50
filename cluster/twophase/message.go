package twophase

import (
	"encoding/json"
	"strings"
	"unicode"

	"capplayground/cluster"
)

// The messages.
const (
	typePrepare   = "prepare"   // coordinator: lock, log and vote
	typeYes       = "yes"       // participant: I have, and am bound by it
	typeNo        = "no"        // participant: I have not, and never will
	typeCommit    = "commit"    // it is decided; also the answer to ask
	typeRollback  = "rollback"  // it is aborted; also the answer to ask
	typeAck       = "ack"       // participant: the commit is on my disk
	typeAsk       = "ask"       // participant: how did it end?
	typeUndecided = "undecided" // I do not know: I have voted for it and wait, like you
)

// maxVersion is more than any key will ever have: a higher one is garbage.
const maxVersion = 1 << 62

type prepareBody struct {
	Key string `json:"k"`
	Val string `json:"v"`
	// Last is how the last transaction on the key ended that the coordinator
	// took part in; nil for none. A participant that is still locked for it, since
	// the commit or the rollback is on its way, learns it from here.
	Last *lastBody `json:"last,omitempty"`
}

// lastBody is how one transaction ended.
type lastBody struct {
	Tx      cluster.OpID `json:"tx"`
	Version uint64       `json:"n,omitempty"` // that its key got; 0 for abort
}

type yesBody struct {
	Version uint64 `json:"n"` // that the voter holds
	// Sum names what the voter has voted for. A vote may be for what a coordinator
	// proposed under this name before a crash, and its client may have brought
	// another value under the same name since.
	Sum uint64 `json:"sum"`
}

type refusalBody struct {
	Reason string `json:"why"`
}

type commitBody struct {
	Version uint64 `json:"n"` // that the key gets; never 0
}

// send adds a message about a transaction to the Output. what goes into its
// label behind the transaction's name; body may be nil.
func (m *Machine) send(to cluster.NodeID, kind string, tx cluster.OpID, what string, body json.RawMessage) *cluster.Message {
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

// keyAndValue is a key and its value in a label: short, and on one line.
func keyAndValue(key, val string) string { return plain(key) + "=" + plain(val) }

// keyAndValue is the same for a label that nothing may show.
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

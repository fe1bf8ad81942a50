//go:build !noraft

package consensus

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"capplayground/cluster"

	"go.etcd.io/raft/v3"
	pb "go.etcd.io/raft/v3/raftpb"
	"google.golang.org/protobuf/proto"
)

// words are the types of those messages of the engine that nodes send to each other.
var words = map[pb.MessageType]string{
	pb.MsgPreVote: typeRequestPreVote, pb.MsgPreVoteResp: typePreVote,
	pb.MsgVote: typeRequestVote, pb.MsgVoteResp: typeVote,
	pb.MsgApp: typeAppend, pb.MsgAppResp: typeAppended,
	pb.MsgHeartbeat: typeHeartbeat, pb.MsgHeartbeatResp: typeHeard,
	pb.MsgReadIndex: typeReadIndex, pb.MsgReadIndexResp: typeReadState,
	pb.MsgSnap: typeSnapshot,
}

// send sends the engine's messages. They are encoded at once, since they share
// memory with the log.
//
// A leader may write an entry to its disk while its followers do (Ongaro 2014,
// section 10.2.1): its append messages promise nothing of its own disk. That
// holds for the first Ready of a Step alone: a commit index that comes later
// may count this node's own records.
func (m *Machine) send(rd raft.Ready, first bool) {
	leads := m.leads()
	for _, p := range rd.Messages {
		word, ok := words[p.GetType()]
		if !ok || p.GetFrom() != uint64(m.id) {
			continue // a read-index of another node: that node asks again, and then asks its leader
		}
		switch p.GetType() {
		case pb.MsgPreVote, pb.MsgVote:
			m.view.asked = true
		case pb.MsgHeartbeat:
			m.asksFor(p)
		case pb.MsgVoteResp:
			if !p.GetReject() {
				m.view.waits = m.now
			}
		}
		if p.GetType() == pb.MsgSnap {
			m.beginTransfer(p)
			continue
		}
		msg := m.wrap(p, word)
		if first && leads && p.GetType() == pb.MsgApp {
			m.out.Ahead = append(m.out.Ahead, msg)
		} else {
			m.out.Messages = append(m.out.Messages, msg)
		}
	}
}

// wrap makes a message of the cluster from a message of the engine.
func (m *Machine) wrap(p *pb.Message, word string) cluster.Message {
	msg := cluster.Message{
		From: m.id, To: cluster.NodeID(p.GetTo()), Type: word, Class: classOf(p), Label: label(p), Body: body(p),
	}
	switch p.GetType() {
	case pb.MsgApp:
		for _, e := range p.GetEntries() {
			if v, ok := decodeEntry(e); ok {
				msg.Op = v.Op
			}
		}
	case pb.MsgAppResp, pb.MsgReadIndex:
		msg.Op = m.op
	case pb.MsgHeartbeat, pb.MsgHeartbeatResp:
		if len(p.GetContext()) > 0 {
			msg.Op = m.op
		}
	case pb.MsgReadIndexResp:
		msg.Op = readOp(p)
	}
	return msg
}

// readOp returns the operation of a read's context id.
func readOp(p *pb.Message) cluster.OpID {
	if len(p.GetEntries()) == 0 {
		return ""
	}
	_, op, _ := strings.Cut(string(p.GetEntries()[0].GetData()), " ")
	return cluster.OpID(op)
}

// classOf returns the class of a message of the engine. A heartbeat that confirms the
// leader for a read is a request. Every other heartbeat is background.
func classOf(p *pb.Message) cluster.Class {
	switch p.GetType() {
	case pb.MsgSnap:
		return cluster.ClassRepair
	case pb.MsgPreVoteResp, pb.MsgVoteResp, pb.MsgAppResp, pb.MsgReadIndexResp:
		if p.GetReject() {
			return cluster.ClassNo
		}
		return cluster.ClassYes
	case pb.MsgHeartbeatResp:
		if len(p.GetContext()) > 0 {
			return cluster.ClassYes
		}
		return cluster.ClassBackground
	case pb.MsgHeartbeat:
		if len(p.GetContext()) == 0 {
			return cluster.ClassBackground
		}
	case pb.MsgApp:
		if len(p.GetEntries()) == 0 {
			return cluster.ClassBackground
		}
	}
	return cluster.ClassRequest
}

// message handles a message of another node.
func (m *Machine) message(msg cluster.Message) {
	if msg.From == m.id || !slices.Contains(m.nodes, msg.From) {
		return
	}
	switch msg.Type {
	case typeForward:
		m.takeForwarded(msg)
		return
	case typeReceived:
		m.takeReceived(msg)
		return
	}
	p := m.unwrap(msg)
	if p == nil {
		return
	}
	m.recordVotes(p)
	if p.GetType() == pb.MsgSnap {
		m.takePart(p)
	} else {
		m.step(p)
	}
}

// step gives a message to the engine. A message that no engine sends can break an
// invariant of the engine, which then panics. Then the engine starts again from the
// records, as after a crash, and the message is forgotten.
func (m *Machine) step(p *pb.Message) {
	defer func() {
		if broken := recover(); broken != nil {
			m.note(screenNote(fmt.Sprintf("the engine refused %s of n%d and started again: %v", words[p.GetType()], p.GetFrom(), broken)))
			m.engine = m.newEngine()
		}
	}()
	_ = m.engine.Step(p) // its errors concern messages that need no answer
}

// unwrap reads one of the engine's messages. It returns nil for one that no
// engine of this cluster sends.
func (m *Machine) unwrap(msg cluster.Message) *pb.Message {
	var raw []byte
	p := &pb.Message{}
	if !cluster.ReadJSON(msg.Body, &raw) || proto.Unmarshal(raw, p) != nil || p.Type == nil {
		return nil
	}
	if words[p.GetType()] != msg.Type || p.GetFrom() != uint64(msg.From) || p.GetTo() != uint64(m.id) || len(p.GetResponses()) > 0 {
		return nil
	}
	if p.GetTerm() == 0 != (p.GetType() == pb.MsgReadIndex) || p.GetTerm() > maxCount || p.GetIndex() > maxCount || p.GetCommit() > maxCount {
		return nil
	}
	switch p.GetType() {
	case pb.MsgApp:
		for i, e := range p.GetEntries() {
			if e.GetType() != pb.EntryNormal || e.GetIndex() != p.GetIndex()+uint64(i)+1 || e.GetTerm() == 0 || e.GetTerm() > p.GetTerm() {
				return nil
			}
		}
	case pb.MsgAppResp:
		if !p.GetReject() && p.GetIndex() > m.lastIndex() {
			return nil
		}
	case pb.MsgHeartbeat:
		if p.GetCommit() > m.lastIndex() {
			return nil
		}
	case pb.MsgHeartbeatResp:
		if n := len(p.GetContext()); n != 0 && n != 8 {
			return nil
		}
	case pb.MsgReadIndex, pb.MsgReadIndexResp:
		if len(p.GetEntries()) != 1 {
			return nil
		}
	case pb.MsgSnap:
		meta := p.GetSnapshot().GetMetadata()
		if meta.GetIndex() == 0 || meta.GetIndex() > maxCount || meta.GetTerm() == 0 || !slices.Equal(meta.GetConfState().GetVoters(), m.confState().GetVoters()) {
			return nil
		}
	}
	return p
}

// maxCount bounds the terms and indexes that a node accepts from outside, so that the
// count never overflows.
const maxCount = 1 << 62

// lost informs the engine of a message that did not leave. The engine then sends single
// messages to a follower that it cannot reach. A write whose forward was lost may be
// given again, or refused with certainty. A part of a snapshot is sent again after a while.
func (m *Machine) lost(msg cluster.Message) {
	switch msg.Type {
	case typeForward:
		m.lostForward(msg)
	case typeAppend, typeHeartbeat:
		m.engine.ReportUnreachable(uint64(msg.To))
	}
}

// body encodes a message of the engine as the body of a message of the cluster.
func body(p *pb.Message) json.RawMessage {
	b, err := json.Marshal(encode(p))
	check(err)
	return b
}

// labelMax is the number of characters of a key or a value that a label shows.
const labelMax = 24

func valueLabel(op cluster.OpID, key, val string) string {
	return fmt.Sprintf("op=%s %s=%s", op.Short(), cluster.Cut(key, labelMax), cluster.Cut(val, labelMax))
}

// label describes a message for people: "term=4 8:city=London commit=7".
func label(p *pb.Message) string {
	term := fmt.Sprintf("term=%d", p.GetTerm())
	switch p.GetType() {
	case pb.MsgPreVote, pb.MsgVote:
		return fmt.Sprintf("%s last=%d.%d", term, p.GetIndex(), p.GetLogTerm())
	case pb.MsgPreVoteResp, pb.MsgVoteResp:
		if p.GetReject() {
			return term + " refused"
		}
		return term + " granted"
	case pb.MsgApp:
		return term + entriesLabel(p.GetEntries()) + fmt.Sprintf(" commit=%d", p.GetCommit())
	case pb.MsgAppResp:
		if p.GetReject() {
			return fmt.Sprintf("%s refused=%d hint=%d", term, p.GetIndex(), p.GetRejectHint())
		}
		return fmt.Sprintf("%s match=%d", term, p.GetIndex())
	case pb.MsgHeartbeat:
		return fmt.Sprintf("%s commit=%d%s", term, p.GetCommit(), confirmLabel(p))
	case pb.MsgHeartbeatResp:
		return term + confirmLabel(p)
	case pb.MsgReadIndexResp:
		return fmt.Sprintf("%s index=%d", term, p.GetIndex())
	case pb.MsgReadIndex:
		return "op=" + readOp(p).Short()
	case pb.MsgSnap:
		return fmt.Sprintf("%s index=%d", term, p.GetSnapshot().GetMetadata().GetIndex())
	}
	return term
}

// confirmLabel marks a heartbeat, and its answer, that confirms the leader for a read.
func confirmLabel(p *pb.Message) string {
	if len(p.GetContext()) > 0 {
		return " confirm"
	}
	return ""
}

// entriesLabel shows up to two entries and the number of the others.
func entriesLabel(entries []*pb.Entry) string {
	var b strings.Builder
	for _, e := range entries[:min(2, len(entries))] {
		v, ok := decodeEntry(e)
		if !ok {
			fmt.Fprintf(&b, " %d:·", e.GetIndex())
			continue
		}
		fmt.Fprintf(&b, " %d:%s=%s", e.GetIndex(), cluster.Cut(v.Key, labelMax), cluster.Cut(v.Val, labelMax))
	}
	if more := len(entries) - 2; more > 0 {
		fmt.Fprintf(&b, " and %d more", more)
	}
	return b.String()
}

package server

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"slices"

	"capplayground/server/export"
	"capplayground/server/recording"
)

// errRecord is returned where the file of Config.Record cannot be written.
var errRecord = errors.New("cannot record")

// startRecord creates the file of Config.Record and writes its head.
func (p *playground) startRecord() (err error) {
	if p.cfg.Record == "" {
		return nil
	}
	p.record, err = recording.Create(p.cfg.Record, func(text string) { p.warn(errors.New(text)) })
	if err == nil {
		hello, _, at := p.collect.Retained()
		err = p.record.Begin(p.head(), hello, at)
	}
	if err != nil {
		return fmt.Errorf("%w: %w", errRecord, err)
	}
	return nil
}

// head returns the head of a recording that is written now.
func (p *playground) head() recording.Head {
	head := recording.NewHead(p.cfg.Version, p.collect.Cluster(), p.cfg.Clock())
	if p.talk != nil {
		talk := p.talk.Talk()
		head.Title, head.Scenario = talk.Title, talk.Name
	}
	return head
}

// warn writes an error to the log; nil is none.
func (p *playground) warn(err error) {
	if err != nil {
		_, _ = fmt.Fprintln(p.cfg.Log, "playground:", err)
	}
}

// Record writes all events that are retained as a recording.
func (s state) Record(w io.Writer) error {
	head := s.p.head()
	hello, events, _ := s.Retained()
	out, err := recording.NewWriter(w, head, hello)
	for _, text := range events {
		if err != nil {
			return err
		}
		_, err = out.Event(text)
	}
	return err
}

// Export returns all events that are retained in a format of another tool.
func (s state) Export(format string, of export.Selection) (export.File, error) {
	if !slices.Contains(export.Names(), format) {
		return export.File{}, export.ErrFormat // without the work of reading
	}
	var b bytes.Buffer
	if err := s.Record(&b); err != nil {
		return export.File{}, err
	}
	rec, err := recording.Read(&b)
	if err != nil {
		return export.File{}, err
	}
	return export.Write(format, rec, of)
}

package sloppy

import (
	"slices"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"
)

// newSet returns an error for a set whose history lacks the dot of a live version, or
// that has a live version twice.
func newSet(live []written, known History) (set, error) {
	for i, w := range live {
		if !known.Contains(w.Dot) || slices.ContainsFunc(live[:i], func(o written) bool { return o.Dot == w.Dot }) {
			return set{}, errHistory
		}
	}
	slices.SortFunc(live, newer)
	if !known.Empty() {
		known = known.withText()
	}
	return set{live, known}, nil
}

// UnmarshalJSONFrom returns an error for JSON that is not a set; see [newSet].
func (s *set) UnmarshalJSONFrom(dec *jsontext.Decoder) error {
	type fields set
	var in fields
	if dec.PeekKind() == 'n' {
		return errHistory
	}
	err := strict.UnmarshalDecode(dec, &in)
	if err == nil {
		*s, err = newSet(in.Live, in.Known)
	}
	return err
}

package link

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"capplayground/cluster"
)

func TestAskPlace(t *testing.T) {
	t.Parallel()
	want := Place{Mode: "CP", Epoch: 3, Peers: []string{"127.0.0.1:3001"}, Data: []string{"/data/1"}}
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch token := r.Header.Get("Authorization"); {
		case r.URL.Path == "/long"+Path:
			_, _ = w.Write([]byte(`{"mode":"` + strings.Repeat("x", maxPlace) + `"}`))
		case r.URL.Path != Path:
			_, _ = w.Write([]byte("<!doctype html>")) // another program
		case token != "" && token != "Bearer secret":
			w.WriteHeader(http.StatusUnauthorized)
		default:
			place := want
			place.Epoch += len(token) // shows whether a token came
			_ = json.NewEncoder(w).Encode(place)
		}
	}))
	defer srv.Close()
	for _, tc := range []struct{ playground, token, err string }{
		{srv.URL, "", ""},
		{srv.URL, "secret", ""},
		{srv.URL, "wrong", "the playground answers 401"},
		{srv.URL + "/other", "", "no playground there"},
		{srv.URL + "/long", "", "no playground there"},
		{"http://127.0.0.1:1", "", "refused"},
		{"http://[::1", "", "missing ']'"},
		{"nonsense:", "", "unsupported protocol"},
	} {
		got, err := AskPlace(t.Context(), tc.playground, tc.token)
		if tc.err != "" {
			if err == nil || !strings.Contains(err.Error(), tc.err) {
				t.Errorf("%s: %v, want an error with %q", tc.playground, err, tc.err)
			}
			continue
		}
		place := want
		if tc.token != "" {
			place.Epoch += len("Bearer " + tc.token)
		}
		if err != nil || !cmp.Equal(got, place) {
			t.Errorf("with token %q: %v: %s", tc.token, err, cmp.Diff(place, got))
		}
	}
}

// TestAnAnswerKeepsItsError: if a command ends with an error at the node, the playground gets
// an error with the same text and the same sentinel.
func TestAnAnswerKeepsItsError(t *testing.T) {
	t.Parallel()
	if d := Answer(7, nil); d.ID != 7 || d.Error() != nil {
		t.Errorf("done: %+v, %v", d, d.Error())
	}
	for _, sentinel := range []error{cluster.ErrNoSuchMessage, cluster.ErrNoSuchTimer, cluster.ErrNotNow} {
		sent := cluster.Sentinel(sentinel.Error()+": 1.x.7 does not wait here", sentinel)
		got := Answer(7, sent).Error()
		if got.Error() != sent.Error() {
			t.Errorf("%q became %q", sent, got)
		}
		for _, other := range []error{cluster.ErrNoSuchMessage, cluster.ErrNoSuchTimer, cluster.ErrNotNow} {
			if errors.Is(got, other) != errors.Is(sent, other) {
				t.Errorf("%q is %q: %v", got, other, errors.Is(got, other))
			}
		}
	}
	if err := Answer(7, errors.New("the disk is full")).Error(); !errors.Is(err, cluster.ErrNotNow) || !strings.HasSuffix(err.Error(), ": the disk is full") {
		t.Errorf("an error without a sentinel: %v", err)
	}
}

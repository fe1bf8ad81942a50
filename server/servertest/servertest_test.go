package servertest_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"capplayground/cluster"
	"capplayground/server/servertest"
)

func TestMain(m *testing.M) {
	goleak.VerifyTestMain(m, goleak.Cleanup(func(status int) {
		servertest.Cleanup()
		os.Exit(status)
	}))
}

// A playground that is started again has the same addresses and the same data as before.
func TestStartAgain(t *testing.T) {
	t.Parallel()
	p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", "CP"}})
	p.MustWrite(1, "city", "Porto")
	before := p.Place
	p.Stop()
	if status, _ := p.Control("GET", "/api/cluster", ""); status != 0 {
		t.Errorf("it answers after Stop: %d", status)
	}
	p.Start()
	if p.Place.Listen != before.Listen || len(p.Cluster().Nodes) != 5 {
		t.Errorf("it listens at %+v, and did at %+v", p.Place, before)
	}
	if status, val := p.Read(5, "city"); status != http.StatusOK || val != "Porto" {
		t.Errorf("read: %d %q, want Porto", status, val)
	}
}

// If a program does not start, the error contains the output of the program.
func TestAProgramThatDoesNotStart(t *testing.T) {
	t.Parallel()
	_, err := servertest.New(t.Context(), servertest.Options{Flags: []string{"--nonsense"}})
	if err == nil || !strings.Contains(err.Error(), "nonsense") {
		t.Errorf("error %v, want one that names the flag", err)
	}
}

// Stop returns an error if the playground was killed before.
func TestStopTellsOfABadEnd(t *testing.T) {
	t.Parallel()
	p, err := servertest.New(t.Context(), servertest.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Signal(syscall.SIGKILL); err != nil {
		t.Error(err)
	}
	<-p.Ended()
	if _, err := p.Stop(); err == nil {
		t.Error("Stop returns no error for a playground that was killed")
	}
}

// If a playground in this process ends with an error at its start, New returns that error.
func TestInProcessThatGivesUp(t *testing.T) {
	t.Parallel()
	_, err := servertest.New(t.Context(), servertest.Options{
		InProcess: func(context.Context, servertest.Place, func()) error { return os.ErrPermission },
	})
	if err == nil || !strings.Contains(err.Error(), os.ErrPermission.Error()) {
		t.Errorf("error %v, want permission denied", err)
	}
}

// The witness finds an acknowledged write that is lost, and a read that no order of the
// calls explains.
func TestWitness(t *testing.T) {
	t.Parallel()
	node := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			w.WriteHeader(http.StatusCreated)
			return
		}
		_, _ = w.Write([]byte(`{"val":"Oslo"}`))
	}))
	defer node.Close()
	place := servertest.Place{Listen: "127.0.0.1:1", Nodes: []string{node.Listener.Addr().String()}}
	w := servertest.NewWitness(servertest.At(place, ""), servertest.Patience)
	w.Call("1", 1, cluster.OpWrite, "city", "Oslo")
	if lost, checked := w.Lost(); len(lost) != 0 || checked != 1 {
		t.Errorf("lost %v, %d checked; want no lost write, 1 checked", lost, checked)
	}
	w.Call("2", 1, cluster.OpWrite, "city", "Rome")
	if lost, _ := w.Lost(); len(lost) != 1 || !strings.Contains(lost[0], "Rome") {
		t.Errorf("lost %v, want Rome", lost)
	}
	w.Call("3", 1, cluster.OpRead, "city", "")
	report := w.Report()
	if len(report.Keys) != 1 || report.Keys[0].Since != "3" || len(w.Before(report.Keys[0])) != 3 {
		t.Errorf("report %+v, want city wrong since 3", report)
	}
}

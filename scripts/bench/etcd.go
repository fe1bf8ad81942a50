package main

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// measureEtcd measures writes in CP, and right after them the same load on five
// members of etcd through their JSON gateway, where etcd is installed: the
// well-known neighbour.
func measureEtcd(ctx context.Context, l *lab, s subject) (all []figure, err error) {
	binary, err := exec.LookPath("etcd")
	if err != nil {
		fmt.Fprintln(l.out, "etcd is not installed (on Debian: apt-get install etcd-server)")
		return nil, nil
	}
	dir, err := os.MkdirTemp(l.dir, "etcd")
	if err != nil {
		return nil, err
	}
	addrs, members, stop, err := startEtcd(ctx, binary, dir)
	if err != nil {
		return nil, err
	}
	defer stop()
	five, err := startNodes(ctx, l, s, "CP")
	if err != nil {
		return nil, err
	}
	defer five.stop()
	for _, clients := range clientCounts {
		ours, err := five.load(ctx, l.span, clients, "write")
		if err != nil {
			return nil, err
		}
		theirs, err := measured(pidsOf(members), func() (figures, error) {
			return load(ctx, clients, l.span, http.StatusOK, etcdRequest(addrs, "write", clients))
		})
		if err != nil {
			return nil, err
		}
		with := "etcd write, " + count(clients) + ": "
		all = append(all,
			figure{with + "operations", theirs.perSecond, "/s"},
			figure{with + "processor time of the members", float64(theirs.cpu.Microseconds()), "µs"},
			figure{"CP writes over etcd's, " + count(clients), ours.perSecond / theirs.perSecond, "times"})
	}
	return all, nil
}

func etcdRequest(addrs []string, kind string, clients int) request {
	encode := func(s string) string { return base64.StdEncoding.EncodeToString([]byte(s)) }
	return func(ctx context.Context, client, n int) (*http.Request, error) {
		path, body := "/v3/kv/range", fmt.Sprintf(`{"key":%q}`, encode(fmt.Sprintf("k%d-%d-0", clients, client)))
		if kind == "write" {
			path, body = "/v3/kv/put", fmt.Sprintf(`{"key":%q,"value":%q}`, encode(fmt.Sprintf("k%d-%d-%d", clients, client, n)), encode(fmt.Sprintf("v%d", n)))
		}
		return http.NewRequestWithContext(ctx, http.MethodPost, "http://"+addrs[client%len(addrs)]+path, strings.NewReader(body))
	}
}

func startEtcd(ctx context.Context, binary, dir string) (addrs []string, running []*exec.Cmd, stop func(), err error) {
	var members []string
	for i := 1; i <= nodes; i++ {
		addrs = append(addrs, fmt.Sprintf("127.78.0.%d:2379", i))
		members = append(members, fmt.Sprintf("m%d=http://127.78.0.%d:2380", i, i))
	}
	stop = func() {
		for _, cmd := range running {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	}
	for i := 1; i <= nodes; i++ {
		client, peer := "http://"+addrs[i-1], fmt.Sprintf("http://127.78.0.%d:2380", i)
		cmd := exec.CommandContext(ctx, binary, "--name", fmt.Sprintf("m%d", i), "--data-dir", filepath.Join(dir, fmt.Sprintf("etcd%d", i)),
			"--listen-client-urls", client, "--advertise-client-urls", client,
			"--listen-peer-urls", peer, "--initial-advertise-peer-urls", peer,
			"--initial-cluster", strings.Join(members, ","), "--initial-cluster-state", "new", "--logger", "zap", "--log-level", "error")
		if err := cmd.Start(); err != nil {
			stop()
			return nil, nil, nil, err
		}
		running = append(running, cmd)
	}
	for _, addr := range addrs {
		if err := awaitOK(ctx, "http://"+addr+"/health", 20*time.Second); err != nil {
			stop()
			return nil, nil, nil, err
		}
	}
	return addrs, running, stop, nil
}

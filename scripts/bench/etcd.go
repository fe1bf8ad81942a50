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

// besideEtcd are the modes that are compared with etcd. RAFT runs the Raft library of
// etcd.
var besideEtcd = []string{"CP", "RAFT"}

// measureEtcd measures writes in each mode of besideEtcd. Right after that it puts the
// same load on five members of etcd, through their JSON gateway, and on bare nodes that do
// what each write of CP must do. It measures nothing if etcd is not installed.
func measureEtcd(ctx context.Context, l *bench, s subject) (all []figure, err error) {
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
	clusters := map[string]*nodeProcesses{}
	for _, mode := range besideEtcd {
		if clusters[mode], err = startNodes(ctx, l, s, mode); err != nil {
			return nil, err
		}
		defer clusters[mode].stop()
	}
	bare, err := startBareNodes(ctx, l.dir, "CP")
	if err != nil {
		return nil, err
	}
	defer bare.stop()
	for _, clients := range clientCounts {
		ours := map[string]figures{}
		for _, mode := range besideEtcd {
			if ours[mode], err = clusters[mode].load(ctx, l.span, clients, "write"); err != nil {
				return nil, err
			}
		}
		theirs, err := measured(pidsOf(members), func() (figures, error) {
			return load(ctx, clients, l.span, http.StatusOK, etcdRequest(addrs, "write", clients))
		})
		if err != nil {
			return nil, err
		}
		floor, err := bare.load(ctx, l.span, clients, "write")
		if err != nil {
			return nil, err
		}
		all = append(all, described("etcd write, "+count(clients), theirs)...)
		all = append(all, figure{"floor: CP writes of bare nodes over etcd's, " + count(clients), floor.perSecond / theirs.perSecond, "times"})
		for _, mode := range besideEtcd {
			all = append(all, described(mode+" write, "+count(clients), ours[mode])...)
			all = append(all, figure{mode + " writes over etcd's, " + count(clients), ours[mode].perSecond / theirs.perSecond, "times"})
		}
	}
	return all, nil
}

// described are the figures of one load, each with its name.
func described(what string, f figures) []figure {
	return []figure{
		{what + ": operations", f.perSecond, "/s"},
		{what + ": p50", ms(f.p50), "ms"},
		{what + ": p99", ms(f.p99), "ms"},
		{what + ": processor time of all five", float64(f.cpu.Microseconds()), "µs"},
		{what + ": refused", float64(f.failed), ""},
	}
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

// Package servertest starts a whole playground, five node processes included,
// for tests, benchmarks and soaks, and drives it by its REST APIs. It is to the
// playground what net/http/httptest is to an HTTP server.
//
// A test calls Start: the playground gets free addresses and an empty data
// directory, and it ends with the test.
//
//	p := servertest.Start(t, servertest.Options{Flags: []string{"--mode", "CP"}})
//	p.Do("POST", "/api/nodes/4/freeze", "")
//	status, _ := p.Write(1, "city", "Porto")
//	p.Eventually("node 4 is frozen", func() bool { return p.Cluster().Nodes[3].Status == cluster.StatusFrozen })
//
// A program without a testing.TB calls New, and Stop at the end. The methods of
// Playground return errors, those of Test fail the test.
package servertest

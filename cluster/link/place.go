package link

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"capplayground/cluster"
)

// Place is a playground's answer to a plain GET at Path. It holds the settings
// that a node started by hand must share with the other nodes.
type Place struct {
	Mode  cluster.Mode `json:"mode"`
	Epoch int          `json:"epoch"`
	Peers []string     `json:"peers"` // host:port of nodes 1, 2, …
	// Data holds the directories of the databases on the playground's own machine. It is
	// empty if the playground starts no nodes.
	Data []string `json:"data,omitempty"`
}

// maxPlace bounds the answer, in bytes.
const maxPlace = 64 << 10

// AskPlace gets the Place from a playground at an address such as
// "http://localhost:8080".
func AskPlace(ctx context.Context, playground, token string) (p Place, err error) {
	u, err := url.Parse(playground)
	if err != nil {
		return p, err
	}
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.JoinPath(Path).String(), nil)
	if err != nil {
		return p, err
	}
	if token != "" {
		req.Header.Set("Authorization", "Bearer "+token)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	resp, err := client.Do(req)
	if err != nil {
		return p, err
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		return p, fmt.Errorf("the playground answers %s", resp.Status)
	}
	if err := json.NewDecoder(http.MaxBytesReader(nil, resp.Body, maxPlace)).Decode(&p); err != nil {
		return p, fmt.Errorf("no playground there: %w", err)
	}
	return p, nil
}

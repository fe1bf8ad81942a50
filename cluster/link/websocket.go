//go:build !js

package link

//lint:file-ignore SA1019 this path is the one that the project's owner fixed

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"nhooyr.io/websocket"
)

// WebSocket returns the Dialer of a node that was started by hand. playground is an
// address such as "http://localhost:8080". token is sent if it is not "".
func WebSocket(playground, token string) (*Dialer, error) {
	u, err := url.Parse(playground)
	if err != nil || (u.Scheme != "http" && u.Scheme != "https") || u.Host == "" {
		return nil, fmt.Errorf("playground %q: want a URL such as http://localhost:8080", playground)
	}
	u = u.JoinPath(Path)
	header := http.Header{}
	if token != "" {
		header.Set("Authorization", "Bearer "+token)
	}
	// A proxy from the environment is for the Internet. The playground is in the local
	// network, so no proxy is used.
	direct := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	dial := func(ctx context.Context) (*Conn, error) {
		short, cancel := context.WithTimeout(ctx, 5*time.Second)
		defer cancel()
		ws, _, err := websocket.Dial(short, u.String(), &websocket.DialOptions{
			HTTPClient: direct, HTTPHeader: header, CompressionMode: websocket.CompressionDisabled,
		})
		if err != nil {
			return nil, err
		}
		return overWebSocket(ctx, ws), nil
	}
	return &Dialer{Dial: dial}, nil
}

// Accept accepts the link of a node that was started by hand. It answers the request in
// any case. The link ends when ctx ends, not when the request ends. The caller must check
// Host, Origin and token first.
func Accept(ctx context.Context, w http.ResponseWriter, r *http.Request) (*Conn, error) {
	ws, err := websocket.Accept(w, r, &websocket.AcceptOptions{CompressionMode: websocket.CompressionDisabled})
	if err != nil {
		return nil, err
	}
	return overWebSocket(ctx, ws), nil
}

// overWebSocket carries the lines in WebSocket messages. A line may end in a
// later message than it began.
func overWebSocket(ctx context.Context, ws *websocket.Conn) *Conn {
	stream := websocket.NetConn(ctx, ws, websocket.MessageBinary)
	return NewConn(stream, stream, ws.CloseNow)
}

package nodeapi

import (
	"net/http"
	"strings"

	"capplayground/cluster"
	"capplayground/cluster/guard"
	"capplayground/cluster/modes"
)

// read is GET /database/{key}.
func (a *api) read(w http.ResponseWriter, r *http.Request) { a.get(w, r, cluster.OpRead) }

// holds is GET /quorum/read/{key}: what this node alone holds.
func (a *api) holds(w http.ResponseWriter, r *http.Request) { a.get(w, r, cluster.OpHolds) }

func (a *api) get(w http.ResponseWriter, r *http.Request, kind cluster.RequestKind) {
	prefix := "/database/"
	if kind == cluster.OpHolds {
		prefix = "/quorum/read/"
	}
	parts, err := pathParts(r, prefix, 1)
	if err == nil {
		err = checkKey(parts[0])
	}
	if err != nil {
		a.fail(w, "", err)
		return
	}
	a.operate(w, r, cluster.Request{Kind: kind, Key: parts[0]}, http.StatusOK, func(b *answer, reply cluster.Reply) {
		b.Key, b.Val, b.Siblings = parts[0], &reply.Val, reply.Siblings
	})
}

// writePath is POST /database/{key}/{val}.
func (a *api) writePath(w http.ResponseWriter, r *http.Request) {
	parts, err := pathParts(r, "/database/", 2)
	if err == nil {
		err = checkKey(parts[0])
	}
	if err == nil {
		err = checkPathValue(parts[1])
	}
	if err != nil {
		a.fail(w, "", err)
		return
	}
	a.write(w, r, parts[0], parts[1])
}

// writeBody is PUT /database/{key}.
func (a *api) writeBody(w http.ResponseWriter, r *http.Request) {
	parts, err := pathParts(r, "/database/", 1)
	if err == nil {
		err = checkKey(parts[0])
	}
	if enc := r.Header.Get("Content-Encoding"); err == nil && enc != "" && enc != "identity" {
		err = cluster.ErrContentType
	}
	var body []byte
	if err == nil {
		body, err = guard.Body(r, MaxValue)
	}
	if err == nil {
		err = checkValue(string(body))
	}
	if err != nil {
		a.fail(w, "", err)
		return
	}
	a.write(w, r, parts[0], string(body))
}

func (a *api) write(w http.ResponseWriter, r *http.Request, key, val string) {
	req := cluster.Request{Kind: cluster.OpWrite, Key: key, Val: val}
	if versions := r.Header.Values("If-Match"); len(versions) > 0 {
		req.IfMatch = strings.Trim(versions[0], `"`)
		switch {
		case !modes.Of(a.Mode).IfMatch:
			has := modes.Where(func(d cluster.Descriptor) bool { return d.IfMatch })
			a.fail(w, "", badRequest("If-Match is for mode "+has+"; this node runs in mode "+string(a.Mode)))
			return
		case len(versions) > 1 || req.IfMatch == "" || len(req.IfMatch) > 4096:
			a.fail(w, "", badRequest("If-Match: want one version, as a read gave it"))
			return
		}
	}
	a.operate(w, r, req, http.StatusCreated, func(b *answer, _ cluster.Reply) { b.Key, b.Val = key, &val })
}

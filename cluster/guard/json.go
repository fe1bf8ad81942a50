package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strings"

	"capplayground/cluster"
)

// MaxDepth is how deep JSON may be nested.
const MaxDepth = 32

// Decode reads the request's body, at most max bytes of application/json, into
// dst by the rules of [Unmarshal]. It returns an error of this package.
func Decode(r *http.Request, dst any, max int64) error {
	if err := ContentType(r, "application/json"); err != nil {
		return err
	}
	body, err := Body(r, max)
	if err != nil {
		return err
	}
	return Unmarshal(body, dst)
}

// ContentType returns cluster.ErrContentType unless the body is, by its header, plain
// (not compressed) UTF-8 text of one of the wanted types. A missing header
// passes only if "" is wanted.
func ContentType(r *http.Request, want ...string) error {
	if enc := r.Header.Get("Content-Encoding"); enc != "" && enc != "identity" {
		return fmt.Errorf("%w: Content-Encoding %s", cluster.ErrContentType, enc)
	}
	header := r.Header.Get("Content-Type")
	kind, params, err := "", map[string]string(nil), error(nil)
	if header != "" {
		kind, params, err = mime.ParseMediaType(header)
	}
	if err == nil {
		charset := params["charset"]
		for _, w := range want {
			if kind == w && (charset == "" || strings.EqualFold(charset, "utf-8")) {
				return nil
			}
		}
	}
	return fmt.Errorf("%w: want %s", cluster.ErrContentType, strings.TrimPrefix(strings.Join(want, " or "), " or "))
}

// Body reads the whole body, or returns cluster.ErrTooLarge when there are more than
// max bytes of it.
func Body(r *http.Request, max int64) ([]byte, error) {
	if r.ContentLength > max {
		return nil, fmt.Errorf("%w: more than %d bytes", cluster.ErrTooLarge, max)
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, max+1))
	if int64(len(body)) > max {
		return nil, fmt.Errorf("%w: more than %d bytes", cluster.ErrTooLarge, max)
	}
	if err != nil {
		return nil, fmt.Errorf("%w: the body ended early", cluster.ErrSyntax)
	}
	return body, nil
}

// Unmarshal decodes data, which must be exactly one JSON document (RFC 8259) in
// valid UTF-8, into the struct (or map, or slice) that dst points to. What
// encoding/json lets pass is an error here: unknown fields, fields whose name
// differs in case, duplicate fields, null, anything after the document, lone
// surrogates, more than MaxDepth levels.
func Unmarshal(data []byte, dst any) error {
	if err := inspect(data, dst); err != nil {
		return err
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.DisallowUnknownFields()
	if err := dec.Decode(dst); err != nil {
		return fmt.Errorf("%w: %s", cluster.ErrFields, plain(err))
	}
	return nil
}

// plain says what is wrong in words that name no Go type.
func plain(err error) string {
	if t, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		field := t.Field
		if field == "" {
			field = "the document"
		}
		return fmt.Sprintf("%s cannot be a %s", field, t.Value)
	}
	return strings.TrimPrefix(err.Error(), "json: ")
}

// WriteError answers {"error": text}.
func WriteError(w http.ResponseWriter, status int, text string) {
	WriteJSON(w, status, struct {
		Error string `json:"error"`
	}{text})
}

// WriteJSON answers v as JSON, on one line, not to be cached or sniffed. A v
// that cannot be written as JSON is a 500.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"error":"the answer cannot be written as JSON"}` + "\n")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

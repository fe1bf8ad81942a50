package guard

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"
	"unicode/utf8"

	strict "github.com/go-json-experiment/json"
	"github.com/go-json-experiment/json/jsontext"

	"capplayground/cluster"
)

// MaxDepth is the largest number of levels of nested JSON.
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

// ContentType returns cluster.ErrContentType unless the header says that the body is
// uncompressed UTF-8 text of one of the wanted types. A request without a
// Content-Type passes only if "" is wanted.
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

// Body reads the whole body. It returns cluster.ErrTooLarge if the body has more than
// max bytes.
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
// valid UTF-8, into the struct (or map, or slice) that dst points to. It is
// stricter than encoding/json. These are errors: unknown fields, fields whose name
// differs in case, duplicate fields, null, anything after the document, half of a
// surrogate pair, and more than MaxDepth levels. The error is [cluster.ErrSyntax] or
// [cluster.ErrFields].
func Unmarshal(data []byte, dst any) error {
	null, err := scan(data)
	if err != nil {
		return fmt.Errorf("%w: %s", cluster.ErrSyntax, sentence(err))
	}
	if null {
		return fmt.Errorf("%w: null is no value here", cluster.ErrFields)
	}
	if err := strict.Unmarshal(data, dst, strict.RejectUnknownMembers(true)); err != nil {
		return fmt.Errorf("%w: %s", cluster.ErrFields, sentence(err))
	}
	return nil
}

var (
	errDepth = fmt.Errorf("nested deeper than %d", MaxDepth)
	errUTF8  = errors.New("not valid UTF-8")
	errEmpty = errors.New("empty")
	errTwo   = errors.New("something follows the document")
)

// scan returns an error unless data is one well-formed document that is not nested
// too deep. null reports whether the document contains a null, because the library
// has no option that refuses null. scan accepts duplicate names: they are errors of
// the fields, and errors of the syntax must be reported first.
func scan(data []byte) (null bool, err error) {
	if !utf8.Valid(data) {
		return false, errUTF8
	}
	d := jsontext.NewDecoder(bytes.NewReader(data), jsontext.AllowDuplicateNames(true))
	for {
		token, err := d.ReadToken()
		switch {
		case errors.Is(err, io.EOF) && d.InputOffset() == 0:
			return false, errEmpty
		case err != nil:
			return false, err
		case d.StackDepth() > MaxDepth:
			return false, errDepth
		}
		null = null || token.Kind() == 'n'
		if d.StackDepth() > 0 {
			continue
		}
		switch _, err := d.ReadToken(); {
		case errors.Is(err, io.EOF):
			return null, nil
		case err != nil:
			return false, err
		default:
			return false, errTwo
		}
	}
}

// sentence returns the text of err for the client. The text names no Go type and
// quotes only short parts of the request.
func sentence(err error) string {
	if e, ok := errors.AsType[*jsontext.SyntacticError](err); ok {
		if errors.Is(e, jsontext.ErrDuplicateName) {
			return fmt.Sprintf("field %q appears twice", clip(e.JSONPointer.LastToken()))
		}
		return fmt.Sprintf("%s after byte %d", e.Err, e.ByteOffset)
	}
	e, ok := errors.AsType[*strict.SemanticError](err)
	if !ok {
		return clip(err.Error())
	}
	field := "the document"
	if e.JSONPointer != "" {
		field = clip(strings.ReplaceAll(string(e.JSONPointer[1:]), "/", "."))
	}
	switch {
	case errors.Is(e.Err, strict.ErrUnknownName):
		return fmt.Sprintf("unknown field %q", clip(e.JSONPointer.LastToken()))
	case errors.Is(e.Err, strconv.ErrRange), errors.Is(e.Err, strconv.ErrSyntax):
		return fmt.Sprintf("%s cannot be the number %s", field, clip(string(e.JSONValue)))
	case e.Err != nil: // the error of a type with its own decoder
		return fmt.Sprintf("%s: %s", field, clip(e.Err.Error()))
	default:
		return fmt.Sprintf("%s cannot be %s", field, kinds[e.JSONKind])
	}
}

// kinds names the kinds of JSON values.
var kinds = map[jsontext.Kind]string{
	'"': "a string", '0': "a number", 't': "a boolean", 'f': "a boolean", '{': "an object", '[': "an array",
}

// clip shortens s, which an error quotes from a request.
func clip(s string) string {
	if len(s) > 64 {
		return strings.ToValidUTF8(s[:64], "") + "…"
	}
	return s
}

// WriteError answers with {"error","code"} and a status. The status and the code of an
// error are in a table of package cluster. The code is a word for programs.
func WriteError(w http.ResponseWriter, err error) {
	status, code := cluster.StatusOf(err)
	WriteJSON(w, status, struct {
		Error string `json:"error"`
		Code  string `json:"code"`
	}{err.Error(), code})
}

// WriteText answers 200 with a text of a media type. A browser must not guess another
// type.
func WriteText(w http.ResponseWriter, media string, text []byte) {
	h := w.Header()
	h.Set("Content-Type", media)
	h.Set("X-Content-Type-Options", "nosniff")
	_, _ = w.Write(text) // an error means that the client closed the connection
}

// WriteJSON answers with v as JSON on one line. A browser must not cache it or guess
// another type. If v cannot be written as JSON, the status is 500.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	var body bytes.Buffer
	enc := json.NewEncoder(&body)
	enc.SetEscapeHTML(false)
	if err := enc.Encode(v); err != nil {
		status = http.StatusInternalServerError
		body.Reset()
		body.WriteString(`{"error":"the answer cannot be written as JSON","code":"internal"}` + "\n")
	}
	h := w.Header()
	h.Set("Content-Type", "application/json; charset=utf-8")
	h.Set("X-Content-Type-Options", "nosniff")
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(status)
	_, _ = w.Write(body.Bytes())
}

package nodeapi

import (
	"capplayground/cluster"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"unicode"
	"unicode/utf8"
)

// The lengths of keys and values, in bytes.
const (
	MaxKey       = 256
	MaxPathValue = 8 << 10
	MaxValue     = 64 << 10
)

// pathParts returns the n parts of the path after prefix, decoded.
func pathParts(r *http.Request, prefix string, n int) ([]string, error) {
	if r.URL.RawQuery != "" || r.URL.ForceQuery {
		return nil, badRequest("a query has no meaning here; a ? in a key or value is written %3F")
	}
	parts := strings.Split(strings.TrimPrefix(r.URL.EscapedPath(), prefix), "/")
	if len(parts) != n {
		return nil, cluster.ErrNoSuchCall
	}
	for i, part := range parts {
		plain, err := url.PathUnescape(part)
		if err != nil {
			return nil, badRequest("unusable percent-encoding in the path")
		}
		parts[i] = plain
	}
	return parts, nil
}

func checkKey(key string) error {
	switch {
	case key == "":
		return badRequest("a key has at least one byte")
	case len(key) > MaxKey:
		return badRequest(fmt.Sprintf("a key has at most %d bytes", MaxKey))
	case !utf8.ValidString(key):
		return badRequest("a key is valid UTF-8")
	case strings.ContainsFunc(key, unicode.IsControl):
		return badRequest("a key has no control characters")
	}
	return nil
}

func checkPathValue(val string) error {
	switch {
	case len(val) > MaxPathValue:
		return fmt.Errorf("%w: a value in a path has at most %d bytes; PUT takes more", cluster.ErrTooLarge, MaxPathValue)
	case strings.ContainsFunc(val, unicode.IsControl):
		return badRequest("a value in a path has no control characters; PUT takes lines")
	}
	return checkValue(val)
}

// checkValue accepts only text that can be shown, and that JSON carries byte for byte.
func checkValue(val string) error {
	control := func(c rune) bool { return unicode.IsControl(c) && c != '\t' && c != '\n' && c != '\r' }
	switch {
	case len(val) > MaxValue:
		return fmt.Errorf("%w: a value has at most %d bytes", cluster.ErrTooLarge, MaxValue)
	case !utf8.ValidString(val):
		return badRequest("a value is valid UTF-8")
	case strings.ContainsFunc(val, control):
		return badRequest("a value has no control characters but tab and line ends")
	}
	return nil
}

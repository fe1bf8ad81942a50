package audience

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Code is a QR code (ISO/IEC 18004) in the form that a page draws.
type Code struct {
	Width int    `json:"width"` // length of a side, in modules
	Path  string `json:"path"`  // SVG path; one module is one unit
}

// NewCode returns the QR code of a URL. It has error correction level Q: a phone can read
// it when a quarter of it is hidden. So phones in the last row can read it, too.
func NewCode(url string) (Code, error) {
	c, err := qr.Encode(url, qr.Q)
	if err != nil {
		return Code{}, err
	}
	var path strings.Builder
	for y := range c.Size {
		for x := 0; x < c.Size; x++ {
			from := x
			for x < c.Size && c.Black(x, y) {
				x++
			}
			if x > from {
				_, _ = fmt.Fprintf(&path, "M%d %dh%dv1h-%dz", from, y, x-from, x-from)
			}
		}
	}
	return Code{Width: c.Size, Path: path.String()}, nil
}

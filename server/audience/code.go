package audience

import (
	"fmt"
	"strings"

	"rsc.io/qr"
)

// Code is a QR code (ISO/IEC 18004) as a page draws it.
type Code struct {
	Width int    `json:"width"` // the length of a side, in modules
	Path  string `json:"path"`  // the path of an SVG, in which a module is one unit
}

// NewCode returns the code of a URL. A phone can read it with a quarter of it hidden,
// so it can be read from the last row.
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

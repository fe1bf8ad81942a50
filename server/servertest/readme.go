package servertest

import (
	"fmt"
	"regexp"
	"strings"
)

// ReadmeBlocks returns the blocks of commands in the section "Five minutes with curl" of
// the README. readme is the text of the README.
func ReadmeBlocks(readme string) (blocks []string) {
	_, section, _ := strings.Cut(readme, "## Five minutes with curl")
	section, _, _ = strings.Cut(section, "\n## ")
	for part := range strings.SplitSeq(section, "\n\n") {
		if strings.HasPrefix(part, "    ") {
			blocks = append(blocks, indent.ReplaceAllString(part, ""))
		}
	}
	return blocks
}

var indent = regexp.MustCompile(`(?m)^    `)

// Here returns commands that name the usual addresses, with the addresses of this
// playground in their place.
func (p *Playground) Here(commands string) string {
	for i, addr := range p.Place.Nodes {
		commands = strings.ReplaceAll(commands, fmt.Sprintf("127.0.0.%d:300%d", i+1, i+1), addr)
	}
	return strings.ReplaceAll(commands, "localhost:8080", p.Place.Listen)
}

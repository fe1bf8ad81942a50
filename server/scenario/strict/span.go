package strict

import "time"

// Span is a time.Duration that JSON and YAML write as "1.5s".
type Span time.Duration

// Duration returns it as a time.Duration.
func (s Span) Duration() time.Duration { return time.Duration(s) }

// MarshalText writes it as time.Duration does.
func (s Span) MarshalText() ([]byte, error) { return []byte(time.Duration(s).String()), nil }

// UnmarshalText reads what time.ParseDuration reads.
func (s *Span) UnmarshalText(b []byte) error {
	d, err := time.ParseDuration(string(b))
	*s = Span(d)
	return err
}

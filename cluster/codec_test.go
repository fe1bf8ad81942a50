package cluster

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"
)

// anything has a field of each kind that a Codec knows.
type anything struct {
	Count uint64
	At    int64
	Size  int
	Is    bool
	Text  string
	Name  [4]byte `json:"-"`
	Maybe *string
	All   []string
}

func (a *anything) Code(c *Codec) {
	c.Uint(&a.Count)
	c.Int(&a.At)
	c.Small(&a.Size)
	c.Yes(&a.Is)
	c.Text(&a.Text)
	c.Raw(a.Name[:])
	if Optional(c, &a.Maybe) {
		c.Text(a.Maybe)
	}
	List(c, &a.All)
	for i := range a.All {
		c.Text(&a.All[i])
	}
}

// TestWhatIsEncodedComesBack: a value is the same after Encode and Decode. Decode refuses
// a part of it, and one more byte.
func TestWhatIsEncodedComesBack(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.OneOf(rapid.String(), rapid.StringN(60, 300, -1))
		v := anything{
			Count: rapid.Uint64().Draw(t, "count"), At: rapid.Int64().Draw(t, "at"), Size: rapid.Int().Draw(t, "size"),
			Is: rapid.Bool().Draw(t, "is"), Text: text.Draw(t, "text"), Name: [4]byte{'a', 0, 0xff},
		}
		if rapid.Bool().Draw(t, "has") {
			s := text.Draw(t, "maybe")
			v.Maybe = &s
		}
		if all := rapid.SliceOfN(text, 0, 3).Draw(t, "all"); len(all) > 0 {
			v.All = all
		}
		b := Encode(&v)
		var back anything
		if !Decode(b, &back) || !reflect.DeepEqual(back, v) {
			t.Fatalf("%q is read as %+v, want %+v", b, back, v)
		}
		for n := range b {
			if Decode(b[:n], new(anything)) {
				t.Fatalf("the first %d of %d bytes are read", n, len(b))
			}
		}
		if Decode(append(b, 0), new(anything)) {
			t.Fatal("a value with one more byte is read")
		}
	})
}

// TestWhatCannotBeDecoded: a value with other content than Encode writes is refused, and makes
// no list that is longer than the rest of the value.
func TestWhatCannotBeDecoded(t *testing.T) {
	t.Parallel()
	good := Encode(&anything{Text: "é"})
	if want := "\x01\x00\x00\x00\x00\x02é\x00\x00\x00\x00\x00\x00"; string(good) != want {
		t.Fatalf("it is %q, want %q", good, want)
	}
	for name, b := range map[string]string{
		"a bool of 2":          "\x01\x00\x00\x00\x02\x02é\x00\x00\x00\x00\x00\x00",
		"half a character":     "\x01\x00\x00\x00\x00\x01\xc3\x00\x00\x00\x00\x00\x00",
		"a text without end":   "\x01\x00\x00\x00\x00\x7f\x00\x00\x00\x00\x00\x00",
		"a list without end":   "\x01\x00\x00\x00\x00\x02é\x00\x00\x00\x00\x00\xff\xff\xff\xff\x7f",
		"a number too large":   "\x01\xff\xff\xff\xff\xff\xff\xff\xff\xff\x7f\x00\x00\x00\x02é\x00\x00\x00\x00\x00\x00",
		"nothing":              "",
		"the form and no more": "\x01",
	} {
		var v anything
		if Decode([]byte(b), &v) {
			t.Errorf("%s: %q is read as %+v", name, b, v)
		}
		if len(v.All) > 0 {
			t.Errorf("%s: a list of %d", name, len(v.All))
		}
	}
}

// FuzzDecode: any bytes are refused, or read as a value that is the same after it is written
// and read again.
func FuzzDecode(f *testing.F) {
	s := "x"
	f.Add(Encode(&anything{Count: 7, At: -1, Text: "city", Maybe: &s, All: []string{"a", ""}}))
	f.Add([]byte(`{"Count":7,"All":["a"]}`))
	f.Fuzz(func(t *testing.T, b []byte) {
		var v, again anything
		if !Decode(b, &v) {
			return
		}
		if len(v.All) == 0 {
			v.All = nil
		}
		if !Decode(Encode(&v), &again) || !reflect.DeepEqual(v, again) {
			t.Fatalf("%q: read again\n%+v, want\n%+v", b, again, v)
		}
	})
}

package jsontext

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

// read is the string that was told.
func read(t *testing.T, told string) string {
	t.Helper()
	var b strings.Builder
	for told != "" {
		before, after, found := strings.Cut(told, "\ufffd")
		b.WriteString(before)
		if told = after; found {
			c, err := strconv.ParseUint(after[:2], 16, 8)
			if err != nil {
				t.Fatal(err)
			}
			b.WriteByte(byte(c))
			told = after[2:]
		}
	}
	return b.String()
}

func TestTell(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"", ""}, {"plain", "plain"}, {"Ünï/näme", "Ünï/näme"}, {`back\xffslash`, `back\xffslash`}, {"new\nline", "new\nline"},
		{"bad\xff", "bad\ufffdff"}, {"bad\xfe", "bad\ufffdfe"}, {"bad\ufffd", "bad\ufffdef\ufffdbf\ufffdbd"}, {"\xe2\x82", "\ufffde2\ufffd82"}, {"\x80é\xc3", "\ufffd80é\ufffdc3"},
	} {
		if got := Tell(tt.in); got != tt.want || read(t, got) != tt.in {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func FuzzTell(f *testing.F) {
	f.Add("a\xffb")
	f.Add("\ufffdff")
	f.Fuzz(func(t *testing.T, s string) {
		if got := Tell(s); read(t, got) != s || !utf8.ValidString(got) {
			t.Errorf("%q: %q", s, got)
		}
	})
}

type inner struct {
	Name string `json:"name"`
	key  string
}

type named string

type outer struct {
	*inner
	Inner  *inner            `json:"inner"`
	None   *inner            `json:"none"`
	List   []named           `json:"list"`
	Map    map[string]any    `json:"map"`
	Empty  map[string]string `json:"empty"`
	Bytes  []byte            `json:"bytes"`
	Time   time.Time         `json:"time"`
	Number *int64            `json:"number"`
	Left   string            `json:"-"`
}

// Write writes what encoding/json does where there is nothing to tell, and the
// value stays as it is where there is.
func TestWrite(t *testing.T) {
	number := int64(5)
	value := func(s string) outer {
		return outer{
			Inner: &inner{s, s}, List: []named{named(s), "x"}, Map: map[string]any{s: s, "list": []any{s, 1, nil}},
			Bytes: []byte("\xff"), Time: time.Unix(0, 0).UTC(), Number: &number, Left: s,
		}
	}
	write := func(v any) string {
		var b bytes.Buffer
		b.WriteString("before ")
		if err := Write(&b, v, "", " "); err != nil {
			t.Fatal(err)
		}
		return b.String()
	}
	for _, s := range []string{"plain <&>", `\ufffd`} {
		var want bytes.Buffer
		e := json.NewEncoder(&want)
		e.SetEscapeHTML(false)
		e.SetIndent("", " ")
		if err := e.Encode(value(s)); err != nil {
			t.Fatal(err)
		}
		if got := write(value(s)); got != "before "+want.String() {
			t.Errorf("%s, want %s", got, &want)
		}
	}
	odd := value("a\xff")
	got := write(odd)
	var back outer
	if err := json.Unmarshal([]byte(strings.TrimPrefix(got, "before ")), &back); err != nil {
		t.Fatal(err)
	}
	const want = "a\ufffdff"
	if back.Inner.Name != want || back.List[0] != want || back.Map[want] != want || fmt.Sprint(back.Map["list"]) != "["+want+" 1 <nil>]" ||
		string(back.Bytes) != "\xff" || !back.Time.Equal(odd.Time) || *back.Number != 5 || back.None != nil || back.Empty != nil {
		t.Errorf("%s", got)
	}
	if odd.Inner.Name != "a\xff" || odd.List[0] != "a\xff" || odd.Map["a\xff"] != "a\xff" {
		t.Errorf("the value is now %+v", odd)
	}
}

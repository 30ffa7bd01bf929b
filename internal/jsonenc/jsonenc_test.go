package jsonenc

import (
	"encoding/json"
	"math"
	"strings"
	"testing"
	"time"
)

func TestDocument(t *testing.T) {
	var b Buffer
	b.Begin('{')
	b.Field("name", "a\"b")
	b.IntField("n", -3)
	b.Key("quota")
	b.Float(0.5)
	b.Key("none")
	b.Null()
	b.Key("list")
	b.Begin('[')
	b.Bool(true)
	b.Begin('{')
	b.End('}')
	b.String("")
	b.End(']')
	b.Key("at")
	b.Time(time.Date(2026, 1, 2, 3, 4, 5, 999, time.FixedZone("", 3600)))
	b.End('}')
	const want = `{"name":"a\"b","n":-3,"quota":0.5,"none":null,"list":[true,{},""],"at":"2026-01-02T02:04:05Z"}`
	if string(b) != want {
		t.Errorf("got  %s\nwant %s", b, want)
	}
	if !json.Valid(b) {
		t.Error("not valid JSON")
	}
}

func FuzzString(f *testing.F) {
	for _, s := range []string{"", "plain", "\"\\\n\r\t\x00\x1f\x7f", "é世界\U0001f600", "\xff\xfe", "a\xc3", "\u2028\ufffd", strings.Repeat("\x01", 100)} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var b Buffer
		b.String(s)
		var got string
		if err := json.Unmarshal(b, &got); err != nil {
			t.Fatalf("%q became %s: %v", s, b, err)
		}
		if want := string([]rune(s)); got != want { // []rune maps each bad byte to U+FFFD
			t.Errorf("%q became %q, want %q", s, got, want)
		}
	})
}

func FuzzFloat(f *testing.F) {
	f.Add(0.5)
	f.Add(-1e300)
	f.Fuzz(func(t *testing.T, v float64) {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return
		}
		var b Buffer
		b.Float(v)
		var got float64
		if err := json.Unmarshal(b, &got); err != nil || got != v {
			t.Errorf("%v became %s: %v", v, b, err)
		}
	})
}

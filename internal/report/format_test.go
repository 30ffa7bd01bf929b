package report_test

import (
	"strconv"
	"strings"
	"testing"
	"time"
	"unicode"

	"devops-go/internal/report"
)

func TestAgo(t *testing.T) {
	now := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)
	for _, tt := range []struct {
		d    time.Duration
		want string
	}{
		{-time.Minute, "in the future"}, {0, "Less than a second ago"}, {time.Second, "1 second ago"}, {59 * time.Second, "59 seconds ago"},
		{time.Minute, "About a minute ago"}, {40 * time.Minute, "40 minutes ago"}, {time.Hour, "About an hour ago"}, {47 * time.Hour, "47 hours ago"},
		{5 * 24 * time.Hour, "5 days ago"}, {3 * 7 * 24 * time.Hour, "3 weeks ago"}, {90 * 24 * time.Hour, "3 months ago"}, {3 * 365 * 24 * time.Hour, "3 years ago"},
	} {
		if got := report.Ago(now.Add(-tt.d), now); got != tt.want {
			t.Errorf("%v: %q, want %q", tt.d, got, tt.want)
		}
	}
}

func TestQuote(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"etc/passwd", "etc/passwd"}, {"größe", "größe"}, {"", `""`}, {" a", `" a"`}, {"a b", "a b"},
		{"new\nline", `"new\nline"`}, {"\x1b[2J", `"\x1b[2J"`}, {"\xff", `"\xff"`}, {"\u202egpj", `"\u202egpj"`}, {`a"b`, `"a\"b"`},
	} {
		if got := report.Quote(tt.in); got != tt.want {
			t.Errorf("Quote(%q) = %s, want %s", tt.in, got, tt.want)
		}
	}
	if got, want := report.OneLine("RUN a \\\n\t&& echo \"\x1b[31m\""), `RUN a \ && echo "\x1b[31m"`; got != want {
		t.Errorf("OneLine = %s, want %s", got, want)
	}
	if got, want := report.Escape("caf\xe9 caf\xe8 \ufffd"), "caf\\xe9 caf\\xe8 \ufffd"; got != want {
		t.Errorf("Escape = %s, want %s", got, want)
	}
	if got, want := report.Escape("no\x1b[31m  \"a\u009b\""), `no\x1b[31m  "a\u009b"`; got != want {
		t.Errorf("Escape = %s, want %s", got, want)
	}
}

// FuzzQuote: nothing that a terminal obeys gets through, and what is quoted
// can be read back.
func FuzzQuote(f *testing.F) {
	for _, s := range []string{"a", "\x1b[2J", "\u202e", "\"", "a\nb", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got, line := report.Quote(s), report.OneLine(s)
		for _, text := range []string{got, line} {
			if strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Cf, r) }) {
				t.Errorf("%q comes out as %q", s, text)
			}
		}
		if got == s {
			return
		}
		if back, err := strconv.Unquote(got); err != nil || back != s {
			t.Errorf("%q quoted is %s, read back %q, %v", s, got, back, err)
		}
	})
}

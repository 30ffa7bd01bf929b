package main

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

var sizes = []struct {
	in   string
	want int64
}{
	{"0", 0}, {"1500", 1500}, {"1.5kB", 1500}, {"2.3MB", 2_300_000}, {"64GiB", 64 << 30}, {"1 MB", 1_000_000}, {"1k", 1000}, {"1TiB", 1 << 40},
	{"", -1}, {"MB", -1}, {"-1", -1}, {"1XB", -1}, {"1e30", -1}, {"NaN", -1}, {"Inf", -1}, {"9EB", -1}, {"1kBB", -1},
}

func TestParseSize(t *testing.T) {
	for _, tt := range sizes {
		got, err := parseSize(tt.in)
		if (err == nil) != (tt.want >= 0) || err == nil && got != tt.want {
			t.Errorf("parseSize(%q) = %d, %v; want %d", tt.in, got, err, tt.want)
		}
	}
}

// FuzzParseSize: what parses is no negative size, and a number of bytes is
// itself.
func FuzzParseSize(f *testing.F) {
	for _, tt := range sizes {
		f.Add(tt.in)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if n, err := parseSize(s); err == nil && n < 0 {
			t.Errorf("parseSize(%q) = %d", s, n)
		}
	})
}

// TestParse: flags may stand anywhere before "--".
func TestParse(t *testing.T) {
	for _, tt := range []struct{ in, args, want string }{
		{"image -x v", "image", "v"},
		{"-x v image", "image", "v"},
		{"--x=v a b", "a b", "v"},
		{"a --x v b", "a b", "v"},
		{"-", "-", ""},
		{"-x v -- -x", "-x", "v"},
		{"-- -x v", "-x v", ""},
		{"a -- -- b", "a -- b", ""},
		{"", "", ""},
	} {
		fs := flag.NewFlagSet("t", flag.ContinueOnError)
		fs.SetOutput(io.Discard)
		x := fs.String("x", "", "")
		args, err := parse(fs, strings.Fields(tt.in))
		if err != nil || !slices.Equal(args, strings.Fields(tt.args)) || *x != tt.want {
			t.Errorf("%q: %q, x %q, %v; want %q, %q", tt.in, args, *x, err, tt.args, tt.want)
		}
	}
}

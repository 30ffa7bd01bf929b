package main

import (
	"flag"
	"io"
	"slices"
	"strings"
	"testing"
)

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

// Standard input can't be two images.
func TestOneStdin(t *testing.T) {
	for _, args := range [][]string{
		{"weigh", "-", "-"}, {"compare", "-", "docker-archive:-"}, {"diff", "-", "oci-archive:-"}, {"audit", "-", "x", "-"},
	} {
		stdout, stderr, code := output(t, t.TempDir(), "", args...)
		if code != 2 || stdout != "" || !strings.HasPrefix(stderr, "tare: "+args[0]+": standard input can hold only one of the images\n") {
			t.Errorf("%q: exit %d: %s%s", args, code, stdout, stderr)
		}
	}
}

// Package flags parses a command line as the standard library's flag package
// does. It stands in for that package in the appliance, which it would make
// larger (SIZE_REPORT.md has the figure), mostly by what prints its defaults.
package flags

import (
	"errors"
	"fmt"
	"io"
	"strings"
)

// A Flag is -Name, and what is done with its value.
type Flag struct {
	Name     string
	Arg      string // what the value is called in the usage; "" for a flag that is true by itself
	Optional bool   // the value may be left out and is true then
	Usage    string
	Set      func(value string) error
}

// ErrHelp is returned by Parse for -h, -help and their like.
var ErrHelp = errors.New("help requested")

// Parse sets the flags in args and returns the other arguments, before, between
// and after them; what follows "--" is an argument in any case. It takes
// -name=value, -name value and, for flags without Arg, -name, each with one dash
// or two. An optional value that stands apart must be true or false.
func Parse(flags []Flag, args []string) (rest []string, err error) {
	for len(args) > 0 {
		arg := args[0]
		args = args[1:]
		if arg == "--" {
			return append(rest, args...), nil
		}
		if len(arg) < 2 || arg[0] != '-' {
			rest = append(rest, arg)
			continue
		}
		name, value, hasValue := strings.Cut(strings.TrimPrefix(arg[1:], "-"), "=")
		flag, ok := find(flags, name)
		if !ok && (name == "h" || name == "help") {
			return nil, ErrHelp
		}
		if !ok {
			return nil, fmt.Errorf("-%s: no such flag", name)
		}
		switch {
		case hasValue:
		case flag.Arg == "", flag.Optional && (len(args) == 0 || args[0] != "true" && args[0] != "false"):
			value = "true"
		case len(args) == 0:
			return nil, fmt.Errorf("-%s: want a value: -%s %s", name, name, flag.Arg)
		default:
			value, args = args[0], args[1:]
		}
		if err := flag.Set(value); err != nil {
			return nil, fmt.Errorf("-%s=%q: %w", name, value, err)
		}
	}
	return rest, nil
}

func find(flags []Flag, name string) (Flag, bool) {
	for _, f := range flags {
		if f.Name == name {
			return f, true
		}
	}
	return Flag{}, false
}

// PrintUsage writes two lines a flag.
func PrintUsage(w io.Writer, flags []Flag) {
	for _, f := range flags {
		fmt.Fprintf(w, "  -%s %s\n        %s\n", f.Name, f.Arg, f.Usage)
	}
}

package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strconv"
	"strings"

	"devops-go/internal/oci"
	"devops-go/internal/size"
)

// flags returns the command's flags and what runs it.
func (c *command) flags() (*flag.FlagSet, runner) {
	fs := flag.NewFlagSet(c.name, flag.ContinueOnError)
	fs.SetOutput(io.Discard)
	run := c.define(fs)
	return fs, run
}

// parse parses flags that may stand between the arguments, up to "--", and
// returns the arguments.
func parse(fs *flag.FlagSet, args []string) ([]string, error) {
	var rest []string
	for len(args) > 0 {
		if args[0] == "--" {
			return append(rest, args[1:]...), nil
		}
		if args[0] == "-" || !strings.HasPrefix(args[0], "-") {
			rest, args = append(rest, args[0]), args[1:]
			continue
		}
		// The flag package stops at the first argument; what it took are flags.
		if err := fs.Parse(args); err != nil {
			return nil, err
		}
		took := len(args) - fs.NArg()
		if took > 0 && args[took-1] == "--" {
			return append(rest, fs.Args()...), nil
		}
		args = fs.Args()
	}
	return rest, nil
}

// platformFlag is an oci.Platform as a flag.
type platformFlag oci.Platform

func (p *platformFlag) String() string {
	if oci.Platform(*p).IsAny() {
		return allPlatforms
	}
	return oci.Platform(*p).String()
}

func (p *platformFlag) Set(s string) error {
	parsed, err := oci.ParsePlatform(s)
	*p = platformFlag(parsed)
	return err
}

// allPlatforms is the value of --platform that takes every one.
const allPlatforms = "all"

// platformsFlag is a platform or all of them, [oci.AnyPlatform].
type platformsFlag platformFlag

func (p *platformsFlag) String() string { return (*platformFlag)(p).String() }

func (p *platformsFlag) Set(s string) error {
	if s == allPlatforms {
		*p = platformsFlag(oci.AnyPlatform())
		return nil
	}
	return (*platformFlag)(p).Set(s)
}

// sizeFlag is a number of bytes with an optional SI or binary unit.
type sizeFlag int64

func (s *sizeFlag) String() string {
	if n := int64(*s); n > 0 && n%(1<<30) == 0 {
		return strconv.FormatInt(n>>30, 10) + "GiB"
	}
	return size.Format(int64(*s))
}

func (s *sizeFlag) Set(text string) error {
	n, err := size.Parse(text)
	*s = sizeFlag(n)
	return err
}

// errNoImage is the usage error of a command without arguments.
var errNoImage = errors.New("no image given")

// wantArgs checks how many arguments there are; most < 0 is any number.
func wantArgs(name string, args []string, least, most int) error {
	switch {
	case len(args) == 0 && least > 0:
		return &usageError{fmt.Errorf("%s: %w", name, errNoImage)}
	case len(args) < least:
		return &usageError{fmt.Errorf("%s: %d arguments given, want at least %d", name, len(args), least)}
	case most >= 0 && len(args) > most:
		return &usageError{fmt.Errorf("%s: unexpected argument %q", name, args[most])}
	}
	return nil
}

// wantOneStdin refuses to read two images from standard input.
func wantOneStdin(name string, refs []string) error {
	streams := 0
	for _, ref := range refs {
		if ref == "-" || strings.HasSuffix(ref, "-archive:-") {
			streams++
		}
	}
	if streams > 1 {
		return &usageError{fmt.Errorf("%s: standard input can hold only one of the images", name)}
	}
	return nil
}

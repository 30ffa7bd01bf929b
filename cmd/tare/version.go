package main

import (
	"cmp"
	"context"
	"flag"
	"fmt"
	"runtime"
	"runtime/debug"
)

func versionCommand() *command {
	return &command{
		name:  "version",
		usage: "",
		short: "print the version, revision and Go version",
		define: func(*flag.FlagSet) runner {
			return func(_ context.Context, args []string, std stdio) error {
				if err := wantArgs("version", args, 0, 0); err != nil {
					return err
				}
				v, r := stamps()
				_, err := fmt.Fprintf(std.out, "tare %s (%s) %s %s/%s\n", v, r, runtime.Version(), runtime.GOOS, runtime.GOARCH)
				return err
			}
		},
	}
}

// stamps returns version and revision: the linker's, else what the go command
// left in the binary.
func stamps() (v, r string) {
	v, r = version, revision
	if info, ok := debug.ReadBuildInfo(); ok {
		v = cmp.Or(v, info.Main.Version)
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" {
				r = cmp.Or(r, s.Value)
			}
		}
	}
	return cmp.Or(v, "(devel)"), cmp.Or(r, "unknown")
}

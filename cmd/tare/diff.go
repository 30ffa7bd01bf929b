package main

import (
	"context"
	"flag"

	"devops-go/internal/compare"
	"devops-go/internal/report"
)

func diffCommand() *command {
	return &command{
		name:  "diff",
		usage: "[flags] A B",
		short: "list the files and settings in which two images differ",
		long: `Files are compared by content, mode, owner and link target, but not by modification
time, and listed largest first. The exit code is 1 if there is a difference.

example: tare diff docker-daemon:alpine:3.19 docker-daemon:alpine:3.20
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.define(fs)
			source.defineMask(fs)
			output.define(fs)
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("diff", args, 2, 2); err != nil {
					return err
				}
				if err := wantOneStdin("diff", args); err != nil {
					return err
				}
				return diff(ctx, args[0], args[1], &source, &output, std)
			}
		},
	}
}

func diff(ctx context.Context, a, b string, source *sourceFlags, output *outputFlags, std stdio) error {
	stackA, err := source.read(ctx, a, std)
	if err != nil {
		return err
	}
	defer stackA.Image.Close()
	stackB, err := source.read(ctx, b, std)
	if err != nil {
		return err
	}
	defer stackB.Image.Close()
	d, err := compare.Diff(ctx, stackA, stackB)
	if err != nil {
		return err
	}
	if err := output.write(ctx, report.Difference(d), std); err != nil {
		return err
	}
	if !d.Empty() {
		return errFinding
	}
	return nil
}

package main

import (
	"context"
	"flag"
	"fmt"

	"devops-go/internal/report"
	"devops-go/internal/verify"
)

func verifyCommand() *command {
	return &command{
		name:  "verify",
		usage: "[flags] IMAGE",
		short: "check an image against every digest and size that it states",
		long: `Every blob is checked against its descriptor, every layer against its diff ID,
the history against the layers and the configuration against the manifest. The
exit code is 1 if anything is wrong; the first fault of each kind is named.

example: tare verify oci:layout:latest
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.define(fs)
			output.define(fs)
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("verify", args, 1, 1); err != nil {
					return err
				}
				return verifyImage(ctx, args[0], &source, &output, std)
			}
		},
	}
}

func verifyImage(ctx context.Context, ref string, source *sourceFlags, output *outputFlags, std stdio) error {
	source.tolerant = true
	img, err := source.open(ctx, ref, std)
	if err != nil {
		return err
	}
	defer img.Close()
	result, err := verify.Image(ctx, img, verify.Options{MaxSize: int64(source.maxSize)})
	if err != nil {
		return fmt.Errorf("%s: %w", report.Quote(ref), err)
	}
	if err := output.write(ctx, report.Verification(result), std); err != nil {
		return err
	}
	if !result.OK {
		return errFinding
	}
	return nil
}

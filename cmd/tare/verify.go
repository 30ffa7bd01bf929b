package main

import (
	"context"
	"flag"
	"fmt"

	"devops-go/internal/oci"
	"devops-go/internal/report"
	"devops-go/internal/verify"
)

func verifyCommand() *command {
	return &command{
		name:  "verify",
		usage: "[flags] IMAGE",
		short: "check an image against every digest and size that it states",
		long: `Checks every blob against its descriptor, every layer against its diff ID, the history
against the layers, the configuration against the manifest, and an OCI layout against
the rules for layouts. All platforms are read, unless --platform chooses one, with
their attestations and referrers; the report says what was read. Artifacts that are not
images can be verified too. The exit code is 1 if anything doesn't match, a damaged
manifest or index included; the first mismatch of each kind is printed.

example: tare verify oci:layout:latest
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.defineAll(fs)
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
	result, err := verified(ctx, ref, source, std)
	if err != nil {
		return err
	}
	if err := output.write(ctx, report.Verification(result), std); err != nil {
		return err
	}
	if !result.OK {
		return errFinding
	}
	return nil
}

// verified returns what came of verifying the image, which may be damaged too
// much to be opened.
func verified(ctx context.Context, ref string, source *sourceFlags, std stdio) (*verify.Result, error) {
	whole := source.all() || oci.Platform(source.platform).IsZero()
	if whole {
		source.platform = platformFlag(oci.AnyPlatform())
	}
	img, err := source.open(ctx, ref, std)
	if err != nil {
		if result := verify.Damaged(ref, err); result != nil {
			return result, nil
		}
		return nil, err
	}
	defer img.Close()
	of := verify.Image
	if whole {
		of = verify.All
	}
	result, err := of(ctx, img, verify.Options{MaxSize: int64(source.maxSize)})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", report.Quote(ref), err)
	}
	return result, nil
}

package main

import (
	"context"
	"flag"
	"fmt"
	"io"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/report"
	"devops-go/internal/sbom"
)

func sbomCommand() *command {
	return &command{
		name:  "sbom",
		usage: "[flags] IMAGE",
		short: "list the software in an image, as SPDX or CycloneDX",
		long: `Software is found through the build information in Go programs and the package
databases of Alpine and Debian. The same image always gives the same document.
With --platform all, the documents of all platforms are written one after another.

example: tare sbom --format cyclonedx docker-daemon:alpine:3.20
`,
		define: func(fs *flag.FlagSet) runner {
			var source sourceFlags
			var output outputFlags
			source.defineAll(fs)
			format := sbomFlag(sbom.SPDX)
			fs.Var(&format, "format", "output `FORMAT`: spdx or cyclonedx")
			fs.StringVar(&output.file, "o", "", "write to `FILE` instead of standard output")
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("sbom", args, 1, 1); err != nil {
					return err
				}
				var documents []byte
				err := source.each(ctx, args[0], std, func(img *image.Image) error {
					stack, err := source.readLayers(ctx, img)
					if err != nil {
						return err
					}
					document, err := inventory(ctx, stack, sbom.Format(format))
					if err != nil {
						return fmt.Errorf("%s: %w", report.Quote(args[0]), err)
					}
					documents = append(documents, document...)
					return nil
				})
				if err != nil {
					return err
				}
				return output.writeTo(ctx, std, func(w io.Writer) error {
					_, err := w.Write(documents)
					return err
				})
			}
		},
	}
}

func inventory(ctx context.Context, stack *layers.Stack, format sbom.Format) ([]byte, error) {
	inv, err := sbom.Read(ctx, stack)
	if err != nil {
		return nil, err
	}
	return inv.Document(format)
}

// sbomFlag is a format of an SBOM; empty is none.
type sbomFlag sbom.Format

func (s *sbomFlag) String() string { return string(*s) }

func (s *sbomFlag) Set(text string) error {
	parsed, err := sbom.ParseFormat(text)
	*s = sbomFlag(parsed)
	return err
}

// attach adds an SBOM for every image of the bundle.
func (s sbomFlag) attach(ctx context.Context, b *bundle.Bundle, maxSize int64) error {
	if s == "" {
		return nil
	}
	manifests, err := b.Manifests(ctx)
	if err != nil {
		return err
	}
	for _, d := range manifests {
		img, err := b.Image(ctx, d)
		if err != nil {
			return err
		}
		stack, err := layers.Read(ctx, img, layers.Options{MaxSize: maxSize})
		if err != nil {
			return fmt.Errorf("SBOM of %s: %w", d.Digest, err)
		}
		format := sbom.Format(s)
		document, err := inventory(ctx, stack, format)
		if err != nil {
			return fmt.Errorf("SBOM of %s: %w", d.Digest, err)
		}
		annotations := map[string]string{"org.opencontainers.image.created": img.Config.Created.Format("2006-01-02T15:04:05Z07:00")}
		if err := b.Attach(d, format.MediaType(), document, annotations); err != nil {
			return err
		}
	}
	return nil
}

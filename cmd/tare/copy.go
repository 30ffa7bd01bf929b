package main

import (
	"context"
	"flag"
	"fmt"
	"strings"

	"devops-go/internal/bundle"
	"devops-go/internal/engine"
	"devops-go/internal/image"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

func copyCommand() *command {
	return &command{
		name:  "copy",
		usage: "[flags] IMAGE DESTINATION",
		short: "copy an image between any two transports without changing its digest",
		long: `The DESTINATION is docker://NAME, docker-daemon:NAME, oci:DIR[:TAG], dir:DIR,
oci-archive:PATH[:NAME] or docker-archive:PATH[:NAME]; both archive transports write a
file that is a docker archive and an OCI archive. Without a transport, DIR/ is a layout
and PATH.tar an archive. A multi-platform image is copied as a whole unless --platform
chooses one platform. --all copies every image of an archive or a layout; the
DESTINATION then has no name: an archive, a layout or docker-daemon: alone.

example: tare copy app.tar docker://registry.example/app:1.0
`,
		define: func(fs *flag.FlagSet) runner {
			var c copier
			c.define(fs)
			c.source.network.defineUpload(fs)
			all := fs.Bool("all", false, "copy all images of an archive or a layout, each under its own name")
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("copy", args, 2, 2); err != nil {
					return err
				}
				to, err := parseDestination(args[1])
				if err != nil {
					return &usageError{fmt.Errorf("copy: %w", err)}
				}
				if *all {
					return c.copyAll(ctx, args[0], to, std)
				}
				return c.copy(ctx, args[0], destinations{to}, std)
			}
		},
	}
}

func pushCommand() *command {
	return &command{
		name:  "push",
		usage: "[flags] IMAGE REF",
		short: "push an image to a registry without changing its digest",
		long: `IMAGE may be from any transport; REF is HOST/NAME[:TAG]. Blobs that the registry
already has are not sent again, and interrupted uploads are resumed. Credentials are
those of docker login.

example: tare push app.tar registry.example/app:1.0
`,
		define: func(fs *flag.FlagSet) runner {
			var c copier
			c.define(fs)
			c.source.network.defineUpload(fs)
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("push", args, 2, 2); err != nil {
					return err
				}
				ref, err := registry.ParseReference(strings.TrimPrefix(args[1], "docker://"))
				if err != nil {
					return &usageError{fmt.Errorf("push: %w", err)}
				}
				return c.copy(ctx, args[0], destinations{{ref: ref, transport: image.Registry}}, std)
			}
		},
	}
}

func pullCommand() *command {
	return &command{
		name:  "pull",
		usage: "[flags] REF -o FILE",
		short: "pull an image from a registry without changing its digest",
		long: `REF is HOST/NAME[:TAG][@DIGEST]. A multi-platform image is pulled as a whole unless
--platform chooses one platform.

example: tare pull registry.example/app:1.0 -o app.tar
`,
		define: func(fs *flag.FlagSet) runner {
			var c copier
			var dest destFlags
			c.define(fs)
			dest.define(fs)
			return func(ctx context.Context, args []string, std stdio) error {
				if err := wantArgs("pull", args, 1, 1); err != nil {
					return err
				}
				to, err := dest.parse("pull")
				if err != nil {
					return err
				}
				return c.copy(ctx, "docker://"+strings.TrimPrefix(args[0], "docker://"), to, std)
			}
		},
	}
}

// A copier holds the flags of the commands that move images.
type copier struct {
	source  sourceFlags
	gzip    bool
	layers  compressionFlag // of all layers; empty keeps what they have
	summary summaryFlags
}

func (c *copier) define(fs *flag.FlagSet) {
	c.source.maxSize = image.DefaultMaxSize
	fs.Var(&c.source.platform, "platform", "copy only `OS/ARCH[/VARIANT]` of a multi-platform image")
	fs.Var(&c.source.maxSize, "max-size", "fail if an image unpacks to more than `SIZE`")
	c.source.defineNetwork(fs)
	fs.Var(&c.layers, "compression", "convert all layers to `METHOD`, gzip, zstd or none, which changes digests")
	fs.BoolVar(&c.gzip, "gzip", false, "compress uncompressed layers, which changes digests; always done if the source has no manifest")
	c.summary.define(fs)
}

// copy copies the image to its destinations and says what it is.
func (c *copier) copy(ctx context.Context, ref string, to destinations, std stdio) error {
	if err := to.check(std); err != nil {
		return err
	}
	b, err := c.collect(ctx, ref, to.scratchDir(), std)
	if err != nil {
		return err
	}
	defer b.Close()
	if len(to) == 1 {
		to[0].rename(b)
		if to[0].transport == image.Daemon {
			b = b.WithoutReferrers()
		}
	}
	if err := to.write(ctx, b, c.source.network, std); err != nil {
		return err
	}
	return c.summary.write(ctx, b, to.stdout(), std)
}

// collect opens the image with all that belongs to it. The caller closes the
// bundle.
func (c *copier) collect(ctx context.Context, ref, scratch string, std stdio) (*bundle.Bundle, error) {
	single := !oci.Platform(c.source.platform).IsZero()
	source := c.source
	if !single {
		source.platform = platformFlag(oci.AnyPlatform())
	}
	img, err := source.open(ctx, ref, std)
	if err != nil {
		return nil, err
	}
	var b *bundle.Bundle
	repack := c.layers != "" || c.gzip || img.Manifest == nil || img.Held != nil && img.Held.Store() != engine.StoreContainerd
	if !single && (repack || img.Source == image.Daemon) {
		single, err = c.leaveOut(ctx, img, repack, std)
		if err != nil {
			img.Close()
			return nil, fmt.Errorf("%s: %w", ref, err)
		}
	}
	if repack {
		press := bundle.Press{Compression: image.Gzip, Level: bundle.DefaultLevel, Dir: scratch, MaxSize: int64(c.source.maxSize)}
		if c.layers != "" {
			press.Compression, press.Recompress = image.Compression(c.layers), true
		}
		b, err = bundle.Repack(ctx, img, &press)
	} else {
		b, err = bundle.Collect(ctx, img, single)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	for _, d := range b.Foreign {
		fmt.Fprintf(std.err, "note: left out: foreign layer %s, which the source doesn't hold\n", d.Digest)
	}
	return b, nil
}

// leaveOut says which platforms can't be copied, if any: those that an engine
// lists and hasn't got, and all but one where layers are compressed anew.
func (c *copier) leaveOut(ctx context.Context, img *image.Image, repack bool, std stdio) (single bool, err error) {
	listed, err := bundle.Listed(ctx, img)
	if err != nil {
		return false, err
	}
	var absent, others []string
	for _, l := range listed {
		switch {
		case l.Digest == img.ManifestDigest:
		case !l.Present:
			absent = append(absent, l.Name())
		default:
			others = append(others, l.Name())
		}
	}
	switch {
	case repack && len(others) > 0:
		fmt.Fprintf(std.err, "note: left out: %s: layers are recompressed for one platform only\n", strings.Join(append(others, absent...), ", "))
	case img.Source == image.Daemon && len(absent) > 0:
		fmt.Fprintf(std.err, "note: left out: %s: not all platforms that the engine lists are present\n", strings.Join(append(others, absent...), ", "))
		return true, nil
	}
	return false, nil
}

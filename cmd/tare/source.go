package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"os"

	"devops-go/internal/audit"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/report"
)

// sourceFlags say how images are opened and read.
type sourceFlags struct {
	platform platformFlag
	maxSize  sizeFlag
	maxFiles int64
	maxNames sizeFlag
	network  *networkFlags // shared by copies for other platforms
	tolerant bool          // of descriptors that lie; verify is
	content  bool          // fetch the layers of an image in a registry
	mask     bool          // secrets in history and configuration
	made     bool          // read what is attested about the image's making
}

// define adds the flags of a command that reads one platform of an image.
func (s *sourceFlags) define(fs *flag.FlagSet) {
	fs.Var(&s.platform, "platform", "choose the image for `OS/ARCH[/VARIANT]` from a multi-platform image")
	s.defineReading(fs)
}

// defineAll adds the flags of a command that can read them all, see [sourceFlags.each].
func (s *sourceFlags) defineAll(fs *flag.FlagSet) {
	fs.Var((*platformsFlag)(&s.platform), "platform", "choose the image for `OS/ARCH[/VARIANT]` from a multi-platform image, or all of them with all")
	s.defineReading(fs)
}

func (s *sourceFlags) defineReading(fs *flag.FlagSet) {
	s.maxSize = image.DefaultMaxSize
	fs.Var(&s.maxSize, "max-size", "fail if an image unpacks to more than `SIZE`")
	fs.Int64Var(&s.maxFiles, "max-files", layers.DefaultMaxFiles, "fail if an image has more than `N` files")
	s.maxNames = layers.DefaultMaxNames
	fs.Var(&s.maxNames, "max-names", "fail if an image has more than `SIZE` of paths, link targets and extended attributes")
	s.defineNetwork(fs)
}

// layers are the bounds on what the layers hold.
func (s *sourceFlags) layers() layers.Options {
	return layers.Options{MaxSize: int64(s.maxSize), MaxFiles: s.maxFiles, MaxNames: int64(s.maxNames)}
}

func (s *sourceFlags) defineNetwork(fs *flag.FlagSet) {
	s.network = new(networkFlags)
	s.network.define(fs)
}

// defineContent adds the flag of commands that have something to say without
// the layers.
func (s *sourceFlags) defineContent(fs *flag.FlagSet) {
	fs.BoolVar(&s.content, "content", false, "read the layers of an image in a registry or an engine, for figures that need them")
}

// defineMask adds the flag of commands that show history and configuration.
func (s *sourceFlags) defineMask(fs *flag.FlagSet) {
	fs.BoolVar(&s.mask, "mask", false, "mask secrets in the history and configuration, as tare audit does")
}

func (s *sourceFlags) open(ctx context.Context, ref string, std stdio) (*image.Image, error) {
	opts, err := s.options(ref, std)
	if err != nil {
		return nil, err
	}
	std.progress.begin("reading", ref)
	img, err := image.Open(ctx, ref, opts)
	if err != nil {
		return nil, err
	}
	if err := s.complete(ctx, img, std); err != nil {
		img.Close()
		return nil, err
	}
	return img, nil
}

// complete reads the provenance of an image that was opened, for commands that
// show it, and masks what is to be masked.
func (s *sourceFlags) complete(ctx context.Context, img *image.Image, std stdio) error {
	if s.made {
		if err := img.ReadProvenance(ctx); err != nil {
			fmt.Fprintf(std.err, "note: %s: provenance can't be read: %s\n", report.Quote(img.Name), report.Escape(err.Error()))
		}
	}
	if !s.mask {
		return nil
	}
	if err := audit.Mask(ctx, img); err != nil {
		return fmt.Errorf("%s: %w", report.Quote(img.Name), err)
	}
	return nil
}

// all reports whether all platforms are asked for.
func (s *sourceFlags) all() bool { return oci.Platform(s.platform).IsAny() }

// each calls do with the image, or with those of all its platforms if they are
// asked for. Each is closed afterwards.
func (s *sourceFlags) each(ctx context.Context, ref string, std stdio, do func(*image.Image) error) error {
	img, err := s.open(ctx, ref, std)
	if err != nil {
		return err
	}
	defer img.Close()
	if !s.all() {
		return do(img)
	}
	for _, d := range img.Platforms() {
		other, err := img.Beside(ctx, d)
		if errors.Is(err, image.ErrAbsent) {
			fmt.Fprintf(std.err, "note: %s lists %s, but doesn't hold it\n", report.Quote(ref), report.Quote(absentName(d)))
			continue
		}
		if err == nil && other != img {
			err = s.complete(ctx, other, std)
		}
		if err == nil {
			err = do(other)
		}
		if err != nil {
			return fmt.Errorf("platform %s: %w", report.Quote(absentName(d)), err)
		}
	}
	return nil
}

// absentName is what the manifest d is called before it is read.
func absentName(d oci.Descriptor) string {
	if d.Platform != nil {
		return d.Platform.String()
	}
	return d.Digest.Short()
}

func (s *sourceFlags) options(ref string, std stdio) (image.Options, error) {
	opts := image.Options{
		Platform: oci.Platform(s.platform),
		Stdin:    std.in,
		MaxSize:  int64(s.maxSize),
		Tolerant: s.tolerant,
		Progress: std.progress.add,
		Notice:   func(text string) { fmt.Fprintf(std.err, "note: %s\n", report.Escape(text)) },
	}
	parsed, err := image.ParseReference(ref)
	if err != nil {
		return opts, &usageError{err}
	}
	if err := s.network.connect(&opts, parsed.Transport == image.Daemon, parsed.Transport == image.Registry); err != nil {
		return opts, fmt.Errorf("%s: %w", report.Quote(ref), err)
	}
	if parsed.Transport == image.Any && opts.Engine == nil && parsed.Path != "-" {
		if _, err := os.Lstat(parsed.Path); errors.Is(err, fs.ErrNotExist) && s.network.engineError != nil {
			// A context that isn't there isn't the same as an engine that isn't.
			return opts, fmt.Errorf("%s: %w", report.Quote(ref), s.network.engineError)
		}
	}
	return opts, nil
}

// describe asks the engine for what it knows of its image; nil for an image
// that no engine has.
func (s *sourceFlags) describe(ctx context.Context, ref string, std stdio) (*image.Description, error) {
	opts, err := s.options(ref, std)
	if err != nil || s.all() {
		return nil, err
	}
	d, err := image.Describe(ctx, ref, opts)
	if err != nil || d == nil || !s.mask {
		return d, err
	}
	return d, audit.MaskDescription(ctx, d)
}

// read opens the image and reads its layers. The caller closes the image of
// the stack.
func (s *sourceFlags) read(ctx context.Context, ref string, std stdio) (*layers.Stack, error) {
	img, err := s.open(ctx, ref, std)
	if err != nil {
		return nil, err
	}
	stack, err := s.readLayers(ctx, img)
	if err != nil {
		img.Close()
		return nil, err
	}
	return stack, nil
}

func (s *sourceFlags) readLayers(ctx context.Context, img *image.Image) (*layers.Stack, error) {
	stack, err := layers.Read(ctx, img, s.layers())
	if err == nil {
		return stack, nil
	}
	return nil, fmt.Errorf("%s: %w", report.Quote(img.Name), err)
}

// readIfHere reads the layers for a command that has something to say without
// them: those of an image in a registry are left there, those in a compression
// that can't be read are left alone, and stack is nil, unless their content is
// asked for.
func (s *sourceFlags) readIfHere(ctx context.Context, img *image.Image) (*layers.Stack, error) {
	if !s.content && (img.Source == image.Registry || img.Unreadable() != nil) {
		return nil, nil
	}
	return s.readLayers(ctx, img)
}

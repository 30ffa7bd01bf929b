package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/registry"
	"devops-go/internal/report"
)

// destFlags say where an image goes.
type destFlags struct {
	file string
	load bool
	push string
}

func (d *destFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&d.file, "o", "", "write to `FILE`, an archive for Docker and OCI; to the OCI layout DIR/; or to - for standard output")
	fs.BoolVar(&d.load, "load", false, "load into the Docker Engine")
	fs.StringVar(&d.push, "push", "", "push to `REF`, HOST/NAME[:TAG]")
}

// check refuses a command line that names no destination.
func (d *destFlags) check(command string) error {
	if d.file == "" && !d.load && d.push == "" {
		return &usageError{fmt.Errorf("%s: nowhere to put the image: want -o FILE, -o DIR/, --load or --push REF", command)}
	}
	return nil
}

// stdout reports whether the image goes to standard output.
func (d *destFlags) stdout() bool { return d.file == "-" }

// scratchDir is where layers wait until they are written: beside their file,
// where there is room for them, too.
func (d *destFlags) scratchDir() string {
	if d.file == "" || d.file == "-" {
		return ""
	}
	dir := filepath.Dir(filepath.Clean(d.file))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// write puts the bundle everywhere the flags say.
func (d *destFlags) write(ctx context.Context, b *bundle.Bundle, network *networkFlags, std stdio) error {
	if d.file != "" {
		if err := writeBundle(ctx, b, d.file, std); err != nil {
			return err
		}
	}
	if d.load {
		if err := loadBundle(ctx, b, network); err != nil {
			return err
		}
	}
	if d.push == "" {
		return nil
	}
	ref, err := registry.ParseReference(d.push)
	if err != nil {
		return &usageError{err}
	}
	return pushBundle(ctx, b, ref, network, std)
}

// writeBundle writes to a file, a layout or standard output.
func writeBundle(ctx context.Context, b *bundle.Bundle, name string, std stdio) error {
	if name == "-" {
		if terminalWidth(std.out) > 0 {
			return &usageError{errors.New("an archive is nothing for a terminal: redirect standard output")}
		}
		return b.WriteArchive(ctx, std.out)
	}
	var err error
	if isLayout(name) {
		err = std.writeLayout(ctx, b, name)
	} else {
		err = std.writeFile(name, func(w io.Writer) error { return b.WriteArchive(ctx, &progressWriter{w, std.progress}) })
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", report.Quote(name), err)
	}
	return nil
}

func (std stdio) writeLayout(ctx context.Context, b *bundle.Bundle, dir string) error {
	std.saving.Lock()
	defer std.saving.Unlock()
	return b.WriteLayout(ctx, dir)
}

// progressWriter tells how many bytes were written.
type progressWriter struct {
	w        io.Writer
	progress *progress
}

func (p *progressWriter) Write(b []byte) (int, error) {
	n, err := p.w.Write(b)
	p.progress.add(int64(n))
	return n, err
}

// isLayout tells a layout's directory from an archive's file.
func isLayout(name string) bool {
	info, err := os.Stat(name)
	return strings.HasSuffix(name, "/") || err == nil && info.IsDir()
}

// loadBundle loads into the Docker Engine.
func loadBundle(ctx context.Context, b *bundle.Bundle, network *networkFlags) error {
	var opts image.Options
	if err := network.connect(&opts, true, false); err != nil {
		return err
	}
	r, w := io.Pipe()
	alone := b.WithoutReferrers() // an engine has no place for them
	go func() { w.CloseWithError(alone.WriteArchive(ctx, w)) }()
	_, err := opts.Engine.Load(ctx, r)
	r.CloseWithError(context.Canceled)
	if err != nil {
		return fmt.Errorf("loading %s: %w", b.Name.Familiar(), err)
	}
	return nil
}

// pushBundle pushes to a registry.
func pushBundle(ctx context.Context, b *bundle.Bundle, ref registry.Reference, network *networkFlags, std stdio) error {
	var opts image.Options
	if err := network.connect(&opts, false, true); err != nil {
		return err
	}
	std.progress.begin("pushing", ref.String())
	return b.Push(ctx, opts.Registry, ref, std.progress.add)
}

// summaryFlags say how the end of a command is told.
type summaryFlags struct{ format formatFlag }

func (s *summaryFlags) define(fs *flag.FlagSet) {
	s.format = formatFlag(report.Text)
	fs.Var(&s.format, "format", "say what it is as `table`, json or markdown")
}

// write says what the bundle is, on standard error where the image itself went
// to standard output.
func (s *summaryFlags) write(ctx context.Context, b *bundle.Bundle, toStderr bool, std stdio) error {
	summary, err := b.Summarize(ctx)
	if err != nil {
		return err
	}
	if toStderr {
		std.out = std.err
	}
	output := outputFlags{format: s.format}
	return output.write(ctx, report.Bundle(summary), std)
}

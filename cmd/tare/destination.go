package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/registry"
	"devops-go/internal/report"
)

// A destination is where an image goes.
type destination struct {
	transport image.Transport
	path      string             // of an archive or a layout; - is standard output
	ref       registry.Reference // the new name; zero keeps the one it has
	tag       string             // of a layout, where it isn't a whole name
}

// parseDestination parses a reference that is written to.
func parseDestination(s string) (destination, error) {
	if s == "docker-daemon:" {
		return destination{transport: image.Daemon}, nil // under the names that images have
	}
	parsed, err := image.ParseReference(s)
	if err != nil {
		return destination{}, err
	}
	name := parsed.Name
	d := destination{transport: parsed.Transport, path: parsed.Path}
	switch {
	case parsed.Transport != image.Any:
	case s == stdoutFile || strings.HasSuffix(s, ".tar") || isLayout(s):
		d, name = fileDestination(s), ""
	default:
		return destination{}, fmt.Errorf("destination %q: want a transport, such as docker://%s or oci-archive:%s", s, s, s)
	}
	if name == "" {
		return d, nil
	}
	if d.transport == image.OCI && !strings.ContainsAny(name, ":/") {
		d.tag = name
		return d, nil
	}
	d.ref, err = registry.ParseReference(name)
	if err == nil && d.transport != image.Registry && !d.ref.Digest().IsZero() {
		err = fmt.Errorf("destination %q: %w", s, errDigestChosen)
	}
	return d, err
}

// fileDestination is a path: DIR/, or a directory that is there, is a layout,
// everything else an archive.
func fileDestination(path string) destination {
	if isLayout(path) {
		return destination{transport: image.OCI, path: path}
	}
	return destination{transport: image.OCIArchive, path: path}
}

// isLayout tells a layout's directory from an archive's file.
func isLayout(name string) bool {
	info, err := os.Stat(name)
	return strings.HasSuffix(name, "/") || err == nil && info.IsDir()
}

// destFlags name one or several destinations.
type destFlags struct {
	file   string
	load   bool
	push   string
	pushes bool // the command has --push
}

func (d *destFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&d.file, "o", "", "write to `FILE`, an archive for both Docker and OCI tools; DIR/ is an OCI layout, - is standard output")
	fs.BoolVar(&d.load, "load", false, "load into the Docker Engine")
}

func (d *destFlags) definePush(fs *flag.FlagSet) {
	d.pushes = true
	fs.StringVar(&d.push, "push", "", "push to the registry as `REF`, HOST/NAME[:TAG]")
}

// parse returns the destinations in the order in which they are written.
func (d *destFlags) parse(command string) (destinations, error) {
	var list destinations
	if d.file != "" {
		list = append(list, fileDestination(d.file))
	}
	if d.load {
		list = append(list, destination{transport: image.Daemon})
	}
	if d.push != "" {
		ref, err := registry.ParseReference(d.push)
		if err == nil && !ref.Digest().IsZero() {
			err = fmt.Errorf("%s: %w", d.push, errDigestChosen)
		}
		if err != nil {
			return nil, &usageError{fmt.Errorf("%s: --push: %w", command, err)}
		}
		list = append(list, destination{transport: image.Registry, ref: ref})
	}
	if len(list) > 0 {
		return list, nil
	}
	want := "-o FILE, -o DIR/ or --load"
	if d.pushes {
		want = "-o FILE, -o DIR/, --load or --push REF"
	}
	return nil, &usageError{fmt.Errorf("%s: nowhere to put the image: want %s", command, want)}
}

// errDigestChosen is the fault of a new name that has a digest.
var errDigestChosen = errors.New("the digest follows from the image and can't be chosen")

// destinations are where one image goes.
type destinations []destination

// stdout reports whether the image goes to standard output.
func (list destinations) stdout() bool {
	return slices.ContainsFunc(list, func(d destination) bool { return d.path == stdoutFile })
}

// check refuses destinations that can't be written to, before anything is.
func (list destinations) check(std stdio) error {
	for _, d := range list {
		switch {
		case d.path == stdoutFile && terminalWidth(std.out) > 0:
			return &usageError{errors.New("an archive isn't written to a terminal: redirect standard output")}
		case d.transport == image.OCI && !isLayout(d.path):
			if _, err := os.Stat(d.path); err == nil {
				return fmt.Errorf("writing %s: is a file, oci: wants a directory", report.Quote(d.path))
			}
		}
	}
	return nil
}

// scratchDir is where layers wait until they are written: where the first
// destination is a directory that is there, such as a container's volume, in it;
// else beside it, where there is room for them, too; "" for none.
func (list destinations) scratchDir() string {
	path := list[0].path
	if path == "" || path == stdoutFile {
		return ""
	}
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return path
	}
	dir := filepath.Dir(filepath.Clean(path))
	if info, err := os.Stat(dir); err != nil || !info.IsDir() {
		return ""
	}
	return dir
}

// write puts the bundle everywhere.
func (list destinations) write(ctx context.Context, b *bundle.Bundle, network *networkFlags, std stdio) error {
	for _, d := range list {
		if err := d.write(ctx, b, network, std); err != nil {
			return err
		}
	}
	return nil
}

// write puts the bundle there.
func (d destination) write(ctx context.Context, b *bundle.Bundle, network *networkFlags, std stdio) error {
	var err error
	switch d.transport {
	case image.Registry:
		return pushBundle(ctx, b, d.ref, network, std)
	case image.Daemon:
		return loadBundle(ctx, b, network)
	case image.Dir:
		if n := len(b.Referrers); n > 0 {
			fmt.Fprintf(std.err, "note: left out: what refers to the image (%d), for which dir: has no place\n", n)
		}
		err = std.writeDir(ctx, b, d.path)
	case image.OCI:
		err = std.writeLayout(ctx, b, d.path)
	case image.OCIArchive, image.DockerArchive:
		if d.path == stdoutFile {
			return b.WriteArchive(ctx, std.out)
		}
		err = std.writeFile(d.path, func(w io.Writer) error { return b.WriteArchive(ctx, &progressWriter{w, std.progress}) })
	default:
		return fmt.Errorf("transport %q: images can't be written to it", string(d.transport))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", report.Quote(d.path), err)
	}
	return nil
}

// rename gives the bundle the name that the destination asks for.
func (d destination) rename(b *bundle.Bundle) {
	switch {
	case !d.ref.IsZero():
		b.Name = d.ref
	case d.tag != "":
		b.Name, b.Tag = registry.Reference{}, d.tag
	}
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

func (std stdio) writeLayout(ctx context.Context, b *bundle.Bundle, dir string) error {
	std.saving.Lock()
	defer std.saving.Unlock()
	return b.WriteLayout(ctx, dir)
}

func (std stdio) writeDir(ctx context.Context, b *bundle.Bundle, dir string) error {
	std.saving.Lock()
	defer std.saving.Unlock()
	return b.WriteDir(ctx, dir)
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
	fs.Var(&s.format, "format", "output `FORMAT`: table, json or markdown")
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

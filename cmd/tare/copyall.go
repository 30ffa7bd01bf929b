package main

import (
	"context"
	"errors"
	"fmt"
	"io"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/report"
)

// copyAll copies the images of an archive or a layout, each under its own name,
// and says what they are.
func (c *copier) copyAll(ctx context.Context, ref string, to destination, std stdio) error {
	if to.transport == image.Registry || to.transport == image.Dir || !to.ref.IsZero() || to.tag != "" {
		return &usageError{errors.New("copy: --all keeps the images' names: want an archive, a layout or the docker-daemon: transport, without a name")}
	}
	if err := (destinations{to}).check(std); err != nil {
		return err
	}
	opts, err := c.source.options(ref, std)
	if err != nil {
		return err
	}
	refs, err := image.References(ctx, ref, opts)
	if err != nil {
		return err
	}
	var all []*bundle.Bundle
	defer func() {
		for _, b := range all {
			b.Close()
		}
	}()
	for _, ref := range refs {
		b, err := c.collect(ctx, ref, destinations{to}.scratchDir(), std)
		if err != nil {
			return err
		}
		all = append(all, b)
		if parsed, err := image.ParseReference(ref); err == nil {
			b.CallIt(parsed.Name)
		}
	}
	if err := to.writeAll(ctx, all, c.source.network, std); err != nil {
		return err
	}
	return c.summary.writeAll(ctx, all, to.path == stdoutFile, std)
}

// writeAll puts the bundles there: into one archive, or one after the other.
func (d destination) writeAll(ctx context.Context, all []*bundle.Bundle, network *networkFlags, std stdio) error {
	if d.transport == image.OCIArchive || d.transport == image.DockerArchive {
		if d.path == stdoutFile {
			return bundle.WriteArchive(ctx, std.out, all)
		}
		err := std.writeFile(d.path, func(w io.Writer) error { return bundle.WriteArchive(ctx, &progressWriter{w, std.progress}, all) })
		if err != nil {
			return fmt.Errorf("writing %s: %w", report.Quote(d.path), err)
		}
		return nil
	}
	for _, b := range all {
		if err := d.write(ctx, b, network, std); err != nil {
			return err
		}
	}
	return nil
}

// writeAll says what the bundles are.
func (s *summaryFlags) writeAll(ctx context.Context, all []*bundle.Bundle, toStderr bool, std stdio) error {
	var list []bundle.Summary
	for _, b := range all {
		summary, err := b.Summarize(ctx)
		if err != nil {
			return err
		}
		list = append(list, summary)
	}
	if toStderr {
		std.out = std.err
	}
	output := outputFlags{format: s.format}
	return output.write(ctx, report.Bundles(list), std)
}

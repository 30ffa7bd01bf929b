package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strconv"

	"devops-go/internal/atomicfile"
	"devops-go/internal/report"
)

// outputFlags say where a report goes and how it looks.
type outputFlags struct {
	format formatFlag
	file   string
}

func (o *outputFlags) define(fs *flag.FlagSet) {
	o.format = formatFlag(report.Text)
	fs.Var(&o.format, "format", "output `FORMAT`: table, json or markdown")
	fs.StringVar(&o.file, "o", "", "write to `FILE` instead of standard output")
}

// stdoutFile is the file that stands for standard output.
const stdoutFile = "-"

// toStdout reports whether the report goes to standard output.
func (o *outputFlags) toStdout() bool { return o.file == "" || o.file == stdoutFile }

// write writes the document where the flags say.
func (o *outputFlags) write(ctx context.Context, d report.Document, std stdio) error {
	screen := o.screen(std)
	return o.writeTo(ctx, std, func(w io.Writer) error { return d.Write(w, report.Format(o.format), screen) })
}

// writeTo calls write with the output that the flags name.
func (o *outputFlags) writeTo(ctx context.Context, std stdio, write func(io.Writer) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	std.progress.stop()
	if o.toStdout() {
		return write(std.out)
	}
	if err := std.writeFile(o.file, func(w io.Writer) error { return write(&contextWriter{ctx, w}) }); err != nil {
		return fmt.Errorf("writing %s: %w", report.Quote(o.file), err)
	}
	return nil
}

// contextWriter stops writing when its context ends.
type contextWriter struct {
	ctx context.Context
	w   io.Writer
}

func (c *contextWriter) Write(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.w.Write(p)
}

// writeFile writes the file so that it appears under its name only when it is
// whole. What isn't a regular file, as /dev/null, is written to directly; as
// nothing is left of that and a pipe may wait for its reader for ever, an
// interrupt doesn't wait for it.
func (std stdio) writeFile(name string, write func(io.Writer) error) error {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		f, err := os.OpenFile(name, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(write(f), f.Close())
	}
	std.saving.Lock()
	defer std.saving.Unlock()
	return atomicfile.Write(name, write)
}

// defaultWidth is the width of a table that goes to no terminal.
const defaultWidth = 80

// screen is what the report is shown on.
func (o *outputFlags) screen(std stdio) report.Screen {
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return report.Screen{Width: columns, Color: o.color(std.out)}
	}
	if width := terminalWidth(std.out); width > 0 && o.toStdout() {
		return report.Screen{Width: width, Color: o.color(std.out)}
	}
	return report.Screen{Width: defaultWidth}
}

// color allows colour on a terminal, unless NO_COLOR or a dumb one forbids it.
func (o *outputFlags) color(out io.Writer) bool {
	return o.toStdout() && terminalWidth(out) > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

type formatFlag report.Format

func (f *formatFlag) String() string { return string(*f) }

func (f *formatFlag) Set(s string) error {
	parsed, err := report.ParseFormat(s)
	*f = formatFlag(parsed)
	return err
}

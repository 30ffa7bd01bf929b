package main

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"devops-go/internal/report"
)

// outputFlags say where a report goes and how it looks.
type outputFlags struct {
	format formatFlag
	file   string
}

func (o *outputFlags) define(fs *flag.FlagSet) {
	o.format = formatFlag(report.Text)
	fs.Var(&o.format, "format", "write `table`, json or markdown")
	fs.StringVar(&o.file, "o", "", "write to `FILE` instead of standard output")
}

// write writes the document where the flags say.
func (o *outputFlags) write(ctx context.Context, d report.Document, std stdio) error {
	var b bytes.Buffer
	if err := d.Write(&b, report.Format(o.format), o.screen(std)); err != nil {
		return err
	}
	return o.writeBytes(ctx, b.Bytes(), std)
}

func (o *outputFlags) writeBytes(ctx context.Context, b []byte, std stdio) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	std.progress.stop()
	if o.file == "" {
		_, err := std.out.Write(b)
		return err
	}
	return writeFile(o.file, b)
}

// writeFile writes the file so that it appears under its name only when it is
// whole. What isn't a regular file, as /dev/null, is written to directly.
func writeFile(name string, b []byte) (err error) {
	if info, err := os.Stat(name); err == nil && !info.Mode().IsRegular() {
		return os.WriteFile(name, b, 0o644)
	}
	f, err := os.CreateTemp(filepath.Dir(name), ".tare-")
	if err != nil {
		return fmt.Errorf("writing %s: %w", report.Quote(name), err)
	}
	defer func() {
		if err != nil {
			err = fmt.Errorf("writing %s: %w", report.Quote(name), err)
			os.Remove(f.Name())
		}
	}()
	_, err = f.Write(b)
	err = errors.Join(err, f.Chmod(0o644), f.Close())
	if err != nil {
		return err
	}
	return os.Rename(f.Name(), name)
}

// defaultWidth is the width of a table that goes to no terminal.
const defaultWidth = 80

// screen is what the report is shown on.
func (o *outputFlags) screen(std stdio) report.Screen {
	if columns, err := strconv.Atoi(os.Getenv("COLUMNS")); err == nil && columns > 0 {
		return report.Screen{Width: columns, Color: o.color(std.out)}
	}
	if width := terminalWidth(std.out); width > 0 && o.file == "" {
		return report.Screen{Width: width, Color: o.color(std.out)}
	}
	return report.Screen{Width: defaultWidth}
}

// color allows colour on a terminal, unless NO_COLOR or a dumb one forbids it.
func (o *outputFlags) color(out io.Writer) bool {
	return o.file == "" && terminalWidth(out) > 0 && os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
}

type formatFlag report.Format

func (f *formatFlag) String() string { return string(*f) }

func (f *formatFlag) Set(s string) error {
	parsed, err := report.ParseFormat(s)
	*f = formatFlag(parsed)
	return err
}

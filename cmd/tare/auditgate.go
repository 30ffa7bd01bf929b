package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"devops-go/internal/audit"
	"devops-go/internal/report"
)

// The names under which a project's settings are looked for.
const (
	settingsFile = ".tare.json"
	diveFile     = ".dive-ci"
)

// gateFlags say what an image is checked against.
type gateFlags struct {
	config  string
	failOn  string
	budgets listFlag
	ignores listFlag
}

func (g *gateFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&g.config, "config", "", "read settings from `FILE` instead of the nearest .tare.json or .dive-ci")
	fs.StringVar(&g.failOn, "fail-on", "", "fail for findings of `SEVERITY` or above: error, warning, info or off (default error)")
	fs.Var(&g.budgets, "budget", "set a budget, `NAME=LIMIT`, such as maxTransfer=2.3MB; may be repeated")
	fs.Var(&g.ignores, "ignore", "ignore findings of `RULE`, such as TARE-C003; may be repeated")
}

// settings returns those of the file, with what the command line changes.
func (g *gateFlags) settings() (audit.Settings, error) {
	name := g.config
	if name == "" {
		var err error
		if name, err = findSettings(); err != nil {
			return audit.Settings{}, err
		}
	}
	var s audit.Settings
	if name != "" {
		var err error
		if s, err = readSettings(name); err != nil {
			return s, fmt.Errorf("settings %s: %w", report.Quote(name), err)
		}
	}
	if g.failOn != "" {
		severity, err := audit.ParseSeverity(g.failOn)
		if err != nil {
			return s, &usageError{fmt.Errorf("audit: --fail-on: %w", err)}
		}
		s.FailOn = severity
	}
	for _, rule := range g.ignores {
		if err := s.IgnoreRule(rule); err != nil {
			return s, &usageError{fmt.Errorf("audit: --ignore: %w", err)}
		}
	}
	for _, budget := range g.budgets {
		budgetName, limit, ok := strings.Cut(budget, "=")
		if !ok {
			return s, &usageError{fmt.Errorf("audit: --budget %q: want NAME=LIMIT", budget)}
		}
		if err := s.Budgets.Set(budgetName, limit); err != nil {
			return s, &usageError{fmt.Errorf("audit: --budget: %w", err)}
		}
	}
	return s, nil
}

// findSettings returns the nearest settings upwards from the working
// directory, "" where there are none.
func findSettings() (string, error) {
	dir, err := os.Getwd()
	if err != nil {
		return "", err
	}
	for {
		for _, name := range []string{settingsFile, diveFile} {
			path := filepath.Join(dir, name)
			_, err := os.Lstat(path) // a link astray is an error, not no settings
			if err == nil {
				return path, nil
			}
			if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
		}
		parent := filepath.Dir(dir)
		if parent == dir {
			return "", nil
		}
		dir = parent
	}
}

func readSettings(name string) (audit.Settings, error) {
	f, err := os.Open(name)
	if err != nil {
		return audit.Settings{}, pathless(err)
	}
	defer f.Close()
	if strings.Contains(filepath.Base(name), ".dive-ci") {
		return audit.ReadDive(f)
	}
	return audit.ReadSettings(f)
}

// pathless takes the path off an error whose caller names it.
func pathless(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// writeExample writes an example of the settings where there are none: to the
// file of -o, of --config, or to .tare.json.
func (a *auditRun) writeExample(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("audit --init", args, 0, 0); err != nil {
		return err
	}
	example := func(w io.Writer) error {
		_, err := io.WriteString(w, audit.Example)
		return err
	}
	if a.output.file == stdoutFile {
		return a.output.writeTo(ctx, std, example)
	}
	if a.output.file != "" && a.gate.config != "" {
		return &usageError{errors.New("audit: --init: -o and --config exclude each other")}
	}
	name := cmp.Or(a.output.file, a.gate.config, settingsFile)
	if _, err := os.Lstat(name); err == nil {
		return fmt.Errorf("settings %s: the file already exists", report.Quote(name))
	}
	if err := std.writeFile(name, example); err != nil {
		return fmt.Errorf("writing %s: %w", report.Quote(name), err)
	}
	_, err := fmt.Fprintf(std.out, "wrote %s\n", report.Quote(name))
	return err
}

// baselineFlags say what an image is compared with, and how much it may grow.
type baselineFlags struct {
	name   string
	growth string

	max   audit.Growth
	path  string          // of a report
	image *audit.Baseline // of an image
}

func (b *baselineFlags) define(fs *flag.FlagSet) {
	fs.StringVar(&b.name, "baseline", "", "compare size and transfer with those of `IMAGE|REPORT.json`")
	fs.StringVar(&b.growth, "max-growth", "", "allow size and transfer to exceed the baseline by `GROWTH`, such as 1% or 100kB (default 0%)")
}

// load reads the baseline's image; reports are read when an image is known.
func (b *baselineFlags) load(ctx context.Context, source *sourceFlags, std stdio) error {
	if b.name == "" {
		if b.growth != "" {
			return &usageError{errors.New("audit: --max-growth needs a --baseline")}
		}
		return nil
	}
	if b.growth != "" {
		var err error
		if b.max, err = audit.ParseGrowth(b.growth); err != nil {
			return &usageError{fmt.Errorf("audit: --max-growth: %w", err)}
		}
	}
	if isReport(b.name) {
		b.path = b.name
		return nil
	}
	stack, err := source.read(ctx, b.name, std)
	if err != nil {
		return fmt.Errorf("baseline: %w", err)
	}
	defer stack.Image.Close()
	size := stack.Size()
	b.image = &audit.Baseline{Name: b.name, Size: &size, MaxGrowth: b.max}
	if transfer, ok := stack.Image.Transfer(); ok {
		b.image.Transfer = &transfer
	}
	return nil
}

// isReport tells a JSON report from an image: it is a file that begins with a
// brace.
func isReport(name string) bool {
	f, err := os.Open(name)
	if err != nil {
		return strings.HasSuffix(name, ".json")
	}
	defer f.Close()
	first := make([]byte, 64)
	n, _ := f.Read(first) // a directory can't be read, and is no report
	return strings.HasPrefix(strings.TrimSpace(string(first[:n])), "{")
}

// of returns the baseline of an image; nil where none was asked for.
func (b *baselineFlags) of(ref string) (*audit.Baseline, error) {
	if b.path == "" {
		return b.image, nil
	}
	f, err := os.Open(b.path)
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", report.Quote(b.path), pathless(err))
	}
	defer f.Close()
	baseline, err := audit.ReadBaseline(f, ref)
	if err != nil {
		return nil, fmt.Errorf("baseline %s: %w", report.Quote(b.path), err)
	}
	baseline.Name, baseline.MaxGrowth = b.path, b.max
	return baseline, nil
}

// auditFormat is a report.Format as a flag; empty is the table, or lines of
// JSON where references come from standard input.
type auditFormat report.Format

func (f *auditFormat) String() string { return string(*f) }

func (f *auditFormat) Set(s string) error {
	parsed, err := report.ParseAuditFormat(s)
	*f = auditFormat(parsed)
	return err
}

// A reportFile is a report to be written beside the main one.
type reportFile struct {
	format report.Format
	file   string
}

type reportsFlag []reportFile

func (r *reportsFlag) String() string { return "" }

func (r *reportsFlag) Set(s string) error {
	format, file, ok := strings.Cut(s, "=")
	if !ok || file == "" {
		return fmt.Errorf("report %q: want FORMAT=FILE", s)
	}
	parsed, err := report.ParseAuditFormat(format)
	*r = append(*r, reportFile{parsed, file})
	return err
}

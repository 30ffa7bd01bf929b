package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"

	"devops-go/internal/audit"
	"devops-go/internal/image"
	"devops-go/internal/parallel"
	"devops-go/internal/report"
)

func auditCommand() *command {
	return &command{
		name:  "audit",
		usage: "[flags] IMAGE…",
		short: "check images against rules and budgets, as a quality gate for CI",
		long: `The rules concern the history, the configuration, the files of every layer, and the
size. Settings are read from .tare.json (--init writes an example), or else .dive-ci,
in the working directory or the nearest parent that has one. The exit code is 1 if
there is a finding of severity --fail-on or above or a budget is exceeded, and 2 if an
image could not be checked.

If IMAGE is -, references are read from standard input, one per line, and the result of
each is written as a line of JSON as soon as it is done.

example: tare audit --budget maxTransfer=2.3MB --report sarif=tare.sarif app.tar
`,
		define: func(fs *flag.FlagSet) runner {
			a := newAuditRun()
			a.define(fs)
			return a.run
		},
	}
}

// An auditRun is the audit command with its flags.
type auditRun struct {
	source   sourceFlags
	output   outputFlags
	format   auditFormat
	reports  reportsFlag
	gate     gateFlags
	baseline baselineFlags
	base     string
	own      bool
	deep     bool
	shallow  bool
	jobs     int
	refs     string
	shard    shardFlag
	rules    bool
	example  bool

	settings audit.Settings
}

func newAuditRun() *auditRun { return &auditRun{jobs: 4} }

func (a *auditRun) define(fs *flag.FlagSet) {
	a.source.defineAll(fs)
	fs.Var(&a.format, "format", "output `FORMAT`: table, json, markdown, sarif or github")
	fs.StringVar(&a.output.file, "o", "", "write to `FILE`; the table still goes to standard output")
	fs.Var(&a.reports, "report", "write an additional report, `FORMAT=FILE`; may be repeated")
	a.gate.define(fs)
	a.baseline.define(fs)
	fs.StringVar(&a.base, "base", "", "the base image is `IMAGE`; it is an error if the image isn't built on it")
	fs.BoolVar(&a.own, "own", false, "leave out findings in the layers and the history of the image given with --base")
	fs.BoolVar(&a.deep, "deep", false, "also read the contents of the base image's layers")
	fs.BoolVar(&a.shallow, "shallow", false, "don't read contents; check only history, configuration, names and modes")
	fs.IntVar(&a.jobs, "jobs", a.jobs, "check `N` images at a time")
	fs.StringVar(&a.refs, "refs", "", "read references from `FILE`, one per line")
	fs.Var(&a.shard, "shard", "check only part `I/N` of the references, with I from 0 to N-1")
	fs.BoolVar(&a.rules, "rules", false, "list the rules")
	fs.BoolVar(&a.example, "init", false, "write an example configuration file")
}

func (a *auditRun) run(ctx context.Context, args []string, std stdio) error {
	if err := a.checkOutputs(); err != nil {
		return err
	}
	switch {
	case a.rules:
		return a.listRules(ctx, args, std)
	case a.example:
		return a.writeExample(ctx, args, std)
	case len(args) == 0 && a.refs == "":
		return &usageError{fmt.Errorf("audit: %w", errNoImage)}
	case a.own && a.base == "":
		return &usageError{errors.New("audit: --own requires --base IMAGE")}
	case a.deep && a.shallow:
		return &usageError{errors.New("audit: --deep and --shallow exclude each other")}
	case a.jobs < 1:
		return &usageError{fmt.Errorf("audit: --jobs %d: want at least 1", a.jobs)}
	}
	var err error
	if a.settings, err = a.gate.settings(); err != nil {
		return err
	}
	if err := a.baseline.load(ctx, &a.source, std); err != nil {
		return err
	}
	switch {
	case a.refs != "":
		return a.streamFile(ctx, args, std)
	case len(args) == 1 && args[0] == "-":
		return a.stream(ctx, std)
	}
	if err := wantOneStdin("audit", args); err != nil {
		return err
	}
	return a.list(ctx, a.shard.pick(args), std)
}

// checkOutputs refuses what would be left undone or get mixed up.
func (a *auditRun) checkOutputs() error {
	format := report.Format(a.format)
	switch {
	case a.rules && a.example:
		return &usageError{errors.New("audit: --rules and --init exclude each other")}
	case (a.rules || a.example) && len(a.reports) > 0:
		return &usageError{errors.New("audit: --report can't be combined with --rules or --init")}
	case a.example && format != "":
		return &usageError{fmt.Errorf("audit: --init can't be combined with --format %s", format)}
	case a.rules && (format == report.SARIF || format == report.GitHub):
		return &usageError{fmt.Errorf("audit: --rules: format %q: want table, json or markdown", format)}
	}
	taken := a.output.toStdout() || format != "" && format != report.Text
	for _, f := range a.reports {
		if f.file != stdoutFile {
			continue
		}
		if taken {
			return &usageError{fmt.Errorf("audit: --report %s=-: another report already goes to standard output", f.format)}
		}
		taken = true
	}
	return nil
}

func (a *auditRun) listRules(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("audit --rules", args, 0, 0); err != nil {
		return err
	}
	screen := a.output.screen(std)
	return a.output.writeTo(ctx, std, func(w io.Writer) error {
		return report.AuditRules(w, audit.Rules(), cmp.Or(report.Format(a.format), report.Text), screen)
	})
}

// guarded is judge, of which a fault of tare's own is the image's error and ends
// none of the others.
func (a *auditRun) guarded(ctx context.Context, ref string, std stdio, jobs int) (reports []*audit.Report, err error) {
	err = parallel.Guard(func() (err error) {
		reports, err = a.judge(ctx, ref, std, jobs)
		return err
	})
	return reports, err
}

// judge judges one image, or all its platforms if they are asked for.
func (a *auditRun) judge(ctx context.Context, ref string, std stdio, jobs int) (reports []*audit.Report, err error) {
	baseline, err := a.baseline.of(ref)
	if err != nil {
		return nil, err
	}
	opts := audit.Options{
		Settings: a.settings,
		Layers:   a.source.layers(),
		Own:      a.own,
		Baseline: baseline,
		Temp:     func() (*os.File, error) { return image.Scratch("") },
	}
	opts.Layers.Jobs = jobs
	switch {
	case a.deep:
		opts.Depth = audit.Deep
	case a.shallow:
		opts.Depth = audit.Shallow
	}
	err = a.source.each(ctx, ref, std, func(img *image.Image) error {
		base, err := a.openBase(ctx, img, std)
		if err != nil {
			return err
		}
		if base != nil {
			defer base.Close()
		}
		opts := opts
		opts.Base = base
		r, err := audit.Image(ctx, img, opts)
		reports = append(reports, r)
		return err
	})
	return reports, err
}

// openBase opens the image that img is to be built on, for the same platform; nil
// where none is named.
func (a *auditRun) openBase(ctx context.Context, img *image.Image, std stdio) (*image.Image, error) {
	if a.base == "" {
		return nil, nil
	}
	source := a.source
	source.platform = platformFlag(img.Platform())
	base, err := source.open(ctx, a.base, std)
	if err != nil {
		return nil, fmt.Errorf("--base: %w", err)
	}
	return base, nil
}

// list judges the images of the command line and writes one report of all.
func (a *auditRun) list(ctx context.Context, refs []string, std stdio) error {
	reports := make([][]*audit.Report, len(refs))
	failures := make([]error, len(refs))
	jobs := 0
	if len(refs) > 1 {
		jobs = 1
	}
	if err := parallel.Each(ctx, a.jobs, len(refs), func(ctx context.Context, i int) error {
		reports[i], failures[i] = a.guarded(ctx, refs[i], std, jobs)
		return ctx.Err()
	}); err != nil {
		return err
	}
	if len(refs) == 1 && failures[0] != nil {
		return failures[0]
	}
	result := report.Audit{Version: version}
	for i, r := range reports {
		if failures[i] != nil {
			result.Failures = append(result.Failures, report.Failure{Image: refs[i], Error: failures[i].Error()})
		} else {
			result.Reports = append(result.Reports, r...)
		}
	}
	return a.write(ctx, &result, std)
}

// write writes the reports that are asked for, and returns what the exit code
// follows from.
func (a *auditRun) write(ctx context.Context, result *report.Audit, std stdio) error {
	files := a.reports
	format := cmp.Or(report.Format(a.format), report.Text)
	if !a.output.toStdout() {
		files = append(files, reportFile{format, a.output.file})
	}
	for _, f := range files {
		out := outputFlags{file: f.file}
		screen := out.screen(std)
		if err := out.writeTo(ctx, std, func(w io.Writer) error { return result.Write(w, f.format, screen) }); err != nil {
			return err
		}
	}
	out := outputFlags{}
	screen := out.screen(std)
	if a.output.toStdout() || format != report.Text {
		if !a.output.toStdout() {
			format = report.Text
		}
		if err := out.writeTo(ctx, std, func(w io.Writer) error { return result.Write(w, format, screen) }); err != nil {
			return err
		}
	}
	return conclude(result)
}

// conclude returns what the exit code follows from.
func conclude(result *report.Audit) error {
	if n := len(result.Failures); n > 0 {
		return fmt.Errorf("audit: %d of %d images could not be checked, the first: %s", n, n+len(result.Reports), result.Failures[0].Error)
	}
	for _, r := range result.Reports {
		if !r.OK {
			return errFinding
		}
	}
	return nil
}

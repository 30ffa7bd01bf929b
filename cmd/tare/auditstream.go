package main

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"hash/fnv"
	"io"
	"iter"
	"os"
	"strconv"
	"strings"
	"sync"

	"devops-go/internal/audit"
	"devops-go/internal/parallel"
	"devops-go/internal/report"
)

// maxReference bounds a line with a reference.
const maxReference = 64 << 10

// errNoReference is the fault of a list that lists nothing: a list that wasn't
// made must not open the gate.
var errNoReference = errors.New("audit: no image to judge: the list of references is empty")

// errBinaryList refuses what is no list, such as the archive that the other
// commands read from standard input: its lines would be asked of a registry.
var errBinaryList = errors.New("a NUL byte: this is no list of references")

// A stream is the references of standard input, judged as they come.
type stream struct {
	run  *auditRun
	std  stdio
	line func(value any) error

	mu     sync.Mutex // guards what follows, and the output
	result report.Audit
	keep   bool // the reports, for a format of the whole
	listed int  // references, of all shards
	failed int
	shut   int // images that the gate stops
	judged int
	err    error // of the output
}

// streamFile judges the images that the file of --refs names.
func (a *auditRun) streamFile(ctx context.Context, args []string, std stdio) error {
	if err := wantArgs("audit --refs", args, 0, 0); err != nil {
		return err
	}
	f, err := os.Open(a.refs)
	if err != nil {
		return fmt.Errorf("references %s: %w", report.Quote(a.refs), pathless(err))
	}
	defer f.Close()
	std.in = f
	return a.stream(ctx, std)
}

// stream judges the images that standard input names. An error on one is in
// its line and ends none of the others.
func (a *auditRun) stream(ctx context.Context, std stdio) error {
	s := &stream{run: a, std: std, result: report.Audit{Version: version}}
	lines := a.format == "" || report.Format(a.format) == report.JSON
	s.keep = !lines || len(a.reports) > 0
	if !lines {
		s.line = func(any) error { return nil }
		if err := s.judge(ctx, std.in); err != nil {
			return err
		}
		return a.write(ctx, &s.result, std)
	}
	if err := a.output.writeTo(ctx, std, func(w io.Writer) error {
		s.line = func(value any) error { return report.WriteLine(w, value) }
		return s.judge(ctx, std.in)
	}); err != nil {
		return err
	}
	for _, f := range a.reports {
		out := outputFlags{file: f.file}
		screen := out.screen(std)
		if err := out.writeTo(ctx, std, func(w io.Writer) error { return s.result.Write(w, f.format, screen) }); err != nil {
			return err
		}
	}
	switch {
	case s.failed > 0:
		return fmt.Errorf("audit: %d of %d images could not be checked", s.failed, s.judged)
	case s.shut > 0:
		return errFinding
	}
	return nil
}

// judge judges what in names, so many at a time.
func (s *stream) judge(ctx context.Context, in io.Reader) error {
	var readErr error
	if err := parallel.All(ctx, s.run.jobs, s.references(in, &readErr), func(ctx context.Context, ref string) error {
		reports, err := s.run.guarded(ctx, ref, s.std, 1)
		return s.done(ref, reports, err)
	}); err != nil {
		return err
	}
	if readErr == nil && s.listed == 0 {
		return errNoReference
	}
	return readErr
}

// references yields the references of in that are of this shard; err is that of
// reading them.
func (s *stream) references(in io.Reader, err *error) iter.Seq[string] {
	return func(yield func(string) bool) {
		scanner := bufio.NewScanner(in)
		scanner.Buffer(nil, maxReference)
		scanner.Split(scanReference)
		line := 1
		for ; scanner.Scan(); line++ {
			ref := strings.TrimSpace(scanner.Text())
			if ref == "" || strings.HasPrefix(ref, "#") {
				continue
			}
			if s.listed++; s.run.shard.has(ref) && !yield(ref) {
				return
			}
		}
		switch {
		case errors.Is(scanner.Err(), errBinaryList):
			*err = fmt.Errorf("references, line %d: %w", line, errBinaryList)
		case errors.Is(scanner.Err(), bufio.ErrTooLong):
			*err = fmt.Errorf("references, line %d: more than %d bytes", line, maxReference)
		case scanner.Err() != nil:
			*err = fmt.Errorf("reading references: %w", scanner.Err())
		}
	}
}

// scanReference splits a list into lines, as bufio.ScanLines does.
func scanReference(data []byte, atEOF bool) (int, []byte, error) {
	line, _, _ := bytes.Cut(data, []byte("\n"))
	if bytes.IndexByte(line, 0) >= 0 {
		return 0, nil, errBinaryList
	}
	return bufio.ScanLines(data, atEOF)
}

// done takes in what came of one image.
func (s *stream) done(ref string, reports []*audit.Report, err error) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.err != nil {
		return s.err
	}
	s.judged++
	if err != nil {
		s.failed++
		failure := report.Failure{Image: ref, Error: err.Error()}
		if s.keep {
			s.result.Failures = append(s.result.Failures, failure)
		}
		s.err = s.line(failure)
		return s.err
	}
	for _, r := range reports {
		if !r.OK {
			s.shut++
		}
		if s.keep {
			s.result.Reports = append(s.result.Reports, r)
		}
		if s.err = s.line(r); s.err != nil {
			return s.err
		}
	}
	return nil
}

// shardFlag is one part of many; the zero value is all.
type shardFlag struct{ part, of uint32 }

func (s *shardFlag) String() string {
	if s.of == 0 {
		return ""
	}
	return fmt.Sprintf("%d/%d", s.part, s.of)
}

func (s *shardFlag) Set(text string) error {
	part, of, ok := strings.Cut(text, "/")
	i, err := strconv.ParseUint(part, 10, 31)
	n, err2 := strconv.ParseUint(of, 10, 31)
	if !ok || err != nil || err2 != nil || n == 0 || i >= n {
		return fmt.Errorf("shard %q: want I/N with I from 0 to N-1", text)
	}
	s.part, s.of = uint32(i), uint32(n)
	return nil
}

// has reports whether the reference is of this part.
func (s *shardFlag) has(ref string) bool {
	if s.of == 0 {
		return true
	}
	h := fnv.New32a()
	io.WriteString(h, ref)
	return h.Sum32()%s.of == s.part
}

func (s *shardFlag) pick(refs []string) []string {
	var list []string
	for _, ref := range refs {
		if s.has(ref) {
			list = append(list, ref)
		}
	}
	return list
}

// Package audit checks images against rules and budgets. The rules concern the
// history, the configuration, the files of every layer (including deleted files,
// which are still shipped) and the size. The package contains the tables of rules
// and the settings; findings are formatted by package report.
package audit

import (
	"bytes"
	"context"
	"fmt"
	"hash/maphash"
	"sync"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// A Depth says which contents are read.
type Depth uint8

// The depths.
const (
	// Own reads the contents of the layers that aren't the base image's, and
	// everywhere the small files whose names promise something.
	Own Depth = iota
	// Shallow reads the user database and nothing else.
	Shallow
	// Deep reads the contents of all layers.
	Deep
)

// Options say how to judge an image; the zero value will do.
type Options struct {
	Settings Settings
	Depth    Depth
	// Layers say how to read the layers; their Visit is not used.
	Layers layers.Options
	// Now is the time against which the image's times and the ignores' dates
	// are held; zero is the present.
	Now time.Time
	// Base is the image that the judged one must be built on; nil where that
	// isn't known.
	Base *image.Image
	// Own leaves out what is found in the layers and steps of Base.
	Own bool
	// Baseline is what size and transfer are compared with; nil is nothing.
	Baseline *Baseline
	// Temp makes a file for a program that comes as a stream and is too large
	// to be kept in memory; nil skips such programs.
	Temp TempFile
}

// Image judges img. The error says that it could not be judged.
func Image(ctx context.Context, img *image.Image, opts Options) (*Report, error) {
	if opts.Now.IsZero() {
		opts.Now = time.Now()
	}
	a := newAuditor(img, opts)
	var err error
	if a.base, err = baseOf(img, opts.Base); err != nil {
		return nil, err
	}
	if err := a.findLeaks(ctx); err != nil {
		return nil, fmt.Errorf("%s: %w", img.Name, err)
	}
	if err := a.read(ctx); err != nil {
		return nil, err
	}
	a.countSteps()
	a.findNames()
	a.secrets.Ready()
	a.maskSteps()
	for _, r := range Rules() {
		if r.image != nil {
			r.image(a, a.finder(&r))
		}
	}
	a.eachFile()
	return a.judge(ctx)
}

// An auditor judges one image.
type auditor struct {
	img   *image.Image
	opts  Options
	steps []step
	// stepOf is the step of each layer, from 1.
	stepOf   []int
	base     *Base // nil where nothing is known of it
	stack    *layers.Stack
	accounts accounts
	// entry is what a container starts; nil where nothing or nothing that is
	// there.
	entry *layers.Node

	matcher *secret.Matcher
	secrets secret.Redactor
	leaks   []leak
	leaked  map[string]bool // the values of leaks
	names   []nameLeak
	notes   []string

	seed    maphash.Seed
	buffers sync.Pool // of *bytes.Buffer, for programs

	mu       sync.Mutex // guards facts and secrets while layers are read
	facts    map[*layers.Entry]*facts
	texts    int   // bytes of the texts in facts
	plain    facts // of contents that were read and are nothing special
	findings findings
	// found is made when a rule first asks for it.
	found *layers.Finder
}

func newAuditor(img *image.Image, opts Options) *auditor {
	a := &auditor{img: img, opts: opts, matcher: secret.NewMatcher(), facts: map[*layers.Entry]*facts{}, leaked: map[string]bool{}}
	a.findings = findings{counts: map[kind]int{}, used: make([]bool, len(opts.Settings.Ignore))}
	a.seed = maphash.MakeSeed()
	a.buffers.New = func() any { return new(bytes.Buffer) }
	a.steps, a.stepOf = a.readHistory(), make([]int, len(img.Layers))
	for i, s := range a.steps {
		if s.layer > 0 {
			a.stepOf[s.layer-1] = i + 1
		}
	}
	return a
}

// finder returns what takes in the findings of rule r.
func (a *auditor) finder(r *Rule) func(Finding) {
	severity := a.opts.Settings.severity(r)
	return func(f Finding) {
		if severity == Off {
			return
		}
		f.Rule, f.Title, f.Severity, f.Fix = r.ID, r.Title, severity, r.Fix
		a.place(&f)
		if a.opts.Own && a.ofBase(r, &f) {
			a.base.LeftOut++
			return
		}
		a.take(f)
	}
}

// place completes what a finding says about where it is: a layer tells its
// step and a step its layer.
func (a *auditor) place(f *Finding) {
	if f.Step == 0 && f.Layer > 0 {
		f.Step = a.stepOf[f.Layer-1]
	}
	if f.Step > 0 {
		f.Instruction, f.Layer = a.steps[f.Step-1].instruction, a.steps[f.Step-1].layer
	}
	if f.Layer > 0 {
		f.Digest = layerDigest(a.img.Layers[f.Layer-1])
	}
}

func layerDigest(l *image.Layer) string {
	if !l.DiffID.IsZero() {
		return l.DiffID.String()
	}
	return l.Descriptor.Digest.String()
}

// eachFile puts every file of every layer before the rules that look at files.
func (a *auditor) eachFile() {
	type check struct {
		file  func(*auditor, *file, func(Finding))
		found func(Finding)
	}
	var checks []check
	for _, r := range Rules() {
		if r.file != nil && a.opts.Settings.severity(&r) != Off {
			checks = append(checks, check{r.file, a.finder(&r)})
		}
	}
	for _, l := range a.stack.Layers {
		for _, e := range l.Entries {
			if e.Kind != layers.File {
				continue
			}
			f := a.file(e)
			for _, c := range checks {
				c.file(a, f, c.found)
			}
		}
	}
}

// read reads the layers, and of the contents what the depth asks for.
func (a *auditor) read(ctx context.Context) error {
	opts := a.opts.Layers
	opts.Visit = a.visit
	opts.Again = func(e, first *layers.Entry) {
		if f := a.facts[first]; f != nil {
			a.facts[e] = f
		}
	}
	stack, err := layers.Read(ctx, a.img, opts)
	if err != nil {
		return fmt.Errorf("%s: %w", a.img.Name, err)
	}
	a.stack, a.entry = stack, stack.Executable()
	if err := a.readEntry(ctx); err != nil {
		return fmt.Errorf("%s: %w", a.img.Name, err)
	}
	if err := a.readAccounts(ctx); err != nil {
		return fmt.Errorf("%s: %w", a.img.Name, err)
	}
	return nil
}

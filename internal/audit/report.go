package audit

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/layers"
)

// A Report is what came of judging an image. Figures that aren't known are
// nil.
type Report struct {
	Image    string `json:"image"`
	Platform string `json:"platform"`
	Manifest string `json:"manifestDigest,omitempty"`
	Config   string `json:"configDigest"`
	// OK is false where a finding is severe enough to fail the audit or a budget is exceeded.
	OK bool `json:"ok"`

	layers.Figures
	// BaseLayers is how many of the layers are the base image's, as far as is
	// known.
	BaseLayers int `json:"baseLayers"`
	// Base says how that is known; nil where nothing is.
	Base *Base `json:"base"`

	Counts   Counts    `json:"counts"`
	Budgets  []Budget  `json:"budgets"`
	Findings []Finding `json:"findings"`
	Ignored  []Finding `json:"ignored"`
	// Unlisted are those of which there are too many.
	Unlisted []Unlisted `json:"unlisted"`
	// Notes say what was not looked at, and are about the gate itself: ignores
	// that expired or ignore nothing.
	Notes []string `json:"notes"`
}

// Counts are the findings by severity, those that aren't listed too.
type Counts struct {
	Error   int `json:"error"`
	Warning int `json:"warning"`
	Info    int `json:"info"`
	Ignored int `json:"ignored"`
}

// judge makes the report of what was found.
func (a *auditor) judge(ctx context.Context) (*Report, error) {
	w, err := a.stack.Weigh("")
	if err != nil {
		return nil, err
	}
	r := &Report{
		Image: w.Image, Platform: w.Platform, Manifest: w.Manifest, Config: w.Config,
		Figures: w.Figures(), Base: a.base,
	}
	if a.base != nil {
		r.BaseLayers, a.base.Image = a.base.Layers, a.secrets.Redact(a.base.Image)
	}
	if err := a.hold(ctx, r); err != nil {
		return nil, err
	}
	r.Findings, r.Ignored = sorted(a.findings.found), sorted(a.findings.ignored)
	a.mark(r.Findings, r.Ignored)
	r.Counts, r.Unlisted = a.findings.counted()
	r.Notes = append(a.readingNotes(), a.idleIgnores()...)
	r.OK = !a.findings.reaches(a.opts.Settings.failOn()) && !slices.ContainsFunc(r.Budgets, func(b Budget) bool { return b.Over })
	return r, nil
}

// sorted sorts findings, the worst first. It returns no nil.
func sorted(findings []Finding) []Finding {
	slices.SortStableFunc(findings, func(f, g Finding) int {
		return cmp.Or(
			cmp.Compare(g.Severity.Rank(), f.Severity.Rank()), cmp.Compare(f.Rule, g.Rule),
			cmp.Compare(f.Layer, g.Layer), cmp.Compare(f.Step, g.Step), cmp.Compare(f.Path, g.Path), cmp.Compare(f.key, g.key),
		)
	})
	return append([]Finding{}, findings...)
}

// mark gives findings their fingerprints. What is there more than once is told
// apart by its number.
func (a *auditor) mark(lists ...[]Finding) {
	seen := map[string]int{}
	for _, list := range lists {
		for i := range list {
			f := &list[i]
			f.Fingerprint = a.fingerprint(f, 0)
			if n := seen[f.Fingerprint]; n > 0 {
				seen[f.Fingerprint]++
				f.Fingerprint = a.fingerprint(f, n)
			}
			seen[f.Fingerprint]++
		}
	}
}

// fingerprint names a finding by what stays the same from build to build: not
// its layer, nor how many bytes it weighs. The number tells findings apart that
// are otherwise the same.
func (a *auditor) fingerprint(f *Finding, number int) string {
	place := f.Path
	if place == "" && f.Step > 0 {
		place = a.steps[f.Step-1].place
	}
	sum := sha256.Sum256([]byte(strings.Join([]string{f.Rule, repository(a.img.Name), place, f.key, strconv.Itoa(number)}, "\x00")))
	return hex.EncodeToString(sum[:16])
}

// repository is an image's name without tag and digest.
func repository(name string) string {
	name, _, _ = strings.Cut(name, "@")
	if i := strings.LastIndexByte(name, ':'); i > strings.LastIndexByte(name, '/') {
		name = name[:i]
	}
	return name
}

// hold checks the image against the budgets and the baseline.
func (a *auditor) hold(ctx context.Context, r *Report) error {
	budgets := a.opts.Settings.Budgets
	if r.Transfer == nil && (budgets.MaxTransfer != nil || a.opts.Baseline.wantsTransfer()) {
		transfer, err := a.transfer(ctx)
		if err != nil {
			return fmt.Errorf("%s: %w", a.img.Name, err)
		}
		r.Transfer = &transfer
	}
	r.Budgets = append(budgets.judge(r, a.stack), a.opts.Baseline.judge(r)...)
	for _, b := range r.Budgets {
		if !b.Over {
			continue
		}
		rule := FindRule(ruleBudget)
		if b.Growth {
			rule = FindRule(ruleGrowth)
		}
		a.finder(rule)(Finding{Message: b.String(), key: b.Name})
	}
	return nil
}

// transfer compresses what the source holds uncompressed, to know what a pull
// moves.
func (a *auditor) transfer(ctx context.Context) (int64, error) {
	for _, l := range a.img.Layers {
		if _, known := l.Transfer(); known {
			continue
		}
		size, err := layers.GzipSize(ctx, l)
		if err != nil {
			return 0, err
		}
		l.GzipSize = size
	}
	transfer, _ := a.img.Transfer()
	return transfer, nil
}

package audit

import (
	"cmp"
	"slices"
)

// maxListed is how many findings of one rule are listed; what there is more is
// counted.
const maxListed = 1000

// findings are what was found in an image, counted as it came.
type findings struct {
	found, ignored []Finding
	counts         map[kind]int
	// used tells which ignores have let a finding pass, or would have.
	used []bool
}

// A kind is what findings are counted by.
type kind struct {
	rule     string
	severity Severity
	ignored  bool
}

// Unlisted says how many findings of a rule there are beside the listed ones.
type Unlisted struct {
	Rule     string   `json:"rule"`
	Severity Severity `json:"severity"`
	// Ignored tells those that the settings let pass from the others.
	Ignored bool `json:"ignored"`
	Count   int  `json:"count"`
}

// take masks a finding and lists it, or only counts it where there are many.
func (a *auditor) take(f Finding) {
	path := f.Path
	for _, text := range []*string{&f.Message, &f.Path, &f.key} {
		if text != &f.Message || !f.masked {
			*text = a.secrets.Redact(*text)
		}
	}
	f.Reason = a.reason(&f, path)
	k := kind{f.Rule, f.Severity, f.Reason != ""}
	a.findings.counts[k]++
	switch {
	case a.findings.counts[k] > maxListed:
	case k.ignored:
		a.findings.ignored = append(a.findings.ignored, f)
	default:
		a.findings.found = append(a.findings.found, f)
	}
}

// counted returns the findings by severity, and those that aren't listed.
func (f *findings) counted() (counts Counts, unlisted []Unlisted) {
	unlisted = []Unlisted{}
	for k, n := range f.counts {
		switch {
		case k.ignored:
			counts.Ignored += n
		case k.severity == Error:
			counts.Error += n
		case k.severity == Warning:
			counts.Warning += n
		default:
			counts.Info += n
		}
		if n > maxListed {
			unlisted = append(unlisted, Unlisted{k.rule, k.severity, k.ignored, n - maxListed})
		}
	}
	slices.SortFunc(unlisted, func(x, y Unlisted) int {
		return cmp.Or(cmp.Compare(y.Severity.Rank(), x.Severity.Rank()), cmp.Compare(x.Rule, y.Rule), compareBool(x.Ignored, y.Ignored))
	})
	return counts, unlisted
}

func compareBool(x, y bool) int {
	switch {
	case x == y:
		return 0
	case y:
		return -1
	}
	return 1
}

// reaches reports whether a finding that isn't ignored is of that severity or
// above.
func (f *findings) reaches(limit Severity) bool {
	for k := range f.counts {
		if !k.ignored && limit != Off && k.severity.Rank() >= limit.Rank() {
			return true
		}
	}
	return false
}

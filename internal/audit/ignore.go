package audit

import (
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
)

// check finds an ignore that gives no reason or ignores nothing.
func (i *Ignore) check() error {
	switch {
	case i.Rule == "":
		return errors.New("no rule is given")
	case FindRule(i.Rule) == nil:
		return fmt.Errorf("no rule %q", i.Rule)
	case i.Rule == ruleBudget || i.Rule == ruleGrowth:
		return fmt.Errorf("%s: what is over budget always fails; raise the limit", i.Rule)
	case strings.TrimSpace(i.Reason) == "":
		return fmt.Errorf("%s: no reason is given", i.Rule)
	}
	if _, err := path.Match(i.Path, ""); err != nil {
		return fmt.Errorf("%s: path %q: %w", i.Rule, i.Path, err)
	}
	return nil
}

// expired reports whether the ignore's last day is over.
func (i *Ignore) expired(now time.Time) bool {
	return i.Until != nil && now.UTC().After(i.Until.AddDate(0, 0, 1))
}

// covers reports whether the ignore is about the finding.
func (i *Ignore) covers(f *Finding) bool {
	if i.Rule != f.Rule || i.Instruction != "" && !strings.Contains(f.Instruction, i.Instruction) {
		return false
	}
	if i.Path == "" {
		return true
	}
	for p := f.Path; p != "" && p != "/"; p = path.Dir(p) {
		if ok, _ := path.Match(path.Clean("/"+i.Path), p); ok {
			return true
		}
	}
	return false
}

// ignore deals the findings out to the report's findings and ignored ones, and
// notes the ignores that do nothing.
func (a *auditor) ignore(r *Report) {
	used := make([]bool, len(a.opts.Settings.Ignore))
	for _, f := range a.findings {
		ignored := false
		for n := range a.opts.Settings.Ignore {
			i := &a.opts.Settings.Ignore[n]
			if !i.covers(&f) {
				continue
			}
			used[n] = true
			if !ignored && !i.expired(a.opts.Now) {
				ignored = true
				f.Reason = i.Reason
				r.Ignored = append(r.Ignored, f)
			}
		}
		if !ignored {
			r.Findings = append(r.Findings, f)
		}
	}
	for n, i := range a.opts.Settings.Ignore {
		switch {
		case used[n] && i.expired(a.opts.Now):
			r.Notes = append(r.Notes, fmt.Sprintf("the ignore of %s (%s) expired on %s", i.Rule, i.Reason, i.Until.Format(time.DateOnly)))
		case !used[n]:
			r.Notes = append(r.Notes, fmt.Sprintf("the ignore of %s (%s) ignores nothing here", i.Rule, i.Reason))
		}
	}
}

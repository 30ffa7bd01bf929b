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

// IgnoreRule lets all findings of a rule pass, for the command line.
func (s *Settings) IgnoreRule(id string) error {
	i := Ignore{Rule: id, Reason: "ignored on the command line"}
	if err := i.check(); err != nil {
		return err
	}
	s.Ignore = append(s.Ignore, i)
	return nil
}

// expired reports whether the ignore's last day is over.
func (i *Ignore) expired(now time.Time) bool {
	return i.Until != nil && now.UTC().After(i.Until.AddDate(0, 0, 1))
}

// covers reports whether the ignore is about the finding at path. A path that
// holds the value of a secret is reported masked; either will do.
func (i *Ignore) covers(f *Finding, path string) bool {
	if i.Rule != f.Rule || i.Instruction != "" && !strings.Contains(f.Instruction, i.Instruction) {
		return false
	}
	return i.Path == "" || i.coversPath(path) || i.coversPath(f.Path)
}

func (i *Ignore) coversPath(p string) bool {
	for ; p != "" && p != "/"; p = path.Dir(p) {
		if ok, _ := path.Match(path.Clean("/"+i.Path), p); ok {
			return true
		}
	}
	return false
}

// reason returns why the finding at path is ignored; "" where it isn't.
func (a *auditor) reason(f *Finding, path string) string {
	reason := ""
	for n := range a.opts.Settings.Ignore {
		i := &a.opts.Settings.Ignore[n]
		if !i.covers(f, path) {
			continue
		}
		a.findings.used[n] = true
		if reason == "" && !i.expired(a.opts.Now) {
			reason = i.Reason
		}
	}
	return reason
}

// idleIgnores returns a note for each ignore that expired or ignores nothing.
func (a *auditor) idleIgnores() []string {
	notes := []string{}
	for n, i := range a.opts.Settings.Ignore {
		switch {
		case a.findings.used[n] && i.expired(a.opts.Now):
			notes = append(notes, fmt.Sprintf("the ignore entry for %s (%s) expired on %s", i.Rule, i.Reason, i.Until.Format(time.DateOnly)))
		case !a.findings.used[n]:
			notes = append(notes, fmt.Sprintf("the ignore entry for %s (%s) matches nothing", i.Rule, i.Reason))
		}
	}
	return notes
}

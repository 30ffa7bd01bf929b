package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"

	"devops-go/internal/size"
)

// ReadDive parses the rules of dive's .dive-ci, in both spellings of their
// names; those that it doesn't name are dive's own. The file is YAML, of which
// this reads what such files have: names and values under "rules:".
func ReadDive(r io.Reader) (Settings, error) {
	b, err := readAll(r, maxSettings)
	if err != nil {
		return Settings{}, err
	}
	// Who comes from dive has no floor, and dive's defaults.
	efficiency, wasted := 0.9, 0.1
	s := Settings{Budgets: Budgets{EfficiencyFloor: new(size.Bytes), MinEfficiency: &efficiency, MaxUserWasted: &wasted}}
	lines := bufio.NewScanner(bytes.NewReader(b))
	lines.Buffer(nil, maxSettings+1)
	inRules := false
	for n := 1; lines.Scan(); n++ {
		text, _, _ := strings.Cut(lines.Text(), "#")
		name, value, ok := strings.Cut(text, ":")
		indented := strings.HasPrefix(text, " ") || strings.HasPrefix(text, "\t")
		switch name = strings.TrimSpace(name); {
		case name == "" && !ok, name == "---":
			continue
		case !ok:
			return Settings{}, fmt.Errorf("line %d: no name and value", n)
		case !indented:
			inRules = name == "rules"
			if inRules && strings.TrimSpace(value) != "" || isDiveRule(name) {
				return Settings{}, fmt.Errorf("line %d: want rules: and a line for each, indented", n)
			}
			continue
		case !inRules:
			continue
		}
		if err := s.Budgets.setDive(name, strings.Trim(strings.TrimSpace(value), `"'`)); err != nil {
			return Settings{}, fmt.Errorf("line %d: %w", n, err)
		}
	}
	return s, lines.Err()
}

// diveRule is the name of a rule without regard to its spelling.
func diveRule(name string) string { return strings.ReplaceAll(strings.ToLower(name), "-", "") }

func isDiveRule(name string) bool {
	switch diveRule(name) {
	case "lowestefficiency", "highestwastedbytes", "highestuserwastedpercent":
		return true
	}
	return false
}

// setDive sets the budget that is dive's rule of that name.
func (l *Budgets) setDive(name, value string) error {
	if !isDiveRule(name) {
		return fmt.Errorf("no rule %q", name)
	}
	if value == "" {
		return nil
	}
	rule, disabled := diveRule(name), value == "disabled"
	if rule == "highestwastedbytes" {
		l.MaxWasted = nil
		if disabled {
			return nil
		}
		n, err := size.Parse(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.MaxWasted = &n
		return nil
	}
	limit := &l.MinEfficiency
	if rule == "highestuserwastedpercent" {
		limit = &l.MaxUserWasted
	}
	if disabled {
		*limit = nil
		return nil
	}
	share, err := strconv.ParseFloat(value, 64)
	if err != nil || !(share >= 0 && share <= 1) {
		return fmt.Errorf("%s: %q: want a share from 0 to 1", name, value)
	}
	*limit = &share
	return nil
}

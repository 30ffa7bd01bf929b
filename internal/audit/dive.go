package audit

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strconv"
	"strings"
)

// ReadDive parses the rules of dive's .dive-ci, in both spellings of their
// names. The file is YAML, of which this reads what such files have: names and
// values under "rules:".
func ReadDive(r io.Reader) (Settings, error) {
	b, err := readAll(r, maxSettings)
	if err != nil {
		return Settings{}, err
	}
	// Who comes from dive has no floor.
	s := Settings{Budgets: Budgets{EfficiencyFloor: new(Size)}}
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

// setDive sets the budget that is dive's rule of that name.
func (l *Budgets) setDive(name, value string) error {
	rule := strings.ReplaceAll(strings.ToLower(name), "-", "")
	switch rule {
	case "lowestefficiency", "highestwastedbytes", "highestuserwastedpercent":
	default:
		return fmt.Errorf("no rule %q", name)
	}
	if value == "disabled" || value == "" {
		return nil
	}
	if rule == "highestwastedbytes" {
		size, err := ParseSize(value)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		l.MaxWasted = &size
		return nil
	}
	share, err := strconv.ParseFloat(value, 64)
	if err != nil || !(share >= 0 && share <= 1) {
		return fmt.Errorf("%s: %q: want a share from 0 to 1", name, value)
	}
	if rule == "lowestefficiency" {
		l.MinEfficiency = &share
	} else {
		l.MaxUserWasted = &share
	}
	return nil
}

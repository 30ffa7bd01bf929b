package audit

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/size"
)

// Settings are what a project asks of its images: its configuration file. Keys
// "//" are comments.
type Settings struct {
	Comment string `json:"//,omitempty"`
	// FailOn is the least severity that shuts the gate; empty is Error, Off
	// leaves only the budgets.
	FailOn  Severity `json:"failOn,omitempty"`
	Budgets Budgets  `json:"budgets"`
	// Severities are those of rules that the project sees differently.
	Severities map[string]Severity `json:"severities,omitempty"`
	Ignore     []Ignore            `json:"ignore,omitempty"`
}

// An Ignore lets findings pass, and says why.
type Ignore struct {
	Comment string `json:"//,omitempty"`
	Rule    string `json:"rule"`
	Reason  string `json:"reason"`
	// Path, a pattern of path.Match or a directory, and Instruction, a part of
	// it, limit the ignore to findings there.
	Path        string `json:"path,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	// Until is the last day on which it holds.
	Until *Date `json:"until,omitempty"`
}

// A Date is a day, as 2027-01-31.
type Date struct{ time.Time }

// UnmarshalJSON takes a string.
func (d *Date) UnmarshalJSON(b []byte) error {
	var text string
	if err := json.Unmarshal(b, &text); err != nil {
		return err
	}
	day, err := time.Parse(time.DateOnly, text)
	if err != nil {
		return fmt.Errorf("date %q: want a day, such as 2027-01-31", text)
	}
	d.Time = day
	return nil
}

// MarshalJSON writes the day.
func (d Date) MarshalJSON() ([]byte, error) { return json.Marshal(d.Format(time.DateOnly)) }

// maxSettings bounds configuration files.
const maxSettings = 1 << 20

// ReadSettings parses a configuration file. Unknown keys are errors: a budget
// with a misspelt name would otherwise limit nothing.
func ReadSettings(r io.Reader) (Settings, error) {
	b, err := readAll(r, maxSettings)
	if err != nil {
		return Settings{}, err
	}
	var s Settings
	decoder := json.NewDecoder(bytes.NewReader(b))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&s); err != nil {
		return Settings{}, fmt.Errorf("line %d: %w", line(b, decoder.InputOffset()), plainer(err))
	}
	if _, err := decoder.Token(); err != io.EOF {
		return Settings{}, fmt.Errorf("line %d: data after the end of the object", line(b, decoder.InputOffset()))
	}
	return s, s.check()
}

func readAll(r io.Reader, limit int64) ([]byte, error) {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err == nil && int64(len(b)) > limit {
		err = fmt.Errorf("more than %d bytes", limit)
	}
	return bytes.TrimPrefix(b, []byte("\ufeff")), err // as editors on Windows write it
}

// line is the line of b, from 1, that the offset is in.
func line(b []byte, offset int64) int {
	return 1 + bytes.Count(b[:min(int(offset), len(b))], []byte("\n"))
}

// plainer says what json means.
func plainer(err error) error {
	var kind *json.UnmarshalTypeError
	switch {
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return errors.New("the object is incomplete")
	case errors.As(err, &kind):
		return fmt.Errorf("%q is a %s, which it can't be", kind.Field, kind.Value)
	}
	return err
}

// check finds values that make no sense.
func (s *Settings) check() error {
	if s.FailOn != "" {
		if _, err := ParseSeverity(string(s.FailOn)); err != nil {
			return fmt.Errorf("failOn: %w", err)
		}
	}
	for id, severity := range s.Severities {
		if FindRule(id) == nil {
			return fmt.Errorf("severities: no rule %q", id)
		}
		if _, err := ParseSeverity(string(severity)); err != nil {
			return fmt.Errorf("severities: %s: %w", id, err)
		}
		if id == ruleBudget || id == ruleGrowth {
			return fmt.Errorf("severities: %s: an exceeded budget is always an error", id)
		}
	}
	for i := range s.Ignore {
		if err := s.Ignore[i].check(); err != nil {
			return fmt.Errorf("ignore: entry %d: %w", i+1, err)
		}
	}
	return s.Budgets.check()
}

func (l *Budgets) check() error {
	for name, share := range map[string]*float64{"minEfficiency": l.MinEfficiency, "maxUserWasted": l.MaxUserWasted} {
		if share != nil && !(*share >= 0 && *share <= 1) {
			return fmt.Errorf("%s %v: want a share from 0 to 1", name, *share)
		}
	}
	for name, count := range map[string]*int64{"maxLayers": l.MaxLayers, "maxFiles": l.MaxFiles} {
		if count != nil && *count < 0 {
			return fmt.Errorf("%s %d: want a number from 0", name, *count)
		}
	}
	return nil
}

// Set sets a budget from the command line, as maxTransfer and 2.3MB.
func (l *Budgets) Set(name, value string) error {
	next := *l
	for _, f := range next.figures() {
		if f.name != name {
			continue
		}
		if err := f.set(value); err != nil {
			return fmt.Errorf("budget %s: %w", name, err)
		}
		if err := next.check(); err != nil {
			return err
		}
		*l = next
		return nil
	}
	var names []string
	for _, f := range next.figures() {
		names = append(names, f.name)
	}
	return fmt.Errorf("budget %q: want one of %s", name, strings.Join(names, ", "))
}

// A figure is a budget by its name; set parses it.
type figure struct {
	name string
	set  func(value string) error
}

// figures are the budgets of l.
func (l *Budgets) figures() []figure {
	bytes := func(to **size.Bytes) func(string) error {
		return func(value string) error {
			n, err := size.Parse(value)
			*to = &n
			return err
		}
	}
	count := func(to **int64) func(string) error {
		return func(value string) error {
			n, err := strconv.ParseInt(value, 10, 64)
			if err != nil {
				return fmt.Errorf("%q: want a number", value)
			}
			*to = &n
			return nil
		}
	}
	share := func(to **float64) func(string) error {
		return func(value string) error {
			f, err := strconv.ParseFloat(value, 64)
			if err != nil {
				return fmt.Errorf("%q: want a share from 0 to 1", value)
			}
			*to = &f
			return nil
		}
	}
	return []figure{
		{"maxSize", bytes(&l.MaxSize)}, {"maxTransfer", bytes(&l.MaxTransfer)}, {"maxLayers", count(&l.MaxLayers)},
		{"maxFiles", count(&l.MaxFiles)}, {"maxDead", bytes(&l.MaxDead)}, {"maxTare", bytes(&l.MaxTare)}, {"maxWasted", bytes(&l.MaxWasted)},
		{"minEfficiency", share(&l.MinEfficiency)}, {"efficiencyFloor", bytes(&l.EfficiencyFloor)}, {"maxUserWasted", share(&l.MaxUserWasted)},
	}
}

// severity is the rule's, as the project sees it.
func (s *Settings) severity(r *Rule) Severity {
	if severity, ok := s.Severities[r.ID]; ok {
		return severity
	}
	return r.Severity
}

func (s *Settings) failOn() Severity {
	if s.FailOn == "" {
		return Error
	}
	return s.FailOn
}

// Example is a configuration file that shows every key.
const Example = `{
  "//": "Keys named // are comments. tare audit --rules lists the rules.",
  "failOn": "error",
  "budgets": {
    "//": "Sizes are numbers of bytes, or strings with a unit. Leave out what you don't limit.",
    "maxSize": "50MB",
    "maxTransfer": "20MB",
    "maxLayers": 10,
    "maxFiles": 5000,
    "maxDead": "1MB",
    "maxTare": "40MB",
    "maxWasted": "10MB",
    "minEfficiency": 0.95,
    "efficiencyFloor": "20MB",
    "maxUserWasted": 0.1
  },
  "severities": {
    "TARE-C001": "error",
    "TARE-C003": "off"
  },
  "ignore": [
    {
      "//": "path, instruction and until narrow it down; the reason is required.",
      "rule": "TARE-F001",
      "path": "/usr/bin/sudo",
      "reason": "the image is a workstation",
      "until": "2030-12-31"
    },
    {
      "rule": "TARE-H010",
      "instruction": "curl -fsSL https://example.com/install.sh",
      "reason": "the script's digest is checked before"
    }
  ]
}
`

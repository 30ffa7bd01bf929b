package audit

import "fmt"

// A Severity is how much a finding matters.
type Severity string

// The severities. Off is that of a rule that isn't asked.
const (
	Off     Severity = "off"
	Info    Severity = "info"
	Warning Severity = "warning"
	Error   Severity = "error"
)

// Rank orders severities: 0 for Off up to 3 for Error.
func (s Severity) Rank() int {
	switch s {
	case Info:
		return 1
	case Warning:
		return 2
	case Error:
		return 3
	}
	return 0
}

// ParseSeverity parses the name of a severity.
func ParseSeverity(s string) (Severity, error) {
	switch severity := Severity(s); severity {
	case Off, Info, Warning, Error:
		return severity, nil
	}
	return "", fmt.Errorf("severity %q: want error, warning, info or off", s)
}

// A Rule is an entry of the one table of rules. The documents are made from it.
type Rule struct {
	ID       string   `json:"id"`
	Group    string   `json:"group"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	// Looks is what the rule looks at, Why why that matters, Fix what to do,
	// in a line.
	Looks string `json:"looksAt"`
	Why   string `json:"why"`
	Fix   string `json:"fix"`
	// Aliases are what users of the CIS Docker benchmark, dockle and hadolint
	// know the rule by.
	Aliases []string `json:"aliases"`

	// whole says that what the rule finds is of the image as a container has
	// it, also where a layer of the base is named.
	whole bool
	// image judges the image as a whole, file one file of one layer; a rule
	// without either is judged by the gate.
	image func(a *auditor, found func(Finding))
	file  func(a *auditor, f *file, found func(Finding))
}

// The groups of rules.
const (
	groupHistory = "History"
	groupConfig  = "Configuration"
	groupFiles   = "Files"
	groupWeight  = "Weight"
	groupBudget  = "Gate"
)

// Rules returns the table of rules in the order of their identifiers' groups.
func Rules() []Rule {
	var all []Rule
	for _, group := range []struct {
		name  string
		rules []Rule
	}{
		{groupHistory, historyRules()},
		{groupConfig, configRules()},
		{groupFiles, fileRules()},
		{groupWeight, weightRules()},
		{groupBudget, gateRules()},
	} {
		for _, r := range group.rules {
			r.Group = group.name
			if r.Aliases == nil {
				r.Aliases = []string{}
			}
			all = append(all, r)
		}
	}
	return all
}

// FindRule returns the rule of that identifier; nil where there is none.
func FindRule(id string) *Rule {
	for _, r := range Rules() {
		if r.ID == id {
			return &r
		}
	}
	return nil
}

// A Finding is a rule that an image breaks, and where.
type Finding struct {
	Rule     string   `json:"rule"`
	Title    string   `json:"title"`
	Severity Severity `json:"severity"`
	Message  string   `json:"message"`
	// Layer counts from 1 and is 0 where the finding is in none; Digest is its
	// diff ID.
	Layer  int    `json:"layer,omitempty"`
	Digest string `json:"diffID,omitempty"`
	// Step is the place in the history, oldest first, from 1; 0 where the
	// finding is of no step. Instruction is what stood in the Dockerfile, with
	// secrets masked.
	Step        int    `json:"step,omitempty"`
	Instruction string `json:"instruction,omitempty"`
	// Path is absolute in the image; empty where the finding is of no file.
	Path string `json:"path,omitempty"`
	// Bytes is what the finding weighs.
	Bytes int64  `json:"bytes,omitempty"`
	Fix   string `json:"fix"`
	// Fingerprint stays the same from build to build.
	Fingerprint string `json:"fingerprint"`
	// Reason is why the finding is ignored, where it is.
	Reason string `json:"reason,omitempty"`

	// key tells findings of one rule at one place apart.
	key string
	// masked says that what is secret in the message is masked already, and the
	// rest is this package's own words.
	masked bool
}

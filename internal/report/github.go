package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"devops-go/internal/audit"
)

// github writes the audit as workflow commands, which GitHub shows as
// annotations.
func (a *Audit) github(w io.Writer) error {
	b := bufio.NewWriter(w)
	for _, r := range a.Reports {
		for _, f := range r.Findings {
			text := Quote(r.Image) + ": " + what(f)
			if where := where(f); where != "" {
				text += "\n" + where
			}
			fmt.Fprintf(b, "::%s title=%s::%s\n", githubLevel(f.Severity), githubProperty(f.Rule+" "+f.Title), githubData(text+"\nfix: "+f.Fix))
		}
		for _, u := range r.Unlisted {
			if !u.Ignored {
				fmt.Fprintf(b, "::%s title=%s::%s\n", githubLevel(u.Severity), githubProperty(u.Rule), githubData(fmt.Sprintf("%s: %d more findings", Quote(r.Image), u.Count)))
			}
		}
		fmt.Fprintf(b, "::notice title=tare audit::%s\n", githubData(verdict(Quote(r.Image), r)))
	}
	for _, f := range a.Failures {
		fmt.Fprintf(b, "::error title=tare audit::%s\n", githubData(Quote(f.Image)+" could not be checked: "+OneLine(f.Error)))
	}
	return b.Flush()
}

func githubLevel(s audit.Severity) string {
	if s == audit.Info {
		return "notice"
	}
	return string(s)
}

// githubData escapes the text of a workflow command.
func githubData(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(s)
}

// githubProperty escapes a property of a workflow command.
func githubProperty(s string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A", ":", "%3A", ",", "%2C").Replace(s)
}

package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"devops-go/internal/audit"
)

// maxComment is how long a comment on GitHub may be, with some room.
const maxComment = 60_000

// markdown writes the audit so that it fits a comment on a pull request.
func (a *Audit) markdown(w io.Writer) error {
	var text strings.Builder
	for i, r := range a.Reports {
		part := markdownReport(r)
		if text.Len()+len(part) > maxComment {
			fmt.Fprintf(&text, "\n%s more than a comment holds; the JSON report has them all.\n", plural(len(a.Reports)-i, "image"))
			break
		}
		text.WriteString(part)
	}
	for _, f := range a.Failures {
		fmt.Fprintf(&text, "\n%s could not be judged: %s\n", markdownEscape(Quote(f.Image)), markdownEscape(OneLine(f.Error)))
	}
	_, err := io.WriteString(w, text.String())
	return err
}

func markdownReport(r *audit.Report) string {
	var text strings.Builder
	b := bufio.NewWriter(&text)
	mark := "✅"
	if !r.OK {
		mark = "❌"
	}
	fmt.Fprintf(b, "### %s %s\n", mark, markdownEscape(verdict(r)))
	if len(r.Findings) > 0 {
		fmt.Fprintf(b, "\n| severity | rule | what | where | fix |\n| --- | --- | --- | --- | --- |\n")
	}
	for _, group := range groups(r.Findings) {
		markdownGroup(b, group)
	}
	if t := budgetTable(r); len(t.Rows) > 0 {
		fmt.Fprintln(b)
		t.markdownRows(b)
	}
	for _, note := range r.Notes {
		fmt.Fprintf(b, "\nNote: %s.\n", markdownEscape(OneLine(note)))
	}
	fmt.Fprintln(b)
	b.Flush() // a Builder takes everything
	return text.String()
}

// maxCell bounds a cell of a comment.
const maxCell = 200

func markdownGroup(b *bufio.Writer, group []audit.Finding) {
	for i, f := range group {
		if i == maxShown {
			markdownRow(b, []string{string(f.Severity), f.Rule, fmt.Sprintf("and %d more", len(group)-i), "", ""})
			return
		}
		fix := ""
		if i == 0 {
			fix = f.Fix
		}
		markdownRow(b, []string{string(f.Severity), f.Rule + " " + f.Title, clip(what(f), maxCell), clip(where(f), maxCell), fix})
	}
}

// AuditRules documents the rules: a table, JSON, and in Markdown the whole
// document.
func AuditRules(w io.Writer, rules []audit.Rule, format Format, screen Screen) error {
	switch format {
	case JSON:
		return writeJSON(w, struct {
			Rules []audit.Rule `json:"rules"`
		}{rules})
	case Markdown:
		return markdownRules(w, rules)
	}
	t := &Table{Columns: []Column{{Title: "RULE"}, {Title: "SEVERITY"}, {Title: "TITLE", Flex: true}, {Title: "ALSO KNOWN AS"}}}
	for _, r := range rules {
		t.Add(r.ID, string(r.Severity), r.Title, strings.Join(r.Aliases, ", "))
	}
	t.Notes = []string{"--rules --format markdown says what each looks at, why, and what to do."}
	return t.Text(w, screen)
}

func markdownRules(w io.Writer, rules []audit.Rule) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "# The rules of tare audit\n\nMade by `tare audit --rules --format markdown` from the table in `internal/audit`.\n"+
		"How to use the gate is told in [audit.md](audit.md).\n")
	group := ""
	for _, r := range rules {
		if r.Group != group {
			group = r.Group
			fmt.Fprintf(b, "\n## %s\n", group)
		}
		fmt.Fprintf(b, "\n### %s %s\n\n", r.ID, markdownEscape(r.Title))
		fmt.Fprintf(b, "- severity: %s\n- looks at: %s\n- why: %s\n- fix: %s\n", r.Severity, markdownEscape(r.Looks), markdownEscape(r.Why), markdownEscape(r.Fix))
		if len(r.Aliases) > 0 {
			fmt.Fprintf(b, "- also known as: %s\n", strings.Join(r.Aliases, ", "))
		}
	}
	return b.Flush()
}

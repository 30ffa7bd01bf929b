package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"

	"devops-go/internal/audit"
)

const (
	// maxComment is how long a comment on GitHub may be (65,536), with room for
	// the lines that say what was left out.
	maxComment = 60_000
	// maxCell bounds what one image or finding says in a comment.
	maxCell = 200
)

// A comment is Markdown up to a limit.
type comment struct {
	text  strings.Builder
	limit int
}

// add writes s, if it fits.
func (c *comment) add(s string) bool {
	if c.text.Len()+len(s) > c.limit {
		return false
	}
	c.text.WriteString(s)
	return true
}

// markdown writes the audit so that it fits a comment on a pull request. What
// there is no room for is counted.
func (a *Audit) markdown(w io.Writer) error {
	var c comment
	for i, r := range a.Reports {
		// Each image gets its share of what the ones before left.
		c.limit = c.text.Len() + (maxComment-c.text.Len())/(len(a.Reports)-i)
		if !c.report(r) {
			fmt.Fprintf(&c.text, "\n%s more than a comment holds; the JSON report has them all.\n", plural(len(a.Reports)-i, "image"))
			break
		}
	}
	c.limit = maxComment
	for i, f := range a.Failures {
		if !c.add(fmt.Sprintf("\n%s could not be checked: %s\n", markdownCell(Quote(f.Image)), markdownCell(OneLine(f.Error)))) {
			fmt.Fprintf(&c.text, "\n%s more could not be checked.\n", plural(len(a.Failures)-i, "image"))
			break
		}
	}
	_, err := io.WriteString(w, c.text.String())
	return err
}

// report writes verdict, budgets and notes, and as many findings as there is
// room for; false where there isn't even room for the verdict.
func (c *comment) report(r *audit.Report) bool {
	mark := "✅"
	if !r.OK {
		mark = "❌"
	}
	if !c.add(fmt.Sprintf("### %s %s\n", mark, markdownEscape(verdict(clip(Quote(r.Image), maxCell), r)))) {
		return false
	}
	if t := budgetTable(r); len(t.Rows) > 0 {
		var table strings.Builder
		b := bufio.NewWriter(&table)
		t.markdownRows(b)
		b.Flush() // a Builder takes everything
		c.add("\n" + table.String())
	}
	for _, note := range r.Notes {
		c.add("\nNote: " + markdownCell(OneLine(note)) + ".\n")
	}
	if len(r.Findings) > 0 && !c.findings(groups(r)) {
		fmt.Fprint(&c.text, "\nThere are more findings than a comment holds; the JSON report has them.\n")
	}
	c.text.WriteString("\n")
	return true
}

// findings writes a table of findings; false where it doesn't hold them all.
func (c *comment) findings(groups []group) bool {
	if !c.add("\n| severity | rule | what | where | fix |\n| --- | --- | --- | --- | --- |\n") {
		return false
	}
	for _, g := range groups {
		for i, f := range g.listed {
			cells := []string{string(f.Severity), f.Rule + " " + f.Title, clip(what(f), maxCell), clip(where(f), maxCell), ""}
			switch i {
			case 0:
				cells[4] = f.Fix
			case maxShown:
				cells = []string{string(f.Severity), f.Rule, g.more(), "", ""}
			}
			if !c.add(markdownCells(cells)) {
				return false
			}
			if i == maxShown {
				break
			}
		}
	}
	return true
}

// markdownCell is s so short that many fit a comment.
func markdownCell(s string) string { return markdownEscape(clip(s, maxCell)) }

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
	case Text:
	default:
		return unknownFormat(format)
	}
	t := &Table{Columns: []Column{{Title: "RULE"}, {Title: "SEVERITY"}, {Title: "TITLE"}, {Title: "ALSO KNOWN AS", Flex: true}}}
	for _, r := range rules {
		t.Add(r.ID, string(r.Severity), r.Title, strings.Join(r.Aliases, ", "))
	}
	t.Notes = []string{"The Markdown format describes each rule."}
	return t.Text(w, screen)
}

func markdownRules(w io.Writer, rules []audit.Rule) error {
	b := bufio.NewWriter(w)
	fmt.Fprint(b, "# The rules of tare audit\n\nGenerated from the tables in `internal/audit`. For how to use the rules, see\n"+
		"[audit.md](audit.md).\n")
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

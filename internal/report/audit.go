package report

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"slices"
	"strings"

	"devops-go/internal/audit"
	"devops-go/internal/jsontext"
	"devops-go/internal/size"
)

// The formats that only audits have.
const (
	SARIF  Format = "sarif"
	GitHub Format = "github"
)

// AuditFormats lists the formats of audits.
func AuditFormats() []Format { return []Format{Text, JSON, Markdown, SARIF, GitHub} }

// ParseAuditFormat parses the name of a format of audits.
func ParseAuditFormat(s string) (Format, error) {
	if f := Format(s); slices.Contains(AuditFormats(), f) {
		return f, nil
	}
	return "", fmt.Errorf("format %q: want table, json, markdown, sarif or github", s)
}

// A Failure is an image that could not be checked.
type Failure struct {
	Image string `json:"image"`
	Error string `json:"error"`
}

// An Audit is what came of judging images.
type Audit struct {
	Reports  []*audit.Report
	Failures []Failure
	// Version is that of the tool.
	Version string
}

// Write writes the audit.
func (a *Audit) Write(w io.Writer, format Format, screen Screen) error {
	switch format {
	case JSON:
		reports, failures := a.Reports, a.Failures
		if reports == nil {
			reports = []*audit.Report{}
		}
		return writeJSON(w, struct {
			Images   []*audit.Report `json:"images"`
			Failures []Failure       `json:"failures,omitempty"`
		}{reports, failures})
	case Markdown:
		return a.markdown(w)
	case SARIF:
		return a.sarif(w)
	case GitHub:
		return a.github(w)
	case Text:
		return a.text(w, screen)
	}
	_, err := ParseAuditFormat(string(format))
	return err
}

// WriteLine writes a report or a failure as a JSON object on one line.
func WriteLine(w io.Writer, value any) error {
	var b bytes.Buffer
	if err := jsontext.Write(&b, value, "", ""); err != nil {
		return err
	}
	_, err := fmt.Fprintf(w, `{"schema":%d,%s`, schema, b.Bytes()[1:])
	return err
}

// maxShown is how many findings of one rule the table and Markdown show.
const maxShown = 8

// text writes the audit for people: the verdict first and, after all that leads
// to it, last.
func (a *Audit) text(w io.Writer, screen Screen) error {
	b := bufio.NewWriter(w)
	for i, r := range a.Reports {
		if i > 0 {
			fmt.Fprintln(b)
		}
		fmt.Fprintln(b, screen.paint(verdict(Quote(r.Image), r), verdictStyle(r)))
		t := auditText{b, screen}
		for _, g := range groups(r) {
			t.group(g)
		}
		t.rest(r)
		if len(r.Findings)+len(r.Budgets)+len(r.Notes) > 0 {
			fmt.Fprintf(b, "\n%s\n", screen.paint(verdict(Quote(r.Image), r), verdictStyle(r)))
		}
	}
	for _, f := range a.Failures {
		fmt.Fprintf(b, "%s: could not be checked: %s\n", Quote(f.Image), OneLine(f.Error))
	}
	return b.Flush()
}

func verdictStyle(r *audit.Report) Style {
	if r.OK {
		return Bold
	}
	return Removed
}

// verdict says in one line what came of the audit of the image of that name.
func verdict(name string, r *audit.Report) string {
	word := "passes"
	if !r.OK {
		word = "fails"
	}
	parts := []string{plural(r.Counts.Error, "error"), plural(r.Counts.Warning, "warning"), fmt.Sprintf("%d info", r.Counts.Info)}
	if len(r.Findings) == 0 {
		parts = []string{"no finding"}
	}
	if r.Counts.Ignored > 0 {
		parts = append(parts, fmt.Sprintf("%d ignored", r.Counts.Ignored))
	}
	return fmt.Sprintf("%s (%s, %s) %s: %s", name, OneLine(r.Platform), SizeOf(r.Size), word, strings.Join(parts, ", "))
}

// A group is the findings of one rule.
type group struct {
	listed []audit.Finding
	all    int // with those that aren't listed
}

// groups splits sorted findings by rule.
func groups(r *audit.Report) []group {
	var list []group
	for i, f := range r.Findings {
		if i == 0 || f.Rule != r.Findings[i-1].Rule {
			list = append(list, group{all: unlisted(r, f.Rule)})
		}
		g := &list[len(list)-1]
		g.listed = append(g.listed, f)
		g.all++
	}
	return list
}

// unlisted is how many findings of the rule the report only counts.
func unlisted(r *audit.Report, rule string) int {
	for _, u := range r.Unlisted {
		if u.Rule == rule && !u.Ignored {
			return u.Count
		}
	}
	return 0
}

// more says how many findings are left after those that are shown.
func (g *group) more() string {
	if g.all > len(g.listed) {
		return fmt.Sprintf("and %d more; the JSON format lists %d", g.all-maxShown, len(g.listed))
	}
	return fmt.Sprintf("and %d more; the JSON format lists all", g.all-maxShown)
}

// auditText writes the parts of a report.
type auditText struct {
	b      *bufio.Writer
	screen Screen
}

func (t *auditText) line(indent int, text string) {
	text = strings.Repeat(" ", indent) + text
	if t.screen.Width > 0 {
		text = clip(text, t.screen.Width)
	}
	fmt.Fprintln(t.b, text)
}

func (t *auditText) group(g group) {
	first := g.listed[0]
	style := map[audit.Severity]Style{audit.Error: Removed, audit.Warning: Changed}[first.Severity]
	fmt.Fprintln(t.b, t.screen.paint(fmt.Sprintf("\n%-7s  %s  %s", first.Severity, first.Rule, first.Title), style))
	for i, f := range g.listed {
		if i == maxShown {
			t.line(4, g.more())
			break
		}
		for n, line := range wrap(what(f), max(t.screen.Width-6, 0)) {
			t.line(4+2*min(n, 1), line)
		}
		if where := where(f); where != "" {
			t.line(6, where)
		}
	}
	for n, line := range wrap("fix: "+first.Fix, max(t.screen.Width-6, 0)) {
		t.line(4+2*min(n, 1), line)
	}
}

// what says what a finding is of, and how much it weighs.
func what(f audit.Finding) string {
	text := OneLine(f.Message)
	if f.Path != "" {
		text = Quote(f.Path) + ": " + text
	}
	if f.Bytes > 0 {
		text += " (" + size.Format(f.Bytes) + ")"
	}
	return text
}

// where says which layer and instruction a finding is of.
func where(f audit.Finding) string {
	var parts []string
	if f.Layer > 0 {
		parts = append(parts, fmt.Sprintf("layer %d", f.Layer))
	}
	if f.Instruction != "" {
		parts = append(parts, OneLine(f.Instruction))
	}
	return strings.Join(parts, ": ")
}

// rest writes budgets and notes.
func (t *auditText) rest(r *audit.Report) {
	if table := budgetTable(r); len(table.Rows) > 0 {
		fmt.Fprintln(t.b)
		table.text(t.b, t.screen)
	}
	for _, note := range r.Notes {
		for _, line := range wrap("note: "+OneLine(note), t.screen.Width) {
			fmt.Fprintln(t.b, line)
		}
	}
}

func budgetTable(r *audit.Report) *Table {
	t := &Table{Columns: []Column{
		{Title: "BUDGET"}, {Title: "FIGURE", Right: true}, {Title: "LIMIT", Right: true}, {Title: "LEFT", Right: true}, {Title: " ", Flex: true},
	}}
	for _, b := range r.Budgets {
		style, note := Plain, OneLine(b.Note)
		if b.Over {
			style, note = Removed, strings.TrimSpace("over "+note)
		}
		t.Rows = append(t.Rows, Row{[]string{b.Name, amount(b.Unit, b.Figure), amount(b.Unit, &b.Limit), amount(b.Unit, b.Left), note}, style})
	}
	return t
}

// amount writes a figure of a budget.
func amount(unit string, figure *float64) string {
	switch {
	case figure == nil:
		return Unknown
	case unit == audit.Bytes:
		return size.Format(int64(*figure))
	case unit == audit.Share:
		return Percent(figure)
	}
	return fmt.Sprintf("%.0f", *figure)
}

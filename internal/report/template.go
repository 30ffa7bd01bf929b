package report

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
	"text/template"

	"devops-go/internal/jsontext"
)

// A Template is a format as docker history takes it: one of text/template with
// Docker's functions, on a line of its own for each row, after "table" with a
// line of headings.
type Template struct {
	rows, headings *template.Template
	table          bool
}

// templateFuncs are what Docker adds to text/template's own functions.
var templateFuncs = template.FuncMap{
	"json":     jsonText,
	"split":    strings.Split,
	"join":     strings.Join,
	"title":    strings.Title, //lint:ignore SA1019 it is what Docker's does
	"lower":    strings.ToLower,
	"upper":    strings.ToUpper,
	"pad":      pad,
	"truncate": func(s string, n int) string { return s[:min(max(n, 0), len(s))] },
}

// headingFuncs leave the headings of a table as they are.
var headingFuncs = template.FuncMap{
	"json":     func(s string) string { return s },
	"split":    func(s, _ string) string { return s },
	"join":     func(s, _ string) string { return s },
	"title":    func(s string) string { return s },
	"lower":    func(s string) string { return s },
	"upper":    func(s string) string { return s },
	"pad":      pad,
	"truncate": func(s string, _ int) string { return s },
}

func pad(s string, before, after int) string {
	if s == "" {
		return s
	}
	return strings.Repeat(" ", max(before, 0)) + s + strings.Repeat(" ", max(after, 0))
}

func jsonText(v any) (string, error) {
	if row, ok := v.(historyRow); ok {
		return row.json()
	}
	var b bytes.Buffer
	err := jsontext.Write(&b, v, "", "")
	return strings.TrimSpace(b.String()), err
}

// headings are the titles of what a row shows.
var headings = map[string]string{
	"ID": "IMAGE", "CreatedSince": "CREATED", "CreatedAt": "CREATED AT", "CreatedBy": "CREATED BY", "Size": "SIZE", "Comment": "COMMENT",
	"Instruction": "INSTRUCTION", "Transfer": "TRANSFER", "Files": "FILES", "Dead": "DEAD", "Digest": "LAYER",
}

// ParseTemplate parses a template; it has to have a placeholder, and only such
// as there are.
func ParseTemplate(s string) (*Template, error) {
	if !strings.Contains(s, "{{") {
		return nil, fmt.Errorf("format %q: want table, json, markdown or a template with {{.Name}}", s)
	}
	t := &Template{}
	s, t.table = strings.CutPrefix(s, "table")
	s = strings.NewReplacer(`\t`, "\t", `\n`, "\n").Replace(strings.Trim(s, " "))
	var err error
	if t.rows, err = template.New("").Funcs(templateFuncs).Parse(s); err != nil {
		return nil, formatError(err)
	}
	if t.headings, err = t.rows.Clone(); err != nil {
		return nil, formatError(err)
	}
	t.headings.Funcs(headingFuncs)
	// A name that isn't there shows before anything is read; what fails for want
	// of a value may not fail later.
	if err := t.rows.Execute(io.Discard, historyRow{}); err != nil && strings.Contains(err.Error(), "can't evaluate field") {
		return nil, formatError(err)
	}
	return t, nil
}

// formatError takes off what text/template says of templates without a name.
func formatError(err error) error {
	return errors.New("format: " + strings.TrimPrefix(err.Error(), "template: :"))
}

// write writes a line for each row.
func (t *Template) write(rows []historyRow) (string, error) {
	var lines strings.Builder
	if t.table {
		// What can't be made of headings, as {{json .}}, has none.
		_ = t.headings.Execute(&lines, headings)
		lines.WriteString("\n")
	}
	for _, row := range rows {
		if err := t.rows.Execute(&lines, row); err != nil {
			return "", formatError(err)
		}
		lines.WriteString("\n")
	}
	if !t.table {
		return lines.String(), nil
	}
	var aligned strings.Builder
	w := tabwriter.NewWriter(&aligned, 10, 1, 3, ' ', 0) // as Docker's tables
	if _, err := io.WriteString(w, lines.String()); err != nil {
		return "", err
	}
	err := w.Flush()
	return aligned.String(), err
}

package report

import (
	"fmt"
	"strings"

	"devops-go/internal/compare"
	"devops-go/internal/size"
	"devops-go/internal/verify"
)

// Difference documents what differs between two images.
func Difference(d *compare.Difference) Document {
	files := &Table{Columns: []Column{
		{Title: " "}, {Title: "SIZE A", Right: true}, {Title: "SIZE B", Right: true}, {Title: "GROWTH", Right: true}, {Title: "WHAT"}, {Title: "PATH", Flex: true},
	}}
	for _, f := range d.Files {
		mark, style := mark(f.Change)
		what := f.Change
		if len(f.What) > 0 {
			what = strings.Join(f.What, ",")
		}
		files.Rows = append(files.Rows, Row{[]string{mark, side(f.SizeA), side(f.SizeB), signed(f.Growth), what, Quote(f.Path)}, style})
	}
	files.Notes = []string{
		fmt.Sprintf("A is %s, B is %s.", Quote(d.A), Quote(d.B)),
		fmt.Sprintf("%s: added %s, removed %s, changed %s.", plural(len(d.Files), "file"), size.Format(d.Added), size.Format(d.Removed), signed(d.Grown)),
		sizesNote,
	}
	doc := Document{Tables: []*Table{files}, Value: d}
	if len(d.Config) == 0 {
		return doc
	}
	config := &Table{Columns: []Column{{Title: "CONFIG", Flex: true}, {Title: "A", Flex: true}, {Title: "B", Flex: true}}}
	for _, c := range d.Config {
		config.Add(OneLine(c.Field), orDash(c.A), orDash(c.B))
	}
	doc.Tables = append(doc.Tables, config)
	return doc
}

func side(bytes *int64) string {
	if bytes == nil {
		return "-"
	}
	return size.Format(*bytes)
}

func signed(growth int64) string {
	if growth > 0 {
		return "+" + size.Format(growth)
	}
	return size.Format(growth)
}

func orDash(s string) string {
	if s == "" {
		return "-"
	}
	return OneLine(s)
}

// Verification documents what came of verifying an image.
func Verification(r *verify.Result) Document {
	t := &Table{Columns: []Column{{Title: "WHAT"}, {Title: "CHECKED", Right: true}, {Title: "FALSE", Right: true}}}
	for _, c := range r.Checks {
		style := Plain
		if c.False > 0 {
			style = Removed
			t.Notes = append(t.Notes, c.Kind+": "+OneLine(c.Falsehood))
		}
		t.Rows = append(t.Rows, Row{[]string{c.Kind, fmt.Sprint(c.Checked), fmt.Sprint(c.False)}, style})
	}
	verdict := "is what it says"
	if !r.OK {
		verdict = "is not what it says"
	}
	if len(r.Absent) > 0 {
		t.Notes = append(t.Notes, "Listed, but not there to be read: "+OneLine(strings.Join(r.Absent, ", "))+".")
	}
	t.Notes = append(t.Notes, Quote(r.Image)+" "+verdict+subjects(r.Read)+".")
	return Document{Tables: []*Table{t}, Value: r}
}

// subjects names what was verified.
func subjects(list []verify.Subject) string {
	var parts []string
	attestations, referrers := 0, 0
	for _, s := range list {
		switch {
		case s.Role == verify.RoleAttestation:
			attestations++
		case s.Role == verify.RoleReferrer:
			referrers++
		case s.What != "":
			parts = append(parts, s.What)
		case s.Platform != "":
			parts = append(parts, OneLine(s.Platform))
		}
	}
	if attestations > 0 {
		parts = append(parts, plural(attestations, "attestation"))
	}
	if referrers > 0 {
		parts = append(parts, plural(referrers, "referrer"))
	}
	if len(parts) == 0 {
		return ""
	}
	return " (read: " + strings.Join(parts, ", ") + ")"
}

package report_test

import (
	"strings"
	"testing"
	"time"

	"devops-go/internal/layers"
	"devops-go/internal/report"
)

const stepID = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

func init() { time.Local = time.UTC }

func steps() layers.History {
	size, made, unset := int64(7_800_000), time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC), time.Unix(0, 0)
	return layers.History{Rows: []layers.Row{
		{Created: &unset, CreatedBy: "/bin/sh -c #(nop) ADD  x", Instruction: "ADD x", Loaded: &size},
		{ID: stepID, Created: &made, CreatedBy: "CMD", Instruction: "CMD", EmptyLayer: true, Comment: "c"},
	}}
}

var now = time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)

func TestTemplate(t *testing.T) {
	for _, tt := range []struct{ template, want string }{
		{"{{.Size}}", "0B\n7.8MB\n"},
		{"{{ .ID }} {{.CreatedSince}}", "0123456789ab 24 hours ago\n<missing> N/A\n"},
		{`{{.CreatedBy}}\t{{json .Comment}}`, "CMD\t\"c\"\n/bin/sh -c #(nop) ADD  x\t\"\"\n"},
		{`table {{.Instruction}}\t{{.Size}}`, "INSTRUCTION   SIZE\nCMD           0B\nADD x         7.8MB\n"},
		{"a{{.Files}}b", "a0b\na?b\n"},
		{"{{- .Size -}} x", "0Bx\n7.8MBx\n"},
		{"{{.Comment | json}}{{upper .Comment}}", "\"c\"C\n\"\"\n"},
		{`{{truncate .CreatedBy 7 | lower | json}}`, "\"cmd\"\n\"/bin/sh\"\n"},
		{`{{join (split .CreatedBy " ") "+"}}{{pad .Comment 1 2}}|{{title "ab"}}`, "CMD c  |Ab\n/bin/sh+-c+#(nop)+ADD++x|Ab\n"},
		{`{{if eq .Size "0B"}}none{{else}}{{println .Size}}{{end}}`, "none\n7.8MB\n\n"},
		{`{{index (split .CreatedBy " ") 0}}{{printf "%4s" .Files}}`, "CMD   0\n/bin/sh   ?\n"},
		{"table {{json .Comment}}", "COMMENT\n\"c\"\n\"\"\n"},
		{"{{json .}}", `{"Comment":"c","CreatedAt":"2024-05-01T00:00:00Z","CreatedBy":"CMD","CreatedSince":"24 hours ago","ID":"0123456789ab","Size":"0B"}` + "\n" +
			`{"Comment":"","CreatedAt":"1970-01-01T00:00:00Z","CreatedBy":"/bin/sh -c #(nop) ADD  x","CreatedSince":"N/A","ID":"\u003cmissing\u003e","Size":"7.8MB"}` + "\n"},
		{"{{upper}}", `error: format: 1:2: executing "" at <upper>: wrong number of args`},
		{"{{nope .}}", `error: format: 1: function "nope" not defined`},
		{"{{.None}}", `error: format: 1:2: executing "" at <.None>: can't evaluate field None`},
		{"{{.Size", "error: format: 1: unclosed action"},
		{"yaml", `error: format "yaml": want table, json, markdown or a template`},
	} {
		parsed, err := report.ParseTemplate(tt.template)
		got := ""
		if err == nil {
			got, err = parsed.HistoryLines(steps(), report.HistoryView{Now: now})
		}
		if err != nil {
			got = "error: " + err.Error()
		}
		if got != tt.want && (err == nil || !strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s: %q, want %q", tt.template, got, tt.want)
		}
	}
}

// What isn't for people is exact, and nothing is cut.
func TestTemplateExact(t *testing.T) {
	parsed, err := report.ParseTemplate("{{.CreatedSince}} {{.Size}} {{.ID}}")
	if err != nil {
		t.Fatal(err)
	}
	got, err := parsed.HistoryLines(steps(), report.HistoryView{Now: now, Exact: true, NoTrunc: true})
	if want := "2024-05-01T00:00:00Z 0 " + stepID + "\n1970-01-01T00:00:00Z 7800000 <missing>\n"; err != nil || got != want {
		t.Errorf("%q, %v, want %q", got, err, want)
	}
}

// FuzzTemplate: whatever parses writes a line for each row or says why not.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{.Size}}", `table {{.ID}}\t{{json .}}`, "{{", "{{json .Size}}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if strings.Contains(s, "range") || strings.Contains(s, "pad") || strings.Contains(s, "f ") {
			return // may write without end, as it is told
		}
		parsed, err := report.ParseTemplate(s)
		if err != nil {
			return
		}
		lines, err := parsed.HistoryLines(steps(), report.HistoryView{Now: now})
		if err == nil && strings.Count(lines, "\n") < 2 {
			t.Errorf("%q writes %q", s, lines)
		}
	})
}

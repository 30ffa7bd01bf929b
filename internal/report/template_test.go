package report_test

import (
	"strings"
	"testing"
	"time"

	"devops-go/internal/layers"
	"devops-go/internal/report"
)

func steps() layers.History {
	size, made := int64(7_800_000), time.Date(2024, 5, 1, 0, 0, 0, 0, time.UTC)
	return layers.History{Rows: []layers.Row{
		{Created: &made, CreatedBy: "/bin/sh -c #(nop) ADD x", Instruction: "ADD x", Size: &size},
		{Created: &made, CreatedBy: "CMD", Instruction: "CMD", EmptyLayer: true, Comment: "c"},
	}}
}

var now = time.Date(2024, 5, 2, 0, 0, 0, 0, time.UTC)

func TestTemplate(t *testing.T) {
	const id = "sha256:0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"
	for _, tt := range []struct{ template, want string }{
		{"{{.Size}}", "0B\n7.8MB\n"},
		{"{{ .ID }} {{.CreatedSince}}", "0123456789ab 24 hours ago\n<missing> 24 hours ago\n"},
		{`{{.CreatedBy}}\t{{json .Comment}}`, "CMD\t\"c\"\n/bin/sh -c #(nop) ADD x\t\"\"\n"},
		{`table {{.Instruction}}\t{{.Size}}`, "INSTRUCTION  SIZE\nCMD          0B\nADD x        7.8MB\n"},
		{"a{{.Files}}b", "a0b\na?b\n"},
		{"{{- .Size -}} x", "0Bx\n7.8MBx\n"},
		{"{{.Comment | json}}{{upper .Comment}}", "\"c\"C\n\"\"\n"},
		{"{{truncate .CreatedBy 7 | lower | json}}", "\"cmd\"\n\"/bin/sh\"\n"},
		{"table {{json .Comment}}", "COMMENT\n\"c\"\n\"\"\n"},
		{"{{upper}}", "error: format: {{upper}} is not known"},
		{"{{upper .}}", "error: format: {{upper .}} is not known"},
		{"{{truncate .Size x}}", "error: format: {{truncate .Size x}} is not known"},
		{"{{if .Size}}", "error: format: {{if .Size}} is not known"},
		{"{{.None}}", "error: format: {{.None}} is not known"},
		{"{{.Size", "error: format: {{.Size isn't closed"},
		{"yaml", `error: format "yaml": want table, json, markdown or a template`},
	} {
		parsed, err := report.ParseTemplate(tt.template)
		got := ""
		if err != nil {
			got = "error: " + err.Error()
		} else {
			got = parsed.HistoryLines(steps(), id, report.HistoryView{Now: now})
		}
		if got != tt.want && (err == nil || !strings.HasPrefix(got, tt.want)) {
			t.Errorf("%s: %q, want %q", tt.template, got, tt.want)
		}
	}
}

// FuzzTemplate: whatever parses writes something for each row, and nothing of
// the braces that parsed.
func FuzzTemplate(f *testing.F) {
	for _, s := range []string{"{{.Size}}", `table {{.ID}}\t{{json .}}`, "{{", "{{json .Size}}}}"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		parsed, err := report.ParseTemplate(s)
		if err != nil {
			return
		}
		lines := parsed.HistoryLines(steps(), "sha256:0123", report.HistoryView{Now: now})
		if strings.Count(lines, "\n") < 2 || strings.Contains(lines, "{{.") {
			t.Errorf("%q writes %q", s, lines)
		}
	})
}

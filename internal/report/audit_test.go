package report

import (
	"bytes"
	"cmp"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"devops-go/internal/audit"
	"devops-go/internal/layers"
)

// odd is an audit with names that want escaping, an ignored finding and a
// failure.
func odd() *Audit {
	size := int64(1000)
	finding := audit.Finding{
		Rule: "TARE-F001", Title: "Set-uid", Severity: audit.Warning, Message: "100% | set-uid: a,b", Layer: 1, Digest: "sha256:00", Step: 2,
		Instruction: "RUN a::b\n%0A", Path: "/a b/ü|\x1b[2J", Bytes: 5, Fix: "chmod a-s it", Fingerprint: "f1",
	}
	ignored := finding
	ignored.Fingerprint, ignored.Reason = "f2", "because"
	return &Audit{
		Version: "1",
		Reports: []*audit.Report{{
			Image: "docker://r.example/x:1", Platform: "linux/amd64", Figures: layers.Figures{Size: &size}, Counts: audit.Counts{Warning: 1},
			Findings: []audit.Finding{finding, {Rule: "TARE-C003", Severity: audit.Info, Fingerprint: "f3", Fix: "x"}}, Ignored: []audit.Finding{ignored},
		}},
		Failures: []Failure{{"y", "no\nsuch"}},
	}
}

func written(t *testing.T, format Format) string {
	t.Helper()
	var b bytes.Buffer
	if err := odd().Write(&b, format, Screen{Width: 80}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// The structure that SARIF 2.1.0 requires, and what GitHub asks beyond it. The
// whole schema was checked against tare's output with another program, see
// docs/audit.md.
func TestSARIF(t *testing.T) {
	var log sarifLog
	if err := json.Unmarshal([]byte(written(t, SARIF)), &log); err != nil {
		t.Fatal(err)
	}
	if log.Version != "2.1.0" || len(log.Runs) != 1 {
		t.Fatalf("version %s, %d runs", log.Version, len(log.Runs))
	}
	run := log.Runs[0]
	if run.Tool.Driver.Name != "tare" || run.Invocations[0].Successful || len(run.Invocations[0].Notifications) != 1 || len(run.Results) != 3 {
		t.Errorf("run %+v", run)
	}
	seen := map[string]bool{}
	for _, r := range run.Results {
		if r.RuleIndex < 0 || run.Tool.Driver.Rules[r.RuleIndex].ID != r.RuleID {
			t.Errorf("%s has index %d", r.RuleID, r.RuleIndex)
		}
		if r.Message.Text == "" || len(r.Locations) != 1 || seen[r.Fingerprints[fingerprintName]] {
			t.Errorf("result %+v", r)
		}
		seen[r.Fingerprints[fingerprintName]] = true
		uri := r.Locations[0].Physical.Artifact.URI
		if u, err := url.Parse(uri); err != nil || u.IsAbs() || strings.ContainsAny(uri, " \x1b|") || strings.HasPrefix(uri, "/") {
			t.Errorf("URI %q: %v", uri, err)
		}
		if suppressed := len(r.Suppressions) == 1; suppressed != (r.Fingerprints[fingerprintName] == "f2") {
			t.Errorf("suppressions %+v", r.Suppressions)
		}
	}
	levels := map[string]bool{"none": true, "note": true, "warning": true, "error": true}
	for _, rule := range run.Tool.Driver.Rules {
		if rule.ID == "" || rule.Help.Text == "" || rule.Help.Markdown == "" || rule.Short.Text == "" || !levels[rule.Default.Level] || strings.Contains(rule.Name, " ") {
			t.Errorf("rule %+v", rule)
		}
	}
}

// A workflow command is a line, whatever an image puts into it.
func TestGitHub(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(written(t, GitHub), "\n"), "\n")
	want := "::warning title=TARE-F001 Set-uid::docker://r.example/x:1: \"/a b/ü|\\x1b[2J\": 100%25 | set-uid: a,b (5 B)%0Alayer 1: RUN a::b %250A%0Afix: chmod a-s it"
	if len(lines) != 4 || lines[0] != want {
		t.Errorf("%d lines, the first %q, want %q", len(lines), lines[0], want)
	}
	for _, line := range lines {
		if !strings.HasPrefix(line, "::") {
			t.Errorf("%q is no command", line)
		}
	}
}

// No format lets through what a terminal or a table takes for something else.
func TestAuditEscapes(t *testing.T) {
	for _, format := range []Format{Text, Markdown, GitHub, SARIF, JSON} {
		if got := written(t, format); strings.Contains(got, "\x1b") {
			t.Errorf("%s lets an escape through: %q", format, got)
		}
	}
	for line := range strings.Lines(written(t, Markdown)) {
		if strings.HasPrefix(line, "| ") && strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") != 6 {
			t.Errorf("row %q", line)
		}
	}
}

// many is an audit of so many images with findings of every rule, named so that
// escaping makes them long, and as many failures.
func many(images int) *Audit {
	text := strings.Repeat("|*ü`", 1000)
	r := audit.Report{Image: text, Platform: "linux/amd64", Counts: audit.Counts{Error: 70_000}, Notes: []string{text, text}}
	for _, rule := range audit.Rules() {
		for range 20 {
			r.Findings = append(r.Findings, audit.Finding{Rule: rule.ID, Title: rule.Title, Severity: audit.Error, Message: text, Path: "/" + text, Instruction: text, Fix: rule.Fix})
		}
		r.Unlisted = append(r.Unlisted, audit.Unlisted{Rule: rule.ID, Severity: audit.Error, Count: 1500})
	}
	var a Audit
	for range images {
		a.Reports = append(a.Reports, &r)
		a.Failures = append(a.Failures, Failure{text, text})
	}
	return &a
}

// Markdown fits a comment on GitHub, however much there is to say, and every
// verdict that there is room for is in it.
func TestMarkdownFits(t *testing.T) {
	for _, tt := range []struct {
		images, verdicts int
		want             string
	}{
		{1, 1, "There are more findings than a comment holds"},
		{3, 3, "There are more findings than a comment holds"},
		{20, 20, "20 images more could not be checked"},
		{1000, 0, "images more than a comment holds"},
	} {
		var b bytes.Buffer
		if err := many(tt.images).Write(&b, Markdown, Screen{}); err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(b.String(), "### ❌"); b.Len() > 65536 || n < tt.verdicts || !strings.Contains(b.String(), tt.want) {
			t.Errorf("%d images: %d bytes, %d verdicts", tt.images, b.Len(), n)
		}
	}
}

// What isn't listed is told of in every format.
func TestUnlisted(t *testing.T) {
	for _, format := range []Format{Text, JSON, Markdown, SARIF, GitHub} {
		var b bytes.Buffer
		a := many(1)
		a.Reports[0].Image = "x"
		a.Reports[0].Findings, a.Reports[0].Unlisted = a.Reports[0].Findings[:20], a.Reports[0].Unlisted[:1]
		if err := a.Write(&b, format, Screen{Width: 80}); err != nil {
			t.Fatal(err)
		}
		if want := map[Format]string{Text: "and 1512 more; the JSON format lists 20", Markdown: "and 1512 more; the JSON format lists 20"}[format]; !strings.Contains(b.String(), cmp.Or(want, "1500")) {
			t.Errorf("%s: %s", format, b.String())
		}
	}
}

// SARIF shows nothing that drives a terminal.
func TestSARIFEscapes(t *testing.T) {
	const hostile = "x\u009b31m\u202e\x7f"
	r := audit.Report{Image: hostile, Findings: []audit.Finding{{Rule: "TARE-F001", Severity: audit.Error, Path: "/" + hostile, Message: hostile, Reason: hostile, Fix: hostile}}}
	var b bytes.Buffer
	a := Audit{Reports: []*audit.Report{&r}, Failures: []Failure{{hostile, hostile}}}
	if err := a.Write(&b, SARIF, Screen{}); err != nil {
		t.Fatal(err)
	}
	if strings.ContainsAny(b.String(), "\u009b\u202e\x7f") || !json.Valid(b.Bytes()) {
		t.Errorf("%q", b.String())
	}
}

package report

import (
	"bytes"
	"encoding/json"
	"net/url"
	"strings"
	"testing"

	"devops-go/internal/audit"
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
			Image: "docker://r.example/x:1", Platform: "linux/amd64", Size: &size, Counts: audit.Counts{Warning: 1},
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
// whole schema was held against tare's output with another program, see
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

// Markdown fits a comment on GitHub, however much there is to say.
func TestMarkdownFits(t *testing.T) {
	a := odd()
	for range 12 {
		a.Reports = append(a.Reports, a.Reports...)
	}
	var b bytes.Buffer
	if err := a.Write(&b, Markdown, Screen{}); err != nil {
		t.Fatal(err)
	}
	if b.Len() > 65536 || !strings.Contains(b.String(), "more than a comment holds") {
		t.Errorf("%d bytes", b.Len())
	}
}

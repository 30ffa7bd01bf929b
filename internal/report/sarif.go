package report

import (
	"bytes"
	"fmt"
	"io"
	"net/url"
	"strings"

	"devops-go/internal/audit"
	"devops-go/internal/jsontext"
)

// The parts of SARIF 2.1.0 that audits fill in.
type (
	sarifLog struct {
		Schema  string     `json:"$schema"`
		Version string     `json:"version"`
		Runs    []sarifRun `json:"runs"`
	}
	sarifRun struct {
		Tool struct {
			Driver sarifDriver `json:"driver"`
		} `json:"tool"`
		Invocations []sarifInvocation `json:"invocations"`
		Results     []sarifResult     `json:"results"`
		ColumnKind  string            `json:"columnKind"`
	}
	sarifDriver struct {
		Name    string      `json:"name"`
		Version string      `json:"version,omitempty"`
		Rules   []sarifRule `json:"rules"`
	}
	sarifRule struct {
		ID      string       `json:"id"`
		Name    string       `json:"name"`
		Short   sarifMessage `json:"shortDescription"`
		Full    sarifMessage `json:"fullDescription"`
		Help    sarifHelp    `json:"help"`
		Default struct {
			Level string `json:"level"`
		} `json:"defaultConfiguration"`
		Properties struct {
			Tags []string `json:"tags"`
		} `json:"properties"`
	}
	sarifMessage struct {
		Text string `json:"text"`
	}
	sarifHelp struct {
		Text     string `json:"text"`
		Markdown string `json:"markdown"`
	}
	sarifInvocation struct {
		Successful    bool                `json:"executionSuccessful"`
		Notifications []sarifNotification `json:"toolExecutionNotifications,omitempty"`
	}
	sarifNotification struct {
		Level   string       `json:"level"`
		Message sarifMessage `json:"message"`
	}
	sarifResult struct {
		RuleID       string             `json:"ruleId"`
		RuleIndex    int                `json:"ruleIndex"`
		Level        string             `json:"level"`
		Message      sarifMessage       `json:"message"`
		Locations    []sarifLocation    `json:"locations"`
		Fingerprints map[string]string  `json:"partialFingerprints"`
		Suppressions []sarifSuppression `json:"suppressions,omitempty"`
		Properties   map[string]any     `json:"properties"`
	}
	sarifLocation struct {
		Physical struct {
			Artifact struct {
				URI string `json:"uri"`
			} `json:"artifactLocation"`
			Region struct {
				Line int `json:"startLine"`
			} `json:"region"`
		} `json:"physicalLocation"`
		Logical []sarifLogical `json:"logicalLocations"`
	}
	sarifLogical struct {
		Name string `json:"fullyQualifiedName"`
		Kind string `json:"kind"`
	}
	sarifSuppression struct {
		Kind          string `json:"kind"`
		Justification string `json:"justification"`
	}
)

// fingerprintName names the kind of fingerprint; the number rises when they
// are made otherwise.
const fingerprintName = "tareFinding/v1"

// sarif writes the audit as one run of SARIF 2.1.0, whatever the number of
// images.
func (a *Audit) sarif(w io.Writer) error {
	var run sarifRun
	run.ColumnKind = "utf16CodeUnits"
	run.Tool.Driver = sarifDriver{Name: "tare", Version: a.Version}
	indexes := map[string]int{}
	for i, r := range audit.Rules() {
		indexes[r.ID] = i
		run.Tool.Driver.Rules = append(run.Tool.Driver.Rules, newSarifRule(r))
	}
	invocation := sarifInvocation{Successful: len(a.Failures) == 0}
	for _, f := range a.Failures {
		invocation.Notifications = append(invocation.Notifications, sarifNotification{"error", sarifMessage{f.Image + ": " + f.Error}})
	}
	run.Results = []sarifResult{}
	for _, r := range a.Reports {
		for _, u := range r.Unlisted {
			text := fmt.Sprintf("%s: %d more findings of %s are counted and not listed", OneLine(r.Image), u.Count, u.Rule)
			invocation.Notifications = append(invocation.Notifications, sarifNotification{"warning", sarifMessage{text}})
		}
		for _, list := range [][]audit.Finding{r.Findings, r.Ignored} {
			for _, f := range list {
				result := newSarifResult(r.Image, f)
				result.RuleIndex = indexes[f.Rule]
				run.Results = append(run.Results, result)
			}
		}
	}
	run.Invocations = []sarifInvocation{invocation}
	var text bytes.Buffer
	if err := jsontext.Write(&text, sarifLog{
		Schema:  "https://json.schemastore.org/sarif-2.1.0.json",
		Version: "2.1.0",
		Runs:    []sarifRun{run},
	}, "", "  "); err != nil {
		return err
	}
	_, err := w.Write(escapeJSON(text.Bytes()))
	return err
}

func newSarifRule(r audit.Rule) sarifRule {
	rule := sarifRule{ID: r.ID, Name: pascal(r.Title), Short: sarifMessage{r.Title}, Full: sarifMessage{r.Why}}
	rule.Help.Text = "Looks at: " + r.Looks + ". Why: " + r.Why + " Fix: " + r.Fix + "."
	rule.Help.Markdown = "**Looks at** " + markdownEscape(r.Looks) + "\n\n**Why** " + markdownEscape(r.Why) + "\n\n**Fix** " + markdownEscape(r.Fix)
	rule.Default.Level = sarifLevel(r.Severity)
	rule.Properties.Tags = append([]string{"container", strings.ToLower(r.Group)}, r.Aliases...)
	return rule
}

// pascal writes a title as an identifier, as SARIF wants names.
func pascal(title string) string {
	var b strings.Builder
	for _, word := range strings.FieldsFunc(title, func(r rune) bool {
		return (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') && (r < '0' || r > '9')
	}) {
		b.WriteString(upper(word))
	}
	return b.String()
}

func upper(word string) string { return strings.ToUpper(word[:1]) + word[1:] }

func sarifLevel(s audit.Severity) string {
	if s == audit.Info || s == audit.Off {
		return "note"
	}
	return string(s)
}

func newSarifResult(image string, f audit.Finding) sarifResult {
	text := what(f)
	if where := where(f); where != "" {
		text += " [" + where + "]"
	}
	result := sarifResult{
		RuleID: f.Rule, Level: sarifLevel(f.Severity), Message: sarifMessage{OneLine(image) + ": " + text},
		Fingerprints: map[string]string{fingerprintName: f.Fingerprint},
		Properties:   map[string]any{"image": image, "fix": f.Fix},
	}
	if f.Layer > 0 {
		result.Properties["layer"], result.Properties["diffID"] = f.Layer, f.Digest
	}
	if f.Bytes > 0 {
		result.Properties["bytes"] = f.Bytes
	}
	if f.Reason != "" {
		result.Suppressions = []sarifSuppression{{"external", f.Reason}}
	}
	result.Locations = []sarifLocation{newSarifLocation(image, f)}
	return result
}

// newSarifLocation places a finding at its file, which GitHub shows, and at the
// image and the layer.
func newSarifLocation(image string, f audit.Finding) sarifLocation {
	var l sarifLocation
	path := f.Path
	if path == "" {
		path = "/Dockerfile"
	}
	name := strings.TrimLeft(strings.NewReplacer("://", "/", ":", "/", "@", "/").Replace(image), "/.")
	l.Physical.Artifact.URI = (&url.URL{Path: name + path}).EscapedPath()
	l.Physical.Region.Line = max(f.Step, 1)
	logical := image
	if f.Digest != "" {
		logical += "@" + f.Digest
	}
	l.Logical = []sarifLogical{{logical + f.Path, "resource"}}
	return l
}

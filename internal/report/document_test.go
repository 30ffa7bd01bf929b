package report_test

import (
	"encoding/json"
	"io"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/report"
)

// TestJSON: the list at the end is part of one object, and what a terminal
// would obey is escaped but means the same.
func TestJSON(t *testing.T) {
	type head struct {
		Name string `json:"name"`
	}
	const odd = "a\u009b2J\u202e\x7f\U000e0001ü"
	for _, tt := range []struct {
		items []any
		want  string
	}{
		{nil, "{\n  \"schema\": 1,\n  \"name\": \"" + `a\u009b2J\u202e\u007f\udb40\udc01ü` + "\"\n}\n"},
		{[]any{}, "{\n  \"schema\": 1,\n  \"name\": \"" + `a\u009b2J\u202e\u007f\udb40\udc01ü` + "\",\n  \"items\": []\n}\n"},
		{[]any{"<\u0085>", head{"b"}}, "{\n  \"schema\": 1,\n  \"name\": \"" + `a\u009b2J\u202e\u007f\udb40\udc01ü` +
			"\",\n  \"items\": [\n    \"" + `<\u0085>` + "\",\n    {\n      \"name\": \"b\"\n    }\n  ]\n}\n"},
	} {
		d := report.Document{Value: head{odd}}
		if tt.items != nil {
			d.Items = slices.Values(tt.items)
		}
		var b strings.Builder
		if err := d.Write(&b, report.JSON, report.Screen{}); err != nil {
			t.Fatal(err)
		}
		if b.String() != tt.want {
			t.Errorf("%d items:\n%s\nwant\n%s", len(tt.items), b.String(), tt.want)
		}
		var back head
		if err := json.Unmarshal([]byte(b.String()), &back); err != nil || back.Name != odd {
			t.Errorf("read back %q, %v", back.Name, err)
		}
	}
}

// TestUnknownFormat: nothing is written in another format than was asked for.
func TestUnknownFormat(t *testing.T) {
	for name, write := range map[string]func(w io.Writer, f report.Format) error{
		"document": func(w io.Writer, f report.Format) error { return report.Document{}.Write(w, f, report.Screen{}) },
		"audit":    func(w io.Writer, f report.Format) error { return (&report.Audit{}).Write(w, f, report.Screen{}) },
		"rules":    func(w io.Writer, f report.Format) error { return report.AuditRules(w, nil, f, report.Screen{}) },
	} {
		for _, format := range []report.Format{"", "yaml"} {
			var b strings.Builder
			if err := write(&b, format); err == nil || !strings.Contains(err.Error(), "want table, json") || b.Len() > 0 {
				t.Errorf("%s as %q: %v, wrote %q", name, format, err, &b)
			}
		}
	}
	var b strings.Builder
	if err := report.AuditRules(&b, nil, report.SARIF, report.Screen{}); err == nil || b.Len() > 0 {
		t.Errorf("rules as sarif: %v, wrote %q", err, &b)
	}
}

package report_test

import (
	"encoding/json"
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

package oci_test

import (
	"strings"
	"testing"

	"devops-go/internal/oci"
)

func TestUnmarshal(t *testing.T) {
	for _, tt := range []struct {
		name, raw string
		want      string // the error
	}{
		{"as many as may be", "[" + strings.Repeat("1,", oci.MaxValues-2) + "1]", ""},
		{"one more", "[" + strings.Repeat("1,", oci.MaxValues-1) + "1]", "JSON of more than 200000 values"},
		{"lists", strings.Repeat("[],", oci.MaxValues), "JSON of more than 200000 values"},
		{"objects", strings.Repeat("{},", oci.MaxValues), "JSON of more than 200000 values"},
		{"in a string", `"` + strings.Repeat(`,[{\"`, oci.MaxValues) + `"`, ""},
		{"deep", strings.Repeat("[", 11_000), "exceeded max depth"},
		{"cut", `"abc\`, "string escape code"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var v any
			err := oci.Unmarshal([]byte(tt.raw), &v)
			if tt.want == "" && err != nil || tt.want != "" && (err == nil || !strings.Contains(err.Error(), tt.want)) {
				t.Errorf("error %v, want %q", err, tt.want)
			}
		})
	}
}

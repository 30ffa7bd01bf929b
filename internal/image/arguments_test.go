package image

import (
	"slices"
	"testing"
)

func TestArguments(t *testing.T) {
	for _, tt := range []struct {
		createdBy string
		want      []string
	}{
		{"RUN |2 A=1 B=two words /bin/sh -c make A=3 # buildkit", []string{"A=1", "B=two words"}},
		{"|1 TOKEN=x=y /bin/sh -c true", []string{"TOKEN=x=y"}},
		{"|2 A= B=1 /bin/bash -o pipefail -c true", []string{"A=", "B=1"}},
		{"|1 A=1 B=2 /bin/sh -c true", []string{"A=1 B=2"}}, // one argument, so it's its value
		{"RUN |1 A=1 /app --x=1 # buildkit", []string{"A=1"}},
		{"RUN /bin/sh -c A=1 make", nil},
		{"|x A=1 /bin/sh -c true", nil},
		{"|-1 A=1 /bin/sh -c true", nil},
		{"|1", nil},
		{"", nil},
	} {
		if got := (History{CreatedBy: tt.createdBy}).Arguments(); !slices.Equal(got, tt.want) {
			t.Errorf("%q: %q, want %q", tt.createdBy, got, tt.want)
		}
	}
}

package oci_test

import (
	"testing"

	"devops-go/internal/oci"
)

func TestParsePlatform(t *testing.T) {
	for _, tt := range []struct{ in, want string }{
		{"linux/amd64", "linux/amd64"}, {"linux/arm/v7", "linux/arm/v7"}, {"linux/x86_64", "linux/amd64"}, {"linux/aarch64", "linux/arm64"},
		{"linux", `platform "linux": want OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT`}, {"linux/a/b/c", `platform "linux/a/b/c": want OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT`},
		{"linux/", `platform "linux/": "" is no platform word`},
	} {
		p, err := oci.ParsePlatform(tt.in)
		got := p.String()
		if err != nil {
			got = err.Error()
		}
		if got != tt.want {
			t.Errorf("%q: %s, want %s", tt.in, got, tt.want)
		}
	}
}

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

// TestServes: who asks for no variant takes any, and the variants that
// architectures have by default need not be said.
func TestServes(t *testing.T) {
	for _, tt := range []struct {
		is, want string
		serves   bool
	}{
		{"linux/arm/v6", "linux/arm", true}, {"linux/arm/v7", "linux/arm", true}, {"linux/arm/v6", "linux/arm/v7", false},
		{"linux/arm", "linux/arm/v7", true}, {"linux/arm", "linux/arm/v6", false}, {"linux/arm64", "linux/arm64/v8", true},
		{"linux/amd64", "linux/amd64/v1", true}, {"linux/amd64/v3", "linux/amd64", true}, {"linux/amd64", "linux/arm64", false},
		{"linux/amd64", "windows/amd64", false},
	} {
		is, err := oci.ParsePlatform(tt.is)
		if err != nil {
			t.Fatal(err)
		}
		want, err := oci.ParsePlatform(tt.want)
		if err != nil {
			t.Fatal(err)
		}
		if got := is.Serves(want); got != tt.serves {
			t.Errorf("%s for %s: %v", tt.is, tt.want, got)
		}
	}
}

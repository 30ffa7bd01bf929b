package oci

import (
	"fmt"
	"strings"
)

// A Platform is what an image runs on (image-spec, image-index.md). The zero
// Platform asks for nothing.
type Platform struct {
	Architecture string   `json:"architecture"`
	OS           string   `json:"os"`
	OSVersion    string   `json:"os.version,omitempty"`
	OSFeatures   []string `json:"os.features,omitempty"`
	Variant      string   `json:"variant,omitempty"`
}

// ParsePlatform parses OS/ARCHITECTURE[/VARIANT].
func ParsePlatform(s string) (Platform, error) {
	parts := strings.Split(s, "/")
	if len(parts) < 2 || len(parts) > 3 {
		return Platform{}, fmt.Errorf("platform %q: want OS/ARCHITECTURE or OS/ARCHITECTURE/VARIANT", s)
	}
	for _, part := range parts {
		if part == "" || strings.Trim(part, "abcdefghijklmnopqrstuvwxyz0123456789_.-") != "" {
			return Platform{}, fmt.Errorf("platform %q: %q is no platform word", s, part)
		}
	}
	p := Platform{OS: parts[0], Architecture: architecture(parts[1])}
	if len(parts) == 3 {
		p.Variant = parts[2]
	}
	return p, nil
}

// architecture returns Go's name for what uname calls otherwise.
func architecture(s string) string {
	switch s {
	case "x86_64", "x86-64":
		return "amd64"
	case "aarch64":
		return "arm64"
	}
	return s
}

// anyOS is no system that an image could be for.
const anyOS = "*"

// AnyPlatform asks for the first platform that is there.
func AnyPlatform() Platform { return Platform{OS: anyOS} }

// IsAny reports whether p asks for any platform.
func (p Platform) IsAny() bool { return p.OS == anyOS }

// IsZero reports whether p asks for nothing.
func (p Platform) IsZero() bool { return p.OS == "" && p.Architecture == "" }

// String returns OS/ARCHITECTURE[/VARIANT], or "" for the zero Platform.
func (p Platform) String() string {
	if p.IsZero() {
		return ""
	}
	s := p.OS + "/" + p.Architecture
	if p.Variant != "" {
		s += "/" + p.Variant
	}
	return s
}

// Serves reports whether an image of platform p answers a request for want.
// A request without variant is content with any; amd64 is amd64/v1,
// arm64 is arm64/v8, and arm is arm/v7, as containerd has it.
func (p Platform) Serves(want Platform) bool {
	if want.OS == anyOS {
		return true
	}
	if p.OS != want.OS || p.Architecture != want.Architecture {
		return false
	}
	return want.Variant == "" || p.variant() == want.variant()
}

func (p Platform) variant() string {
	switch {
	case p.Variant != "":
		return p.Variant
	case p.Architecture == "amd64":
		return "v1"
	case p.Architecture == "arm64":
		return "v8"
	case p.Architecture == "arm":
		return "v7"
	}
	return ""
}

// unknown reports whether p is the placeholder that attestations carry.
func (p Platform) unknown() bool { return p.OS == "unknown" || p.Architecture == "unknown" }

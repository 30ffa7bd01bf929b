package registry

import (
	"strings"
	"testing"

	"devops-go/internal/digest"
)

const sum = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"

func TestParseReference(t *testing.T) {
	long := strings.Repeat("a", 130)
	for _, tt := range []struct{ in, want, wantErr string }{
		{"alpine", "docker.io/library/alpine:latest", ""},
		{"alpine:3.20", "docker.io/library/alpine:3.20", ""},
		{"docker.io/alpine", "docker.io/library/alpine:latest", ""},
		{"index.docker.io/user/app:v1", "docker.io/user/app:v1", ""},
		{"user/app", "docker.io/user/app:latest", ""},
		{"a__b/c-_d", "", "name component"},
		{"a__b/c--d.e_f", "docker.io/a__b/c--d.e_f:latest", ""},
		{"a...b", "", "name component"},
		{"localhost/app", "localhost/app:latest", ""},
		{"localhost:5000/app", "localhost:5000/app:latest", ""},
		{"localhost:5000", "docker.io/library/localhost:5000", ""},
		{"127.0.0.1:5000/a/b/c:x", "127.0.0.1:5000/a/b/c:x", ""},
		{"[::1]:5000/app", "[::1]:5000/app:latest", ""},
		{"[fe80::1%25eth0]/app", "", "not an IPv6 address"},
		{"Registry/app", "Registry/app:latest", ""},
		{"ghcr.io/a/b@" + sum, "ghcr.io/a/b@" + sum, ""},
		{"ghcr.io/a/b:tag@" + sum, "ghcr.io/a/b:tag@" + sum, ""},
		{"alpine@sha256:12", "", `after "@"`},
		{"", "", "names nothing"},
		{":tag", "", "empty component"},
		{"app:", "", "tag is empty"},
		{"app:-x", "", "want letters, digits"},
		{"app:a b", "", "want letters, digits"},
		{"app:" + long, "", "longer than 128"},
		{strings.Repeat(long+"/", 2) + "x", "", "longer than 255"},
		{"App", "", "want lower case"},
		{"a//b", "", "empty component"},
		{"docker.io/", "", "empty component"},
		{"-a", "", "name component"},
		{"a_", "", "name component"},
		{"a\x1b[2J", "", `\x1b`},
		{"host:0/app", "", "want a number"},
		{"host:65536/app", "", "want a number"},
		{"host:080/app", "", "want a number"},
		{"host:/app", "", "want a number"},
		{"-bad.example/app", "", "not a host name"},
		{"https://example.com/app", "", "without a scheme"},
		{strings.Repeat("ab", 32), "", "image ID"},
		{"user:secret@example.com/app", "", "docker login"},
		{"https://user:secret@example.com/app", "", "docker login"},
	} {
		r, err := ParseReference(tt.in)
		if tt.wantErr == "" {
			if err != nil || r.String() != tt.want {
				t.Errorf("ParseReference(%q) = %q, %v; want %q", tt.in, r, err, tt.want)
			}
			continue
		}
		if err == nil || !strings.Contains(err.Error(), tt.wantErr) {
			t.Errorf("ParseReference(%q) = %q, %v; want error %q", tt.in, r, err, tt.wantErr)
			continue
		}
		if strings.Contains(err.Error(), "secret") || strings.ContainsAny(err.Error(), "\x1b\n") {
			t.Errorf("ParseReference(%q): error prints what it must not: %q", tt.in, err)
		}
	}
}

func TestReferenceWith(t *testing.T) {
	r, err := ParseReference("example.com/app:v1")
	if err != nil {
		t.Fatal(err)
	}
	d, err := digest.Parse(sum)
	if err != nil {
		t.Fatal(err)
	}
	if got := r.WithDigest(d).String(); got != "example.com/app@"+sum {
		t.Errorf("WithDigest: %s", got)
	}
	if got, err := r.WithDigest(d).WithTag("v2"); err != nil || got.String() != "example.com/app:v2" {
		t.Errorf("WithTag: %s, %v", got, err)
	}
	if _, err := r.WithTag("no/tag"); err == nil {
		t.Error("WithTag accepts a slash")
	}
	if got := (Reference{}).String(); got != "" {
		t.Errorf("zero Reference prints %q", got)
	}
}

// Whatever parses prints as what parses to the same, and can't lead out of the
// paths of the protocol.
func FuzzParseReference(f *testing.F) {
	for _, s := range []string{"alpine", "localhost:5000/a/b:c", "[::1]/x@" + sum, "a.b/c__d--e:T.-_"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := ParseReference(s)
		if err != nil {
			if !r.IsZero() || strings.ContainsAny(err.Error(), "\n\x1b\x00") {
				t.Errorf("ParseReference(%q) = %v, %q", s, r, err)
			}
			return
		}
		again, err := ParseReference(r.String())
		if err != nil || again != r {
			t.Errorf("ParseReference(%q) = %q, which parses to %q, %v", s, r, again, err)
		}
		if strings.Contains(manifestPath(r), "..") && !strings.Contains(r.Tag(), "..") || strings.ContainsAny(manifestPath(r), "?#% ") {
			t.Errorf("ParseReference(%q): path %q", s, manifestPath(r))
		}
	})
}

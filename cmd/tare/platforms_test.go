package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/digest"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// platforms writes an archive of an image for two platforms; a third is listed
// and not there.
func platforms(t *testing.T, dir string) {
	t.Helper()
	f := it.Files{}
	var list []oci.Descriptor
	for _, arch := range []string{"amd64", "arm64"} {
		img := app()
		img.Tag = ""
		img.Config.Platform = oci.Platform{OS: "linux", Architecture: arch}
		img.Layers = append(img.Layers[:3:3], it.Plain(it.Sized("usr/lib/"+arch, len(arch)*1000+int(arch[1]))))
		list = append(list, f.Manifest(img))
	}
	list = append(list, oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: digest.FromBytes(nil), Platform: &oci.Platform{OS: "linux", Architecture: "s390x"}})
	f.Index(f.Nested("app:1", list...))
	if err := os.WriteFile(filepath.Join(dir, "two.tar"), f.Archive(), 0o644); err != nil {
		t.Fatal(err)
	}
}

// TestPlatforms: a row or a section for each platform.
func TestPlatforms(t *testing.T) {
	dir := t.TempDir()
	platforms(t, dir)
	for _, tt := range []struct{ name, args string }{
		{"platforms-weigh", "weigh --platform all two.tar"},
		{"platforms-history", "history --platform all --iso two.tar"},
		{"platforms-compare", "compare --platform all two.tar"},
		{"platforms-verify", "verify two.tar"},
		{"platforms-tree", "tree --platform all two.tar"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			golden(t, tt.name, "tare "+tt.args, tareCommand(t, dir, strings.Fields(tt.args)...))
		})
	}
	for _, args := range []string{"audit --platform all --format json two.tar", "history --platform all --format json two.tar", "weigh --platform all --format json two.tar"} {
		out, stderr, _ := output(t, dir, "", strings.Fields(args)...)
		var got struct{ Images []struct{ Platform string } }
		if err := json.Unmarshal([]byte(out), &got); err != nil || len(got.Images) != 2 || got.Images[0].Platform != "linux/amd64" || got.Images[1].Platform != "linux/arm64" {
			t.Errorf("%s: %v: %+v %s", args, err, got, stderr)
		}
	}
	out, _, _ := output(t, dir, "two.tar\n", "audit", "--platform", "all", "-")
	if n := strings.Count(out, `"platform":"linux/a`); n != 2 {
		t.Errorf("%d lines: %s", n, out)
	}
	out, _, _ = output(t, dir, "", "sbom", "--platform", "all", "two.tar")
	documents := json.NewDecoder(strings.NewReader(out))
	for n := range 2 {
		var document struct{ SPDXVersion string }
		if err := documents.Decode(&document); err != nil || document.SPDXVersion == "" {
			t.Errorf("document %d: %v", n, err)
		}
	}
	out, _, _ = output(t, dir, "", "history", "--platform", "all", "-q", "two.tar")
	if n := strings.Count(out, "sha256:"); n != 2 && strings.Count(out, "\n") < 2 {
		t.Errorf("%s", out)
	}
}

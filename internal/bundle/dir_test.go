package bundle

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// TestDir: what is written as a dir: is read from it, an index with all that it
// lists, an attestation too, and a single manifest; to the byte.
func TestDir(t *testing.T) {
	ctx := context.Background()
	f := it.Files{}
	amd64 := f.Manifest(it.Image{Layers: []it.Layer{it.Zipped(it.File("a", "1"))}})
	arm := it.Image{Layers: []it.Layer{it.Zipped(it.File("a", "2"))}}
	arm.Config.Platform = oci.Platform{OS: "linux", Architecture: "arm64"}
	f.Index(f.Nested("app", amd64, f.Manifest(arm), f.Attest(amd64, "{}")))
	layout := f.Dir(t)
	for _, single := range []bool{false, true} {
		img := opened(t, layout, image.Options{Platform: oci.Platform{OS: "linux", Architecture: "amd64"}})
		b, err := Collect(ctx, img, single)
		if err != nil {
			t.Fatal(err)
		}
		dir := filepath.Join(t.TempDir(), "dir")
		if err := b.WriteDir(ctx, dir); err != nil {
			t.Fatal(err)
		}
		for _, ref := range []string{"dir:" + dir, dir} {
			img, err := image.Open(ctx, ref, image.Options{Platform: oci.Platform{OS: "linux", Architecture: "amd64"}})
			if err != nil {
				t.Fatal(err)
			}
			if img.ManifestDigest != amd64.Digest || img.Root.Digest != b.Root.Digest || img.Source != image.Dir {
				t.Errorf("%s, single %v: manifest %s, root %s", ref, single, img.ManifestDigest, img.Root.Digest)
			}
			again, err := Collect(ctx, img, false)
			if err != nil {
				t.Fatal(err)
			}
			if len(again.contents) != len(b.contents) {
				t.Errorf("%s, single %v: %d contents, want %d", ref, single, len(again.contents), len(b.contents))
			}
			for _, c := range again.contents {
				if err := c.copyTo(ctx, new(strings.Builder)); err != nil {
					t.Error(err)
				}
			}
		}
		if _, err := image.Open(ctx, "dir:"+dir, image.Options{Platform: oci.Platform{OS: "linux", Architecture: "s390x"}}); err == nil {
			t.Error("a platform that isn't there is opened")
		}
		if err := b.WriteDir(ctx, dir); err == nil || err.Error() != "holds files already" {
			t.Errorf("written twice: %v", err)
		}
	}
	if entries, err := os.ReadDir(t.TempDir()); err != nil || len(entries) > 0 {
		t.Errorf("left behind: %v, %v", entries, err)
	}
}

// TestNoDir: what isn't one, and one that is damaged.
func TestNoDir(t *testing.T) {
	empty, damaged := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(damaged, "manifest.json"), []byte(`{"schemaVersion":2,`), 0o644); err != nil {
		t.Fatal(err)
	}
	for ref, want := range map[string]string{
		"dir:" + empty:           "holds no image as skopeo's dir: writes it: no manifest.json",
		empty:                    "holds no OCI layout",
		"dir:" + empty + "/none": "no such file",
		"dir:" + damaged:         "unexpected end",
	} {
		if _, err := image.Open(t.Context(), ref, image.Options{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", ref, err, want)
		}
	}
}

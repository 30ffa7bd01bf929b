package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// contents are the digests of the images.
func contents(t *testing.T, dir string, refs ...string) []string {
	t.Helper()
	var got struct {
		Images []struct{ ConfigDigest, ManifestDigest string }
	}
	if err := json.Unmarshal([]byte(tare(t, dir, append([]string{"weigh", "--platform", "linux/amd64", "--format", "json"}, refs...)...)), &got); err != nil {
		t.Fatal(err)
	}
	var digests []string
	for _, img := range got.Images {
		digests = append(digests, img.ConfigDigest+" "+img.ManifestDigest)
	}
	return digests
}

// TestCopyAll: every image of an archive or a layout arrives under its name, of a
// layout with all its platforms, and from there in another archive once more.
func TestCopyAll(t *testing.T) {
	dir := t.TempDir()
	two := app()
	two.Tag = ""
	f := it.Files{}
	arm := base()
	arm.Tag = ""
	arm.Config.Platform = oci.Platform{OS: "linux", Architecture: "arm64"}
	whole := f.Nested("multi", f.Manifest(zipped(two)), f.Manifest(zipped(arm)))
	twice := f.Manifest(zipped(base()))
	again := twice
	again.Annotations = map[string]string{oci.AnnotationContainerdName: "example.org/base:2", oci.AnnotationRefName: "2"}
	f.Index(whole, twice, again)
	for name, content := range f {
		p := filepath.Join(dir, "layout", name)
		if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(p, content, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	names := []string{"multi", "base:1", "example.org/base:2"}
	refs := func(transport string) []string {
		var list []string
		for _, name := range names {
			list = append(list, transport+":"+name)
		}
		return list
	}
	want := contents(t, dir, refs("oci:layout")...)
	for _, step := range [][3]string{
		{"layout", "one.tar", "oci-archive:one.tar"},
		{"one.tar", "oci:second", "oci:second"},
		{"oci-archive:one.tar", "two.tar", "oci-archive:two.tar"},
	} {
		out := tare(t, dir, "copy", "--all", "--format", "json", step[0], step[1])
		var said struct{ Copied []struct{ Images []any } }
		if err := json.Unmarshal([]byte(out), &said); err != nil || len(said.Copied) != 3 || len(said.Copied[0].Images) != 2 {
			t.Errorf("%v: %v, %s", step, err, out)
		}
		if got := contents(t, dir, refs(step[2])...); !slices.Equal(got, want) {
			t.Errorf("%v: %q, want %q", step, got, want)
		}
	}
	one, err := os.ReadFile(filepath.Join(dir, "one.tar"))
	if err != nil {
		t.Fatal(err)
	}
	if other, err := os.ReadFile(filepath.Join(dir, "two.tar")); err != nil || string(other) != string(one) {
		t.Errorf("the archive of an archive's images is another: %v", err)
	}
	put(t, dir, "both.tar", it.Classic(base(), app(), it.Image{Layers: []it.Layer{it.Plain(it.File("x", "nameless"))}}).Archive())
	tare(t, dir, "copy", "--all", "both.tar", "from-both.tar")
	saved, err := image.References(t.Context(), "docker-archive:"+filepath.Join(dir, "from-both.tar"), image.Options{})
	if err != nil || len(saved) != 3 || !strings.HasSuffix(saved[0], ":base:1") || !strings.HasSuffix(saved[1], ":app:1") || !strings.HasSuffix(saved[2], ":@2") {
		t.Errorf("%q, %v", saved, err)
	}
	tare(t, dir, "verify", "docker-archive:from-both.tar:base:1")
}

// TestCopyAllRefuses: what names one image, and names that would be lost.
func TestCopyAllRefuses(t *testing.T) {
	dir := t.TempDir()
	put(t, dir, "both.tar", it.Classic(base(), app()).Archive())
	put(t, dir, "old.tar", it.Files{"repositories": []byte(`{"base":{"1":"00"}}`), "00/layer.tar": it.Tar(), "00/json": []byte("{}"), "00/VERSION": []byte("1.0")}.Archive())
	for args, want := range map[string]string{
		"copy --all both.tar docker://localhost:1/x":             "--all keeps the images' names",
		"copy --all both.tar oci-archive:a.tar:name:1":           "--all keeps the images' names",
		"copy --all both.tar oci:dir:tag":                        "--all keeps the images' names",
		"copy --all docker-archive:both.tar:base:1 a.tar":        "names one image already",
		"copy --all docker://localhost:1/x a.tar":                "names one image",
		"copy --all - a.tar":                                     "standard input can be read once",
		"copy --all none.tar a.tar":                              "no such file",
		"copy --all old.tar a.tar":                               "before 1.10",
		"weigh old.tar":                                          "an archive of docker save before 1.10, without manifest.json",
		"copy --all both.tar docker-archive:./no/such/dir/a.tar": "no such file",
	} {
		out, stderr, code := output(t, dir, "", strings.Fields(args)...)
		if code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s%s; want %q", args, code, out, stderr, want)
		}
	}
}

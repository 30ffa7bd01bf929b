package main

import (
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// A copy that can't take everything says what it leaves.
func TestCopyLeavesOut(t *testing.T) {
	dir, f := t.TempDir(), it.Files{}
	f.Index(f.Nested("1",
		f.Manifest(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "1"))}}),
		f.Manifest(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "2"))}, Config: image.Config{Platform: oci.Platform{OS: "linux", Architecture: "arm64"}}})))
	put(t, dir, "two.tar", f.Archive())
	for args, want := range map[string]string{
		"copy two.tar whole.tar":                             "",
		"copy --gzip two.tar packed.tar":                     "note: left out: linux/arm64: layers are recompressed for one platform only\n",
		"copy --gzip --platform linux/arm64 two.tar one.tar": "",
	} {
		cmd := tareCommand(t, dir, strings.Fields(args)...)
		var stderr strings.Builder
		cmd.Stderr = &stderr
		if err := cmd.Run(); err != nil || stderr.String() != want {
			t.Errorf("%s: %v, %q, want %q", args, err, stderr.String(), want)
		}
	}
}

// A context that isn't there is an error of its own, and not an engine that
// hasn't got the image.
func TestNoContext(t *testing.T) {
	dir := t.TempDir()
	cmd := tareCommand(t, dir, "weigh", "alpine:3.20")
	cmd.Env = append(cmd.Env, "DOCKER_HOST=", "DOCKER_CONTEXT=none", "DOCKER_CONFIG="+filepath.Join(dir, "config"))
	out, err := cmd.CombinedOutput()
	want := `tare: alpine:3.20: docker engine: DOCKER_CONTEXT "none": there is no such context, see docker context ls` + "\n"
	if err == nil || string(out) != want {
		t.Errorf("%v: %q, want %q", err, out, want)
	}
}

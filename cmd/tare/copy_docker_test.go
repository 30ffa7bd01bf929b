//go:build docker

package main

import (
	"path/filepath"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/test"
)

// TestDockerCopyKeeps: from containerd's store an image comes as it was loaded,
// with its index and all platforms; from overlay2's, which has no manifests, one
// platform comes.
func TestDockerCopyKeeps(t *testing.T) {
	const name = "tare-test-copy:1"
	dir, f := t.TempDir(), it.Files{}
	var list []oci.Descriptor
	for _, arch := range []string{"amd64", "arm64"} {
		list = append(list, f.Manifest(it.Image{
			Layers: []it.Layer{it.Zipped(it.File("a", arch))},
			Config: image.Config{Platform: oci.Platform{OS: "linux", Architecture: arch}},
		}))
	}
	f.Index(f.Nested("1", list...))
	put(t, dir, "made.tar", f.Archive())
	tare(t, dir, "copy", "made.tar", "docker-archive:named.tar:"+name)
	t.Cleanup(func() { docker(t, "image", "rm", "-f", name) })
	docker(t, "load", "-q", "-i", filepath.Join(dir, "named.tar"))
	engineTare(t, "copy", "docker-daemon:"+name, "oci-archive:"+filepath.Join(dir, "back.tar"))
	want, back := check(t, filepath.Join(dir, "named.tar")), check(t, filepath.Join(dir, "back.tar"))
	if test.Containerd(t) {
		if back.Root.Digest != want.Root.Digest || back.Root.Digest.IsZero() {
			t.Errorf("came back as %s, was %s", back.Root.Digest, want.Root.Digest)
		}
		tare(t, dir, "verify", "--platform", "linux/arm64", "back.tar")
		return
	}
	if back.ConfigDigest != want.ConfigDigest {
		t.Errorf("came back with config %s, was %s", back.ConfigDigest, want.ConfigDigest)
	}
}

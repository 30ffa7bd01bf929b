//go:build docker

package main

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestPackedRuns: an engine loads what was packed, keeps the digest of its
// configuration and runs it; the same packed inside a container is the same. The
// test itself runs there, so it is built with CGO_ENABLED=0, as make does.
func TestPackedRuns(t *testing.T) {
	const name = "tare-pack-test:1"
	dir, program := t.TempDir(), goBinary(t, "amd64")
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	tare(t, dir, "pack", "--tag", name, "-o", "image.tar", program)
	archive := filepath.Join(dir, "image.tar")
	img := check(t, archive)
	docker(t, "load", "-q", "-i", archive)
	if got := strings.TrimSpace(docker(t, "inspect", "-f", "{{.Id}}", name)); got != img.ConfigDigest.String() {
		t.Errorf("the engine has %s, packed was %s", got, img.ConfigDigest)
	}
	hello(t, name)
	docker(t, "rmi", name)
	engineTare(t, "pack", "--tag", name, "--load", program)
	hello(t, name)
	for _, source := range []string{"docker-archive:" + archive, "oci-archive:" + archive} {
		if out, err := exec.Command("skopeo", "inspect", source).CombinedOutput(); err != nil {
			t.Errorf("skopeo inspect %s: %v: %s", source, err, out)
		}
	}
	self := tareCommand(t, dir)
	inside := exec.Command("docker", "run", "--rm", "-i", "--user", "1234:1234", "-e", asTare+"=1", "-e", "TZ=Asia/Tokyo",
		"-v", self.Path+":/tare:ro", "-v", program+":/other/hello:ro", "alpine:3.20",
		"sh", "-c", "umask 077; cd /other; exec /tare pack --tag "+name+" -o - hello")
	out, err := inside.Output()
	if err != nil {
		t.Fatal(err)
	}
	if outside := tare(t, dir, "pack", "--tag", name, "-o", "-", program); string(out) != outside {
		t.Error("packed inside a container, the image is another")
	}
}

// hello runs the image and wants its greeting.
func hello(t *testing.T, name string) {
	t.Helper()
	out, err := exec.Command("docker", "run", "--rm", "--read-only", "--cap-drop", "ALL", name).CombinedOutput()
	if err != nil || !strings.Contains(string(out), "hello from a packed image") {
		t.Errorf("docker run %s: %v: %s", name, err, out)
	}
}

// TestOtherPlatforms starts images of other processors under qemu-user-static,
// which is put into them: the engine's kernel need not know it.
func TestOtherPlatforms(t *testing.T) {
	for arch, emulator := range map[string]string{"arm64": "qemu-aarch64-static", "riscv64": "qemu-riscv64-static"} {
		t.Run(arch, func(t *testing.T) {
			path, err := exec.LookPath(emulator)
			if err != nil {
				t.Fatal(err)
			}
			name := "tare-pack-test:" + arch
			t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
			engineTare(t, "pack", "--tag", name, "--load", "--level", "1",
				"--add", path+":/emulator:0755", "--entrypoint", "/emulator /hello", goBinary(t, arch))
			if got := strings.TrimSpace(docker(t, "inspect", "-f", "{{.Os}}/{{.Architecture}}", name)); got != "linux/"+arch {
				t.Errorf("the engine takes it for %s", got)
			}
			hello(t, name)
		})
	}
}

// TestBaseFromEngine: a base of the engine's, with OCI's media types only.
func TestBaseFromEngine(t *testing.T) {
	const name = "tare-pack-test:based"
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	dir, program := t.TempDir(), goBinary(t, "amd64")
	archive := filepath.Join(dir, "based.tar")
	engineTare(t, "pack", "--tag", name, "--base", "docker-daemon:alpine:3.20", "--load", "-o", archive, program)
	img := check(t, archive)
	if strings.Contains(string(img.RawManifest), "docker") || len(img.Layers) != 2 {
		t.Errorf("manifest %s", img.RawManifest)
	}
	hello(t, name)
}

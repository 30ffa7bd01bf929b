//go:build docker

package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/test"
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
	want := img.ConfigDigest
	if test.Containerd(t) {
		want = img.ManifestDigest
	}
	if got := inspected(t, "{{.Id}}", name); got != want.String() {
		t.Errorf("the engine has %s, packed was %s", got, want)
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
	if err := os.Chmod(filepath.Dir(dir), 0o755); err != nil {
		t.Fatal(err)
	}
	root := plant(t, dir, false, 1, 0o644)
	if err := os.Chmod(filepath.Join(root, "sub"), 0o755); err != nil {
		t.Fatal(err)
	}
	self := tareCommand(t, dir)
	inside := exec.Command("docker", "run", "--rm", "-i", "--user", "1234:1234", "-e", asTare+"=1", "-e", "TZ=Asia/Tokyo",
		"-v", self.Path+":/tare:ro", "-v", program+":/other/hello:ro", "-v", root+":/other/tree:ro", "alpine:3.20",
		"sh", "-c", "umask 077; cd /other; exec /tare pack --tag "+name+" -o - --add tree:/srv hello")
	out, err := inside.Output()
	if err != nil {
		t.Fatal(err)
	}
	if outside := tare(t, dir, "pack", "--tag", name, "-o", "-", "--add", root+":/srv", program); string(out) != outside {
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
// which is put into them: the engine's kernel need not know it. A 386 program
// the kernel of an amd64 machine runs itself; qemu-i386 crashes on Go's threads.
func TestOtherPlatforms(t *testing.T) {
	for _, tt := range []struct{ platform, emulator string }{
		{"arm64", "qemu-aarch64-static"},
		{"arm/v5", "qemu-arm-static"},
		{"arm/v6", "qemu-arm-static"},
		{"arm/v7", "qemu-arm-static"},
		{"386", ""},
		{"riscv64", "qemu-riscv64-static"},
		{"ppc64le", "qemu-ppc64le-static"},
		{"s390x", "qemu-s390x-static"},
		{"loong64", "qemu-loongarch64-static"},
	} {
		t.Run(tt.platform, func(t *testing.T) {
			name := "tare-pack-test:" + strings.ReplaceAll(tt.platform, "/", "-")
			t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
			args := []string{"pack", "--tag", name, "--load", "--level", "1", goBinary(t, tt.platform)}
			if tt.emulator != "" {
				path, err := exec.LookPath(tt.emulator)
				if err != nil {
					t.Fatal(err)
				}
				args = append(args, "--add", path+":/emulator:0755", "--entrypoint", "/emulator /hello")
			}
			engineTare(t, args...)
			got := strings.TrimSpace(docker(t, "inspect", "-f", "{{.Architecture}}{{with .Variant}}/{{.}}{{end}}", name))
			if got != tt.platform {
				t.Errorf("the engine takes it for %s", got)
			}
			hello(t, name)
		})
	}
}

// TestBases builds on one image by every transport: the layers below are the
// same, the media types are OCI's only.
func TestBases(t *testing.T) {
	const name = "tare-pack-test:based"
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	dir, program := t.TempDir(), goBinary(t, "amd64")
	saved := filepath.Join(dir, "alpine.tar")
	docker(t, "save", "-o", saved, "alpine:3.20")
	base := check(t, "docker-archive:"+saved)
	tare(t, dir, "copy", "--gzip", saved, "oci:layout:alpine")
	tare(t, dir, "copy", "--gzip", saved, "alpine-oci.tar")
	for _, reference := range []string{
		"docker-daemon:alpine:3.20", "docker-archive:" + saved, saved, "oci-archive:alpine-oci.tar", "oci:layout:alpine",
	} {
		archive := filepath.Join(dir, "based.tar")
		cmd := tareCommand(t, dir, "pack", "--tag", name, "--level", "1", "--base", reference, "--env", "A=b", "-o", archive, program)
		cmd.Env = append(os.Environ(), asTare+"=1")
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("%s: %v: %s", reference, err, out)
		}
		img := check(t, archive)
		c := img.Config.Config
		if len(img.Layers) != 2 || img.Layers[0].DiffID != base.Layers[0].DiffID || strings.Contains(string(img.RawManifest), "docker") {
			t.Errorf("%s: manifest %s", reference, img.RawManifest)
		}
		if c.User != "65532:65532" || c.Cmd != nil || c.Env[len(c.Env)-1] != "A=b" || len(c.Env) != len(base.Config.Config.Env)+1 {
			t.Errorf("%s: config %+v", reference, c)
		}
	}
	docker(t, "load", "-q", "-i", filepath.Join(dir, "based.tar"))
	hello(t, name)
}

// TestDynamic: a program of Alpine's runs on Alpine, and nowhere else.
func TestDynamic(t *testing.T) {
	const name = "tare-pack-test:dynamic"
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	program := filepath.Join(t.TempDir(), "busybox")
	content := docker(t, "run", "--rm", "alpine:3.20", "cat", "/bin/busybox")
	if err := os.WriteFile(program, []byte(content), 0o755); err != nil {
		t.Fatal(err)
	}
	out, err := tareCommand(t, t.TempDir(), "pack", "-o", "x.tar", program).CombinedOutput()
	if err == nil || !strings.Contains(string(out), "it needs /lib/ld-musl-x86_64.so.1, libc.musl-x86_64.so.1\nhint: ") {
		t.Errorf("without a base: %v: %s", err, out)
	}
	engineTare(t, "pack", "--tag", name, "--base", "docker-daemon:alpine:3.20", "--load", "--level", "1",
		"--cmd", `["echo", "hello from a packed image"]`, program)
	hello(t, name)
}

// TestSBOMOfAlpine lists what Alpine's own package manager lists.
func TestSBOMOfAlpine(t *testing.T) {
	var document struct {
		Packages []struct{ Name, VersionInfo string }
	}
	if err := json.Unmarshal(engineTare(t, "sbom", "docker-daemon:alpine:3.20"), &document); err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, p := range document.Packages[1:] { // the first is the image
		got = append(got, p.Name+"-"+p.VersionInfo)
	}
	want := strings.Fields(docker(t, "run", "--rm", "alpine:3.20", "apk", "info", "-v"))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

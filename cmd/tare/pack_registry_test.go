//go:build registry

package main

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// peer runs a program of other people's: the one on PATH, else the module by
// the go command.
func peer(t *testing.T, name, module string, args ...string) string {
	t.Helper()
	command := []string{name}
	if _, err := exec.LookPath(name); err != nil {
		command = []string{"go", "run", module}
	}
	var stderr bytes.Buffer
	cmd := exec.Command(command[0], append(command[1:], args...)...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

func crane(t *testing.T, args ...string) string {
	return peer(t, "crane", "github.com/google/go-containerregistry/cmd/crane@v0.22.1", args...)
}

func regctl(t *testing.T, address string, args ...string) string {
	return peer(t, "regctl", "github.com/regclient/regclient/cmd/regctl@v0.11.7", append([]string{"--host", "reg=" + address + ",tls=disabled"}, args...)...)
}

// TestPackAndPush: what was packed is what other programs find in the
// registry, and what comes back.
func TestPackAndPush(t *testing.T) {
	address := registryServer(t, "")
	dir := t.TempDir()
	ref := address + "/team/hello:1"
	made := parsePacked(t, tare(t, dir, "pack", "--format", "json", "--tag", "hello:1", "--sbom", "spdx", "-o", "image.tar", "--push", ref,
		goBinary(t, "amd64"), goBinary(t, "riscv64")))
	if got := strings.TrimSpace(crane(t, "digest", ref)); got != made.Digest {
		t.Errorf("crane sees %s, packed was %s", got, made.Digest)
	}
	crane(t, "validate", "--remote", ref)
	if got := crane(t, "manifest", ref); !strings.Contains(got, "riscv64") {
		t.Errorf("manifest %s", got)
	}
	if got := strings.TrimSpace(regctl(t, address, "manifest", "head", ref)); got != made.Digest {
		t.Errorf("regctl sees %s, packed was %s", got, made.Digest)
	}
	if got := regctl(t, address, "artifact", "list", "--platform", "linux/riscv64", ref); !strings.Contains(got, "application/spdx+json") {
		t.Errorf("referrers: %s", got)
	}
	for _, to := range []string{"oci:layout:1", "docker://" + address + "/other/hello:2", "back.tar"} {
		got := parsePacked(t, tare(t, dir, "copy", "--format", "json", "docker://"+ref, to))
		if got.Digest != made.Digest || len(got.Referrers) != 2 {
			t.Errorf("copy to %s: %+v, packed was %+v", to, got, made)
		}
	}
	tare(t, dir, "push", "layout", address+"/fourth/hello:3")
	for _, name := range []string{"/other/hello:2", "/fourth/hello:3"} {
		if got := regctl(t, address, "artifact", "list", "--platform", "linux/amd64", address+name); !strings.Contains(got, "application/spdx+json") {
			t.Errorf("referrers of %s: %s", name, got)
		}
	}
	again := parsePacked(t, tare(t, dir, "push", "--format", "json", "image.tar", address+"/third/hello"))
	if again.Digest != made.Digest || len(again.Referrers) != 2 {
		t.Errorf("pushed from the archive: %+v, packed was %s", again, made.Digest)
	}
	pulled := parsePacked(t, tare(t, dir, "pull", "--format", "json", "--platform", "linux/amd64", ref, "-o", "amd64.tar"))
	if img := check(t, filepath.Join(dir, "amd64.tar")); img.ManifestDigest.String() != pulled.Digest {
		t.Errorf("pulled %s, archive has %s", pulled.Digest, img.ManifestDigest)
	}
	crane(t, "validate", "--tarball", filepath.Join(dir, "amd64.tar"))
	if out, err := exec.Command("skopeo", "inspect", "oci:"+filepath.Join(dir, "layout")+":1").CombinedOutput(); err != nil {
		t.Errorf("skopeo inspect: %v: %s", err, out)
	}
}

// TestBaseFromRegistry: of a base that has Docker's media types, every
// executable gets the platform that is its own, with OCI's.
func TestBaseFromRegistry(t *testing.T) {
	address := registryServer(t, "")
	dir := t.TempDir()
	tare(t, dir, "pack", "--tag", "base:1", "--level", "1", "-o", "base.tar", goBinary(t, "amd64"), goBinary(t, "riscv64"))
	base := address + "/base:1"
	push(t, "oci-archive:"+filepath.Join(dir, "base.tar"), "docker://"+base, "--all", "--format", "v2s2")
	if got := crane(t, "manifest", base); !strings.Contains(got, "vnd.docker.distribution.manifest.list.v2+json") {
		t.Fatalf("the base is %s", got)
	}
	tare(t, dir, "pack", "--tag", "app:1", "--level", "1", "--base", "docker://"+base, "--env", "A=b", "-o", "app.tar", goBinary(t, "amd64"), goBinary(t, "riscv64"))
	for _, platform := range []string{"linux/amd64", "linux/riscv64"} {
		tare(t, dir, "copy", "--platform", platform, "app.tar", "one.tar")
		tare(t, dir, "copy", "--platform", platform, "base.tar", "below.tar")
		img, below := check(t, filepath.Join(dir, "one.tar")), check(t, filepath.Join(dir, "below.tar"))
		if img.Platform().String() != platform || len(img.Layers) != 2 || img.Layers[0].Descriptor.Digest != below.Layers[0].Descriptor.Digest {
			t.Errorf("%s: %s", platform, img.RawManifest)
		}
		if strings.Contains(string(img.RawManifest), "docker") {
			t.Errorf("%s: media types are mixed: %s", platform, img.RawManifest)
		}
	}
	cmd := tareCommand(t, dir, "pack", "--base", "docker://"+base, "-o", "x.tar", goBinary(t, "arm64"))
	if out, _ := cmd.CombinedOutput(); cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), `holds no platform linux/arm64, only "linux/amd64", "linux/riscv64"`) {
		t.Errorf("a platform that the base lacks: %s", out)
	}
}

// TestPushWithPassword: credentials come from Docker's configuration.
func TestPushWithPassword(t *testing.T) {
	address := registryServer(t, testUsers)
	dir, program := t.TempDir(), goBinary(t, "amd64")
	cmd := tareCommand(t, dir, "pack", "--push", address+"/x:1", program)
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), "401") {
		t.Errorf("without password: %s", out)
	}
	login(t, dir, address)
	tare(t, dir, "pack", "--push", address+"/x:1", program)
}

// TestRegistryRestarts: a registry that is killed in the middle of a push and
// comes back has the image in the end.
func TestRegistryRestarts(t *testing.T) {
	r := newRegistry(t, "")
	r.start(t)
	dir := t.TempDir()
	big := filepath.Join(dir, "big")
	if err := os.WriteFile(big, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(big, 600<<20); err != nil {
		t.Fatal(err)
	}
	ref := r.address + "/big:1"
	cmd := tareCommand(t, dir, "pack", "--format", "json", "--compression", "none", "--add", big+":/big", "--push", ref, goBinary(t, "amd64"))
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	for deadline := time.Now().Add(2 * time.Minute); r.stored(t) < 50<<20; time.Sleep(5 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("no upload: %s", &stderr)
		}
	}
	r.stop()
	if got := r.stored(t); got >= 600<<20 {
		t.Fatalf("killed too late: %d bytes are there", got)
	}
	time.Sleep(300 * time.Millisecond)
	r.start(t)
	if err := cmd.Wait(); err != nil {
		t.Fatalf("%v: %s", err, &stderr)
	}
	if got := strings.TrimSpace(crane(t, "digest", ref)); got != parsePacked(t, stdout.String()).Digest {
		t.Errorf("the registry has %s", got)
	}
	tare(t, dir, "verify", "docker://"+ref)
}

// stored is how many bytes lie in the registry's storage.
func (r *registryProcess) stored(t *testing.T) (sum int64) {
	t.Helper()
	err := filepath.WalkDir(r.dir, func(_ string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() {
			return nil // moves under way
		}
		if info, err := entry.Info(); err == nil {
			sum += info.Size()
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return sum
}

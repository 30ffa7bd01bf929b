package main

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"devops-go/internal/image"
	"devops-go/internal/verify"
)

// goBinary builds a small static program for a platform, ARCH or ARCH/VARIANT,
// and returns its path.
func goBinary(t testing.TB, platform string) string {
	t.Helper()
	dir := t.TempDir()
	name := filepath.Join(dir, "hello")
	source := filepath.Join(dir, "hello.go")
	if err := os.WriteFile(source, []byte("package main\n\nfunc main() { println(\"hello from a packed image\") }\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, source)
	arch, variant, _ := strings.Cut(platform, "/v")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0", "GOOS=linux", "GOARCH="+arch)
	if arch == "arm" {
		cmd.Env = append(cmd.Env, "GOARM="+variant)
	}
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return name
}

// tare runs tare in dir and wants it to succeed.
func tare(t testing.TB, dir string, args ...string) string {
	t.Helper()
	cmd := tareCommand(t, dir, args...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tare %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// check verifies the image that a reference names.
func check(t testing.TB, reference string) *image.Image {
	t.Helper()
	ctx := context.Background()
	img, err := image.Open(ctx, reference, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { img.Close() })
	r, err := verify.Image(ctx, img, verify.Options{})
	if err != nil || !r.OK {
		t.Fatalf("%s: %+v, %v", reference, r, err)
	}
	return img
}

// TestPack packs to a file, a layout and standard output: one image.
func TestPack(t *testing.T) {
	dir, program := t.TempDir(), goBinary(t, "amd64")
	args := []string{"pack", "--tag", "hello:1", "--expose", "8000", "--healthcheck", "--interval=10s CMD /hello check", program, "-o"}
	tare(t, dir, append(args, "hello.tar")...)
	tare(t, dir, append(args, "layout/")...)
	piped := tare(t, dir, append(args, "-")...)
	archive, err := os.ReadFile(filepath.Join(dir, "hello.tar"))
	if err != nil || piped != string(archive) {
		t.Errorf("standard output differs from the file, %v", err)
	}
	img, other := check(t, filepath.Join(dir, "hello.tar")), check(t, "oci:"+filepath.Join(dir, "layout")+":1")
	if img.ManifestDigest != other.ManifestDigest {
		t.Errorf("archive %s, layout %s", img.ManifestDigest, other.ManifestDigest)
	}
	c := img.Config.Config
	if c.Healthcheck == nil || c.Healthcheck.Interval != 10*time.Second || strings.Join(c.Healthcheck.Test, " ") != "CMD /hello check" {
		t.Errorf("healthcheck %+v", c.Healthcheck)
	}
	if _, ok := c.ExposedPorts["8000/tcp"]; !ok || c.Labels["dev.go.version"] != runtime.Version() {
		t.Errorf("ports %v, labels %v", c.ExposedPorts, c.Labels)
	}
	if got := files(t, dir); got != "hello.tar layout" {
		t.Errorf("left %q", got)
	}
	// A second image in the layout leaves the first there.
	tare(t, dir, "pack", "--tag", "hello:2", "--env", "A=b", program, "-o", "layout/")
	for _, tag := range []string{"1", "2"} {
		check(t, "oci:"+filepath.Join(dir, "layout")+":"+tag)
	}
}

// TestSourceDate: the time is the one that was asked for, everywhere.
func TestSourceDate(t *testing.T) {
	dir, program := t.TempDir(), goBinary(t, "amd64")
	cmd := tareCommand(t, dir, "pack", "-o", "a.tar", program)
	cmd.Env = append(cmd.Env, "SOURCE_DATE_EPOCH=1700000000", "TZ=Asia/Tokyo")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	img := check(t, filepath.Join(dir, "a.tar"))
	if got := img.Config.Created.Format(time.RFC3339); got != "2023-11-14T22:13:20Z" {
		t.Errorf("created %s", got)
	}
	cmd = tareCommand(t, dir, "pack", "-o", "a.tar", program)
	cmd.Env = append(cmd.Env, "SOURCE_DATE_EPOCH=yesterday")
	if out, _ := cmd.CombinedOutput(); !strings.Contains(string(out), `SOURCE_DATE_EPOCH "yesterday"`) {
		t.Errorf("%s", out)
	}
}

// TestSBOM: an SBOM travels with the image.
func TestSBOM(t *testing.T) {
	dir, program := t.TempDir(), goBinary(t, "amd64")
	tare(t, dir, "pack", "-o", "plain.tar", program)
	tare(t, dir, "pack", "-o", "listed.tar", "--sbom", "spdx", program)
	plain, listed := check(t, filepath.Join(dir, "plain.tar")), check(t, filepath.Join(dir, "listed.tar"))
	if plain.ManifestDigest != listed.ManifestDigest || len(listed.Attestations) != 1 {
		t.Errorf("digests %s, %s, %d attestations", plain.ManifestDigest, listed.ManifestDigest, len(listed.Attestations))
	}
	tare(t, dir, "copy", "listed.tar", "oci:moved:1")
	if moved := check(t, "oci:"+filepath.Join(dir, "moved")+":1"); len(moved.Attestations) != 1 {
		t.Errorf("%d attestations after the copy", len(moved.Attestations))
	}
	for _, format := range []string{"spdx", "cyclonedx"} {
		if got := tare(t, dir, "sbom", "--format", format, "listed.tar"); !strings.Contains(got, "pkg:golang/stdlib@"+strings.TrimPrefix(runtime.Version(), "go")) {
			t.Errorf("%s: %s", format, got)
		}
	}
}

// TestPackCommands holds what the command says to a command line that can't be.
func TestPackCommands(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "script"), []byte("#!/bin/sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, want string }{
		{"pack", "pack: no executable given"},
		{"pack script", "nowhere to put the image"},
		{"pack -o x.tar script", `"script": not an ELF file but a script`},
		{"pack -o x.tar none", `"none": no such file`},
		{"pack --user nobody -o x.tar script", `user "nobody": want UID`},
		{"pack --expose 0 -o x.tar script", `port "0"`},
		{"pack --level 12 -o x.tar script", `level "12"`},
		{"pack --compression xz -o x.tar script", `compression "xz"`},
		{"pack --healthcheck --interval=x -o x.tar script", "--interval=x: want a duration"},
		{"pack --stop-signal term -o x.tar script", `signal "term"`},
		{"pack --sbom swid -o x.tar script", `SBOM format "swid"`},
		{"copy script elsewhere", "want a transport"},
		{"copy script docker-daemon:x@sha256:" + strings.Repeat("0", 64), "can't be chosen"},
		{"pull x.example/y", "nowhere to put the image"},
		{"push script", "want at least 2"},
	} {
		cmd := tareCommand(t, dir, strings.Fields(tt.args)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit %d: %s want %s", tt.args, cmd.ProcessState.ExitCode(), out, tt.want)
		}
		if got := files(t, dir); got != "script" {
			t.Fatalf("%s left %q", tt.args, got)
		}
	}
}

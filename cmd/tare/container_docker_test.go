//go:build docker

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestInContainer: the lines of the README, on an archive as docker save wrote
// it, readable to its owner alone.
func TestInContainer(t *testing.T) {
	const name = "tare-test-container:1"
	t.Cleanup(func() { exec.Command("docker", "rmi", "-f", name).Run() })
	docker(t, "build", "-q", "--target", "tare", "--build-arg", "VERSION=1.2.3", "-t", name, "../..")
	dir := t.TempDir()
	archive := filepath.Join(dir, "image.tar")
	docker(t, "save", "-o", archive, "alpine:3.20")
	if err := os.Chown(archive, 1234, 1234); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(archive); err != nil || info.Mode().Perm() != 0o600 {
		t.Fatalf("docker save wrote %v, %v", info.Mode(), err)
	}
	for _, tt := range []struct{ args, want, note string }{
		{"-v " + dir + ":/w:ro " + name + " weigh /w/image.tar", "linux/amd64", ""},
		{"--read-only --cap-drop ALL --cap-add DAC_READ_SEARCH -v " + dir + ":/w:ro " + name + " weigh /w/image.tar", "linux/amd64", ""},
		{"-i " + name + " weigh -", "linux/amd64", ""},
		{"-i --read-only " + name + " weigh -", "linux/amd64", "note: the archive is kept in memory, up to "},
		{"--read-only -v " + dir + ":/w:ro -v " + t.TempDir() + ":/out " + name + " copy /w/image.tar oci:/out", "linux/amd64", ""},
		{"--read-only -v " + dir + ":/w:ro -v " + t.TempDir() + ":/out " + name + " copy /w/image.tar dir:/out", "linux/amd64", ""},
		{name + " version", "1.2.3", ""},
	} {
		cmd := exec.Command("docker", append([]string{"run", "--rm"}, strings.Fields(tt.args)...)...)
		var stderr strings.Builder
		stdin, err := os.Open(archive)
		if err != nil {
			t.Fatal(err)
		}
		cmd.Stdin, cmd.Stderr = stdin, &stderr
		out, err := cmd.Output()
		stdin.Close()
		if err != nil || !strings.Contains(string(out), tt.want) || (tt.note == "") != (stderr.Len() == 0) || !strings.HasPrefix(stderr.String(), tt.note) {
			t.Errorf("docker run %s: %v, %s%s", tt.args, err, out, &stderr)
		}
	}
	if got := inspected(t, `{{index .Config.Labels "org.opencontainers.image.version"}}`, name); got != "1.2.3" {
		t.Errorf("version %q", got)
	}
}

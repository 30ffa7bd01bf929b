package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	it "devops-go/internal/imagetest"
)

// TestDirTransport: an image comes back from a dir: as it went, without what
// refers to it, and that is said.
func TestDirTransport(t *testing.T) {
	dir, made := packedForPush(t)
	out, stderr, code := output(t, dir, "", "copy", "--format", "json", "image.tar", "dir:out")
	if code != 0 || parsePacked(t, out).Digest != made.Digest || !strings.Contains(stderr, "note: left out: what refers to the image (1), for which dir: has no place") {
		t.Errorf("exit %d: %s%s", code, out, stderr)
	}
	for _, ref := range []string{"dir:out", "out"} {
		if got := parsePacked(t, tare(t, dir, "copy", "--format", "json", ref, "back.tar")); got.Digest != made.Digest {
			t.Errorf("%s: %+v, want %s", ref, got, made.Digest)
		}
		if out := tare(t, dir, "verify", ref); !strings.Contains(out, "is what it says (read: linux/amd64).") {
			t.Errorf("%s: %s", ref, out)
		}
	}
	put(t, dir, "both.tar", it.Classic(base(), app()).Archive())
	for args, want := range map[string]string{
		"copy image.tar dir:out":                      "writing out: holds files already",
		"copy --all both.tar dir:all":                 "--all keeps the images' names",
		"copy docker-archive:both.tar:app:1 dir:no/x": "no such file",
	} {
		if _, stderr, code := output(t, dir, "", strings.Fields(args)...); code != 2 || !strings.Contains(stderr, want) {
			t.Errorf("%s: exit %d, %s; want %q", args, code, stderr, want)
		}
	}
}

// TestIntoEmptyDirectory: a layout and a dir are written to a directory that is
// there and empty.
func TestIntoEmptyDirectory(t *testing.T) {
	dir := gallery(t)
	for _, to := range []string{"oci:empty-layout:1", "dir:empty-dir"} {
		name := strings.Split(to, ":")[1]
		if err := os.Mkdir(filepath.Join(dir, name), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := tareCommand(t, dir, "copy", "base.tar", to)
		limit := time.AfterFunc(time.Minute, func() { cmd.Process.Kill() })
		out, err := cmd.CombinedOutput()
		limit.Stop()
		if err != nil {
			t.Errorf("%s: %v: %s", to, err, out)
		}
		if out, err := tareCommand(t, dir, "verify", to).CombinedOutput(); err != nil {
			t.Errorf("verify %s: %v: %s", to, err, out)
		}
	}
}

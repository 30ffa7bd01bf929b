package main

import (
	"archive/tar"
	"bytes"
	"strings"
	"sync"
	"testing"

	it "devops-go/internal/imagetest"
)

// TestHostileFleet: an image whose layer names its root as a file is judged,
// and so are those after it.
func TestHostileFleet(t *testing.T) {
	hostile := it.Classic(it.Image{Tag: "hostile:1", Layers: []it.Layer{it.Raw(it.Odd(tar.TypeReg, "", ""), it.Sized("a/b", 1))}}).ArchiveFile(t)
	after := it.Classic(it.Image{Tag: "after:1", Layers: []it.Layer{it.Plain(it.Sized("a", 1))}}).ArchiveFile(t)
	cmd := tareCommand(t, t.TempDir(), "audit", "--fail-on", "off", "-")
	cmd.Stdin = strings.NewReader(hostile + "\n" + after + "\n")
	out, err := cmd.CombinedOutput()
	if err != nil || strings.Count(string(out), "\n") != 2 || strings.Contains(string(out), `"error":"`) {
		t.Errorf("%v: %s", err, out)
	}
}

// TestFaultOfOurOwn: where tare itself fails on an image, that is the image's error
// and ends none of the others. The fault is made by leaving the network away.
func TestFaultOfOurOwn(t *testing.T) {
	var out, errors bytes.Buffer
	std := stdio{in: strings.NewReader("a\nb\n"), out: &out, err: &errors, progress: startProgress(&errors), saving: new(sync.Mutex)}
	defer std.progress.stop()
	a := auditRun{output: outputFlags{}}
	for name, run := range map[string]func() error{
		"arguments":      func() error { return a.list(t.Context(), []string{"a", "b"}, std) },
		"standard input": func() error { return a.stream(t.Context(), std) },
	} {
		if err := run(); err == nil || !strings.HasPrefix(err.Error(), "audit: 2 of 2 images could not be ") {
			t.Errorf("%s: error %v", name, err)
		}
		if n := strings.Count(out.String(), "internal error: runtime error: invalid memory address"); n != 2 {
			t.Errorf("%s: %s", name, out.String())
		}
		out.Reset()
	}
}

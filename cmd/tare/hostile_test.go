package main

import (
	"archive/tar"
	"strings"
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

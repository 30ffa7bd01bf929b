package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// windows writes the layouts whole and foreign of an image of Windows; the base
// layer of the second isn't there.
func windows(t *testing.T, dir string) {
	t.Helper()
	base := it.Zipped(it.Dir("Files"), it.Dir("Files/Windows"), it.Dir("Files/Windows/System32"), it.Sized("Files/Windows/System32/cmd.exe", 300_000))
	base.MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
	img := it.Image{Layers: []it.Layer{base, it.Zipped(it.Dir("Files"), it.Dir("Files/app"), it.Sized("Files/app/Server.exe", 100_000), it.Dir("Hives"), it.Sized("Hives/Delta", 8192))}}
	img.Config.Platform = oci.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348.2340"}
	img.Config.Config = image.RunConfig{User: "ContainerAdministrator", Entrypoint: []string{`C:\App\server`}}
	img.Config.History = []image.History{{Created: at(1), CreatedBy: "Apply image 10.0.20348.2340"}, {Created: at(2), CreatedBy: `cmd /S /C #(nop) COPY file:00 in C:\app\ `}}
	for name, content := range it.Layout(img) {
		for _, to := range []string{"whole", "foreign"} {
			if to == "foreign" && name == it.BlobPath(digest.FromBytes(base.Blob)) {
				continue
			}
			p := filepath.Join(dir, to, name)
			if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
				t.Fatal(err)
			}
			if err := os.WriteFile(p, content, 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
}

// TestWindows: an image of Windows with its base layer, and without, as
// registries have it.
func TestWindows(t *testing.T) {
	dir := t.TempDir()
	windows(t, dir)
	for _, tt := range []struct{ name, args string }{
		{"windows-weigh", "weigh whole foreign"},
		{"windows-history", "history --iso foreign"},
		{"windows-verify", "verify foreign"},
		{"windows-tree", "tree foreign"},
		{"windows-copy", "copy foreign oci:copied"},
	} {
		golden(t, tt.name, "tare "+tt.args, tareCommand(t, dir, strings.Fields(tt.args)...))
	}
	tare(t, dir, "verify", "copied")
	if out, _, _ := output(t, dir, "", "audit", "whole"); !strings.Contains(out, "USER ContainerAdministrator") {
		t.Errorf("audit: %s", out)
	}
}

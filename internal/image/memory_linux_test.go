package image_test

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// Where nothing may be written, a stream is kept in memory, up to a bound, and
// that is said.
func TestSpoolInMemory(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TMPDIR", filepath.Join(file, "none")) // can't be made, even by root
	archive := it.Classic(it.Image{Layers: []it.Layer{it.Plain(it.File("a", "1"))}}).Archive()
	var notes []string
	opts := image.Options{Stdin: bytes.NewReader(archive), Notice: func(s string) { notes = append(notes, s) }}
	img, err := image.Open(context.Background(), "-", opts)
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	if len(img.Layers) != 1 || len(notes) != 1 || !strings.Contains(notes[0], "the archive is kept in memory") {
		t.Errorf("%d layers, notes %q", len(img.Layers), notes)
	}
	opts.Stdin, opts.MaxMemory = bytes.NewReader(archive), 1000
	if _, err := image.Open(context.Background(), "-", opts); err == nil || !strings.Contains(err.Error(), "more than 1000 bytes, and no directory to keep them in: ") {
		t.Errorf("more than memory may hold: %v", err)
	}
	opts.Stdin, opts.TempDir = bytes.NewReader(archive), file
	if _, err := image.Open(context.Background(), "-", opts); err == nil {
		t.Error("a directory that was asked for isn't there, and nothing is said")
	}
}

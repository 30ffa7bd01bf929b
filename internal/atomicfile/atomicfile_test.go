package atomicfile_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"devops-go/internal/atomicfile"
)

// TestWrite: what fails leaves the old file and nothing else; what is written is
// not seen before it is whole.
func TestWrite(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "file")
	expect := func(content string) {
		t.Helper()
		if b, err := os.ReadFile(name); string(b) != content || err != nil {
			t.Errorf("file holds %q, %v; want %q", b, err, content)
		}
		if list, err := os.ReadDir(dir); len(list) != 1 || err != nil {
			t.Errorf("directory holds %v, %v", list, err)
		}
	}
	if err := atomicfile.WriteBytes(name, []byte("old")); err != nil {
		t.Fatal(err)
	}
	expect("old")
	if info, err := os.Stat(name); err != nil || info.Mode() != 0o644 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	fault := errors.New("fault")
	if err := atomicfile.Write(name, func(w io.Writer) error {
		io.WriteString(w, "part")
		return fault
	}); !errors.Is(err, fault) {
		t.Errorf("error %v", err)
	}
	expect("old")
	if err := atomicfile.Write(name, func(w io.Writer) error {
		io.WriteString(w, "new")
		if b, err := os.ReadFile(name); string(b) != "old" || err != nil {
			t.Errorf("file holds %q, %v while it is replaced", b, err)
		}
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	expect("new")
	if err := atomicfile.WriteBytes(filepath.Join(dir, "none", "file"), nil); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

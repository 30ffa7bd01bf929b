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

// TestMakeDir: a directory is there when it is whole, in place of an empty one;
// one that holds something stays, and nothing is left beside it.
func TestMakeDir(t *testing.T) {
	dir := t.TempDir()
	name := filepath.Join(dir, "made")
	fill := func(content string, err error) func(string) error {
		return func(temp string) error {
			return errors.Join(os.WriteFile(filepath.Join(temp, "f"), []byte(content), 0o644), err)
		}
	}
	full := errors.New("full")
	if err := atomicfile.MakeDir(name, fill("0", full)); !errors.Is(err, full) {
		t.Errorf("error %v, want %v", err, full)
	}
	if list, err := os.ReadDir(dir); len(list) > 0 || err != nil {
		t.Errorf("a failure leaves %v, %v", list, err)
	}
	if err := os.Mkdir(name, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.MakeDir(name, fill("1", nil)); err != nil {
		t.Error(err)
	}
	if err := atomicfile.MakeDir(name, fill("2", nil)); !errors.Is(err, atomicfile.ErrDirTaken) {
		t.Errorf("error %v, want %v", err, atomicfile.ErrDirTaken)
	}
	if b, err := os.ReadFile(filepath.Join(name, "f")); string(b) != "1" || err != nil {
		t.Errorf("holds %q, %v", b, err)
	}
	if info, err := os.Stat(name); err != nil || info.Mode().Perm() != 0o755 {
		t.Errorf("%v, %v", info.Mode(), err)
	}
	if list, err := os.ReadDir(dir); len(list) != 1 || err != nil {
		t.Errorf("directory holds %v, %v", list, err)
	}
	link, empty := filepath.Join(dir, "link"), t.TempDir()
	if err := os.Symlink(empty, link); err != nil {
		t.Fatal(err)
	}
	if err := atomicfile.MakeDir(link, fill("3", nil)); err != nil {
		t.Error(err)
	}
	if b, err := os.ReadFile(filepath.Join(empty, "f")); string(b) != "3" || err != nil {
		t.Errorf("holds %q, %v", b, err)
	}
}

package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"devops-go/internal/registrytest"
)

// A workshop is a directory in which every command that writes has something
// to write: a program, an image, a registry.
type workshop struct{ dir, program, ref string }

func newWorkshop(t *testing.T) workshop {
	t.Helper()
	w := workshop{t.TempDir(), goBinary(t, "amd64"), registrytest.New(t).Host() + "/app:1"}
	source := filepath.Dir(w.program)
	tare(t, source, "pack", "--level", "1", "--tag", "app:1", "--sbom", "spdx", "-o", "image.tar", w.program)
	tare(t, source, "pack", "--level", "2", "--sbom", "spdx", "--push", w.ref, w.program)
	return w
}

// saves are the commands that write, with what they write: a file, a layout's
// directory, or an image in one that is there.
func (w workshop) saves() []save {
	source := filepath.Join(filepath.Dir(w.program), "image.tar")
	return []save{
		{"pack -o new.tar " + w.program, "new.tar"},
		{"pack -o new/ " + w.program, "new"},
		{"pack -o there/ --tag app:2 " + w.program, "there"},
		{"pull " + w.ref + " -o new.tar", "new.tar"},
		{"pull " + w.ref + " -o new/", "new"},
		{"copy " + source + " oci-archive:new.tar", "new.tar"},
		{"copy docker://" + w.ref + " oci:there:2", "there"},
		{"sbom " + source + " -o new.json", "new.json"},
	}
}

type save struct{ args, output string }

// prepare puts into the workshop what a save must not harm.
func (w workshop) prepare(t *testing.T, s save) {
	t.Helper()
	clean(t, w.dir)
	switch {
	case s.output == "there":
		tare(t, w.dir, "copy", filepath.Join(filepath.Dir(w.program), "image.tar"), "oci:there:1")
	case s.output != "new":
		if err := os.WriteFile(filepath.Join(w.dir, s.output), []byte("old"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

func clean(t *testing.T, dir string) {
	t.Helper()
	list, err := filepath.Glob(filepath.Join(dir, "*"))
	hidden, _ := filepath.Glob(filepath.Join(dir, ".tare-*"))
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range append(list, hidden...) {
		if err := os.RemoveAll(name); err != nil {
			t.Fatal(err)
		}
	}
}

// below lists what is below dir.
func below(t *testing.T, dir string) string {
	t.Helper()
	var names []string
	err := filepath.WalkDir(dir, func(p string, _ os.DirEntry, err error) error {
		names = append(names, strings.TrimPrefix(p, dir))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return strings.Join(names, " ")
}

// intact wants the output to be the old one or the new one, whole, and reports
// whether it is the new one.
func (w workshop) intact(t *testing.T, s save) (saved bool) {
	t.Helper()
	name := filepath.Join(w.dir, s.output)
	switch s.output {
	case "there":
		check(t, "oci:"+name+":1")
		index, err := os.ReadFile(filepath.Join(name, "index.json"))
		if saved = strings.Contains(string(index), `"2"`); err != nil || saved {
			check(t, "oci:"+name+":2")
		}
	case "new":
		if _, err := os.Stat(name); err == nil {
			saved = true
			check(t, name)
		}
	default:
		content, err := os.ReadFile(name)
		if saved = string(content) != "old"; err != nil {
			t.Error(err)
		} else if saved && strings.HasSuffix(name, ".tar") {
			check(t, name)
		} else if saved && !strings.HasSuffix(string(content), "}\n") {
			t.Errorf("%d bytes of a document", len(content))
		}
	}
	return saved
}

// TestKilled: at whatever moment tare is killed, what has the final name is the
// old one or the new one, whole; an orderly exit leaves nothing beside it.
func TestKilled(t *testing.T) {
	w := newWorkshop(t)
	for _, s := range w.saves() {
		began := time.Now()
		tare(t, w.dir, strings.Fields(strings.ReplaceAll(s.args, "there", "other"))...)
		whole := time.Since(began)
		const steps = 6
		for i := range steps {
			w.prepare(t, s)
			before := below(t, w.dir)
			signal := []syscall.Signal{syscall.SIGKILL, syscall.SIGTERM, syscall.SIGKILL, syscall.SIGINT}[i%4]
			cmd := tareCommand(t, w.dir, strings.Fields(s.args)...)
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(whole * time.Duration(i) / steps)
			if err := cmd.Process.Signal(signal); err != nil && err != os.ErrProcessDone {
				t.Fatal(err)
			}
			cmd.Wait()
			saved := w.intact(t, s)
			if signal == syscall.SIGKILL {
				continue
			}
			if after := below(t, w.dir); strings.Contains(after, ".tare-") || !saved && after != before {
				t.Errorf("%s: %v at step %d left %s\nwas %s", s.args, signal, i, after, before)
			}
		}
		clean(t, w.dir)
	}
}

// TestNoRoom: where the disk is full, or no room is made, nothing is left, what
// was there is as it was, and the message says where.
func TestNoRoom(t *testing.T) {
	w := newWorkshop(t)
	for _, s := range w.saves() {
		w.prepare(t, s)
		before := below(t, w.dir)
		self := tareCommand(t, w.dir)
		blocks := "100" // of 512 bytes: less than the image
		if s.output == "new.json" {
			blocks = "1"
		}
		cmd := exec.Command("sh", "-c", "ulimit -f "+blocks+"; exec \"$0\" "+s.args, self.Path)
		cmd.Dir, cmd.Env = w.dir, self.Env
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), "file too large") || strings.Count(string(out), "\n") != 1 {
			t.Errorf("%s: exit %d: %s", s.args, cmd.ProcessState.ExitCode(), out)
		}
		if after := below(t, w.dir); w.intact(t, s) || after != before {
			t.Errorf("%s left %s\nwas %s", s.args, after, before)
		}
	}
}

// TestUnwritable: what can't be written is told of, and leaves nothing.
func TestUnwritable(t *testing.T) {
	w := newWorkshop(t)
	image := filepath.Join(filepath.Dir(w.program), "image.tar")
	if err := os.MkdirAll(filepath.Join(w.dir, "full/of"), 0o755); err != nil {
		t.Fatal(err)
	}
	before := below(t, w.dir)
	for _, tt := range []struct{ args, want string }{
		{"pack -o none/new.tar " + w.program, "writing none/new.tar: "},
		{"pack -o none/new/ " + w.program, "writing none/new/: "},
		{"pack -o full/ " + w.program, "writing full/: holds files, but no index.json: not an OCI layout"},
		{"pack -o /dev/full " + w.program, "writing /dev/full: "},
		{"pack -o /sys/new.tar " + w.program, "open /sys/"},
		{"pull " + w.ref + " -o /sys/new/", "writing /sys/new/: "},
		{"pull " + w.ref + " -o /dev/full", "no space left on device"},
		{"copy " + image + " oci:none/new:1", "writing none/new: "},
		{"copy " + image + " oci:" + image, "is a file, oci: wants a directory"},
		{"sbom " + image + " -o none/new.json", "writing none/new.json: "},
		{"sbom " + image + " -o /dev/full", "no space left on device"},
		{"pack --push 127.0.0.1:1/x " + w.program, "connection refused"},
	} {
		cmd := tareCommand(t, w.dir, strings.Fields(tt.args)...)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit %d: %s want %s", tt.args, cmd.ProcessState.ExitCode(), out, tt.want)
		}
		if after := below(t, w.dir); after != before {
			t.Errorf("%s left %s\nwas %s", tt.args, after, before)
		}
	}
}

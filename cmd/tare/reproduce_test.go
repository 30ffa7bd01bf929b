package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// plant makes the tree of the tests in dir, in the order that it is told to,
// with times and access rights that a checkout might have.
func plant(t testing.TB, dir string, reverse bool, day int, mode os.FileMode) string {
	t.Helper()
	long := strings.Repeat("n", 200)
	names := []string{
		"B", "a", "b", "run", "empty/", "Ünï/näme", "with space", "new\nline", "bad\xffutf8",
		long + "/" + long + "/" + long, "sub/.hidden", "sub/x.txt",
	}
	if reverse {
		slices.Reverse(names)
	}
	root := filepath.Join(dir, "tree")
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range names {
		p := filepath.Join(root, name)
		must(os.MkdirAll(filepath.Dir(p), 0o755))
		if strings.HasSuffix(name, "/") {
			must(os.MkdirAll(p, 0o755))
			continue
		}
		bits := mode
		if name == "run" {
			bits |= 0o100
		}
		must(os.WriteFile(p, []byte(name), 0o600))
		must(os.Chmod(p, bits))
		must(os.Chtimes(p, time.Time{}, *at(day)))
	}
	if reverse {
		must(os.WriteFile(filepath.Join(root, "twin"), []byte("a"), mode))
	} else {
		must(os.Link(filepath.Join(root, "a"), filepath.Join(root, "twin")))
	}
	must(os.Symlink("../nowhere", filepath.Join(root, "link")))
	must(os.Chmod(filepath.Join(root, "sub"), 0o700|mode))
	must(os.Chtimes(root, time.Time{}, *at(day)))
	return root
}

// TestSameEverywhere: the same files give the same bytes in any directory, zone
// and umask, at any GOMAXPROCS, whatever the files' times, access rights and
// order are and whether they share an inode.
func TestSameEverywhere(t *testing.T) {
	program := goBinary(t, "amd64")
	var want string
	for i, tt := range []struct {
		reverse bool
		mode    os.FileMode
		shell   string
		env     []string
	}{
		{false, 0o644, "", []string{"TZ=UTC"}},
		{true, 0o600, "umask 077; ", []string{"TZ=Asia/Tokyo", "GOMAXPROCS=1", "LANG=tr_TR.UTF-8"}},
		{true, 0o666, "umask 0; cd /; ", []string{"TZ=America/Los_Angeles", "GOMAXPROCS=7", "LC_ALL=C"}},
	} {
		dir := t.TempDir()
		root := plant(t, dir, tt.reverse, i+1, tt.mode)
		self := tareCommand(t, dir)
		cmd := exec.Command("sh", "-c", tt.shell+`exec "$0" pack -o - --sbom cyclonedx --label b=2 --label a=1 --add "$1:/srv/tree" --add "$1/run:/bin/:4755" "$2"`,
			self.Path, root, program)
		cmd.Dir, cmd.Env = dir, append(self.Env, tt.env...)
		out, err := cmd.Output()
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		if i == 0 {
			want = string(out)
			file := filepath.Join(dir, "image.tar")
			if err := os.WriteFile(file, out, 0o644); err != nil {
				t.Fatal(err)
			}
			check(t, file)
		} else if string(out) != want {
			t.Errorf("run %d: %d bytes that differ from the first %d", i, len(out), len(want))
		}
	}
}

// TestAddRefused: what has no content to pack is refused, and named.
func TestAddRefused(t *testing.T) {
	dir, program := t.TempDir(), goBinary(t, "amd64")
	if out, err := exec.Command("mkfifo", filepath.Join(dir, "pipe")).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, tt := range []struct{ add, want string }{
		{"pipe:/x", `"pipe": neither file, directory nor symbolic link`},
		{"none:/x", `"none": no such file or directory`},
		{".:/x", `"pipe": neither file`},
		{"/dev/null:/x", "neither file"},
	} {
		cmd := tareCommand(t, dir, "pack", "-o", "x.tar", "--add", tt.add, program)
		out, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: exit %d: %s want %s", tt.add, cmd.ProcessState.ExitCode(), out, tt.want)
		}
		if got := files(t, dir); got != "pipe" {
			t.Fatalf("%s left %q", tt.add, got)
		}
	}
}

// TestAddToRoot: a file that is put into the root keeps its name.
func TestAddToRoot(t *testing.T) {
	dir, program := t.TempDir(), goBinary(t, "amd64")
	if err := os.WriteFile(filepath.Join(dir, "motd"), []byte("hello"), 0o644); err != nil {
		t.Fatal(err)
	}
	tare(t, dir, "pack", "-o", "x.tar", "--add", "motd:/", program)
	if got := tare(t, dir, "tree", "x.tar"); !strings.Contains(got, "motd") {
		t.Errorf("%s", got)
	}
}

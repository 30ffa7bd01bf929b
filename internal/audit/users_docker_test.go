//go:build docker

package audit

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// idSource is a program that prints what it runs as.
const idSource = `package main

import (
	"fmt"
	"os"
	"slices"
)

func main() {
	groups, err := os.Getgroups()
	if err != nil {
		panic(err)
	}
	slices.Sort(groups) // some engines set one twice
	fmt.Println(append([]int{os.Getuid(), os.Getgid()}, slices.Compact(groups)...))
}
`

// builtProgram builds a static program.
func builtProgram(t *testing.T, name, source string) []byte {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{"go.mod": "module " + name + "\n\ngo 1.26\n", "main.go": source} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	build := exec.Command("go", "build", "-trimpath", "-ldflags=-s -w", "-o", name, ".")
	build.Dir, build.Env = dir, append(os.Environ(), "CGO_ENABLED=0", "GOFLAGS=-buildvcs=false")
	if out, err := build.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	program, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// A dockerUser is a USER with what is in the image beside the program.
type dockerUser struct {
	name, user string
	layers     [][]it.Entry
}

func dockerUsers() []dockerUser {
	const (
		passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/:\nnumber\n42:x:7:8::/:\nweb:x:0:0::/:\n\n#out:x:5:5::/:\n  spaced:x:11:12\nshort:x:13\n:x:14:15\n"
		group  = "root:x:0:root\nweb:x:1001:\n#web:x:1:web\nwheel:x:10:root,web\nnone\n77:x:0:\nstaff:x:50:web,web,root\nfar:x:4294967296:web\n"
	)
	var list []dockerUser
	add := func(name, user string, layers ...[]it.Entry) {
		list = append(list, dockerUser{name, user, layers})
	}
	both := files(it.File("etc/passwd", passwd), it.File("etc/group", group))
	for _, user := range []string{
		"", "root", "0", "00", "-0", "+5", "5", "1000", "web", "web:", ":web", ":", "web:web", "web:wheel", "web:0", "1000:77", "web:nobody", "nobody",
		"number", "42", "7", "#out", "spaced", " web", "short", "14", "x:none", "5:none", "web:web:more", "-1", "2147483647", "2147483648", "4294967296",
		"99999999999999999999", "0x10", "1e3", "5:-1", "5:4294967295", "web:#web", "web:far", "Root", "root ",
	} {
		add("usual", user, both)
		if user == "" || user == "root" || user == "0" || user == "5:6" {
			add("without databases", user, nil)
		}
	}
	for _, line := range []string{
		"x:x:4294967296:0", "x:x:4294967295:0", "x:x:-1:0", "x:x:99999999999999999999:0", "x:x:-99999999999999999999:1", "x:x:1o:1", "x:x: 5:1", "x:x:+5:+1",
		"x:x:3000000000:1", "x:x:7589934592:1", "x:x:5:-1", "x:x:5:4294967297", "x:x:5:3000000000", "x", "x:", "x::::::::", "x:x:5\r", "\ufeffx:x:5:5", "\tx:x:5:5", "y:x:5:5\x00\nx:x:6:6",
	} {
		add("line "+strconv.Quote(line), "x", files(it.File("etc/passwd", line+"\n")))
	}
	zero := it.File("lib/users", "web:x:0:7::/:\nfive:x:5:8\n")
	long := strings.Repeat("x:x:5:5:"+strings.Repeat("y", 1000)+"\n", 100)
	for _, tt := range []struct {
		name, user string
		entries    []it.Entry
	}{
		{"link", "web", files(zero, it.Symlink("etc/passwd", "../lib/users"))},
		{"absolute link", "five", files(zero, it.Symlink("etc/passwd", "/lib/users"))},
		{"link above the root", "five", files(zero, it.Symlink("etc/passwd", "../../../lib/users"))},
		{"linked directory", "five", files(it.Dir("lib/etc"), it.Symlink("etc", "lib/etc"), it.File("lib/etc/passwd", "five:x:5:6\n"))},
		{"linked directory on the way", "five", files(zero, it.Symlink("etc/passwd", "../usr/users"), it.Symlink("usr", "lib"))},
		{"file that Docker empties", "five", files(it.File("etc/hosts", "five:x:5:5\n"), it.Symlink("etc/passwd", "hosts"))},
		{"hard link", "five", files(zero, it.Link("etc/passwd", "lib/users"))},
		{"dangling link", "five", files(it.Symlink("etc/passwd", "/none"))},
		{"dangling link, a number", "5", files(it.Symlink("etc/passwd", "/none"))},
		{"circle", "5", files(it.Symlink("etc/passwd", "passwd"))},
		{"group in a circle", "5", files(it.Symlink("etc/group", "group"))},
		{"directory", "5", files(it.Dir("etc/passwd"))},
		{"group is a directory", "5:6", files(it.Dir("etc/group"))},
		{"below a file", "5", files(zero, it.Symlink("etc/passwd", "/lib/users/passwd"))},
		{"link by way of nothing", "five", files(zero, it.Symlink("etc/passwd", "none/../../lib/users"))},
		{"beyond 64 KiB", "web", files(it.File("etc/passwd", long+"web:x:9:9\n"))},
		{"line beyond 64 KiB", "web", files(it.File("etc/passwd", "web:x:9:9\nx:"+strings.Repeat("y", 64<<10)))},
		{"line just within 64 KiB", "web", files(it.File("etc/passwd", "web:x:9:9\n"+strings.Repeat("y", 64<<10-2)+"\n"))},
		{"group line beyond 64 KiB", "web:big", files(it.File("etc/passwd", "web:x:9:9\n"), it.File("etc/group", "x:x:5:"+strings.Repeat("y,", 64<<10)+"\nbig:x:6:"))},
		{"many groups", "web", files(it.File("etc/passwd", "web:x:9:9\n"), it.File("etc/group", groupsOf("web", 500)))},
		{"groups named by numbers", "web", files(it.File("etc/passwd", "web:x:9:77\n"), it.File("etc/group", "77:x:78:\n78:x:0:\n79:x:80:web\n80:x:79:web\n"))},
	} {
		add(tt.name, tt.user, tt.entries)
	}
	add("whited out", "five", files(it.File("etc/passwd", "five:x:5:5\n")), files(it.Whiteout("etc/passwd")))
	add("replaced", "five", files(it.File("etc/passwd", "five:x:5:5\n")), files(it.File("etc/passwd", "five:x:6:6\n")))
	return list
}

// groupsOf are n groups that name is a member of.
func groupsOf(name string, n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, "g:x:%d:%s\n", 100+i, name)
	}
	return b.String()
}

// TestDockerUsers asks the engine what a process of the image runs as: user,
// group and all groups, or a failure. That is tare's answer, too; where Docker's
// versions differ, it is one of them, and audit has said so.
func TestDockerUsers(t *testing.T) {
	base := it.Plain(exe("id", builtProgram(t, "id", idSource)))
	var images []it.Image
	users := dockerUsers()
	for i, u := range users {
		img := it.Image{Tag: fmt.Sprintf("tare-users-test:%d", i), Layers: []it.Layer{base}}
		for _, entries := range u.layers {
			img.Layers = append(img.Layers, it.Plain(entries...))
		}
		img.Config.Config = image.RunConfig{User: u.user, Cmd: []string{"/id"}}
		images = append(images, img)
	}
	load := exec.Command("docker", "load", "-q")
	load.Stdin = bytes.NewReader(it.Classic(images...).Archive())
	if out, err := load.CombinedOutput(); err != nil {
		t.Fatalf("docker load: %v: %s", err, out)
	}
	t.Cleanup(func() {
		args := []string{"rmi"}
		for _, img := range images {
			args = append(args, img.Tag)
		}
		if out, err := exec.Command("docker", args...).CombinedOutput(); err != nil {
			t.Errorf("docker rmi: %v: %s", err, out)
		}
	})
	for i, u := range users {
		t.Run(u.name+" "+u.user, func(t *testing.T) {
			var stderr strings.Builder
			run := exec.Command("docker", "run", "--rm", "--network=none", images[i].Tag)
			run.Stderr = &stderr
			out, err := run.Output()
			engine := "fails"
			if err == nil {
				engine = strings.TrimSpace(string(out))
			}
			said, told := tareUser(t, images[i])
			if !slices.Contains(said, engine) {
				t.Errorf("USER %q: %.100s by the engine, %.300s by tare: %s", u.user, engine, said, &stderr)
			}
			if len(slices.Compact(said)) > 1 && !told || engine == "fails" && !told {
				t.Errorf("USER %q: %.300s, and audit has no finding", u.user, said)
			}
		})
	}
}

// tareUser returns tare's answers for Docker, and whether audit has a finding of
// its own that the user isn't resolved by all and to the same.
func tareUser(t *testing.T, img it.Image) (said []string, told bool) {
	t.Helper()
	a := newAuditor(open(t, img), Options{})
	if err := a.read(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, answer := range a.accounts.answers {
		if !answer.AllGroups {
			continue
		}
		text := "fails"
		if answer.Err == nil {
			groups := slices.Clone(answer.User.Groups)
			slices.Sort(groups)
			ids := []uint32{answer.User.UID, answer.User.GID}
			text = fmt.Sprint(append(ids, slices.Compact(groups)...))
		}
		said = append(said, text)
	}
	r := judge(t, img, Options{Depth: Shallow})
	return said, len(of(r, "TARE-C002"))+len(of(r, "TARE-C013")) > 0
}

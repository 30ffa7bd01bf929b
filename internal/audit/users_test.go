package audit

import (
	"archive/tar"
	"fmt"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// userRules are the rules with a finding about the user of the image, with
// their messages.
func userRules(t *testing.T, user string, entries ...it.Entry) string {
	t.Helper()
	img := with(copied("x /"), entries, config(func(c *image.RunConfig) { c.User = user }))
	var list []string
	for _, f := range judge(t, img, Options{Depth: Shallow}).Findings {
		if slices.Contains([]string{"TARE-C001", "TARE-C002", "TARE-C013"}, f.Rule) {
			list = append(list, strings.TrimPrefix(f.Rule, "TARE-")+" "+f.Message)
		}
	}
	slices.Sort(list)
	return strings.Join(list, "\n")
}

const webPasswd = "root:x:0:0::/:\nweb:x:1000:1000::/:\n"

// Wherever the user databases are and whatever is in them: root is called root,
// and what can't be resolved is an error.
func TestUser(t *testing.T) {
	const root, missing = "C001 USER web, which is the user ID 0", `C002 user "web" is not in /etc/passwd`
	zero := it.File("lib/users", "web:x:0:0::/:\n")
	link := func(name, target string) it.Entry { return it.Link(name, target) }
	long := strings.Repeat("x:x:5:5:"+strings.Repeat("y", 1000)+"\n", 100) // more than 64 KiB
	chain := func(links int) []it.Entry {
		list := files(it.Symlink("etc/passwd", "/l1"))
		for i := 1; i < links; i++ {
			list = append(list, it.Symlink(fmt.Sprint("l", i), fmt.Sprint("l", i+1)))
		}
		return append(list, it.File(fmt.Sprint("l", links), "web:x:0:0\n"))
	}
	for _, tt := range []struct {
		name, user, want string
		entries          []it.Entry
	}{
		{"none", "", "C001 no USER is set", nil},
		{"root by name", "root", "C001 USER root", files(it.File("etc/passwd", webPasswd))},
		{"root without a database", "root", `C002 user "root" is not in /etc/passwd`, nil},
		{"zero", "0", "C001 USER 0", nil},
		{"zeros", "000", "C001 USER 000, which is the user ID 0", nil},
		{"a user", "web", "", files(it.File("etc/passwd", webPasswd))},
		{"a number", "1000", "", nil},
		{"a group that is missing", "web:wheel", `C002 group "wheel" is not in /etc/group`, files(it.File("etc/passwd", webPasswd), it.File("etc/group", "web:x:1000:\n"))},
		{"empty", "web", missing, files(it.File("etc/passwd", ""))},
		{"a line without colons", "web", root, files(it.File("etc/passwd", "web\n"))},
		{"no number", "web", root, files(it.File("etc/passwd", "web:x:o:0\n"))},
		{"a number beyond 32 bits", "web", root, files(it.File("etc/passwd", "web:x:4294967296:0\n"))},
		{"a minus", "web", "C002 Docker, moby/sys/user 0.5, containerd: the ID 4294967295, which Linux takes for none; Docker with runc before 1.3: user \"4294967295\": out of range: IDs are 0 to 2147483647", files(it.File("etc/passwd", "web:x:-1:0\n"))},
		{"link", "web", root, files(zero, it.Symlink("etc/passwd", "../lib/users"))},
		{"absolute link", "web", root, files(zero, it.Symlink("etc/passwd", "/lib/users"))},
		{"link above the root", "web", root, files(zero, it.Symlink("etc/passwd", "../../../lib/users"))},
		{"linked directory", "web", root, files(zero, it.Symlink("etc/passwd", "../usr/users"), it.Symlink("usr", "lib"))},
		{"a link that Docker removes", "web", "C001 USER web, which is the user ID 0, by containerd\nC002 Docker, Docker with runc before 1.3, moby/sys/user 0.5: user \"web\" is not in /etc/passwd",
			files(it.Symlink("etc", "lib"), it.File("lib/passwd", "web:x:0:0\n"))},
		{"a file that Docker empties", "web", "C001 USER web, which is the user ID 0, by containerd\nC002 Docker, Docker with runc before 1.3, moby/sys/user 0.5: user \"web\" is not in /etc/passwd",
			files(it.File("etc/hosts", "web:x:0:0\n"), it.Symlink("etc/passwd", "hosts"))},
		{"hard link", "web", root, files(zero, link("etc/passwd", "lib/users"))},
		{"dangling link", "web", missing, files(it.Symlink("etc/passwd", "/none"))},
		{"links in a circle", "5", "C002 /etc/passwd: too many links",
			files(it.Symlink("etc/passwd", "passwd"))},
		{"forty links", "web", root, chain(40)},
		{"forty-one links", "web", root + ", by Docker, Docker with runc before 1.3, moby/sys/user 0.5\nC002 containerd: /etc/passwd: too many links", chain(41)},
		{"directory", "5", "C002 Docker, Docker with runc before 1.3, containerd: /etc/passwd: is a directory", files(it.Dir("etc/passwd"))},
		{"device", "5", "C002 /etc/passwd: is not a regular file", files(it.Entry{Header: tar.Header{Typeflag: tar.TypeChar, Name: "etc/passwd", Devmajor: 1, Devminor: 3}})},
		{"below a file", "5", "C002 /etc/passwd: not a directory", files(it.File("lib/users", "x"), it.Symlink("etc/passwd", "/lib/users/passwd"))},
		{"a link that only Docker follows", "web", "C001 USER web, which is the user ID 0, by Docker, Docker with runc before 1.3, moby/sys/user 0.5\nC002 containerd: user \"web\" is not in /etc/passwd",
			files(zero, it.Symlink("etc/passwd", "none/../../lib/users"))},
		{"beyond 64 KiB", "web", root, files(it.File("etc/passwd", long+"web:x:0:0\n"))},
		{"a line beyond 64 KiB", "web", "C002 /etc/passwd: a line of 65536 bytes or more", files(it.File("etc/passwd", webPasswd+"x:"+strings.Repeat("y", 64<<10)))},
		{"beyond 10 MiB", "web", "C002 /etc/passwd: is larger than 10485760 bytes", files(it.File("etc/passwd", strings.Repeat(long, 104)))},
		{"engines disagree", "web:", "C013 the user is 1000:1000 by Docker, Docker with runc before 1.3, moby/sys/user 0.5; 1000:0 by containerd", files(it.File("etc/passwd", webPasswd))},
		{"a group with a number for a name", "5:77", "C013 the groups are 77 by Docker; 0 by Docker with runc before 1.3", files(it.File("etc/group", "77:x:0:\n"))},
	} {
		if got := userRules(t, tt.user, tt.entries...); got != tt.want {
			t.Errorf("%s: USER %s: %q, want %q", tt.name, tt.user, got, tt.want)
		}
	}
}

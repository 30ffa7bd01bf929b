package userdb

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
)

func regular(text string) File { return File{Kind: Regular, Data: []byte(text)} }

// show writes the answers, those that are the same once.
func show(list []Answer) string {
	var said []string
	for _, a := range list {
		text := "fails"
		if a.Err == nil {
			text = strings.Trim(fmt.Sprintf("%d:%d%v", a.User.UID, a.User.GID, a.User.Groups), " ")
		}
		said = append(said, text)
	}
	return strings.Join(slices.Compact(said), " ")
}

const (
	passwd = "root:x:0:0:root:/root:/bin/sh\nweb:x:1000:1001::/:\nnumber\n42:x:7:8::/:\nweb:x:0:0::/:\n\n#out:x:5:5::/:\n  spaced:x:11:12\n"
	group  = "root:x:0:root\nweb:x:1001:\n#web:x:1:web\nwheel:x:10:root,web\n1001:x:12:\nnone\n77:x:0:\n"
)

// The answers are those of Docker, of Docker with an older runc, of
// moby/sys/user 0.5 and of containerd; the first is compared with the engine by
// TestDockerUsers of cmd/tare.
func TestResolve(t *testing.T) {
	for _, tt := range []struct{ spec, passwd, group, want string }{
		{"", "", "", "0:0[0]"},
		{"root", "", "", "fails"},
		{"0", "", "", "0:0[0]"},
		{"1000:2000", "", "", "1000:2000[2000]"},
		{"web", passwd, group, "1000:1001[10 1001] 1000:1001[1001]"},
		{"web:", passwd, "", "1000:1001[1001] 1000:0[0]"},
		{":web", passwd, group, "0:1001[1001]"},
		{"number", passwd, "", "0:0[0]"},
		{"42", passwd, "", "42:0[0]"},
		{"7", passwd, "", "7:8[8]"},
		{"#out", passwd, "", "5:5[5]"},
		{"spaced", passwd, "", "11:12[12]"},
		{"5:none", passwd, group, "5:0[0]"},
		{"5:77", passwd, group, "5:77[77] 5:77[0] 5:77[77]"},
		{"5:nobody", passwd, group, "fails"},
		{"web:web:more", passwd, group, "1000:1001[1001] fails"},
		{"5", passwd, "77:x:78:\n78:x:0:\nx:x:79:five\n", "5:5[5]"},
		{"x", "x:x:5:77", "77:x:78:\n", "5:77[77] 5:77[78] 5:77[77]"},
		{"+5:-0", passwd, group, "5:0[0]"},
		{"-1", passwd, group, "fails"},
		{"2147483647", "", "", "2147483647:0[0]"},
		{"2147483648", "", "", "fails"},
		{"x", "x:x:4294967296:0", "", "0:0[0]"},
		{"x", "x:x:4294967295:0", "", "fails"},
		{"x", "x:x:-1:0", "", "fails"},
		{"x", "x:x:99999999999999999999:0", "", "fails"},
		{"x", "x:x:-99999999999999999999:1", "", "0:1[1]"},
		{"x", "x:x:1o:1", "", "0:1[1]"},
		{"x", "x:x:3000000000:1", "", "3000000000:1[1]"},
		{"x", "x:x:7589934592:1", "", "3294967296:1[1] fails 3294967296:1[1]"},
		{"4294967296", "x:x:4294967296:0", "", "0:0[0] fails"},
		{"5:4294967296", "", "x:x:4294967296:", "5:0[0] fails"},
		{"", "other:x:0:9\nroot:x:0:0", "", "0:9[9] 0:0[0]"},
		{"web", passwd + strings.Repeat("x", 64<<10), "", "fails"},
		{"web", passwd + strings.Repeat("x", 64<<10-2) + "\n", "", "1000:1001[1001]"},
		{"9", passwd, strings.Repeat("x", 1<<20), "9:0[0]"},
		{"9:nine", passwd, strings.Repeat("x", 1<<20) + "\nnine:x:9:", "9:9[9] fails 9:9[9]"},
		{"9", strings.Repeat("x:\n", MaxFile/3+1), "", "fails"},
		{"9:9", "", strings.Repeat("x:\n", MaxFile/3+1), "fails 9:9[9]"},
		{"web", passwd, strings.Repeat("x:x:1:web\n", maxGroups+1), "fails 1000:1001[1 1001] fails 1000:1001[1001]"},
	} {
		var db Databases
		if tt.passwd != "" {
			db.Passwd = regular(tt.passwd)
		}
		if tt.group != "" {
			db.Group = regular(tt.group)
		}
		if got := show(Resolve(tt.spec, db, db)); got != tt.want {
			t.Errorf("%q with %.40q and %.40q: %s, want %s", tt.spec, tt.passwd, tt.group, got, tt.want)
		}
	}
}

// What stands where a database should be.
func TestResolveOdd(t *testing.T) {
	loop := File{Fault: errors.New("too many links")}
	directory, special := File{Kind: Directory}, File{Kind: Special}
	for _, tt := range []struct {
		spec           string
		passwd, group  File
		want, complain string
	}{
		{"5", loop, File{}, "fails", "/etc/passwd: too many links"},
		{"5", File{}, loop, "fails 5:0[0]", "/etc/group: too many links"},
		{"5", directory, File{}, "fails 5:0[0] fails", "/etc/passwd: is a directory"},
		{"5", File{}, directory, "5:0[0] fails 5:0[0]", ""},
		{"5:6", File{}, directory, "fails 5:6[6]", "/etc/group: is a directory"},
		{"5", special, File{}, "fails", "/etc/passwd: is not a regular file"},
		{"5:x", File{}, special, "fails", "/etc/group: is not a regular file"},
	} {
		list := Resolve(tt.spec, Databases{tt.passwd, tt.group}, Databases{tt.passwd, tt.group})
		if got := show(list); got != tt.want {
			t.Errorf("%q with %v and %v: %s, want %s", tt.spec, tt.passwd, tt.group, got, tt.want)
		}
		if err := list[0].Err; tt.complain != "" && (err == nil || err.Error() != tt.complain) {
			t.Errorf("%q with %v and %v: %v, want %q", tt.spec, tt.passwd, tt.group, err, tt.complain)
		}
	}
	// A file that only Docker's way of following links finds.
	list := Resolve("x", Databases{Passwd: regular("x:x:1:1")}, Databases{})
	if got := show(list); got != "1:1[1] fails" {
		t.Errorf("found by Docker only: %s", got)
	}
}

func TestEntries(t *testing.T) {
	list, err := Users(regular(passwd))
	if err != nil || len(list) != 7 || list[0].Name != "root" || list[5].Name != "#out" {
		t.Errorf("users %+v, %v", list, err)
	}
	list, err = Groups(regular(group))
	if err != nil || len(list) != 6 || list[2].Name != "wheel" || list[2].Number() != 10 {
		t.Errorf("groups %+v, %v", list, err)
	}
	if list, err := Users(File{}); list != nil || err != nil {
		t.Errorf("absent: %v, %v", list, err)
	}
}

// FuzzResolve: no panic, and who resolves a USER of two numbers within the range
// that no database has resolves it to them.
func FuzzResolve(f *testing.F) {
	f.Add("web", passwd, group)
	f.Add("1000:", "x:x:99999999999999999999:-1", "a:b:c:d,e,,f\n")
	f.Fuzz(func(t *testing.T, spec, passwd, group string) {
		db := Databases{regular(passwd), regular(group)}
		for _, a := range Resolve(spec, db, db) {
			if a.Err == nil && a.Engine == "Docker" && !slices.Contains(a.User.Groups, a.User.GID) {
				t.Errorf("%s: %+v", a.Engine, a.User)
			}
		}
		for _, a := range Resolve("12345:54321", Databases{}, Databases{}) {
			if a.Err != nil || a.User.UID != 12345 || a.User.GID != 54321 {
				t.Errorf("%s: %+v", a.Engine, a)
			}
		}
	})
}

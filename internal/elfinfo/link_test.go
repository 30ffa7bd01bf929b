package elfinfo

import (
	"fmt"
	"slices"
	"testing"
)

// A tree is paths, and for links what they lead to.
type tree map[string]string

func (t tree) Resolve(p string) string {
	if to := t[p]; to != "" {
		return to
	}
	if _, ok := t[p]; ok {
		return p
	}
	return ""
}

func (t tree) Named(base string) bool {
	for p := range t {
		if p[len(p)-len(base):] == base {
			return true
		}
	}
	return false
}

// What a program misses is what its loader wouldn't find; musl's is the C
// library, by all of its names.
func TestMissing(t *testing.T) {
	const musl, glibc = "/lib/ld-musl-x86_64.so.1", "/lib64/ld-linux-x86-64.so.2"
	for _, tt := range []struct {
		interpreter string
		libraries   []string
		tree        tree
		want        string
	}{
		{musl, []string{"libc.musl-x86_64.so.1"}, tree{musl: ""}, " []"},
		{musl, []string{"libc.so", "libpthread.so.0", "libm.so.6", "libdl.so.2", "librt.so.1", "libutil.so.1", "libxnet.so.1"}, tree{musl: ""}, " []"},
		{musl, []string{"libcrypto.so.3", "libc", "libcrypt.so", "c.so"}, tree{musl: ""}, " [libcrypto.so.3 libc libcrypt.so c.so]"},
		{musl, []string{"libc.so"}, tree{}, musl + " []"},
		{"/lib/loader", []string{"libc.so"}, tree{"/lib/loader": musl}, " []"},
		{glibc, []string{"libc.so.6"}, tree{glibc: ""}, " [libc.so.6]"},
		{glibc, []string{"libc.so.6"}, tree{glibc: "", "/opt/libc.so.6": ""}, " []"},
		{"ld.so", nil, tree{"ld.so": ""}, "ld.so []"},
		{glibc, []string{"../x/liba.so"}, tree{glibc: "", "/x/liba.so": ""}, " []"},
		{glibc, []string{"./liba.so"}, tree{glibc: "", "/x/liba.so": ""}, " [./liba.so]"},
		{"", nil, tree{}, " []"},
	} {
		f := File{Interpreter: tt.interpreter, Libraries: tt.libraries}
		interpreter, libraries := f.Missing(tt.tree, "/bin")
		if got := interpreter + " " + fmt.Sprint(libraries); got != tt.want {
			t.Errorf("%s %v: misses %q, want %q", tt.interpreter, tt.libraries, got, tt.want)
		}
	}
	f := File{Libraries: []string{"liba.so"}, RunPath: []string{"$ORIGIN/../lib"}}
	if _, libraries := f.Missing(tree{"/usr/bin/../lib/liba.so": "/usr/lib/liba.so"}, "/usr/bin"); !slices.Equal(libraries, nil) {
		t.Errorf("with a run path: misses %v", libraries)
	}
}

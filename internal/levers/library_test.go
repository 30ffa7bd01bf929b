//go:build levers

package levers

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// short are the tests that are run of packages whose own take too long.
var short = map[string]string{
	"runtime": "^Test(Map|Chan|Select|Append|Defer|Panic|Gc|Mem|Stack|String|Time|Finalizer|Lock|Hash|Slice|Sema|Trace)",
}

// TestLibrary runs the standard library's own tests, short, of every package that
// levers edit, with the edits in place: those of the appliance together, then those
// that tare alone has. What a lever takes away has tests that must fail then;
// Lever.Fails lists them. PACKAGES in the environment chooses packages.
func TestLibrary(t *testing.T) {
	app, err := Default("app")
	if err != nil {
		t.Fatal(err)
	}
	tare, err := Default("tare")
	if err != nil {
		t.Fatal(err)
	}
	tare = slices.DeleteFunc(tare, func(name string) bool { return slices.Contains(app, name) })
	t.Run("app", func(t *testing.T) { testLibrary(t, app, "crypto/internal/fips140test") }) // which has more tests of crypto/internal/fips140
	t.Run("tare", func(t *testing.T) { testLibrary(t, tare) })
}

// testLibrary runs the tests of the packages that the levers edit, and of others.
func testLibrary(t *testing.T, names []string, packages ...string) {
	chosen, err := Find(names)
	if err != nil {
		t.Fatal(err)
	}
	src, version := library(t)
	files, err := Files(chosen, src, version)
	if err != nil {
		t.Fatal(err)
	}
	for name := range files {
		if name = path.Dir(name); !strings.HasPrefix(name, "vendor/") { // whose tests are not in the library
			packages = append(packages, name)
		}
	}
	if some := strings.Fields(os.Getenv("PACKAGES")); len(some) > 0 {
		packages = slices.DeleteFunc(packages, func(name string) bool { return !slices.Contains(some, name) })
	}
	fails, skip := map[string][]string{}, map[string][]string{} // by package
	for _, l := range chosen {
		if l.Test.Name != "" {
			files[l.Test.Name] = l.Test.Text
		}
		for _, name := range l.Fails {
			i := strings.LastIndexByte(name, '.')
			fails[name[:i]] = append(fails[name[:i]], name[i+1:])
		}
		for _, name := range slices.Concat(l.Fails, l.Unsteady) {
			i := strings.LastIndexByte(name, '.')
			skip[name[:i]] = append(skip[name[:i]], name[i+1:])
		}
	}
	dir := t.TempDir()
	if err := Write(dir, src, files); err != nil {
		t.Fatal(err)
	}
	slices.Sort(packages)
	for _, name := range slices.Compact(packages) {
		t.Run(name, func(t *testing.T) {
			binary := filepath.Join(dir, "test")
			build := exec.Command("go", "test", "-c", "-overlay="+filepath.Join(dir, "overlay.json"), "-o", binary, name)
			if out, err := build.CombinedOutput(); err != nil {
				t.Fatalf("%v\n%s", err, out)
			}
			test := func(args ...string) (string, error) {
				cmd := exec.Command(binary, append([]string{"-test.short"}, args...)...)
				cmd.Dir = filepath.Join(src, name)
				out, err := cmd.CombinedOutput()
				return string(out), err
			}
			args := []string{"-test.timeout=10m", "-test.skip=^(" + strings.Join(skip[name], "|") + ")$"}
			if run := short[name]; run != "" {
				args = append(args, "-test.run="+run)
			}
			if out, err := test(args...); err != nil {
				t.Errorf("%v\n%s", err, failures(out))
			}
			for _, one := range fails[name] { // some by waiting for ever
				if out, err := test("-test.timeout=10s", "-test.run=^"+one+"$"); err == nil {
					t.Errorf("%s is listed, and does not fail: %s", one, out)
				}
			}
		})
	}
}

// failures cuts what passed out of a long output.
func failures(out string) string {
	lines := strings.Split(out, "\n")
	return strings.Join(lines[max(0, len(lines)-60):], "\n") + "\nfailed: " +
		strings.Join(slices.DeleteFunc(lines, func(l string) bool { return !strings.HasPrefix(l, "--- FAIL") }), "\n")
}

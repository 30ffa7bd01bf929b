package test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// packageLevels has the packages of each binary by level, lowest first. A package
// imports only packages of lower levels.
var packageLevels = map[string][][]string{
	"appliance": {
		{"internal/flags", "internal/jsonenc", "internal/roots/lz", "internal/sysinfo"},
		{"internal/roots", "internal/roots/mkbundle"},
		{"internal/service", "internal/diagnose"},
		{""},
	},
	"tare": {
		{
			"internal/atomicfile", "internal/deflate", "internal/digest", "internal/dockerconfig", "internal/elfinfo", "internal/inflate",
			"internal/jsontext", "internal/parallel", "internal/secret", "internal/size", "internal/tarscan", "internal/userdb",
			"internal/zstd",
		},
		{"internal/oci", "internal/pgzip"},
		{"internal/engine", "internal/provenance", "internal/registry", "internal/registrytest"},
		{"internal/image"},
		{"internal/imagetest", "internal/layers"},
		{"internal/bundle"},
		{"internal/audit", "internal/compare", "internal/pack", "internal/sbom", "internal/verify"},
		{"internal/report"},
		{"cmd/tare"},
	},
	"tools": {
		{"internal/levers", "internal/testpki"},
		{"internal/bench", "internal/bench/bare", "internal/levers/overlay", "internal/sizereport", "test"},
	},
}

// place finds a package in packageLevels.
func place(name string) (half string, level int, ok bool) {
	for half, levels := range packageLevels {
		for level, packages := range levels {
			if slices.Contains(packages, name) {
				return half, level, true
			}
		}
	}
	return "", 0, false
}

func list(t *testing.T, args ...string) string {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list"}, args...)...)
	cmd.Dir = ".."
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go %v: %v", cmd.Args, err)
	}
	return string(out)
}

// TestImports: packages import only packages of lower levels, and the binaries
// share none. Tests may import any package of the repository, but nothing else
// outside the standard library.
func TestImports(t *testing.T) {
	for line := range strings.Lines(list(t, "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} test:{{.}}{{end}}{{range .XTestImports}} test:{{.}}{{end}}`, "./...")) {
		fields := strings.Fields(line)
		name := strings.TrimPrefix(strings.TrimPrefix(fields[0], "devops-go"), "/")
		half, level, ok := place(name)
		if !ok {
			t.Errorf("%q is not in the table", name)
		}
		for _, imported := range fields[1:] {
			imported, inTest := strings.CutPrefix(imported, "test:")
			local, ours := strings.CutPrefix(imported, "devops-go/")
			first, _, _ := strings.Cut(imported, "/")
			if !ours && strings.Contains(first, ".") {
				t.Errorf("%q imports %s, which is not of the standard library", name, imported)
			}
			if h, l, _ := place(local); ours && !inTest && (h != half || l >= level) {
				t.Errorf("%q imports %s, which is not below it", name, local)
			}
		}
	}
}

func TestBinariesShareNothing(t *testing.T) {
	app := strings.Fields(list(t, "-deps", "."))
	for _, dep := range strings.Fields(list(t, "-deps", "./cmd/tare")) {
		if strings.HasPrefix(dep, "devops-go") && slices.Contains(app, dep) {
			t.Errorf("the appliance and tare both have %s", dep)
		}
	}
}

func TestNoModuleIsRequired(t *testing.T) {
	mod, err := os.ReadFile("../go.mod")
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(mod), "require") || strings.Contains(string(mod), "replace") {
		t.Errorf("go.mod:\n%s", mod)
	}
	if _, err := os.Stat("../go.sum"); err == nil {
		t.Error("there is a go.sum")
	}
}

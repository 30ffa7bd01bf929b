package test

import (
	"os"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

// rooms are the packages and what each may import of the module, itself aside;
// docs name them in the same order. Test helpers are free.
var rooms = map[string][]string{
	"devops-go":                         {"internal/diagnose", "internal/flags", "internal/jsonenc", "internal/roots", "internal/service"},
	"devops-go/internal/service":        {"internal/flags", "internal/jsonenc", "internal/roots", "internal/sysinfo"},
	"devops-go/internal/diagnose":       {"internal/roots"},
	"devops-go/internal/roots":          {"internal/roots/squeeze"},
	"devops-go/internal/roots/squeeze":  {},
	"devops-go/internal/roots/mkbundle": {"internal/roots/squeeze"},
	"devops-go/internal/sysinfo":        {},
	"devops-go/internal/flags":          {},
	"devops-go/internal/jsonenc":        {},
	"devops-go/internal/bench":          {},
	"devops-go/internal/bench/bare":     {},
	"devops-go/internal/sizereport":     {},
	"devops-go/internal/testpki":        {},
	"devops-go/test":                    {},
	"devops-go/internal/digest":         {},
	"devops-go/internal/dockerconfig":   {},
	"devops-go/internal/pgzip":          {},
	"devops-go/internal/tarscan":        {},
	"devops-go/internal/registry":       {"internal/digest", "internal/dockerconfig"},
	"devops-go/internal/engine":         {"internal/dockerconfig"},
	"devops-go/internal/image":          {"internal/digest", "internal/engine", "internal/registry", "internal/tarscan"},
	"devops-go/internal/imagetest":      {"internal/digest", "internal/image"},
	"devops-go/internal/layers":         {"internal/digest", "internal/image", "internal/pgzip", "internal/tarscan"},
	"devops-go/internal/compare":        {"internal/digest", "internal/image", "internal/layers"},
	"devops-go/internal/verify":         {"internal/digest", "internal/image", "internal/layers"},
	"devops-go/internal/report":         {"internal/compare", "internal/digest", "internal/image", "internal/layers", "internal/verify"},
	"devops-go/cmd/tare":                {"internal/compare", "internal/digest", "internal/dockerconfig", "internal/engine", "internal/image", "internal/layers", "internal/registry", "internal/report", "internal/verify"},
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

// TestImports holds the packages to the rooms: imports run downwards, and the
// two binaries have nothing in common.
func TestImports(t *testing.T) {
	for line := range strings.Lines(list(t, "-f", `{{.ImportPath}}{{range .Imports}} {{.}}{{end}}{{range .TestImports}} test:{{.}}{{end}}{{range .XTestImports}} test:{{.}}{{end}}`, "./...")) {
		fields := strings.Fields(line)
		name := fields[0]
		allowed, ok := rooms[name]
		if !ok {
			t.Errorf("%s is no room: add it to the table", name)
		}
		for _, imported := range fields[1:] {
			imported, inTest := strings.CutPrefix(imported, "test:")
			first, _, _ := strings.Cut(imported, "/")
			local, ours := strings.CutPrefix(imported, "devops-go/")
			switch {
			case ours && !inTest && !slices.Contains(allowed, local):
				t.Errorf("%s imports %s", name, local)
			case !ours && strings.Contains(first, "."):
				t.Errorf("%s imports %s, which is not of the standard library", name, imported)
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

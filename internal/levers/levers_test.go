package levers

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var binaries = map[string]string{"app": "../..", "tare": "../../cmd/tare"}

func goCommand(t *testing.T, args ...string) []string {
	t.Helper()
	out, err := exec.Command("go", args...).Output()
	if err != nil {
		t.Fatalf("go %v: %v", args, err)
	}
	return strings.Split(strings.TrimSpace(string(out)), "\n")
}

// library returns where the standard library is, and its version.
func library(t *testing.T) (src, version string) {
	t.Helper()
	env := goCommand(t, "env", "GOROOT", "GOVERSION")
	return filepath.Join(env[0], "src"), env[1]
}

func TestDefaultsApply(t *testing.T) {
	src, version := library(t)
	for binary := range binaries {
		names, err := Default(binary)
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := Find(names)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := Files(chosen, src, version); err != nil {
			t.Errorf("%s: %v", binary, err)
		}
	}
}

func TestLeversAreWhole(t *testing.T) {
	var names []string
	for _, l := range All() {
		names = append(names, l.Name)
		if l.What == "" || l.Relies == "" || len(l.MadeFor) == 0 || len(l.Edits) == 0 {
			t.Errorf("%q lacks something", l.Name)
		}
		if _, err := os.Stat(l.Name + ".go"); err != nil {
			t.Errorf("%q has no file of its own: %v", l.Name, err)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(names)) != len(All()) {
		t.Errorf("the levers are not sorted by name: %q", names)
	}
}

func TestErrorsNameLeverAndFile(t *testing.T) {
	src := t.TempDir()
	if err := os.WriteFile(filepath.Join(src, "x.go"), []byte("a b b"), 0o644); err != nil {
		t.Fatal(err)
	}
	lever := func(file, old string, times int) []Lever {
		return []Lever{{Name: "some", MadeFor: []string{"go1.26"}, Edits: []Edit{{File: file, Old: old, New: "c", Times: times}}}}
	}
	for _, tt := range []struct {
		levers        []Lever
		version, want string
	}{
		{lever("x.go", "a", 0), "go1.26", ""},
		{lever("x.go", "b", 2), "go1.26.8", ""},
		{lever("x.go", "d", 0), "go1.26.8", `lever some: x.go has "d" 0 times, want 1`},
		{lever("x.go", "b", 0), "go1.26.8", `lever some: x.go has "b" 2 times, want 1`},
		{lever("y.go", "b", 0), "go1.26.8", "lever some: open"},
		{lever("x.go", "a", 0), "go1.27", "lever some was made for go1.26, this is go1.27"},
		{lever("x.go", "a", 0), "go1.261", "lever some was made for go1.26, this is go1.261"},
	} {
		_, err := Files(tt.levers, src, tt.version)
		if (err != nil) != (tt.want != "") || err != nil && !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v, want %q", tt.version, err, tt.want)
		}
	}
	if _, err := Find([]string{"no-such"}); err == nil || !strings.Contains(err.Error(), `"no-such"`) {
		t.Errorf("%v", err)
	}
}

// TestAbsent holds what the levers rely on: that the binaries' own packages do
// without what the levers take away.
func TestAbsent(t *testing.T) {
	for binary, dir := range binaries {
		names, err := Default(binary)
		if err != nil {
			t.Fatal(err)
		}
		chosen, err := Find(names)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range goCommand(t, "list", "-deps", "-f",
			`{{if not .Standard}}{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}{{"\n"}}{{end}}{{end}}`, dir) {
			if file == "" {
				continue
			}
			used := uses(t, file)
			for _, l := range chosen {
				for _, absent := range l.Absent {
					if slices.Contains(used, absent) {
						t.Errorf("%s uses %s, and %s has the lever %s: %s", file, absent, binary, l.Name, l.Relies)
					}
				}
			}
		}
	}
}

// uses returns what a file imports and selects, in the form of Lever.Absent.
func uses(t *testing.T, file string) (used []string) {
	t.Helper()
	parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	imports := map[string]string{}
	for _, spec := range parsed.Imports {
		path, _ := strconv.Unquote(spec.Path.Value)
		name := path[strings.LastIndexByte(path, '/')+1:]
		if spec.Name != nil {
			name = spec.Name.Name
		}
		imports[name] = path
		used = append(used, path)
	}
	ast.Inspect(parsed, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok && imports[x.Name] != "" {
				used = append(used, imports[x.Name]+"."+n.Sel.Name)
			} else {
				used = append(used, "."+n.Sel.Name)
			}
		case *ast.KeyValueExpr:
			if key, ok := n.Key.(*ast.Ident); ok {
				used = append(used, "."+key.Name)
			}
		}
		return true
	})
	return used
}

func TestUses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "x.go")
	source := "package x\nimport (h \"net/http\"; _ \"runtime/trace\")\nvar c = h.DefaultClient\nvar s = T{Field: c.Method()}\n"
	if err := os.WriteFile(file, []byte(source), 0o644); err != nil {
		t.Fatal(err)
	}
	used := uses(t, file)
	for _, want := range []string{"net/http", "runtime/trace", "net/http.DefaultClient", ".Field", ".Method"} {
		if !slices.Contains(used, want) {
			t.Errorf("%s is not found among %q", want, used)
		}
	}
}

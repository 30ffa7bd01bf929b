package test

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// wholeReads are the places where the products read something into memory whole,
// with what bounds it: FILE FUNCTION CALL.
var wholeReads = map[string]string{
	"internal/audit/contents.go examine io.ReadAll":               "the content is of at most maxText",
	"internal/audit/contents.go randomAccess ReadFrom":            "LimitReader, maxMemory",
	"internal/audit/mask.go redactAll json.NewDecoder":            "bytes that are in memory",
	"internal/audit/settings.go ReadSettings json.NewDecoder":     "bytes that are in memory",
	"internal/audit/settings.go readAll io.ReadAll":               "LimitReader, what its callers say",
	"internal/audit/userfiles.go accountContents io.ReadAll":      "LimitReader, userdb.MaxFile",
	"internal/dockerconfig/dockerconfig.go Parse io.ReadAll":      "LimitReader, maxSize",
	"internal/elfinfo/elfinfo.go readSegments io.ReadAll":         "LimitReader, maxInterpreter",
	"internal/elfinfo/platform.go system io.ReadAll":              "LimitReader, 64 KiB",
	"internal/engine/client.go refusal io.ReadAll":                "LimitReader, maxMessage",
	"internal/engine/endpoint.go readFile io.ReadAll":             "LimitReader, maxFile",
	"internal/engine/image.go read io.ReadAll":                    "LimitReader, maxAnswer",
	"internal/engine/image.go Load json.NewDecoder":               "LimitReader, maxAnswer",
	"internal/image/archive.go read io.ReadAll":                   "the member is of at most maxJSON",
	"internal/image/blob.go loadJSON io.ReadAll":                  "LimitReader, maxJSON",
	"internal/image/layout.go read io.ReadAll":                    "LimitReader, maxJSON",
	"internal/image/open.go ReadLayoutIndex io.ReadAll":           "LimitReader, maxJSON",
	"internal/registry/errors.go refusal io.ReadAll":              "LimitReader, maxErrorBody",
	"internal/registry/request.go readAll io.ReadAll":             "LimitReader, what its callers say",
	"internal/roots/read.go ReadFile io.ReadAll":                  "LimitReader, maxFile",
	"internal/sbom/inventory.go visit io.ReadAll":                 "LimitReader, maxDatabase",
	"internal/service/process.go writeProcessMetrics os.ReadFile": "a file of the kernel's",
	"internal/service/process.go bootTime os.ReadFile":            "a file of the kernel's",
	"internal/sysinfo/cgroup.go readLimits fs.ReadFile":           "Host.ReadFile, maxFile",
	"internal/sysinfo/sysinfo.go readLine fs.ReadFile":            "Host.ReadFile, maxFile",
	"internal/sysinfo/sysinfo.go readMounts fs.ReadFile":          "Host.ReadFile, maxFile",
	"internal/sysinfo/sysinfo.go platformVersion fs.ReadFile":     "Host.ReadFile, maxFile",
}

// notProducts are the directories of what nobody is given.
var notProducts = []string{"internal/bench", "internal/imagetest", "internal/levers", "internal/registrytest", "internal/roots/mkbundle", "internal/sizereport", "internal/testpki"}

// TestWholeReads: nothing is read into memory whole that somebody else makes as
// large as they like.
func TestWholeReads(t *testing.T) {
	found := map[string]bool{}
	for _, root := range []string{"../main.go", "../cmd", "../internal"} {
		err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
			name := filepath.ToSlash(strings.TrimPrefix(path, "../"))
			if slices.Contains(notProducts, name) {
				return fs.SkipDir
			}
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
				return err
			}
			file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
			if err != nil {
				return err
			}
			for _, decl := range file.Decls {
				if f, ok := decl.(*ast.FuncDecl); ok {
					for _, call := range wholeReadsOf(f) {
						found[fmt.Sprintf("%s %s %s", name, f.Name.Name, call)] = true
					}
				}
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for _, place := range slices.Sorted(maps.Keys(found)) {
		if wholeReads[place] == "" {
			t.Errorf("%q reads something whole: bound it, and list it in wholeReads with the bound", place)
		}
	}
	for place := range wholeReads {
		if !found[place] {
			t.Errorf("%q isn't there any more", place)
		}
	}
}

// wholeReadsOf returns the calls in f that read to the end of something and keep
// it.
func wholeReadsOf(f *ast.FuncDecl) []string {
	var calls []string
	buffers := map[string]bool{} // variables that grow as they are written to
	ast.Inspect(f, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.ValueSpec:
			if kind := selector(n.Type); kind == "bytes.Buffer" || kind == "strings.Builder" {
				for _, name := range n.Names {
					buffers[name.Name] = true
				}
			}
		case *ast.CallExpr:
			switch name := selector(n.Fun); {
			case slices.Contains([]string{"io.ReadAll", "os.ReadFile", "fs.ReadFile", "json.NewDecoder", "tls.LoadX509KeyPair"}, name):
				calls = append(calls, name)
			case strings.HasSuffix(name, ".ReadFrom") && len(n.Args) == 1:
				calls = append(calls, "ReadFrom")
			case name == "io.Copy" || name == "io.CopyBuffer":
				if to, ok := n.Args[0].(*ast.UnaryExpr); ok && buffers[selector(to.X)] {
					calls = append(calls, name)
				}
			}
		}
		return true
	})
	return calls
}

// selector is a name, or two with a dot.
func selector(e ast.Expr) string {
	switch e := e.(type) {
	case *ast.Ident:
		return e.Name
	case *ast.SelectorExpr:
		return selector(e.X) + "." + e.Sel.Name
	}
	return ""
}

// TestWholeReadsOf: the calls are found, and what only looks so isn't.
func TestWholeReadsOf(t *testing.T) {
	for body, want := range map[string]string{
		"io.ReadAll(r)":                          "io.ReadAll",
		"x := func() { os.ReadFile(n) }; x()":    "os.ReadFile",
		"var b bytes.Buffer; io.Copy(&b, r)":     "io.Copy",
		"var b strings.Builder; io.Copy(&b, r)":  "io.Copy",
		"b.ReadFrom(r)":                          "ReadFrom",
		"json.NewDecoder(r).Decode(&v)":          "json.NewDecoder",
		"io.Copy(io.Discard, r)":                 "",
		"var c counter; io.Copy(&c, r)":          "",
		"dir.ReadFile(name); io.CopyN(&b, r, 5)": "",
	} {
		file, err := parser.ParseFile(token.NewFileSet(), "", "package p\nfunc f() { "+body+" }", 0)
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Join(wholeReadsOf(file.Decls[0].(*ast.FuncDecl)), " "); got != want {
			t.Errorf("%s: found %q, want %q", body, got, want)
		}
	}
}

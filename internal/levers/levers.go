// Package levers makes the appliance and tare smaller by removing code from the
// standard library that they can't reach although the linker can't prove it. Each
// lever is one file with exact edits of source files, which are compiled in place of
// the originals with the go command's -overlay flag. `make test-levers` runs the
// standard library's own tests on the edited packages.
package levers

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// A Lever is one thing that a binary does without.
type Lever struct {
	Name    string
	What    string   // what it leaves out
	Relies  string   // why nobody misses it
	MadeFor []string // the Go versions that it was made for, as in go1.26
	Edits   []Edit

	// Absent is what no package of a binary with the lever may have: a package
	// ("runtime/trace"), something from one ("net/http.DefaultClient"), or a field
	// or method of any type (".Context").
	Absent []string
	// Fails are tests of the standard library that fail with the lever, because
	// they test what it leaves out: packages and tests, as in "fmt.TestMaps".
	Fails []string
	// Unsteady are those that fail or wait for ever at times.
	Unsteady []string
	// Test, if it has a name, is a test file that joins those of the standard library.
	Test File
}

// An Edit replaces text in a file of the standard library.
type Edit struct {
	File     string // below src
	Old, New string
	Times    int // how often Old occurs; 0 is once
}

// A File is a file of the standard library that is added.
type File struct{ Name, Text string }

// httpClient is what uses net/http's client.
var httpClient = []string{
	"net/http.Client", "net/http.DefaultClient", "net/http.DefaultTransport", "net/http.Transport", "net/http.ProxyFromEnvironment",
	"net/http.Get", "net/http.Head", "net/http.Post", "net/http.PostForm",
}

// All returns the levers by name.
func All() []Lever {
	return []Lever{
		bgread, bigleaf, bisect, chacha, debugpinner, ech, elfonly, elfplain, fmtmap, gzip, heapsort, idna, mime, nometric, nomux, noproxy,
		notrace, p256table, pidfd, pkixstring, quicksort, reflectmethod, regexpclass, replacer, reqctx, slicestable, sysroots, templatemethods,
		xsyscpu, zerocopy,
	}
}

// Default returns the names of the levers that a binary, app or tare, is built with.
func Default(binary string) ([]string, error) {
	switch binary {
	case "app":
		var names []string
		for _, l := range All() {
			if !slices.Contains([]string{"elfonly", "elfplain", "quicksort", "regexpclass", "templatemethods"}, l.Name) {
				names = append(names, l.Name)
			}
		}
		return names, nil
	case "tare":
		return []string{
			"bigleaf", "bisect", "chacha", "debugpinner", "ech", "elfonly", "elfplain", "idna", "mime", "nometric", "notrace",
			"p256table", "pkixstring", "quicksort", "regexpclass", "replacer", "slicestable", "templatemethods", "xsyscpu", "zerocopy",
		}, nil
	}
	return nil, fmt.Errorf("%q: no such binary", binary)
}

// Find returns the levers with these names.
func Find(names []string) ([]Lever, error) {
	var found []Lever
	for _, name := range names {
		i := slices.IndexFunc(All(), func(l Lever) bool { return l.Name == name })
		if i < 0 {
			return nil, fmt.Errorf("%q: no such lever", name)
		}
		found = append(found, All()[i])
	}
	return found, nil
}

// Files applies the levers to the standard library below src and returns the
// files that they change, by name. goVersion is that of src.
func Files(levers []Lever, src, goVersion string) (map[string]string, error) {
	files := map[string]string{}
	for _, l := range levers {
		if !slices.ContainsFunc(l.MadeFor, func(v string) bool { return v == goVersion || strings.HasPrefix(goVersion, v+".") }) {
			return nil, fmt.Errorf("lever %s was made for %s, this is %s", l.Name, strings.Join(l.MadeFor, ", "), goVersion)
		}
		for _, e := range l.Edits {
			text, ok := files[e.File]
			if !ok {
				data, err := os.ReadFile(filepath.Join(src, e.File))
				if err != nil {
					return nil, fmt.Errorf("lever %s: %w", l.Name, err)
				}
				text = string(data)
			}
			if n, want := strings.Count(text, e.Old), max(e.Times, 1); n != want {
				return nil, fmt.Errorf("lever %s: %s has %q %d times, want %d", l.Name, e.File, e.Old, n, want)
			}
			files[e.File] = strings.ReplaceAll(text, e.Old, e.New)
		}
	}
	return files, nil
}

// Write writes the files to dir, and to overlay.json there what -overlay wants.
func Write(dir, src string, files map[string]string) error {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return err
	}
	var overlay struct{ Replace map[string]string }
	overlay.Replace = map[string]string{}
	for name, text := range files {
		copied := filepath.Join(dir, name)
		overlay.Replace[filepath.Join(src, name)] = copied
		if err := os.MkdirAll(filepath.Dir(copied), 0o755); err != nil {
			return err
		}
		if err := os.WriteFile(copied, []byte(text), 0o644); err != nil {
			return err
		}
	}
	data, err := json.MarshalIndent(overlay, "", "\t")
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(dir, "overlay.json"), data, 0o644)
}

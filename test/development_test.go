package test

import (
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// TestDevelopment: docs/development.md lists every package at its level, and
// the files, make targets, tests and benchmarks that it names exist.
func TestDevelopment(t *testing.T) {
	text := read(t, "../docs/development.md")
	for _, levels := range packageLevels {
		for level, packages := range levels {
			for _, name := range packages {
				if name == "" {
					name = "."
				}
				line := fmt.Sprintf(`(?m)^ +%d  %s +\S`, level+1, regexp.QuoteMeta(name))
				if !regexp.MustCompile(line).MatchString(text) {
					t.Errorf("no line for %s at level %d", name, level+1)
				}
			}
		}
	}
	for _, m := range regexp.MustCompile("(?m)^ +[0-9]  ([^ ]+) ").FindAllStringSubmatch(text, -1) {
		if _, _, ok := place(strings.TrimPrefix(m[1], ".")); !ok {
			t.Errorf("%s is not a package", m[1])
		}
	}
	for _, m := range regexp.MustCompile("[` ./(]((?:cmd|deploy|docs|internal|scripts|test)/[\\w./-]*\\w)").FindAllStringSubmatch(text, -1) {
		exists(t, filepath.Join("..", m[1]))
	}
	for _, m := range regexp.MustCompile("`([\\w.]+\\.(?:go|md))`").FindAllStringSubmatch(text, -1) {
		exists(t, filepath.Join("..", m[1]))
	}
	for _, m := range regexp.MustCompile(`\]\(([^)#]+)`).FindAllStringSubmatch(text, -1) {
		exists(t, filepath.Join("../docs", m[1]))
	}
	makefile := read(t, "../Makefile")
	for _, m := range regexp.MustCompile("`make ([a-z -]+)`").FindAllStringSubmatch(text, -1) {
		for target := range strings.FieldsSeq(m[1]) {
			if !strings.Contains(makefile, "\n"+target+":") {
				t.Errorf("make %s: no such target", target)
			}
		}
	}
	tests := map[string]bool{}
	for _, m := range regexp.MustCompile(`\b(?:Test|Fuzz)[A-Z]\w+`).FindAllString(text, -1) {
		tests[m] = true
	}
	for _, m := range regexp.MustCompile(`-bench (\w+)`).FindAllStringSubmatch(text, -1) {
		tests["Benchmark"+m[1]] = true
	}
	forgetDefined(t, tests)
	for name := range tests {
		t.Errorf("no %s in any test", name)
	}
}

// forgetDefined removes from names those that a test function begins with.
func forgetDefined(t *testing.T, names map[string]bool) {
	err := filepath.WalkDir("..", func(name string, d os.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(name, "_test.go") {
			return err
		}
		text := read(t, name)
		for f := range names {
			if strings.Contains(text, "\nfunc "+f) {
				delete(names, f)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

func exists(t *testing.T, name string) {
	t.Helper()
	if _, err := os.Stat(name); err != nil {
		t.Errorf("%s: %v", strings.TrimPrefix(name, "../"), err)
	}
}

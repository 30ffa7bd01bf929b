package secret

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"
)

func zipped(content string) string {
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	z.Write([]byte(content))
	z.Close()
	return b.String()
}

func scanned(t *testing.T, name, content string) Found {
	t.Helper()
	found, err := NewMatcher().Scan(strings.NewReader(content), name)
	if err != nil {
		t.Fatal(err)
	}
	return found
}

// Secrets are found wherever they lie in a large content, each once.
func TestScanWindows(t *testing.T) {
	secret := func(i int) string { return fmt.Sprintf("ghp_aBcDeFgHiJkLmNoPqRsTuVwXyZ%010d", i) }
	for _, at := range []int{0, 100, window - 100, window - 41, window - 40, window - 20, window - 1, window, window + 1, window - carried, window - carried - 1, window - carried - 20, 3 * window} {
		content := strings.Repeat(".", at) + secret(1) + strings.Repeat(" ", 2*window) + secret(2)
		for _, content := range []string{content, zipped(content)} {
			if found := scanned(t, "x", content); found.String() != "holds 2 secrets: GitHub token" {
				t.Errorf("at %d: %q", at, found)
			}
		}
	}
	// What looks like one only because it is cut is none.
	for _, at := range []int{window - carried - 1, window - carried, window - 1, window} {
		content := strings.Repeat("x", at) + secret(1) + strings.Repeat(".", window)
		if found := scanned(t, "x", content); found.String() != "" {
			t.Errorf("at %d: %q", at, found)
		}
	}
	var many strings.Builder
	for i := range maxTokens + 5 {
		many.WriteString(secret(i) + "\n")
	}
	if found := scanned(t, "x", many.String()); found.String() != "holds 1000 secrets or more: GitHub token" {
		t.Errorf("many: %q", found)
	}
}

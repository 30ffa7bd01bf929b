package main

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// restored is a string of tare's JSON with the bytes that it stands for.
func restored(s string) string {
	return regexp.MustCompile("\ufffd(..)").ReplaceAllStringFunc(s, func(told string) string {
		c, err := strconv.ParseUint(told[len("\ufffd"):], 16, 8)
		if err != nil {
			return "not hexadecimal: " + told
		}
		return string([]byte{byte(c)})
	})
}

// stringsIn are all strings of a JSON document.
func stringsIn(t *testing.T, text string) (list []string) {
	t.Helper()
	var document any
	if err := json.Unmarshal([]byte(text), &document); err != nil {
		t.Fatalf("%v: %s", err, text)
	}
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			list = append(list, restored(v))
		case []any:
			for _, v := range v {
				walk(v)
			}
		case map[string]any:
			for key, v := range v {
				list = append(list, restored(key))
				walk(v)
			}
		}
	}
	walk(document)
	return list
}

// TestOddNames: names that aren't UTF-8 are told apart in every document, and
// can be restored.
func TestOddNames(t *testing.T) {
	names := []string{"caf\xe9", "caf\xe8", "caf\ufffd", `caf\xe9`}
	odd := func(content string) it.Image {
		var entries []it.Entry
		for _, name := range names {
			file := it.File(name, content)
			file.Mode = 0o4755
			entries = append(entries, file, it.Symlink("link-"+name, name), it.File(name+".d/.env", "A_PASSWORD=hunter22"+content))
		}
		return it.Image{Layers: []it.Layer{it.Raw(entries...)}, Config: image.Config{Config: image.RunConfig{Cmd: []string{"/" + names[3]}}}}
	}
	dir := t.TempDir()
	put(t, dir, "a.tar", it.Saved(odd("a")).Archive())
	put(t, dir, "b.tar", it.Saved(odd("bb")).Archive())
	put(t, dir, "refs", []byte("a.tar\n"))
	for _, tt := range []struct{ args, before, after string }{
		{"tree --format json a.tar", "/", ""}, {"tree --format json a.tar", "", ""}, {"tree --format json a.tar", "/link-", ""},
		{"diff --format json a.tar b.tar", "/", ""},
		{"audit --format json a.tar", "/", ""}, {"audit --refs refs", "/", ".d/.env"},
	} {
		stdout, stderr, code := output(t, dir, "", strings.Fields(tt.args)...)
		if code > 1 {
			t.Fatalf("%s: exit %d: %s", tt.args, code, stderr)
		}
		all := stringsIn(t, stdout)
		for _, name := range names {
			if want := tt.before + name + tt.after; !slices.Contains(all, want) {
				t.Errorf("%s: no %q in %q", tt.args, want, all)
			}
		}
	}
	for i, name := range names[:2] {
		img := odd("a")
		img.Layers[0] = it.Raw(it.Program("caf\xe9", 10), it.Program("caf\xe8", 20), it.Symlink("bin/start", "/"+name))
		img.Config.Config.Cmd = []string{"/bin/start"}
		put(t, dir, "start.tar", it.Saved(img).Archive())
		for _, command := range []string{"weigh", "compare"} {
			stdout, stderr, _ := output(t, dir, "", command, "--format", "json", "start.tar", "start.tar")
			if !slices.Contains(stringsIn(t, stdout), "/"+name) || !strings.Contains(stdout, `"net": `+strconv.Itoa(10+10*i)) {
				t.Errorf("%s: no %q: %s%s", command, name, stdout, stderr)
			}
		}
	}
	stdout, _, _ := output(t, dir, "", "audit", "--format", "sarif", "a.tar")
	for _, want := range []string{"caf%E9", "caf%E8", "caf%EF%BF%BD"} {
		if !strings.Contains(stdout, want) {
			t.Errorf("sarif: no %s", want)
		}
	}
}

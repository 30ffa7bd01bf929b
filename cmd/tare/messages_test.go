package main

import (
	"bytes"
	"context"
	"maps"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/digest"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

// TestMessagesSayThingsOnce damages each blob of an image in each place where
// images are: a message names a blob once, and has no part twice.
func TestMessagesSayThingsOnce(t *testing.T) {
	files := it.Files{}
	amd64, arm64 := app(), app()
	amd64.Layers = []it.Layer{it.Zipped(it.Sized("etc/a", 100)), it.Plain(it.Sized("b", 2000))}
	arm64.Layers, arm64.Config.Platform = amd64.Layers, oci.Platform{OS: "linux", Architecture: "arm64"}
	files.Index(files.Nested("1", files.Manifest(amd64), files.Manifest(arm64)))
	damages := map[string]func(content []byte) []byte{
		"changed":   func(b []byte) []byte { b[len(b)/2] ^= 1; return b },
		"truncated": func(b []byte) []byte { return b[:len(b)/2] },
		"longer":    func(b []byte) []byte { return append(b, "\n\n"...) },
		"missing":   nil,
	}
	dir := t.TempDir()
	t.Chdir(dir)
	for path := range files {
		if !strings.HasPrefix(path, "blobs/") {
			continue
		}
		for _, damage := range slices.Sorted(maps.Keys(damages)) {
			damaged := maps.Clone(files)
			delete(damaged, path)
			if change := damages[damage]; change != nil {
				damaged[path] = change(bytes.Clone(files[path]))
			}
			put(t, dir, "image.tar", damaged.Archive())
			for _, ref := range []string{"oci-archive:image.tar", "oci:" + damaged.Dir(t), "docker://" + serveFiles(t, damaged, files) + "/app:1"} {
				for _, args := range []string{"weigh --content", "tree", "audit --fail-on off"} {
					checkMessage(t, damage+" "+path, append(strings.Fields(args), ref))
				}
				checkMessage(t, damage+" "+path, []string{"diff", ref, ref})
				checkMessage(t, damage+" "+path, []string{"copy", ref, "oci-archive:" + filepath.Join(t.TempDir(), "out.tar")})
				checkMessage(t, damage+" "+path, []string{"copy", "--platform", "linux/arm64", "--compression", "none", ref, filepath.Join(t.TempDir(), "out") + "/"})
			}
		}
	}
}

// serveFiles serves the blobs of a layout that may be damaged; manifests are
// asked for by the digests that the whole layout states.
func serveFiles(t *testing.T, damaged, whole it.Files) string {
	server := registrytest.New(t)
	for path, content := range whole {
		d, ok := strings.CutPrefix(path, "blobs/sha256/")
		if !ok {
			continue
		}
		parsed, err := digest.Parse("sha256:" + d)
		if err != nil {
			t.Fatal(err)
		}
		b, there := damaged[path]
		switch {
		case !there:
		case bytes.Contains(content, []byte(oci.MediaTypeIndex)) && bytes.HasPrefix(content, []byte("{")) && bytes.Contains(content, []byte(`"manifests"`)):
			server.AddManifest("app", "1", oci.MediaTypeIndex, b)
			server.AddManifest("app", "sha256:"+d, oci.MediaTypeIndex, b)
		case bytes.Contains(content, []byte(`"layers":[{`)) && bytes.HasPrefix(content, []byte("{")):
			server.AddManifest("app", "sha256:"+d, oci.MediaTypeManifest, b)
		default:
			server.SetBlob("app", parsed, b)
		}
	}
	return server.Host()
}

// requests are what was asked of a registry, whose paths have digests.
var requests = regexp.MustCompile(`(GET|HEAD) /v2/[^ ]+`)

var hexDigits = regexp.MustCompile(`[0-9a-f]{12,64}`)

// checkMessage runs tare and fails if its message repeats itself.
func checkMessage(t *testing.T, what string, args []string) {
	t.Helper()
	var out, errs bytes.Buffer
	run(context.Background(), append([]string{"tare"}, args...), stdio{in: strings.NewReader(""), out: &out, err: &errs})
	message, _, _ := strings.Cut(errs.String(), "\n")
	message = requests.ReplaceAllString(message, "")
	seen := map[string]bool{}
	parts := strings.Split(message, ": ")
	for _, d := range hexDigits.FindAllString(message, -1) {
		if !strings.Contains(strings.Join(args, " "), d) {
			parts = append(parts, d[:12])
		}
	}
	for _, part := range parts {
		if seen[part] {
			t.Errorf("%s, tare %s: %q is there twice: %s", what, strings.Join(args, " "), part, message)
			return
		}
		seen[part] = true
	}
}

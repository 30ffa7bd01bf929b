//go:build docker

package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	it "devops-go/internal/imagetest"
	"devops-go/test"
)

// These tests need a Docker Engine, of either store. TARE_TEST_IMAGES names the
// images to look at; without it, those that the Makefile builds and their base.

func images(t *testing.T) []string {
	t.Helper()
	if list := strings.Fields(os.Getenv("TARE_TEST_IMAGES")); len(list) > 0 {
		return list
	}
	name := cmp.Or(os.Getenv("IMAGE"), "devops-go") + ":"
	return []string{name + "scratch", name + "alpine", name + "single-stage", "alpine:3.20"}
}

// inspected returns a field of what the engine says of an image.
func inspected(t *testing.T, format, name string) string {
	t.Helper()
	return strings.TrimSpace(docker(t, "image", "inspect", "-f", format, name))
}

func docker(t *testing.T, args ...string) string {
	t.Helper()
	var stderr bytes.Buffer
	cmd := exec.Command("docker", args...)
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("docker %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return string(out)
}

// engineTare runs tare with this process's own environment.
func engineTare(t *testing.T, args ...string) []byte {
	t.Helper()
	cmd := tareCommand(t, t.TempDir(), args...)
	cmd.Env = append(os.Environ(), asTare+"=1")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("tare %s: %v: %s", strings.Join(args, " "), err, &stderr)
	}
	return out
}

type weights struct {
	Images []struct {
		Size, EngineSize, Dead                              int64
		Stores                                              struct{ Overlay2, Containerd int64 }
		Layers                                              int
		Platform, EngineStore, ConfigDigest, ManifestDigest string
	}
}

type history struct {
	History []struct {
		CreatedBy, Comment string
		Size, EngineSize   *int64
		Layer              *int
	}
}

func decodeJSON(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

// TestDockerSize: what the engine says an image weighs, to the byte, and the
// digest that its store calls the image by, with the layers read and without.
func TestDockerSize(t *testing.T) {
	store := "overlay2"
	if test.Containerd(t) {
		store = "containerd"
	}
	for _, name := range images(t) {
		want := inspected(t, "{{.Size}}", name)
		for _, args := range [][]string{{"docker-daemon:" + name}, {name}, {"--content", name}} {
			var w weights
			decodeJSON(t, engineTare(t, append([]string{"weigh", "--format", "json"}, args...)...), &w)
			got := w.Images[0]
			if strconv.FormatInt(got.EngineSize, 10) != want || got.EngineStore != store {
				t.Errorf("%s: %d by %s, the engine says %s by %s", args, got.EngineSize, got.EngineStore, want, store)
			}
			if id := inspected(t, "{{.Id}}", name); store == "overlay2" && got.ConfigDigest != id {
				t.Errorf("%s: config %s, the engine says %s", args, got.ConfigDigest, id)
			}
		}
	}
}

// TestDockerStores: what a load into either store would give is what it gives.
func TestDockerStores(t *testing.T) {
	const name = "tare-test-stores:1"
	img := it.Image{Tag: name, Layers: []it.Layer{
		it.Plain(it.Dir("d"), it.Sized("d/a", 12345), it.Symlink("l", "d/a"), it.Symlink("m", strings.Repeat("x/", 40))),
		it.Plain(it.Sized("e/f/g", 1), it.Link("e/h", "e/f/g"), it.Sized("d/.wh.a", 0), it.Sized("empty", 0)),
	}}
	archive := filepath.Join(t.TempDir(), "image.tar")
	put(t, filepath.Dir(archive), "image.tar", it.Classic(img).Archive())
	var w weights
	decodeJSON(t, engineTare(t, "weigh", "--format", "json", archive), &w)
	t.Cleanup(func() { docker(t, "image", "rm", "-f", name) })
	docker(t, "load", "-q", "-i", archive)
	want := w.Images[0].Stores.Overlay2
	if test.Containerd(t) {
		want = w.Images[0].Stores.Containerd
	}
	if got := inspected(t, "{{.Size}}", name); got != strconv.FormatInt(want, 10) {
		t.Errorf("the engine says %s, computed was %d", got, want)
	}
}

// TestDockerHistory: docker history's entries in its order, with its text and
// its sizes; read from the layers, the same.
func TestDockerHistory(t *testing.T) {
	for _, name := range images(t) {
		want := docker(t, "history", "--no-trunc", "--human=false", "--format", "{{.Size}}|{{.CreatedBy}}|{{.Comment}}", name)
		for _, args := range [][]string{{"docker-daemon:" + name}, {"--content", name}} {
			var h history
			decodeJSON(t, engineTare(t, append([]string{"history", "--format", "json"}, args...)...), &h)
			var got strings.Builder
			layers := 0
			for _, row := range h.History {
				fmt.Fprintf(&got, "%d|%s|%s\n", *row.EngineSize, row.CreatedBy, row.Comment)
				if row.Layer != nil {
					layers++
				}
			}
			if got.String() != want {
				t.Errorf("%s\n got:\n%swant:\n%s", args, &got, want)
			}
			if n := inspected(t, "{{len .RootFS.Layers}}", name); strconv.Itoa(layers) != n {
				t.Errorf("%s: %d layers, the engine says %s", args, layers, n)
			}
		}
	}
}

// TestDockerHistoryFormat: templates write what docker history writes.
func TestDockerHistoryFormat(t *testing.T) {
	for _, name := range images(t) {
		for _, args := range [][]string{
			{"--format", "table {{.ID}}\\t{{.CreatedSince}}\\t{{.CreatedBy}}\\t{{.Size}}\\t{{.Comment}}"},
			{"--no-trunc", "--format", "{{json .}}"},
			{"-q"},
			{"-q", "--no-trunc"},
			{"-H=false", "--format", "{{.CreatedSince}} {{.CreatedAt}} {{.Size}}"},
			{"--format", `{{pad .Size 1 2}}{{join (split .CreatedBy " ") "_" | title}}{{truncate .Comment 4 | upper}}{{println}}`},
		} {
			args = append(append([]string{"history"}, args...), name)
			// A minute may pass between the two.
			var got, want string
			for range 3 {
				if got, want = string(engineTare(t, args...)), docker(t, args...); got == want {
					break
				}
			}
			if got != want {
				t.Errorf("%q\n got:\n%swant:\n%s", args, got, want)
			}
		}
	}
}

// TestDockerReference: a name without tag is latest's, a part of an ID is the
// ID's, also where the layers are read.
func TestDockerReference(t *testing.T) {
	const latest, other = "tare-test-reference:latest", "tare-test-reference:other"
	t.Cleanup(func() { docker(t, "image", "rm", "-f", latest, other) })
	for tag, size := range map[string]int{latest: 1000, other: 2000} {
		img := it.Image{Tag: tag, Layers: []it.Layer{it.Plain(it.Sized("a", size))}}
		file := filepath.Join(t.TempDir(), "image.tar")
		put(t, filepath.Dir(file), "image.tar", it.Classic(img).Archive())
		docker(t, "load", "-q", "-i", file)
	}
	id := inspected(t, "{{.Id}}", other)
	for name, want := range map[string]int64{
		"tare-test-reference": 1000, latest: 1000, other: 2000, id: 2000, strings.TrimPrefix(id, "sha256:")[:12]: 2000,
	} {
		var w weights
		decodeJSON(t, engineTare(t, "weigh", "--content", "--format", "json", "docker-daemon:"+name), &w)
		if got := w.Images[0].Size; got != want {
			t.Errorf("%s: size %d, want %d", name, got, want)
		}
	}
}

// TestDockerVerify: what the engine saves is what it says.
func TestDockerVerify(t *testing.T) {
	for _, name := range images(t) {
		engineTare(t, "verify", "docker-daemon:"+name)
	}
}

// TestDockerBuild: the engine takes the images of the other tests for images,
// and weighs them as tare does, after changes made by its own builder.
func TestDockerBuild(t *testing.T) {
	const base, built = "tare-test-base:1", "tare-test-built:1"
	dir := t.TempDir()
	img := it.Image{Tag: base, Layers: []it.Layer{it.Plain(it.Dir("d"), it.Sized("d/a", 12345), it.Symlink("l", "d/a"))}}
	archive := filepath.Join(dir, "base.tar")
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("base.tar", string(it.Classic(img).Archive()))
	write("Dockerfile", "FROM "+base+"\nCOPY file /d/a\nLABEL a=b\nCOPY file /other\n")
	write("file", strings.Repeat("y", 777))
	t.Cleanup(func() { docker(t, "image", "rm", "-f", base, built) })
	docker(t, "load", "-i", archive)
	docker(t, "build", "-q", "-t", built, dir)
	var w weights
	decodeJSON(t, engineTare(t, "weigh", "--content", "--format", "json", built), &w)
	if got := w.Images[0]; got.Size != 12345+2*777 || got.Dead != 12345 || got.Layers != 3 {
		t.Errorf("%+v, want size %d, dead %d in 3 layers", got, 12345+2*777, 12345)
	}
	want := inspected(t, "{{.Size}}", built)
	if got := strconv.FormatInt(w.Images[0].EngineSize, 10); got != want {
		t.Errorf("%s, the engine says %s", got, want)
	}
}

// TestDockerPlugin: the docker command runs tare.
func TestDockerPlugin(t *testing.T) {
	config := t.TempDir()
	plugin := filepath.Join(config, "cli-plugins", pluginName)
	if err := os.MkdirAll(filepath.Dir(plugin), 0o755); err != nil {
		t.Fatal(err)
	}
	if out, err := exec.Command("go", "build", "-o", plugin, ".").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	name := images(t)[0]
	out := docker(t, "--config", config, "tare", "weigh", name)
	if !strings.Contains(out, "layers") {
		t.Errorf("docker tare weigh %s: %s", name, out)
	}
}

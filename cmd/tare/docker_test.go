//go:build docker

package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	it "devops-go/internal/imagetest"
)

// These tests need a Docker Engine with the overlay2 store. TARE_TEST_IMAGES
// names the images to look at; without it, those whose names every build of
// this project makes.

func images(t *testing.T) []string {
	t.Helper()
	if list := strings.Fields(os.Getenv("TARE_TEST_IMAGES")); len(list) > 0 {
		return list
	}
	list := strings.Fields(docker(t, "image", "ls", "--format", "{{.Repository}}:{{.Tag}}"))
	if len(list) == 0 {
		t.Fatal("the engine has no image")
	}
	var tagged []string
	for _, name := range list {
		if !strings.Contains(name, "<none>") {
			tagged = append(tagged, name)
		}
	}
	return tagged
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
		Size, EngineSize, Dead int64
		Layers                 int
		Platform, ConfigDigest string
	}
}

type history struct {
	History []struct {
		CreatedBy, Comment string
		Size               *int64
	}
}

func decodeJSON(t *testing.T, raw []byte, v any) {
	t.Helper()
	if err := json.Unmarshal(raw, v); err != nil {
		t.Fatal(err)
	}
}

// TestDockerSize: what the engine says an image weighs, to the byte, by the
// engine's own transport and by an archive of docker save.
func TestDockerSize(t *testing.T) {
	for _, name := range images(t) {
		want, err := strconv.ParseInt(strings.TrimSpace(docker(t, "image", "inspect", "-f", "{{.Size}}", name)), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		archive := filepath.Join(t.TempDir(), "image.tar")
		docker(t, "save", "-o", archive, name)
		for _, ref := range []string{"docker-daemon:" + name, name, archive} {
			var w weights
			decodeJSON(t, engineTare(t, "weigh", "--format", "json", ref), &w)
			if got := w.Images[0].EngineSize; got != want {
				t.Errorf("%s: %d, the engine says %d", ref, got, want)
			}
			if id := strings.TrimSpace(docker(t, "image", "inspect", "-f", "{{.Id}}", name)); w.Images[0].ConfigDigest != id {
				t.Errorf("%s: config %s, the engine says %s", ref, w.Images[0].ConfigDigest, id)
			}
		}
		os.Remove(archive)
	}
}

// TestDockerHistory: docker history's entries in its order, with its text.
func TestDockerHistory(t *testing.T) {
	for _, name := range images(t) {
		var h history
		decodeJSON(t, engineTare(t, "history", "--format", "json", "docker-daemon:"+name), &h)
		var got strings.Builder
		for _, row := range h.History {
			fmt.Fprintf(&got, "%s|%s\n", row.CreatedBy, row.Comment)
		}
		if want := docker(t, "history", "--no-trunc", "--format", "{{.CreatedBy}}|{{.Comment}}", name); got.String() != want {
			t.Errorf("%s\n got:\n%swant:\n%s", name, &got, want)
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
	decodeJSON(t, engineTare(t, "weigh", "--format", "json", built), &w)
	if got := w.Images[0]; got.Size != 12345+2*777 || got.Dead != 12345 || got.Layers != 3 {
		t.Errorf("%+v, want size %d, dead %d in 3 layers", got, 12345+2*777, 12345)
	}
	want := strings.TrimSpace(docker(t, "image", "inspect", "-f", "{{.Size}}", built))
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

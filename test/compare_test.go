package test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// TestCompareWithoutEngine: the scratch image and its Alpine neighbour come side
// by side where a registry answers, and where none does that is said.
func TestCompareWithoutEngine(t *testing.T) {
	for _, tt := range []struct{ registry, want, said string }{
		{"true", "compare --mask dist/devops-go.tar dist/devops-go-alpine.tar", ""},
		{"false", "weigh --mask dist/devops-go.tar", "compare: docker://alpine:3.20 can't be pulled: "},
	} {
		dir := t.TempDir()
		if err := os.CopyFS(filepath.Join(dir, "scripts"), os.DirFS("../scripts")); err != nil {
			t.Fatal(err)
		}
		if err := os.Mkdir(filepath.Join(dir, "dist"), 0o755); err != nil {
			t.Fatal(err)
		}
		// In tare's place, what it is asked for is written down.
		tare := "#!/bin/sh\necho \"$*\" >>log\ncase \"$*\" in *docker://*) " + tt.registry + ";; esac\n"
		if err := os.WriteFile(filepath.Join(dir, "dist/tare"), []byte(tare), 0o755); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("sh", "scripts/compare.sh")
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), "DOCKER_HOST=unix:///none.sock", "ALPINE_ROOTFS=", "ALPINE_IMAGE=", "ALPINE_VERSION=3.20")
		out, err := cmd.CombinedOutput()
		log, _ := os.ReadFile(filepath.Join(dir, "log"))
		lines := strings.Split(strings.TrimSpace(string(log)), "\n")
		if err != nil || lines[len(lines)-1] != tt.want || !strings.Contains(string(out), tt.said) {
			t.Errorf("registry %s: %v, ran %q, said %s", tt.registry, err, lines, out)
		}
		if tt.registry == "true" && !strings.Contains(string(log), "--base docker://alpine:3.20 dist/app") {
			t.Errorf("Alpine's image isn't the base: %s", log)
		}
	}
}

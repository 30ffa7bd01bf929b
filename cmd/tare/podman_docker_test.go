//go:build docker

package main

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestPodman: podman's service is asked as an engine is, and what docs/pack.md
// says of the health check is so. It has a store of its own, and needs podman.
func TestPodman(t *testing.T) {
	if _, err := exec.LookPath("podman"); err != nil {
		t.Skip(err)
	}
	dir := t.TempDir()
	store := []string{"--storage-driver", "vfs", "--root", filepath.Join(dir, "root"), "--runroot", filepath.Join(dir, "run")}
	podman := func(args ...string) string {
		t.Helper()
		out, err := exec.Command("podman", append(store[:len(store):len(store)], args...)...).Output()
		if exit, ok := errors.AsType[*exec.ExitError](err); ok {
			t.Fatalf("podman %v: %v: %s", args, err, exit.Stderr)
		}
		return strings.TrimSpace(string(out))
	}
	socket := filepath.Join(dir, "podman.sock")
	service := exec.Command("podman", append(store[:len(store):len(store)], "system", "service", "--time=0", "unix://"+socket)...)
	if err := service.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		service.Process.Signal(os.Interrupt)
		service.Wait()
	})
	for range 100 {
		if _, err := os.Stat(socket); err == nil {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	asked := func(args ...string) string {
		t.Helper()
		cmd := tareCommand(t, dir, args...)
		cmd.Env = append(cmd.Env, "DOCKER_HOST=unix://"+socket)
		out, err := cmd.CombinedOutput()
		if err != nil {
			t.Fatalf("tare %v: %v: %s", args, err, out)
		}
		return string(out)
	}
	asked("pack", "--tag", "docker.io/library/checked:1", "--level", "1", "--healthcheck", "/hello check", "-o", "app.tar", goBinary(t, "amd64"))
	asked("copy", "app.tar", "docker-daemon:checked:1")
	if out := asked("weigh", "docker-daemon:checked:1"); !strings.Contains(out, "(vfs)") {
		t.Errorf("weigh: %s", out)
	}
	if out := asked("history", "docker-daemon://checked:1"); !strings.Contains(out, "COPY hello /hello") {
		t.Errorf("history: %s", out)
	}
	if out := asked("verify", "docker-daemon:checked:1"); !strings.Contains(out, "is what it says") {
		t.Errorf("verify: %s", out)
	}
	const health = "{{.HealthCheck}}"
	if got := podman("inspect", "checked:1", "--format", health); got != "<nil>" {
		t.Errorf("loaded: %s, docs/pack.md says that podman drops it", got)
	}
	podman("rmi", "checked:1")
	podman("pull", "-q", "docker-archive:"+filepath.Join(dir, "app.tar"))
	if got := podman("inspect", "checked:1", "--format", health); !strings.Contains(got, "/hello check") {
		t.Errorf("pulled from the docker-archive: %s", got)
	}
}

// Package test holds what tests of the repository's images share; the tests
// themselves need an engine and the build tag docker.
package test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

// Image returns the name of one of the repository's images.
func Image(tag string) string {
	name := os.Getenv("IMAGE")
	if name == "" {
		name = "devops-go"
	}
	return name + ":" + tag
}

// Docker runs the client and returns its standard output, without the last
// newline. A failure, also that there is no engine, fails the test.
func Docker(t *testing.T, args ...string) string {
	t.Helper()
	out, err := TryDocker(args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TryDocker is Docker for what may fail.
func TryDocker(args ...string) (string, error) {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("docker", args...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		return stdout.String(), fmt.Errorf("docker %s: %w: %s", strings.Join(args, " "), err, stderr.String())
	}
	return strings.TrimSuffix(stdout.String(), "\n"), nil
}

// Containerd reports whether the engine keeps images in containerd's store,
// compressed and under their manifest's digest, and not unpacked in overlay2's.
func Containerd(t *testing.T) bool {
	t.Helper()
	return strings.Contains(Docker(t, "info", "-f", "{{json .DriverStatus}}"), "io.containerd.snapshotter")
}

// A Container runs until the test's end.
type Container struct {
	t  *testing.T
	ID string
}

// Run starts a container; args are the options and the image.
func Run(t *testing.T, args ...string) Container {
	t.Helper()
	c := Container{t, Docker(t, append([]string{"run", "-d"}, args...)...)}
	t.Cleanup(func() {
		if t.Failed() {
			logs, _ := TryDocker("logs", c.ID)
			t.Logf("logs of %v:\n%s", args, logs)
		}
		TryDocker("rm", "-f", c.ID)
	})
	return c
}

// Exec runs a command in the container.
func (c Container) Exec(args ...string) (string, error) {
	return TryDocker(append([]string{"exec", c.ID}, args...)...)
}

// Inspect returns a part of the container's description.
func (c Container) Inspect(format string) string {
	c.t.Helper()
	return Docker(c.t, "inspect", "-f", format, c.ID)
}

// WaitHealthy waits for the health check's word.
func (c Container) WaitHealthy() {
	c.t.Helper()
	for range 400 {
		if c.Inspect("{{.State.Health.Status}}") == "healthy" {
			return
		}
		time.Sleep(100 * time.Millisecond)
	}
	c.t.Fatalf("not healthy: %s", c.Inspect("{{json .State.Health}}"))
}

// WaitListening waits until the service answers inside the container.
func (c Container) WaitListening() {
	c.t.Helper()
	var err error
	for range 100 {
		if _, err = c.Exec("/app", "healthcheck"); err == nil {
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	c.t.Fatal(err)
}

// StopStatus stops the container as `docker stop` does, and returns its exit status.
func (c Container) StopStatus() string {
	c.t.Helper()
	Docker(c.t, "stop", c.ID)
	return c.Inspect("{{.State.ExitCode}}")
}

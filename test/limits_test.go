//go:build docker

package test

import (
	"fmt"
	"io"
	"net"
	"net/http"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// limited runs the scratch image under limits, on a port of the host.
func limited(t *testing.T, port string, limits ...string) (Container, string) {
	t.Helper()
	addr := "127.0.0.1:" + port
	args := append([]string{"--network", "host", "-e", "HOST=127.0.0.1", "-e", "PORT=" + port}, limits...)
	c := Run(t, append(args, Image("scratch"))...)
	for range 100 {
		if conn, err := net.Dial("tcp", addr); err == nil {
			conn.Close()
			return c, addr
		}
		time.Sleep(50 * time.Millisecond)
	}
	if exec.Command("docker", "exec", c.ID, "/app", "get", "http://"+addr+"/health").Run() == nil {
		t.Skip("the engine's host network isn't this test's")
	}
	t.Fatalf("nothing listens on %s", addr)
	return c, addr
}

// TestFewProcesses: within limits of processes at which Go would fail to start a
// thread, all requests of many clients are answered. 16 is what README.md has.
func TestFewProcesses(t *testing.T) {
	for i, pids := range []string{"16", "10"} {
		c, addr := limited(t, fmt.Sprint(18660+i), "--pids-limit", pids)
		var failed, answered atomic.Int64
		var clients sync.WaitGroup
		for range 50 {
			clients.Go(func() {
				client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: 20 * time.Second}
				for range 60 {
					resp, err := client.Get("http://" + addr + "/")
					if err != nil {
						failed.Add(1)
						continue
					}
					io.Copy(io.Discard, resp.Body)
					resp.Body.Close()
					answered.Add(1)
				}
			})
		}
		clients.Wait()
		if failed.Load() > 0 || c.Inspect("{{.State.Running}}") != "true" {
			t.Errorf("--pids-limit %s: %d requests answered, %d failed; %s", pids, answered.Load(), failed.Load(), c.Inspect("{{json .State}}"))
		}
		if status := c.StopStatus(); status != "0" {
			t.Errorf("--pids-limit %s: status %s", pids, status)
		}
	}
}

// TestLittleMemory: 3,000 half-sent headers do not kill a container of 16 MiB, and
// once they have timed out it serves as before.
func TestLittleMemory(t *testing.T) {
	c, addr := limited(t, "18662", "--memory", "16m", "--memory-swap", "16m")
	var open []net.Conn
	for range 3000 {
		conn, err := net.Dial("tcp", addr)
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		// What the server has closed by then, for there are too many, is no error.
		io.WriteString(conn, "GET / HTTP/1.1\r\nHost: x\r\nX-Long: "+strings.Repeat("a", 3000))
		open = append(open, conn)
	}
	t.Logf("with %d half-sent requests: %s", len(open), Docker(t, "stats", "--no-stream", "--format", "{{.MemUsage}}", c.ID))
	client := &http.Client{Timeout: 5 * time.Second}
	for start := time.Now(); ; time.Sleep(100 * time.Millisecond) {
		resp, err := client.Get("http://" + addr + "/health")
		if err == nil {
			resp.Body.Close()
			if resp.StatusCode == 200 {
				break
			}
		}
		if time.Since(start) > 30*time.Second {
			t.Fatalf("no 200 in 30 s: %v; %s", err, c.Inspect("{{json .State}}"))
		}
	}
	if c.Inspect("{{.State.OOMKilled}} {{.State.Running}}") != "false true" {
		t.Error(c.Inspect("{{json .State}}"))
	}
}

package main

import (
	"bytes"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Instructions are counted in two runs; their difference leaves out start and
// end. Each number is a multiple of the connections.
const fewRequests, manyRequests = 960, 3840

// instructions returns how many instructions in user space a server spends on
// one request for a route. Unlike a rate, the figure hardly depends on the
// machine and on what else it does.
func instructions(binary string, bare bool, route string, size int) (float64, error) {
	few, err := countInstructions(binary, bare, route, size, fewRequests)
	if err != nil {
		return 0, err
	}
	many, err := countInstructions(binary, bare, route, size, manyRequests)
	return float64(many-few) / (manyRequests - fewRequests), err
}

// countInstructions runs a server under cachegrind for so many requests.
func countInstructions(binary string, bare bool, route string, size, requests int) (int64, error) {
	port, err := freePort()
	if err != nil {
		return 0, err
	}
	addr := net.JoinHostPort("127.0.0.1", port)
	dir, err := os.MkdirTemp("", "bench")
	if err != nil {
		return 0, err
	}
	defer os.RemoveAll(dir)
	out := filepath.Join(dir, "cachegrind.out")
	args := []string{"--tool=cachegrind", "--cache-sim=no", "--cachegrind-out-file=" + out, "--log-file=" + filepath.Join(dir, "log"),
		binary, "serve", "-host", "127.0.0.1", "-port", port}
	if bare {
		args = append(args[:5], addr, strconv.Itoa(size))
	}
	cmd := exec.Command("valgrind", args...)
	// valgrind 3.24 knows no RDTSCP.
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "GOMAXPROCS=1", "GODEBUG=asyncpreemptoff=1,cpu.rdtscp=off"}
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	err = askAll(addr, route, requests)
	cmd.Process.Signal(syscall.SIGTERM)
	cmd.Wait() // the bare server ends by the signal
	if err != nil {
		return 0, fmt.Errorf("%s under valgrind: %w", binary, err)
	}
	data, err := os.ReadFile(out)
	if err != nil {
		return 0, err
	}
	_, summary, _ := bytes.Cut(data, []byte("\nsummary: "))
	return strconv.ParseInt(strings.TrimSpace(string(summary)), 10, 64)
}

// askAll sends requests over all connections at once, and again when all answers
// are there.
func askAll(addr, route string, requests int) error {
	clients := make([]*client, connections)
	for i := range clients {
		conn, err := dialWithin(addr, 2*time.Minute)
		if err != nil {
			return err
		}
		defer conn.Close()
		clients[i] = newClient(conn, route)
	}
	for range requests / connections {
		for _, c := range clients {
			if err := c.send(); err != nil {
				return err
			}
		}
		for _, c := range clients {
			if _, err := c.receive(); err != nil {
				return err
			}
		}
	}
	return nil
}

// dialWithin connects to a server that may not listen yet.
func dialWithin(addr string, limit time.Duration) (net.Conn, error) {
	for end := time.Now().Add(limit); ; time.Sleep(20 * time.Millisecond) {
		conn, err := net.Dial("tcp", addr)
		if err == nil || time.Now().After(end) {
			return conn, err
		}
	}
}

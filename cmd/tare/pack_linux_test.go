package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// readSoFar is how much of the file the process has read; 0 when it hasn't got
// it open.
func readSoFar(pid int, name string) int64 {
	links, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
	for _, link := range links {
		if target, err := os.Readlink(link); err != nil || target != name {
			continue
		}
		info, _ := os.ReadFile(strings.Replace(link, "/fd/", "/fdinfo/", 1))
		var pos int64
		fmt.Sscanf(string(info), "pos: %d", &pos)
		return pos
	}
	return 0
}

// TestChangesWhilePacked: a source that changes while it is read is an error,
// and nothing is written.
func TestChangesWhilePacked(t *testing.T) {
	const size = 256 << 20 // sparse
	for _, tt := range []struct {
		name   string
		change func(name string) error
	}{
		{"shrinks", func(name string) error { return os.Truncate(name, 1<<20) }},
		{"grows", func(name string) error { return os.Truncate(name, size+1) }},
		{"is written to", func(name string) error { return os.Chtimes(name, time.Time{}, *at(1)) }},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			dir, program := t.TempDir(), goBinary(t, "amd64")
			source := filepath.Join(dir, "source")
			if err := os.WriteFile(source, nil, 0o644); err != nil {
				t.Fatal(err)
			}
			if err := os.Truncate(source, size); err != nil {
				t.Fatal(err)
			}
			cmd := tareCommand(t, dir, "pack", "--level", "1", "--add", "source:/source", "-o", "new.tar", program)
			cmd.Env = append(cmd.Env, "GOMAXPROCS=1") // to have time for the change
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			for deadline := time.Now().Add(time.Minute); readSoFar(cmd.Process.Pid, source) == 0; time.Sleep(time.Millisecond) {
				if time.Now().After(deadline) {
					t.Fatal("the source is never read")
				}
			}
			cmd.Process.Signal(syscall.SIGSTOP)
			var status syscall.WaitStatus
			if _, err := syscall.Wait4(cmd.Process.Pid, &status, syscall.WUNTRACED, nil); err != nil || !status.Stopped() {
				t.Fatalf("status %v, %v: %s", status, err, &stderr)
			}
			if read := readSoFar(cmd.Process.Pid, source); read >= size {
				t.Fatalf("%d bytes are read already", read)
			}
			if err := tt.change(source); err != nil {
				t.Fatal(err)
			}
			cmd.Process.Signal(syscall.SIGCONT)
			err := cmd.Wait()
			if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(stderr.String(), `"source": changed while it was packed`) {
				t.Errorf("%v: %s", err, &stderr)
			}
			if got := files(t, dir); got != "source" {
				t.Errorf("left %q", got)
			}
		})
	}
}

package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"devops-go/internal/audit"
	"devops-go/internal/bundle"
	it "devops-go/internal/imagetest"
)

// files lists what is in dir.
func files(t *testing.T, dir string) string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, entry := range list {
		names = append(names, entry.Name())
	}
	return strings.Join(names, " ")
}

// TestOutputFile: a report appears under its name whole or not at all, and
// nothing is left beside it.
func TestOutputFile(t *testing.T) {
	gallery := gallery(t)
	for _, tt := range []struct {
		name, args string
		before     string // of the file
		exit       int
		want       string // a part of the file; "" for no file
	}{
		{"new", "weigh -o report " + gallery + "/app.tar", "", 0, "2.85 MB"},
		{"replaced", "weigh -o report " + gallery + "/app.tar", "old", 0, "2.85 MB"},
		{"failed", "weigh -o report " + gallery + "/cut.tar", "", 2, ""},
		{"failed over an old one", "weigh -o report " + gallery + "/cut.tar", "old", 2, "old"},
		{"finding", "verify -o report " + gallery + "/false", "", 1, "is not what it says"},
		{"no directory", "weigh -o none/report " + gallery + "/app.tar", "", 2, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			report := filepath.Join(dir, "report")
			if tt.before != "" {
				if err := os.WriteFile(report, []byte(tt.before), 0o600); err != nil {
					t.Fatal(err)
				}
			}
			cmd := tareCommand(t, dir, strings.Fields(tt.args)...)
			out, _ := cmd.CombinedOutput()
			if got := cmd.ProcessState.ExitCode(); got != tt.exit {
				t.Errorf("exit %d, want %d: %s", got, tt.exit, out)
			}
			wantFiles := "report"
			if tt.want == "" {
				wantFiles = ""
			}
			if got := files(t, dir); got != wantFiles {
				t.Errorf("left %q, want %q", got, wantFiles)
			}
			content, _ := os.ReadFile(report)
			if !strings.Contains(string(content), tt.want) {
				t.Errorf("report %q, want %q", content, tt.want)
			}
		})
	}
}

// TestFullDevice: a report that can't be written is a failure.
func TestFullDevice(t *testing.T) {
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	cmd := tareCommand(t, t.TempDir(), "weigh", filepath.Join(gallery(t), "app.tar"))
	var stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = full, &stderr
	if err := cmd.Run(); err == nil || cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(stderr.String(), "no space left") {
		t.Errorf("%v, %s", err, &stderr)
	}
}

// TestInterrupt: Ctrl-C ends a read that would wait for ever, at once, and
// leaves nothing.
func TestInterrupt(t *testing.T) {
	dir := t.TempDir()
	cmd := tareCommand(t, dir, "weigh", "-o", "report", "-")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	archive := it.Classic(base()).Archive()
	if _, err := stdin.Write(archive[:len(archive)/2]); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		cmd.Wait()
		close(ended)
	}()
	select {
	case <-ended:
	case <-time.After(10 * time.Second):
		cmd.Process.Kill()
		t.Fatal("still running")
	}
	if got := cmd.ProcessState.ExitCode(); got != exitFailure || stderr.String() != "tare: interrupted\n" {
		t.Errorf("exit %d, %q", got, &stderr)
	}
	if got := files(t, dir); got != "" {
		t.Errorf("left %q", got)
	}
}

// TestStdin reads an archive from a pipe.
func TestStdin(t *testing.T) {
	cmd := tareCommand(t, t.TempDir(), "weigh", "-")
	cmd.Stdin = onlyReader{bytes.NewReader(it.Classic(base()).Archive())}
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), "size           850 kB") {
		t.Errorf("%v, %s", err, out)
	}
}

type onlyReader struct{ io.Reader }

// TestPlugin: the docker command finds tare and calls it by its own flags.
func TestPlugin(t *testing.T) {
	dir := gallery(t)
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	plugin := filepath.Join(dir, pluginName)
	if err := os.Symlink(self, plugin); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct{ args, want string }{
		{"docker-cli-plugin-metadata", `"SchemaVersion":"0.1.0"`},
		{"tare history --iso base.tar", `CMD ["sh"]`},
		{"--context default --debug tare history --iso base.tar", `CMD ["sh"]`},
		{"--host=unix:///none.sock tare weigh docker-daemon:x", "/none.sock"},
	} {
		cmd := tareCommand(t, dir)
		cmd.Path, cmd.Args = plugin, append([]string{plugin}, strings.Fields(tt.args)...)
		out, _ := cmd.CombinedOutput()
		if !strings.Contains(string(out), tt.want) {
			t.Errorf("%s: %s, want %s", tt.args, out, tt.want)
		}
	}
}

// TestInterruptPipe: SIGTERM ends tare though the pipe that it writes to has no
// reader, or one that doesn't read.
func TestInterruptPipe(t *testing.T) {
	gallery := gallery(t)
	for _, args := range []string{
		"weigh -o pipe app.tar", "copy app.tar docker-archive:pipe", "audit --report json=pipe app.tar", "tree --format json -o pipe app.tar",
	} {
		for _, reader := range []bool{false, true} {
			pipe := filepath.Join(gallery, "pipe")
			if err := syscall.Mkfifo(pipe, 0o600); err != nil {
				t.Fatal(err)
			}
			if reader {
				f, err := os.OpenFile(pipe, os.O_RDWR, 0)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := syscall.Write(int(f.Fd()), make([]byte, 64<<10)); err != nil { // it is full
					t.Fatal(err)
				}
				defer f.Close()
			}
			cmd := tareCommand(t, gallery, strings.Fields(args)...)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			time.Sleep(300 * time.Millisecond) // to be waiting; sooner is well, too
			began := time.Now()
			cmd.Process.Signal(syscall.SIGTERM)
			timer := time.AfterFunc(20*time.Second, func() { cmd.Process.Kill() })
			cmd.Wait()
			timer.Stop()
			if got := cmd.ProcessState.ExitCode(); got != exitFailure || stderr.String() != "tare: interrupted\n" || time.Since(began) > 3*time.Second {
				t.Errorf("%s, with a reader %v: exit %d after %v, %q", args, reader, got, time.Since(began), &stderr)
			}
			os.Remove(pipe)
		}
	}
}

// TestInterruptAlways: SIGTERM ends tare though even its last words can't be
// written.
func TestInterruptAlways(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	fd := int(w.Fd())
	syscall.SetNonblock(fd, true)
	for err == nil { // until it is full
		_, err = syscall.Write(fd, make([]byte, 4096))
	}
	syscall.SetNonblock(fd, false)
	cmd := tareCommand(t, t.TempDir(), "weigh", "-")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	defer stdin.Close()
	cmd.Stderr = w
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(300 * time.Millisecond)
	cmd.Process.Signal(syscall.SIGTERM)
	timer := time.AfterFunc(30*time.Second, func() { cmd.Process.Kill() })
	cmd.Wait()
	if !timer.Stop() || cmd.ProcessState.ExitCode() != exitFailure {
		t.Errorf("it had to be killed, or ended with %d", cmd.ProcessState.ExitCode())
	}
}

// TestUnfulfilled: what a command line asks for and nobody would do is refused
// before anything is written or judged.
func TestUnfulfilled(t *testing.T) {
	dir := gallery(t)
	before := files(t, dir)
	for _, tt := range []struct{ args, want string }{
		{"audit --rules --format sarif", `audit: --rules: format "sarif": want table, json or markdown`},
		{"audit --rules --format github", `format "github"`},
		{"audit --rules --init", "exclude each other"},
		{"audit --rules --report json=x", "--report can't be combined"},
		{"audit --init --report json=x", "--report can't be combined"},
		{"audit --init --format json", "--init can't be combined with --format json"},
		{"audit --init -o x --config y", "-o and --config exclude each other"},
		{"audit --report json=- app.tar", "another report already goes to standard output"},
		{"audit --report json=- -o x --format json app.tar", "another report already goes to standard output"},
		{"audit --report json=- --report sarif=- -o x app.tar", "another report already goes to standard output"},
		{"copy app.tar oci:app.tar", "is a file, oci: wants a directory"},
		{"pack --push Bad_Ref! -o x app.tar", "pack: --push: "},
		{"pack --tag a:1 --push Bad_Ref! -o x app.tar", "pack: --push: "},
		{"pack --tag a:1 --push a.example/b@sha256:" + strings.Repeat("0", 64) + " -o x app.tar", "can't be chosen"},
	} {
		cmd := tareCommand(t, dir, strings.Fields(tt.args)...)
		var stdout, stderr bytes.Buffer
		cmd.Stdout, cmd.Stderr = &stdout, &stderr
		cmd.Run()
		if cmd.ProcessState.ExitCode() != exitFailure || !strings.Contains(stderr.String(), tt.want) || stdout.Len() > 0 {
			t.Errorf("%s: exit %d: %s%s want %s", tt.args, cmd.ProcessState.ExitCode(), &stdout, &stderr, tt.want)
		}
		if got := files(t, dir); got != before {
			t.Errorf("%s left %q", tt.args, got)
		}
	}
}

// TestDash: - is standard output for every report.
func TestDash(t *testing.T) {
	dir := gallery(t)
	before := files(t, dir)
	for _, args := range []string{
		"weigh app.tar", "history app.tar", "tree app.tar", "compare base.tar app.tar", "diff base.tar app.tar", "verify app.tar", "audit app.tar",
		"audit --format json app.tar", "audit --rules", "sbom app.tar",
	} {
		output := func(more ...string) string {
			out, err := tareCommand(t, dir, append(strings.Fields(args), more...)...).Output()
			if exit, ok := errors.AsType[*exec.ExitError](err); err != nil && (!ok || exit.ExitCode() != exitFinding) {
				t.Fatalf("%s: %v", args, err)
			}
			return string(out)
		}
		if got, want := output("-o", "-"), output(); got != want || want == "" {
			t.Errorf("%s -o -: %q, want %q", args, got, want)
		}
	}
	example := tare(t, dir, "audit", "--init", "-o", "-")
	if example != audit.Example {
		t.Errorf("audit --init -o -: %s", example)
	}
	if got := files(t, dir); got != before {
		t.Errorf("left %q", got)
	}
	tare(t, dir, "audit", "--init", "-o", "mine.json")
	if b, err := os.ReadFile(filepath.Join(dir, "mine.json")); string(b) != audit.Example || err != nil {
		t.Errorf("audit --init -o mine.json: %q, %v", b, err)
	}
	if got := tare(t, dir, "audit", "--fail-on", "off", "--report", "json=-", "-o", "table.txt", "app.tar"); !strings.HasPrefix(got, "{") {
		t.Errorf("--report json=-: %q", got)
	}
}

// TestUnknownTransport: nothing is written as an archive because nobody knows
// better.
func TestUnknownTransport(t *testing.T) {
	d := destination{transport: "ostree", path: filepath.Join(t.TempDir(), "x")}
	err := d.write(t.Context(), &bundle.Bundle{}, nil, stdio{})
	if err == nil || !strings.Contains(err.Error(), `transport "ostree"`) {
		t.Errorf("error %v", err)
	}
}

package main

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	it "devops-go/internal/imagetest"
	"devops-go/internal/registrytest"
)

// terminal returns both ends of a pseudo terminal of the given width.
func terminal(t *testing.T, columns uint16) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { master.Close() })
	ioctl := func(request uintptr, argument unsafe.Pointer) {
		if _, _, errno := syscall.Syscall(syscall.SYS_IOCTL, master.Fd(), request, uintptr(argument)); errno != 0 {
			t.Fatal(errno)
		}
	}
	var unlock, number int32
	size := [4]uint16{24, columns}
	ioctl(syscall.TIOCSPTLCK, unsafe.Pointer(&unlock))
	ioctl(syscall.TIOCGPTN, unsafe.Pointer(&number))
	ioctl(syscall.TIOCSWINSZ, unsafe.Pointer(&size))
	slave, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

// drain reads what was written to the terminal until nobody has it open.
func drain(master *os.File) string {
	var b bytes.Buffer
	io.Copy(&b, master) // ends with EIO
	return b.String()
}

// TestTerminal: colour on a terminal only, unless NO_COLOR forbids it; the
// table has the terminal's width.
func TestTerminal(t *testing.T) {
	dir := gallery(t)
	for _, tt := range []struct {
		env   string
		width uint16
		color bool
		want  string
	}{
		{"TERM=xterm", 60, true, "COPY server…"},
		{"NO_COLOR=1", 60, false, "COPY server…"},
		{"TERM=dumb", 200, false, "RUN rm /etc/cache \\ && ln /app/server /app/alias"},
		{"COLUMNS=200", 60, true, "RUN rm /etc/cache \\ && ln /app/server /app/alias"},
	} {
		master, slave := terminal(t, tt.width)
		cmd := tareCommand(t, dir, "history", "app.tar")
		cmd.Env = append(cmd.Env, tt.env)
		cmd.Stdout, cmd.Stderr = slave, slave
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		slave.Close()
		got := drain(master)
		if err := cmd.Wait(); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(got, "\x1b[") != tt.color || !strings.Contains(got, tt.want) {
			t.Errorf("%s: %q, want colour %v and %q", tt.env, got, tt.color, tt.want)
		}
	}
}

// drainUntil is drain that calls shown once text has been written.
func drainUntil(master *os.File, text string, shown func()) string {
	var all bytes.Buffer
	for buffer := make([]byte, 1024); ; {
		n, err := master.Read(buffer)
		all.Write(buffer[:n])
		if shown != nil && strings.Contains(all.String(), text) {
			shown()
			shown = nil
		}
		if err != nil {
			return all.String()
		}
	}
}

// TestProgress: a long read is told of on a terminal, and the message is taken
// away again.
func TestProgress(t *testing.T) {
	master, slave := terminal(t, 80)
	cmd := tareCommand(t, t.TempDir(), "weigh", "-")
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Stderr = slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	archive := it.Classic(base()).Archive()
	stdin.Write(archive[:1000])
	got := drainUntil(master, "reading -: ", func() {
		stdin.Write(archive[1000:])
		stdin.Close()
	})
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("progress %q", got)
	}
}

// TestPushProgress: so is a long push; and where there is no terminal, nothing
// is told.
func TestPushProgress(t *testing.T) {
	dir, _ := packedForPush(t)
	server := registrytest.New(t)
	shown := make(chan struct{})
	server.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.Method == http.MethodPatch {
			<-shown
		}
		return false
	}
	master, slave := terminal(t, 80)
	cmd := tareCommand(t, dir, "push", "image.tar", server.Host()+"/app:1")
	cmd.Stderr = slave
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	slave.Close()
	got := drainUntil(master, "pushing "+server.Host()+"/app:1: ", func() { close(shown) })
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("progress %q", got)
	}
	var stderr bytes.Buffer
	cmd = tareCommand(t, dir, "push", "image.tar", server.Host()+"/other:1")
	cmd.Stderr = &stderr
	if err := cmd.Run(); err != nil || stderr.Len() > 0 {
		t.Errorf("without a terminal: %v, %q", err, &stderr)
	}
}

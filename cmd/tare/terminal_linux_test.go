package main

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"
	"unsafe"

	it "devops-go/internal/imagetest"
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
	time.Sleep(2 * progressDelay)
	stdin.Write(archive[1000:])
	stdin.Close()
	got := drain(master)
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(got, "reading -: ") || !strings.HasSuffix(got, "\r\x1b[K") {
		t.Errorf("progress %q", got)
	}
}

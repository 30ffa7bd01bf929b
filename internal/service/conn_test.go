package service

import (
	"bytes"
	"errors"
	"io"
	"net"
	"os"
	"testing"
	"time"
)

// connected returns both ends of a connection.
func connected(t testing.TB) (*conn, net.Conn) {
	t.Helper()
	l, err := listen("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	peer, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	tcp, err := l.AcceptTCP()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { tcp.Close(); peer.Close() })
	return newConn(tcp), peer
}

const (
	soon  = 20 * time.Millisecond
	years = 1e4 * time.Hour
)

func TestReadDeadline(t *testing.T) {
	one := make([]byte, 1)
	for _, tt := range []struct {
		name string
		// set is done before the read that counts, waiting during it; no answer
		// comes but the peer's byte, if it sends one.
		set, waiting func(c *conn)
		sends        bool
		want         error
	}{
		{"passes", func(c *conn) { c.SetReadDeadline(time.Now().Add(soon)) }, nil, false, os.ErrDeadlineExceeded},
		{"is already past", func(c *conn) { c.SetReadDeadline(time.Now()) }, nil, false, os.ErrDeadlineExceeded},
		{"is long past", func(c *conn) { c.SetReadDeadline(time.Unix(1, 0)) }, nil, false, os.ErrDeadlineExceeded},
		{"is taken back", func(c *conn) {
			c.SetReadDeadline(time.Unix(1, 0))
			c.Read(one)
			c.SetReadDeadline(time.Time{})
		}, nil, true, nil},
		{"is put off before its timer goes off", func(c *conn) {
			c.SetReadDeadline(time.Now().Add(soon))
			c.reading.begin()
			c.reading.end(nil)
			c.SetReadDeadline(time.Now().Add(years))
		}, func(*conn) { time.Sleep(2 * soon) }, true, nil},
		{"is put off after its timer has gone off", func(c *conn) {
			c.SetReadDeadline(time.Now().Add(soon))
			c.Read(one)
			c.SetReadDeadline(time.Time{})
		}, nil, true, nil},
		{"comes earlier while waited for", func(c *conn) { c.SetReadDeadline(time.Now().Add(years)) },
			func(c *conn) { c.SetReadDeadline(time.Unix(1, 0)) }, false, os.ErrDeadlineExceeded},
		{"comes while waited for", func(*conn) {}, func(c *conn) { c.SetDeadline(time.Now().Add(soon)) }, false, os.ErrDeadlineExceeded},
	} {
		t.Run(tt.name, func(t *testing.T) {
			c, peer := connected(t)
			tt.set(c)
			read := make(chan error)
			go func() {
				_, err := c.Read(one)
				read <- err
			}()
			if tt.waiting != nil {
				for c.reading.operations.Load() == 0 {
					time.Sleep(time.Millisecond)
				}
				tt.waiting(c)
			}
			if tt.sends {
				peer.Write([]byte("x"))
			}
			if err := <-read; !errors.Is(err, tt.want) {
				t.Errorf("%v, want %v", err, tt.want)
			}
			if n := c.reading.operations.Load(); n != 0 {
				t.Errorf("%d reads are under way", n)
			}
		})
	}
}

func TestWriteGoesOnAfterAnEarlyTimer(t *testing.T) {
	c, peer := connected(t)
	c.SetWriteDeadline(time.Now().Add(soon))
	if _, err := c.Write([]byte("x")); err != nil { // sets the timer
		t.Fatal(err)
	}
	c.SetWriteDeadline(time.Now().Add(years))
	sent := bytes.Repeat([]byte("0123456789abcdef"), 1<<20) // more than the kernel takes
	written := make(chan error)
	go func() {
		n, err := c.Write(sent)
		if err == nil && n != len(sent) {
			err = io.ErrShortWrite
		}
		c.Close()
		written <- err
	}()
	time.Sleep(2 * soon)
	got, err := io.ReadAll(peer)
	if err != nil || !bytes.Equal(got[1:], sent) {
		t.Errorf("%d bytes came, %v; want %d", len(got)-1, err, len(sent))
	}
	if err := <-written; err != nil {
		t.Error(err)
	}

	c, _ = connected(t)
	c.SetWriteDeadline(time.Now().Add(soon))
	if _, err := c.Write(sent); !errors.Is(err, os.ErrDeadlineExceeded) {
		t.Errorf("to nobody who reads: %v", err)
	}
}

// A deadline that net/http means to have passed long ago takes no timer.
func TestLongAgoTakesNoTimer(t *testing.T) {
	var d deadline
	armed := 0
	d.init(func(time.Time) error { armed++; return nil })
	d.set(time.Unix(1, 0))
	if err := d.begin(); err != os.ErrDeadlineExceeded || armed > 0 {
		t.Errorf("%v after %d timers", err, armed)
	}
	d.set(time.Now().Add(years))
	if err := d.begin(); err != nil || armed != 1 {
		t.Errorf("%v after %d timers", err, armed)
	}
}

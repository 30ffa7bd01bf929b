package service

import (
	"errors"
	"math"
	"net"
	"os"
	"sync"
	"time"
)

// A conn leaves the timers of its deadlines alone while they go off early
// enough: net/http sets six deadlines for each request, of which hardly one in
// a thousand ever passes.
type conn struct {
	*net.TCPConn
	read, write deadline
}

func newConn(tcp *net.TCPConn) *conn {
	c := &conn{TCPConn: tcp}
	c.read.init(tcp.SetReadDeadline)
	c.write.init(tcp.SetWriteDeadline)
	return c
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (n int, err error) {
	err = c.read.begin()
	for again := err == nil; again; again = c.read.end(err) {
		n, err = c.TCPConn.Read(p)
	}
	return n, err
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (written int, err error) {
	err = c.write.begin()
	for again := err == nil; again; again = c.write.end(err) {
		var n int
		n, err = c.TCPConn.Write(p[written:])
		written += n
	}
	return written, err
}

// SetReadDeadline implements [net.Conn].
func (c *conn) SetReadDeadline(t time.Time) error { return c.read.set(t) }

// SetWriteDeadline implements [net.Conn].
func (c *conn) SetWriteDeadline(t time.Time) error { return c.write.set(t) }

// SetDeadline implements [net.Conn].
func (c *conn) SetDeadline(t time.Time) error { return errors.Join(c.read.set(t), c.write.set(t)) }

// A deadline is that of one direction. While an operation is under way its timer
// is never later than what is wanted. One that goes off too early is set anew,
// and the operation goes on.
type deadline struct {
	mu            sync.Mutex
	wanted, armed int64 // Unix nanoseconds
	operations    int   // under way
	arm           func(time.Time) error
}

const (
	never   = math.MaxInt64
	longAgo = int64(time.Hour) // after 1970, by which net/http says "now"
)

func (d *deadline) init(arm func(time.Time) error) {
	d.wanted, d.armed, d.arm = never, never, arm
}

func (d *deadline) set(t time.Time) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.wanted = never
	if !t.IsZero() {
		d.wanted = t.UnixNano()
	}
	if d.operations > 0 && d.wanted < d.armed {
		return d.move()
	}
	return nil
}

// begin comes before an operation.
func (d *deadline) begin() error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.wanted < longAgo {
		return os.ErrDeadlineExceeded
	}
	if d.wanted < d.armed {
		if err := d.move(); err != nil {
			return err
		}
	}
	d.operations++
	return nil
}

// end comes after it, and reports whether its timer was early.
func (d *deadline) end(err error) (again bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	again = d.armed < d.wanted && errors.Is(err, os.ErrDeadlineExceeded) && d.move() == nil
	if !again {
		d.operations--
	}
	return again
}

// move sets the timer to what is wanted.
func (d *deadline) move() error {
	d.armed = d.wanted
	if d.wanted == never {
		return d.arm(time.Time{})
	}
	return d.arm(time.Unix(0, d.wanted))
}

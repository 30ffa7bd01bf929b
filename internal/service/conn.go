package service

import (
	"errors"
	"math"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A conn leaves the timers of its deadlines alone while they go off early
// enough: net/http sets six deadlines for each request, of which hardly one in
// a thousand ever passes.
type conn struct {
	*net.TCPConn
	reading, writing deadline
	heard            atomic.Bool // a byte has come
	closed           func(*conn) // called once
	closing          sync.Once
}

func newConn(tcp *net.TCPConn) *conn {
	c := &conn{TCPConn: tcp}
	c.reading.init(tcp.SetReadDeadline)
	c.writing.init(tcp.SetWriteDeadline)
	return c
}

// Read implements [net.Conn].
func (c *conn) Read(p []byte) (n int, err error) {
	err = c.reading.begin()
	for again := err == nil; again; again = c.reading.end(err) {
		n, err = c.TCPConn.Read(p)
	}
	if n > 0 && !c.heard.Load() {
		c.heard.Store(true)
	}
	return n, err
}

// Close implements [net.Conn].
func (c *conn) Close() error {
	if c.closed != nil {
		c.closing.Do(func() { c.closed(c) })
	}
	return c.TCPConn.Close()
}

// Write implements [net.Conn].
func (c *conn) Write(p []byte) (written int, err error) {
	if answer := refusal(p); answer != nil {
		if _, err := c.write(answer); err != nil {
			return 0, err
		}
		return len(p), nil
	}
	return c.write(p)
}

func (c *conn) write(p []byte) (written int, err error) {
	err = c.writing.begin()
	for again := err == nil; again; again = c.writing.end(err) {
		var n int
		n, err = c.TCPConn.Write(p[written:])
		written += n
	}
	return written, err
}

// SetReadDeadline implements [net.Conn].
func (c *conn) SetReadDeadline(t time.Time) error { return c.reading.set(t) }

// SetWriteDeadline implements [net.Conn].
func (c *conn) SetWriteDeadline(t time.Time) error { return c.writing.set(t) }

// SetDeadline implements [net.Conn].
func (c *conn) SetDeadline(t time.Time) error {
	if err := c.reading.set(t); err != nil {
		return err
	}
	return c.writing.set(t)
}

// A deadline is that of one direction. While an operation is under way its timer
// is never later than what is wanted. One that goes off too early is moved, and
// the operation goes on.
type deadline struct {
	wanted, armed atomic.Int64 // Unix nanoseconds
	operations    atomic.Int32 // under way
	moving        sync.Mutex   // guards the timer, and armed against writing
	arm           func(time.Time) error
}

const (
	never   = math.MaxInt64
	longAgo = int64(time.Hour) // after 1970, by which net/http says "now"
)

func (d *deadline) init(arm func(time.Time) error) {
	d.wanted.Store(never)
	d.armed.Store(never)
	d.arm = arm
}

// set and begin may meet: each writes its own part before it reads the other's,
// so that one of them at least sees that the timer has to move.
func (d *deadline) set(t time.Time) error {
	wanted := int64(never)
	if !t.IsZero() {
		wanted = t.UnixNano()
	}
	d.wanted.Store(wanted)
	if d.operations.Load() > 0 && wanted < d.armed.Load() {
		return d.move()
	}
	return nil
}

// begin comes before an operation; there is none if it fails.
func (d *deadline) begin() (err error) {
	d.operations.Add(1)
	switch wanted := d.wanted.Load(); {
	case wanted < longAgo:
		err = os.ErrDeadlineExceeded
	case wanted < d.armed.Load():
		err = d.move()
	}
	if err != nil {
		d.operations.Add(-1)
	}
	return err
}

// end comes after an operation, and reports whether it goes on because its timer
// was early.
func (d *deadline) end(err error) (again bool) {
	if err != nil && d.armed.Load() < d.wanted.Load() && errors.Is(err, os.ErrDeadlineExceeded) && d.move() == nil {
		return true
	}
	d.operations.Add(-1)
	return false
}

// move sets the timer to what is wanted, also to what is wanted meanwhile.
func (d *deadline) move() (err error) {
	d.moving.Lock()
	defer d.moving.Unlock()
	for wanted := d.wanted.Load(); err == nil && wanted != d.armed.Load(); wanted = d.wanted.Load() {
		d.armed.Store(wanted)
		if wanted == never {
			err = d.arm(time.Time{})
		} else {
			err = d.arm(time.Unix(0, wanted))
		}
	}
	return err
}

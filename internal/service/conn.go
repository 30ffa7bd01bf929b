package service

import (
	"net"
	"sync/atomic"
	"time"
)

// A conn keeps its deadlines to within slack, late rather than early: net/http
// sets four for each request, and every one of them costs a timer.
type conn struct {
	*net.TCPConn
	read, write atomic.Int64 // Unix nanoseconds of the timer that runs; 0 is none
}

// slack is how late a deadline may be.
const slack = time.Second

// SetReadDeadline implements [net.Conn]. The removal of a deadline is left out,
// because net/http does so only before it sets the next.
func (c *conn) SetReadDeadline(t time.Time) error {
	if !moves(&c.read, t) {
		return nil
	}
	return c.TCPConn.SetReadDeadline(t)
}

// SetWriteDeadline is as SetReadDeadline.
func (c *conn) SetWriteDeadline(t time.Time) error {
	if !moves(&c.write, t) {
		return nil
	}
	return c.TCPConn.SetWriteDeadline(t)
}

// moves reports whether the timer for a deadline has to be set to t.
func moves(timer *atomic.Int64, t time.Time) bool {
	if t.IsZero() {
		return false
	}
	next := t.UnixNano()
	if running := timer.Load(); running <= next && next < running+int64(slack) {
		return false
	}
	timer.Store(next)
	return true
}

package service

import (
	"context"
	"errors"
	"io"
	"net"
	"os"
	"sync"
	"sync/atomic"
	"time"
)

// A listener stops without losing connections. Closing a socket resets those
// that the kernel has already completed and that wait to be accepted; here no
// further ones are let in, then those that wait are accepted, then it closes. It
// knows the connections that are open, and refuses those that are too many.
type listener struct {
	*net.TCPListener
	max     *atomic.Int64 // connections that may be open; 0 is no limit
	refused *atomic.Int64

	mu   sync.Mutex
	open map[*conn]struct{}
	last [64]*net.TCPConn // refused, and closed when as many have followed
	next int
}

// handshakeTime is what a handshake that has begun is given to complete.
const handshakeTime = 100 * time.Millisecond

// listen opens a TCP port, without Multipath TCP, on whose sockets Linux allows
// no filter.
func listen(address string) (*net.TCPListener, error) {
	var config net.ListenConfig
	config.SetMultipathTCP(false)
	l, err := config.Listen(context.Background(), "tcp", address)
	if err != nil {
		return nil, err
	}
	return l.(*net.TCPListener), nil
}

// stop lets no further connection in, and has Accept end when none waits.
func (l *listener) stop() {
	l.control(refuseSYN)
	time.Sleep(handshakeTime)
	l.SetDeadline(time.Now())
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	for {
		tcp, err := l.accept()
		if err != nil {
			return nil, err
		}
		if c := l.admit(tcp); c != nil {
			return c, nil
		}
	}
}

// tooMany is what a connection gets that is one too many.
const tooMany = "HTTP/1.1 503 Service Unavailable\r\nContent-Type: application/json\r\nConnection: close\r\nRetry-After: 1\r\nContent-Length: 96\r\n\r\n" +
	`{"error":"Service Unavailable","message":"too many connections: see MAX_CONNECTIONS","path":""}` + "\n"

// admit returns a connection that may be served, or refuses it and returns nil. A
// refused one is not closed yet: that would take the answer from a client that is
// still sending its request.
func (l *listener) admit(tcp *net.TCPConn) *conn {
	l.mu.Lock()
	defer l.mu.Unlock()
	if limit := l.max.Load(); limit == 0 || int64(len(l.open)) < limit {
		c := newConn(tcp)
		c.closed = l.forget
		l.open[c] = struct{}{}
		return c
	}
	l.refused.Add(1)
	go refuse(tcp)
	if old := l.last[l.next]; old != nil {
		old.Close()
	}
	l.last[l.next] = tcp
	l.next = (l.next + 1) % len(l.last)
	return nil
}

// refuse answers a connection that isn't served, once its request has begun: a
// client takes what comes before for no answer of its own.
func refuse(tcp *net.TCPConn) {
	var first [1]byte
	if _, err := tcp.Read(first[:]); err == nil {
		io.WriteString(tcp, tooMany) // it fits into an empty socket's buffer
		tcp.CloseWrite()
	}
}

func (l *listener) forget(c *conn) {
	l.mu.Lock()
	delete(l.open, c)
	l.mu.Unlock()
}

// count returns how many connections are open.
func (l *listener) count() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.open)
}

// closeSilent closes the connections that nothing has come from.
func (l *listener) closeSilent() {
	l.mu.Lock()
	var silent []*conn
	for c := range l.open {
		if !c.heard.Load() {
			silent = append(silent, c)
		}
	}
	l.mu.Unlock()
	for _, c := range silent {
		c.Close()
	}
}

func (l *listener) accept() (*net.TCPConn, error) {
	tcp, err := l.AcceptTCP()
	if err != nil && !errors.Is(err, os.ErrDeadlineExceeded) {
		return nil, err
	}
	if err != nil {
		// The deadline has passed, so that no look was taken at the queue.
		l.control(func(fd uintptr) { tcp, err = acceptWaiting(fd) })
	}
	if err != nil {
		l.Close()
		return nil, net.ErrClosed
	}
	return tcp, nil
}

// control calls f with the socket.
func (l *listener) control(f func(fd uintptr)) {
	if raw, err := l.SyscallConn(); err == nil {
		raw.Control(f)
	}
}

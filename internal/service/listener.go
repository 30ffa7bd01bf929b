package service

import (
	"errors"
	"net"
	"os"
	"time"
)

// A listener stops without losing connections. Closing a socket resets those
// that the kernel has already completed and that wait to be accepted; here no
// further ones are let in, then those that wait are accepted, then it closes.
type listener struct{ *net.TCPListener }

// handshakeTime is what a handshake that has begun is given to complete.
const handshakeTime = 10 * time.Millisecond

// stop lets no further connection in, and has Accept end when none waits.
func (l *listener) stop() {
	l.control(refuseSYN)
	time.Sleep(handshakeTime)
	l.SetDeadline(time.Now())
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.TCPListener.Accept()
	if !errors.Is(err, os.ErrDeadlineExceeded) {
		return conn, err
	}
	// The deadline has passed, so that no look was taken at the queue.
	if l.control(func(fd uintptr) { conn, err = acceptWaiting(fd) }); err != nil {
		l.Close()
		return nil, net.ErrClosed
	}
	return conn, nil
}

// control calls f with the socket.
func (l *listener) control(f func(fd uintptr)) {
	if raw, err := l.SyscallConn(); err == nil {
		raw.Control(f)
	}
}

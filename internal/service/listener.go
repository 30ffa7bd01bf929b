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

// acceptTime is how long after stop the waiting connections are accepted.
const acceptTime = 20 * time.Millisecond

// stop lets no further connection in; Accept goes on for a moment.
func (l *listener) stop() {
	if raw, err := l.SyscallConn(); err == nil {
		raw.Control(refuseSYN)
	}
	l.SetDeadline(time.Now().Add(acceptTime))
}

// Accept implements [net.Listener].
func (l *listener) Accept() (net.Conn, error) {
	conn, err := l.TCPListener.Accept()
	if errors.Is(err, os.ErrDeadlineExceeded) {
		l.Close()
		return nil, net.ErrClosed
	}
	return conn, err
}

package service

import (
	"context"
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
	return newConn(tcp), nil
}

// control calls f with the socket.
func (l *listener) control(f func(fd uintptr)) {
	if raw, err := l.SyscallConn(); err == nil {
		raw.Control(f)
	}
}

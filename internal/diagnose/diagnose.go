// Package diagnose implements the diagnostic commands, which replace a shell in a
// scratch image: a health check, and network requests that report an answer or, in
// one word, what failed. Package roots decides which certificates are trusted.
package diagnose

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"syscall"
	"time"

	"devops-go/internal/roots"
)

// A Class says what kind of failure it was; its values are exit statuses.
type Class int

// The classes.
const (
	Status      Class = 1 // the server answered, but not with success
	Failed      Class = 2 // anything else
	DNS         Class = 3 // the name has no address, or can't be looked up
	Refused     Class = 4 // nothing listens there
	Timeout     Class = 5 // no answer in time
	Certificate Class = 6 // the server's certificate isn't trusted, or not for that name
)

func (c Class) String() string {
	return [...]string{Status: "status", Failed: "failed", DNS: "dns", Refused: "refused", Timeout: "timeout", Certificate: "certificate"}[c]
}

// An Error is a failure with its class.
type Error struct {
	Class Class
	Err   error
}

func (e *Error) Error() string { return e.Class.String() + ": " + e.Err.Error() }

// Unwrap returns the failure itself.
func (e *Error) Unwrap() error { return e.Err }

// classify gives err, which is not nil, its class.
func classify(err error) error {
	if classified, ok := errors.AsType[*Error](err); ok {
		return classified
	}
	class := Failed
	if is[*net.DNSError](err) {
		class = DNS
	} else if is[*tls.CertificateVerificationError](err) {
		class = Certificate
	} else if errors.Is(err, syscall.ECONNREFUSED) {
		class = Refused
	} else if timeout, ok := errors.AsType[net.Error](err); ok && timeout.Timeout() {
		class = Timeout
	}
	return &Error{class, err}
}

func is[E error](err error) bool {
	_, ok := errors.AsType[E](err)
	return ok
}

// A Client asks. Its roots are loaded when TLS first needs them.
type Client struct {
	Trust    roots.Options
	Timeout  time.Duration // for a whole command
	insecure bool          // any certificate will do
	store    *roots.Store
}

// timing holds how long the steps of a connection took.
type timing struct {
	dns, connect, tls, firstByte time.Duration
}

// lap returns the time since *last, and sets *last to now.
func lap(last *time.Time) time.Duration {
	now := time.Now()
	defer func() { *last = now }()
	return now.Sub(*last)
}

// dial connects to host by the first of its addresses that answers. The
// connection fails at ctx's deadline.
func dial(ctx context.Context, host, port string) (net.Conn, timing, error) {
	var t timing
	last := time.Now()
	addrs, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, t, classify(err)
	}
	t.dns = lap(&last)
	var failure error
	for i, addr := range addrs {
		// One address that swallows packets must leave time for the next.
		deadline, _ := ctx.Deadline()
		share := time.Until(deadline) / time.Duration(len(addrs)-i)
		conn, err := (&net.Dialer{Timeout: share}).DialContext(ctx, "tcp", net.JoinHostPort(addr.Unmap().String(), port))
		if err == nil {
			t.connect = lap(&last)
			conn.SetDeadline(deadline)
			return conn, t, nil
		}
		if failure == nil {
			failure = err
		}
	}
	return nil, t, classify(failure)
}

// secure begins TLS on conn, and closes conn if that fails.
func (c *Client) secure(ctx context.Context, conn net.Conn, host string) (*tls.Conn, error) {
	config := &tls.Config{ServerName: host, InsecureSkipVerify: c.insecure}
	if !c.insecure {
		pool, err := c.pool()
		if err != nil {
			conn.Close()
			return nil, err
		}
		config.RootCAs = pool
	}
	secured := tls.Client(conn, config)
	if err := secured.HandshakeContext(ctx); err != nil {
		conn.Close()
		return nil, classify(err)
	}
	return secured, nil
}

func (c *Client) pool() (*x509.CertPool, error) {
	if c.store == nil {
		store, err := roots.Load(c.Trust)
		if err != nil {
			return nil, classify(err)
		}
		c.store = store
	}
	return c.store.Pool(), nil
}

// hostPort splits HOST[:PORT], where an IPv6 address may stand without brackets
// if it has no port.
func hostPort(s, defaultPort string) (host, port string, err error) {
	if addr, err := netip.ParseAddr(s); err == nil && defaultPort != "" {
		return addr.String(), defaultPort, nil
	}
	host, port, err = net.SplitHostPort(s)
	if err != nil && defaultPort != "" {
		host, port, err = net.SplitHostPort(s + ":" + defaultPort)
	}
	if err != nil || host == "" || port == "" {
		want := "HOST:PORT"
		if defaultPort != "" {
			want = "HOST[:PORT]"
		}
		return "", "", &Error{Failed, fmt.Errorf("%q: want %s", s, want)}
	}
	return host, port, nil
}

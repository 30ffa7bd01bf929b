package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"strconv"
	"syscall"
	"time"
)

const (
	maxAttempts = 6
	firstWait   = 250 * time.Millisecond
	// maxWait bounds what a registry may ask for by Retry-After.
	maxWait = 2 * time.Minute
)

// errRefused marks an answer that this client doesn't follow; asking again
// would not change it.
var errRefused = errors.New("refused")

// refused is an error that is final.
func refused(format string, args ...any) error {
	return &refusedError{fmt.Sprintf(format, args...)}
}

type refusedError struct{ text string }

func (e *refusedError) Error() string        { return e.text }
func (e *refusedError) Is(target error) bool { return target == errRefused }

// retryable reports whether the same request may succeed after err, when it
// was sent again n times already. A stall has cost a minute: it is worth one
// more try. A host that never answered is worth none when nobody listens there.
func retryable(err error, n int, answered bool) bool {
	if _, ok := errors.AsType[*authError](err); ok {
		return false // what it took was tried often enough
	}
	if e, ok := errors.AsType[*Error](err); ok {
		switch e.Status {
		case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported, http.StatusInsufficientStorage:
			return false
		case http.StatusRequestTimeout, http.StatusTooManyRequests:
			return true
		}
		return e.Status >= 500
	}
	if _, ok := errors.AsType[*transportError](err); !ok {
		return false
	}
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return false
	}
	switch {
	case errors.Is(err, errRefused), errors.Is(err, errSource), errors.Is(err, errSlow), errors.Is(err, http.ErrBodyReadAfterClose), certificateFault(err):
		return false
	case errors.Is(err, errStalled):
		return n == 0
	case errors.Is(err, syscall.ECONNREFUSED):
		return answered
	}
	return true
}

// certificateFault reports whether the two sides don't agree about TLS.
func certificateFault(err error) bool {
	_, ok := errors.AsType[*tls.CertificateVerificationError](err)
	return ok || noTLS(err)
}

// noTLS reports whether err says that the other side doesn't speak TLS.
func noTLS(err error) bool {
	_, ok := errors.AsType[tls.RecordHeaderError](err)
	return ok || errors.Is(err, http.ErrSchemeMismatch)
}

// backoff returns how long to wait before the attempt after the n-th (from 0):
// doubling, with jitter, so that many clients don't come back at once.
func backoff(n int) time.Duration {
	d := firstWait << min(n, 10)
	return d*3/4 + rand.N(d/2)
}

// retryAfter returns what the Retry-After header asks for, in seconds or as a
// date; 0 when it asks for nothing.
func retryAfter(header http.Header, now time.Time) time.Duration {
	v := header.Get("Retry-After")
	if n, err := strconv.ParseUint(v, 10, 31); err == nil {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(v); err == nil {
		return max(0, at.Sub(now))
	}
	return 0
}

// sleep waits for d or until ctx is done.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

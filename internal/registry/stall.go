package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
	"time"
)

// commitPatience is how many idle timeouts a registry may take to answer once
// it has the whole body of a request: it may be moving a large blob.
const commitPatience = 5

// errStalled is the cause of a request that was given up because no byte moved,
// errSlow of one that would have taken for ever.
var (
	errStalled = errors.New("stalled")
	errSlow    = errors.New("too slow")
)

// An answer that moves less than slowBytes in slowWindow is given up: what comes
// byte by byte never stalls, and never ends.
const (
	slowWindow = time.Minute
	slowBytes  = 60_000
)

// A watch gives up a request on which nothing moves for limit. It runs only
// while the network is waited for, never while the caller thinks.
type watch struct {
	limit  time.Duration
	timer  *time.Timer
	cancel context.CancelCauseFunc

	mu       sync.Mutex
	received bool // an answer: what is still sent doesn't count any more
}

// newWatch returns a running watch and the context it ends.
func newWatch(ctx context.Context, limit time.Duration) (context.Context, *watch) {
	ctx, cancel := context.WithCancelCause(ctx)
	w := &watch{limit: limit, cancel: cancel}
	w.timer = time.AfterFunc(limit, func() {
		cancel(fmt.Errorf("%w: nothing moved for %v", errStalled, limit))
	})
	return ctx, w
}

// sending stops the watch, or lets it run for d, while a request is sent.
func (w *watch) sending(d time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch {
	case w.received:
	case d == 0:
		w.timer.Stop()
	default:
		w.timer.Reset(d)
	}
}

// answered stops the watch until the answer's body is read.
func (w *watch) answered() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.received = true
	w.timer.Stop()
}

// end releases what the watch holds.
func (w *watch) end() {
	w.timer.Stop()
	w.cancel(nil)
}

// watchedBody is an answer's body: reading it waits for the network.
type watchedBody struct {
	io.ReadCloser
	ctx   context.Context
	watch *watch
	r     *request
	now   func() time.Time

	waited time.Duration // for the network, since the last look at the speed
	moved  int           // bytes, in that time
}

func (b *watchedBody) Read(p []byte) (int, error) {
	begun := b.now()
	b.watch.timer.Reset(b.watch.limit)
	n, err := b.ReadCloser.Read(p)
	b.watch.timer.Stop()
	b.waited += b.now().Sub(begun)
	b.moved += n
	switch {
	case err == nil:
		err = b.pace()
	case err != io.EOF:
		err = noAnswer(b.r, causeOf(b.ctx, err))
	}
	return n, err
}

// pace holds the speed against the least that is waited for.
func (b *watchedBody) pace() error {
	if b.waited < slowWindow {
		return nil
	}
	if b.moved < slowBytes {
		return noAnswer(b.r, fmt.Errorf("%w: %d bytes in %v", errSlow, b.moved, b.waited.Round(time.Second)))
	}
	b.waited, b.moved = 0, 0
	return nil
}

func (b *watchedBody) Close() error {
	err := b.ReadCloser.Close()
	b.watch.end()
	return err
}

// causeOf prefers the reason a context ended for over err, its consequence.
func causeOf(ctx context.Context, err error) error {
	if cause := context.Cause(ctx); cause != nil {
		return cause
	}
	return err
}

package registry

import (
	"context"
	"sync"
	"testing"
	"time"

	"devops-go/internal/registrytest"
)

// A fake is a registry in memory, with a client that knows it.
type fake struct {
	*registrytest.Server
	t      *testing.T
	realms []string // of its token services
}

func newFake(t *testing.T) *fake {
	t.Helper()
	return &fake{Server: registrytest.New(t), t: t}
}

// client returns a client that never really sleeps, and what it slept.
func (f *fake) client(o Options) (*Client, *naps) {
	f.t.Helper()
	n := &naps{}
	if o.Sleep == nil {
		o.Sleep = n.sleep
	}
	if o.AuthRealms == nil {
		o.AuthRealms = f.realms
	}
	c := New(o)
	f.t.Cleanup(c.Close)
	return c, n
}

type naps struct {
	mu  sync.Mutex
	all []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, d)
	return ctx.Err()
}

// ref parses a reference within f, such as "app:v1".
func (f *fake) ref(s string) Reference {
	f.t.Helper()
	r, err := ParseReference(f.Host() + "/" + s)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

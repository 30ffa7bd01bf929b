package registry

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"devops-go/internal/dockerconfig"
)

// An account is what is known about authentication at one origin. A nil
// account sends requests as they are.
type account struct {
	client *Client
	origin string
	key    string // the name its credentials are filed under

	seen atomic.Bool   // the origin has answered at least once
	turn chan struct{} // holds while credential is looked up

	mu         sync.Mutex
	credential *dockerconfig.Credential // nil: not looked up yet
	demand     challenge                // the last one; the zero challenge asks for nothing
	tokens     map[string]*slot         // by scopes
}

// account returns the account at the origin of u, which is h's.
func (c *Client) account(h *host, u *url.URL) *account {
	c.mu.Lock()
	defer c.mu.Unlock()
	o := origin(u)
	a := c.accounts[o]
	if a == nil {
		a = &account{
			client: c,
			origin: o,
			key:    h.key,
			turn:   make(chan struct{}, 1),
			tokens: make(map[string]*slot),
		}
		c.accounts[o] = a
	}
	return a
}

func (a *account) answered() bool { return a != nil && a.seen.Load() }

func (a *account) heard() {
	if a != nil {
		a.seen.Store(true)
	}
}

// authorization returns the header to send with a request for scopes, as far
// as the origin's demand is known and can be met. Where it can't, the answer
// to the request says so better.
func (a *account) authorization(ctx context.Context, scopes []string) string {
	if a == nil {
		return ""
	}
	a.mu.Lock()
	demand := a.demand
	a.mu.Unlock()
	header, err := a.meet(ctx, demand, scopes, "")
	if err != nil {
		return ""
	}
	return header
}

// challenged returns the header that the origin's answer to one sent with
// the header sent asks for.
func (a *account) challenged(ctx context.Context, lines, scopes []string, sent string) (string, error) {
	demand, ok := choose(parseChallenges(lines))
	if !ok {
		return "", errors.New("it asks for neither Basic nor Bearer authentication")
	}
	a.mu.Lock()
	a.demand = demand
	a.mu.Unlock()
	header, err := a.meet(ctx, demand, scopes, sent)
	if err == nil && header == sent {
		err = fmt.Errorf("the credentials for %s were not accepted", a.key)
	}
	return header, err
}

// meet returns the header that meets demand and is another than the one that
// was not good enough.
func (a *account) meet(ctx context.Context, demand challenge, scopes []string, notThis string) (string, error) {
	if demand.scheme == "" {
		return "", nil
	}
	cred, err := a.lookUp(ctx)
	if err != nil {
		return "", err
	}
	if demand.scheme == "basic" {
		if cred.Username == "" {
			return "", fmt.Errorf("no user and password for %s in Docker's configuration, see docker login", a.key)
		}
		return basic(cred), nil
	}
	if cred.RegistryToken != "" {
		return "Bearer " + cred.RegistryToken, nil
	}
	return a.token(ctx, demand, scopes, notThis)
}

// lookUp asks for the credential once.
func (a *account) lookUp(ctx context.Context) (dockerconfig.Credential, error) {
	if err := acquire(ctx, a.turn); err != nil {
		return dockerconfig.Credential{}, err
	}
	defer func() { <-a.turn }()
	a.mu.Lock()
	known := a.credential
	a.mu.Unlock()
	if known != nil {
		return *known, nil
	}
	cred, err := a.client.options.Credentials(ctx, a.key)
	if err != nil {
		return cred, err
	}
	a.mu.Lock()
	a.credential = &cred
	a.mu.Unlock()
	return cred, nil
}

// acquire takes turn, a channel of capacity 1.
func acquire(ctx context.Context, turn chan struct{}) error {
	select {
	case turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func basic(c dockerconfig.Credential) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(c.Username+":"+c.Password))
}

// secrets returns what must not be printed of a request that was sent with
// the header sent.
func (a *account) secrets(sent string) []string {
	if a == nil {
		return nil
	}
	all := []string{sent}
	if _, value, ok := strings.Cut(sent, " "); ok {
		all = append(all, value)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.credential != nil {
		all = append(all, credentialSecrets(*a.credential)...)
	}
	return all
}

func credentialSecrets(c dockerconfig.Credential) []string {
	var all []string
	if c.Username != "" {
		all = append(all, strings.TrimPrefix(basic(c), "Basic "))
	}
	return append(all, c.Password, c.IdentityToken, c.RegistryToken)
}

// Package registry is a client of the OCI distribution specification (v1.1):
// references, authentication, pull and push. It moves bytes and verifies their
// digests; what a manifest says is left to package image, which tags to ask
// for and what to print to its callers.
package registry

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"devops-go/internal/dockerconfig"
)

// Options adapt a Client. The zero Options are a client without credentials
// that speaks https, and plain http on loopback only.
type Options struct {
	// Credentials looks up what Docker keeps for a registry, "docker.io" or
	// HOST[:PORT]; see dockerconfig.File.Credential. It is called when a
	// registry asks for authentication, once for each registry.
	Credentials func(ctx context.Context, host string) (dockerconfig.Credential, error)
	// PlainHTTP lists the registries, HOST[:PORT], that may be spoken to
	// without TLS though they are not on loopback.
	PlainHTTP []string
	// Mirrors lists for a registry, "docker.io" or HOST[:PORT], the mirrors,
	// HOST[:PORT], to pull from first. What a mirror can't deliver is asked of the registry itself.
	Mirrors map[string][]string
	// AuthRealms lists the hosts, HOST[:PORT], of token services that
	// credentials may be sent to though they are on another host than the
	// registry and not documented to be its own.
	AuthRealms []string
	// UploadHosts lists the hosts, HOST[:PORT], that content may be sent to,
	// at any path, where a registry leads an upload out of its own /v2/.
	UploadHosts []string
	// TLS configures certificates; nil means the system's roots.
	TLS *tls.Config
	// UserAgent is sent with each request.
	UserAgent string
	// IdleTimeout ends a request on which no byte moves; 0 means a minute.
	IdleTimeout time.Duration
	// ChunkSize cuts an upload into requests of at most so many bytes; 0 sends
	// a blob in one.
	ChunkSize int64
	// Sleep and Now are the clock that retries and token lifetimes go by; nil
	// means the real one.
	Sleep func(ctx context.Context, d time.Duration) error
	Now   func() time.Time
}

// A Client talks to registries. It may be used by many goroutines at once,
// shares connections and tokens between them, and is closed when done with.
type Client struct {
	options   Options
	transport *http.Transport
	http      *http.Client // follows redirects
	tokens    *http.Client // follows none to another host: it sends secrets in bodies

	mu       sync.Mutex
	accounts map[string]*account // by origin
	hosts    map[string]*host    // by HOST[:PORT]
}

// New returns a client with o.
func New(o Options) *Client {
	if o.IdleTimeout <= 0 {
		o.IdleTimeout = time.Minute
	}
	if o.Sleep == nil {
		o.Sleep = sleep
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.Credentials == nil {
		o.Credentials = anonymous
	}
	if o.UserAgent == "" {
		o.UserAgent = "tare"
	}
	t := &http.Transport{
		Proxy:                  http.ProxyFromEnvironment,
		DialContext:            (&net.Dialer{Timeout: 15 * time.Second}).DialContext,
		TLSClientConfig:        o.TLS,
		ForceAttemptHTTP2:      true,
		TLSHandshakeTimeout:    15 * time.Second,
		MaxIdleConnsPerHost:    8,
		MaxIdleConns:           64,
		IdleConnTimeout:        30 * time.Second,
		ExpectContinueTimeout:  2 * time.Second,
		MaxResponseHeaderBytes: 64 << 10,
		// A blob's bytes are those of its digest: nothing is unpacked on the way.
		DisableCompression: true,
	}
	c := &Client{
		options:   o,
		transport: t,
		accounts:  make(map[string]*account),
		hosts:     make(map[string]*host),
	}
	c.http = &http.Client{Transport: t, CheckRedirect: c.checkRedirect}
	c.tokens = &http.Client{Transport: t, CheckRedirect: sameOriginOnly}
	return c
}

// Close closes the connections that are idle.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

func anonymous(context.Context, string) (dockerconfig.Credential, error) {
	return dockerconfig.Credential{}, nil
}

const maxRedirects = 5

// checkRedirect lets a redirect lead to any host; credentials stay behind
// unless scheme, host and port are those first asked.
func (c *Client) checkRedirect(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	switch {
	case len(via) > maxRedirects:
		return refused("more than %d redirects", maxRedirects)
	case to.Method != from.Method:
		return refused("redirect turns %s into %s", from.Method, to.Method)
	}
	if err := c.checkStep(to.URL, "redirect"); err != nil {
		return err
	}
	if sends(to.Method) {
		if err := c.checkUpload(via[0].URL, to.URL); err != nil {
			return err
		}
	}
	for _, r := range via {
		if origin(r.URL) != origin(to.URL) {
			to.Header.Del("Authorization")
		}
	}
	to.Header.Del("Referer") // the query of the last URL is nobody's business
	return nil
}

// checkStep refuses to follow a registry's word to where it must not lead:
// out of http, or to a host that may not be spoken to without TLS.
func (c *Client) checkStep(to *url.URL, what string) error {
	switch to.Scheme {
	case "https":
	case "http":
		if !c.plain(to.Host) {
			return refused("%s to plain http://%s", what, clean(to.Host))
		}
	default:
		return refused("%s to scheme %s", what, quote(to.Scheme))
	}
	if to.Host == "" {
		return refused("%s to a URL without a host", what)
	}
	return nil
}

func sameOriginOnly(to *http.Request, via []*http.Request) error {
	from := via[len(via)-1]
	if origin(from.URL) != origin(to.URL) || to.Method != from.Method || len(via) > maxRedirects {
		return refused("the token service redirects to %s", clean(to.URL.Host))
	}
	return nil
}

func origin(u *url.URL) string { return u.Scheme + "://" + strings.ToLower(u.Host) }

// plain reports whether hostport may be spoken to without TLS.
func (c *Client) plain(hostport string) bool {
	if slices.Contains(c.options.PlainHTTP, hostport) {
		return true
	}
	name := (&url.URL{Host: hostport}).Hostname()
	addr, err := netip.ParseAddr(name)
	return name == "localhost" || err == nil && addr.Unmap().IsLoopback()
}

// A host is a place that speaks the protocol: a registry or a mirror of one.
type host struct {
	addr string // HOST[:PORT] to connect to
	key  string // the name its credentials are filed under
	turn chan struct{}
	base *url.URL // scheme and host; known once asked
}

// host returns the entry for name, "docker.io" or HOST[:PORT].
func (c *Client) host(name string) *host {
	c.mu.Lock()
	defer c.mu.Unlock()
	h := c.hosts[name]
	if h == nil {
		h = &host{addr: name, key: name, turn: make(chan struct{}, 1)}
		if name == hub {
			h.addr = hubAPI
		}
		c.hosts[name] = h
	}
	return h
}

// url returns the URL of path at h. The first call for a host that may be
// spoken to without TLS finds out whether it is to be.
func (c *Client) url(ctx context.Context, h *host, path string) (*url.URL, error) {
	if err := acquire(ctx, h.turn); err != nil {
		return nil, err
	}
	defer func() { <-h.turn }()
	if h.base == nil {
		base := &url.URL{Scheme: "https", Host: h.addr}
		if c.plain(h.addr) {
			if err := c.probe(ctx, base); err != nil {
				return nil, err
			}
		}
		h.base = base
	}
	return h.base.Parse(path)
}

// probe sets the scheme of base, a host that may do without TLS, to what the
// host answers to. It carries no credential.
func (c *Client) probe(ctx context.Context, base *url.URL) error {
	at := *base
	at.Path = "/v2/"
	resp, err := c.do(ctx, &request{method: http.MethodGet, url: &at, any: true})
	if noTLS(err) {
		base.Scheme = "http"
		return nil
	}
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// pullHosts returns where content of ref's repository is asked for, in order.
func (c *Client) pullHosts(ref Reference) []*host {
	var all []*host
	for _, mirror := range c.options.Mirrors[ref.host] {
		all = append(all, c.host(mirror))
	}
	return append(all, c.host(ref.host))
}

// Ping asks whether name, "docker.io" or HOST[:PORT], is a registry that
// accepts the credentials there are for it.
func (c *Client) Ping(ctx context.Context, name string) error {
	h := c.host(name)
	u, err := c.url(ctx, h, "/v2/")
	if err != nil {
		return err
	}
	resp, err := c.do(ctx, &request{method: http.MethodGet, url: u, account: c.account(h, u)})
	if err != nil {
		return fmt.Errorf("ping: %w", err)
	}
	return resp.Body.Close()
}

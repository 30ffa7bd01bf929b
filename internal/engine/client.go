// Package engine is a client for the image part of the Docker Engine API. It finds
// the engine like the docker command does, and inspects, saves and loads images.
// Package image reads what they contain.
package engine

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// Sentinels for errors.Is; the error itself says more.
var (
	// ErrNotFound: the engine has no such image.
	ErrNotFound = errors.New("not found")
	// ErrUnavailable: no engine answers at the endpoint.
	ErrUnavailable = errors.New("unavailable")
)

const (
	// newestAPI is the newest version this client was written for.
	newestAPI = "1.49"
	// oldestAPI is what an engine speaks that doesn't say.
	oldestAPI = "1.24"

	pingTimeout = 20 * time.Second
	maxAnswer   = 64 << 20
	maxMessage  = 64 << 10
)

// A Client talks to one engine. It may be used by many goroutines at once and
// is closed when done with.
type Client struct {
	endpoint  Endpoint
	base      string // scheme and host of every URL
	transport *http.Transport
	http      *http.Client

	turn    chan struct{} // holds while version is found out
	version string        // of the API; empty until then
}

// New returns a client of the engine at e. It doesn't connect yet.
func New(e Endpoint) (*Client, error) {
	network, address, scheme, err := e.dialTarget()
	if err != nil {
		return nil, fmt.Errorf("docker engine at %s: %w", e, err)
	}
	c := &Client{
		endpoint: e,
		base:     scheme + "://" + address,
		turn:     make(chan struct{}, 1),
		version:  e.Version,
		transport: &http.Transport{
			Proxy:                  http.ProxyFromEnvironment,
			TLSClientConfig:        e.TLS,
			TLSHandshakeTimeout:    pingTimeout,
			IdleConnTimeout:        30 * time.Second,
			MaxIdleConnsPerHost:    4,
			MaxResponseHeaderBytes: 64 << 10,
			DisableCompression:     true,
		},
	}
	if network == "unix" {
		c.base = "http://docker"
		c.transport.Proxy = nil
		c.transport.DialContext = func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, network, address)
		}
	}
	c.http = &http.Client{
		Transport: c.transport,
		// An engine redirects only what isn't a path of its API.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	return c, nil
}

// Endpoint returns where the client's engine is.
func (c *Client) Endpoint() Endpoint { return c.endpoint }

// Close closes the connections that are idle.
func (c *Client) Close() { c.transport.CloseIdleConnections() }

// An Error is an engine's refusal.
type Error struct {
	Endpoint string
	Op       string // method and path
	Status   int    // the HTTP status; 0 for an error in a stream
	Message  string // the engine's own, one printable line
}

// Error implements error.
func (e *Error) Error() string {
	s := "docker engine at " + e.Endpoint + ": "
	if e.Message == "" {
		return s + e.Op + ": " + strconv.Itoa(e.Status) + " " + http.StatusText(e.Status)
	}
	return s + e.Message
}

// Is makes a missing image an ErrNotFound.
func (e *Error) Is(target error) bool {
	return target == ErrNotFound && e.Status == http.StatusNotFound
}

// unavailable is a failure to connect.
type unavailable struct {
	endpoint Endpoint
	err      error
}

func (e *unavailable) Error() string {
	s := fmt.Sprintf("docker engine at %s: %v", e.endpoint, e.err)
	switch {
	case errors.Is(e.err, fs.ErrPermission):
		return s + " (this user may not use it; see the group of the socket)"
	case errors.Is(e.err, fs.ErrNotExist), errors.Is(e.err, syscall.ECONNREFUSED):
		return s + " (is the engine running? DOCKER_HOST says where)"
	}
	return s
}

func (e *unavailable) Unwrap() error { return e.err }

func (e *unavailable) Is(target error) bool { return target == ErrUnavailable }

// failure wraps what net/http reports.
func (c *Client) failure(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	if u, ok := errors.AsType[*url.Error](err); ok {
		err = u.Err
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && op.Op == "dial" {
		return &unavailable{c.endpoint, err}
	}
	return fmt.Errorf("docker engine at %s: %w", c.endpoint, err)
}

// do sends one request to path below the version's prefix. The caller closes
// the body of the answer, whose status is 200.
func (c *Client) do(ctx context.Context, method, path string, query url.Values, body io.Reader) (*http.Response, error) {
	version, err := c.negotiate(ctx)
	if err != nil {
		return nil, err
	}
	u := (&url.URL{Path: "/v" + version + path, RawQuery: query.Encode()}).String()
	req, err := http.NewRequestWithContext(ctx, method, c.base+u, body)
	if err != nil {
		return nil, fmt.Errorf("docker engine at %s: %w", c.endpoint, err)
	}
	if body != nil {
		req.Header.Set("Content-Type", "application/x-tar")
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return nil, c.failure(ctx, err)
	}
	if resp.StatusCode != http.StatusOK {
		return nil, c.refusal(resp, method+" "+path)
	}
	return resp, nil
}

// negotiate finds out once which version of the API both sides know.
func (c *Client) negotiate(ctx context.Context) (string, error) {
	select {
	case c.turn <- struct{}{}:
		defer func() { <-c.turn }()
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
	if c.version != "" {
		return c.version, nil
	}
	limited, cancel := context.WithTimeoutCause(ctx, pingTimeout,
		fmt.Errorf("docker engine at %s: %w: no answer within %v", c.endpoint, ErrUnavailable, pingTimeout))
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, c.base+"/_ping", nil)
	if err != nil {
		return "", fmt.Errorf("docker engine at %s: %w", c.endpoint, err)
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return "", c.failure(limited, err)
	}
	if resp.StatusCode != http.StatusOK {
		return "", c.refusal(resp, "GET /_ping")
	}
	defer resp.Body.Close()
	theirs := resp.Header.Get("Api-Version")
	if theirs == "" {
		theirs = oldestAPI
	}
	c.version, err = older(theirs, newestAPI)
	if err != nil {
		return "", fmt.Errorf("docker engine at %s: %w", c.endpoint, err)
	}
	return c.version, nil
}

// older returns the older of two versions, MAJOR.MINOR.
func older(theirs, ours string) (string, error) {
	var major, minor, ourMajor, ourMinor int
	if _, err := fmt.Sscanf(theirs+"\n", "%d.%d\n", &major, &minor); err != nil || major < 1 || minor < 0 {
		return "", fmt.Errorf("its API has version %q, which is not a version", clip(theirs))
	}
	if _, err := fmt.Sscanf(ours, "%d.%d", &ourMajor, &ourMinor); err != nil {
		return "", err
	}
	if major < ourMajor || major == ourMajor && minor < ourMinor {
		return fmt.Sprintf("%d.%d", major, minor), nil
	}
	return ours, nil
}

// atLeast reports whether version is 1.minor or newer.
func atLeast(version string, minor int) bool {
	var major, have int
	_, err := fmt.Sscanf(version, "%d.%d", &major, &have)
	return err == nil && (major > 1 || have >= minor)
}

// refusal turns an answer into an *Error and closes its body.
func (c *Client) refusal(resp *http.Response, op string) error {
	defer resp.Body.Close()
	e := &Error{Endpoint: c.endpoint.String(), Op: op, Status: resp.StatusCode}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxMessage))
	if err != nil {
		return e
	}
	var answer struct {
		Message string `json:"message"`
	}
	if json.Unmarshal(body, &answer) != nil {
		answer.Message = string(body) // not an engine's words, but what there is
	}
	e.Message = line(answer.Message)
	return e
}

// line makes an engine's message fit for one line of a terminal.
func line(s string) string {
	s = strings.TrimSpace(s)
	quoted := strconv.Quote(clip(s))
	if len(quoted) == len(s)+2 {
		return s
	}
	return quoted
}

func clip(s string) string {
	if len(s) > 400 {
		return s[:400] + "…"
	}
	return s
}

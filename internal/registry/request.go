package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"time"
)

// A request is what do sends, as often as it takes.
type request struct {
	method string
	url    *url.URL
	header http.Header
	// open returns the body from its beginning, size bytes; nil for none.
	open func() (io.ReadCloser, error)
	size int64
	// account authorises the request for scopes; nil sends it as it is.
	account *account
	scopes  []string
	// secrets are what the request holds besides the account's.
	secrets []string
	// accept lists the wanted statuses, 200 when empty; any wants them all.
	accept []int
	any    bool
	// once leaves it to the caller to try again.
	once bool
	// private forbids redirects to another host.
	private bool
}

// op names a request in errors.
func (r *request) op() string { return r.method + " " + clean(r.url.Path) }

func (r *request) accepts(status int) bool {
	if len(r.accept) == 0 {
		return r.any || status == http.StatusOK
	}
	return slices.Contains(r.accept, status)
}

// do sends r until it is accepted, refused for good, or tried often enough. The
// caller closes the body of the answer, which is guarded against stalling.
func (c *Client) do(ctx context.Context, r *request) (*http.Response, error) {
	for n := 0; ; n++ {
		resp, err := c.try(ctx, r)
		if err == nil {
			return resp, nil
		}
		if ctx.Err() != nil {
			return nil, context.Cause(ctx)
		}
		if r.once || n+1 == maxAttempts || !retryable(err, n, r.account.answered()) {
			return nil, err
		}
		if err := c.pause(ctx, n, err); err != nil {
			return nil, err
		}
	}
}

// read is do for an answer of at most limit bytes, which is read whole. An
// answer that breaks off is asked for again.
func (c *Client) read(ctx context.Context, r *request, limit int64) (*http.Response, []byte, error) {
	for n := 0; ; n++ {
		resp, err := c.do(ctx, r)
		if err != nil {
			return nil, nil, err
		}
		body, err := readAll(resp.Body, limit)
		resp.Body.Close()
		if err == nil {
			return resp, body, nil
		}
		if ctx.Err() != nil {
			return nil, nil, context.Cause(ctx)
		}
		if n+1 == maxAttempts || !retryable(err, n, true) {
			return nil, nil, fmt.Errorf("registry %s: %w", r.url.Host, err)
		}
		if err := c.pause(ctx, n, err); err != nil {
			return nil, nil, err
		}
	}
}

// readAll reads a whole answer of at most limit bytes.
func readAll(r io.Reader, limit int64) ([]byte, error) {
	body, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return nil, err
	}
	if int64(len(body)) > limit {
		return nil, fmt.Errorf("answer is longer than %d bytes", limit)
	}
	return body, nil
}

// pause waits before the attempt after the n-th, as long as the registry asked
// for with its refusal reason. It returns reason when that is too long.
func (c *Client) pause(ctx context.Context, n int, reason error) error {
	var asked time.Duration
	if e, ok := errors.AsType[*Error](reason); ok {
		asked = e.after
	}
	if asked > maxWait {
		return fmt.Errorf("%w (asks to come back in %v)", reason, asked.Round(time.Second))
	}
	return c.options.Sleep(ctx, max(asked, backoff(n)))
}

// try sends r once, and again as authentication asks for.
func (c *Client) try(ctx context.Context, r *request) (*http.Response, error) {
	sent := r.account.authorization(ctx, r.scopes)
	for n := 0; ; n++ {
		resp, err := c.send(ctx, r, sent)
		if err != nil {
			return nil, err
		}
		r.account.heard()
		if r.accepts(resp.StatusCode) {
			return resp, nil
		}
		lines := resp.Header.Values("WWW-Authenticate")
		no := refusal(r, resp, append(r.account.secrets(sent), r.secrets...))
		no.after = retryAfter(resp.Header, c.options.Now())
		// In turn: nothing, a token that ran out, a new one. That one must do.
		if no.Status != http.StatusUnauthorized || r.account == nil || n == 2 {
			return nil, no
		}
		if sent, err = r.account.challenged(ctx, lines, r.scopes, sent); err != nil {
			return nil, &authError{no, err}
		}
	}
}

// send is one exchange.
func (c *Client) send(ctx context.Context, r *request, authorization string) (*http.Response, error) {
	ctx, w := newWatch(ctx, c.options.IdleTimeout)
	body := &source{open: r.open, watch: w}
	req, err := build(ctx, r, body)
	if err != nil {
		w.end()
		return nil, err
	}
	req.Header.Set("User-Agent", c.options.UserAgent)
	if authorization != "" {
		req.Header.Set("Authorization", authorization)
	}
	client := c.http
	if r.private {
		client = c.tokens
	}
	resp, err := client.Do(req)
	if err != nil {
		err = noAnswer(r, causeOf(ctx, err))
		if fault := body.fault(); fault != nil {
			err = fault
		}
		w.end()
		return nil, err
	}
	w.answered()
	resp.Body = &watchedBody{ReadCloser: resp.Body, ctx: ctx, watch: w, r: r, now: c.options.Now}
	return resp, nil
}

// expectSize is the size from which a body waits for the registry to say that
// it wants it, rather than being sent before a refusal.
const expectSize = 1 << 20

func build(ctx context.Context, r *request, body *source) (*http.Request, error) {
	req, err := http.NewRequestWithContext(ctx, r.method, r.url.String(), nil)
	if err != nil {
		return nil, refused("%s: not a request: %s", r.op(), clean(err.Error()))
	}
	for name, values := range r.header {
		req.Header[name] = values
	}
	if r.open == nil {
		return req, nil
	}
	if r.size == 0 {
		req.Body = http.NoBody
		return req, nil
	}
	if req.Body, err = body.reader(); err != nil {
		return nil, err
	}
	req.GetBody = body.reader
	req.ContentLength = r.size
	if r.size >= expectSize {
		req.Header.Set("Expect", "100-continue")
	}
	return req, nil
}

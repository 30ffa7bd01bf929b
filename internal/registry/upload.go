package registry

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
)

const (
	// wholeSize is the size up to which a blob is sent with the request that
	// completes it, since there is little to resume.
	wholeSize = 1 << 20
	// maxRestarts is how often in a row an upload may break without progress.
	maxRestarts = 6
)

// An upload is one blob on its way (distribution-spec, "Pushing Blobs").
type upload struct {
	client *Client
	host   *host
	ref    Reference
	blob   Blob
	chunk  int64 // the size of a request's body; 0 for all there is

	location *url.URL // of the session; nil when there is none
	offset   int64    // what the registry has of the blob
	best     int64    // the largest offset yet
	sent     tally
}

// A tally tells how much of a blob was sent. The transport may still be reading
// the body of an attempt that was given up, while the next is under way: only
// the newest counts.
type tally struct {
	mu      sync.Mutex
	attempt int
	tell    func(sent int64)
}

// begin returns what counts the bytes of a new attempt that begins at sent.
func (t *tally) begin(sent int64) func(n int) {
	attempt := t.end()
	return func(n int) {
		t.mu.Lock()
		defer t.mu.Unlock()
		if t.attempt != attempt {
			return
		}
		if sent += int64(n); t.tell != nil {
			t.tell(sent)
		}
	}
}

// end makes what is under way count no more, and returns the number of the next
// attempt.
func (t *tally) end() int {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.attempt++
	return t.attempt
}

// mount asks for the blob to be taken over from another repository. A registry
// that doesn't opens a session for the upload instead, or refuses.
func (u *upload) mount(ctx context.Context) (bool, error) {
	if u.blob.From == "" || u.blob.From == u.ref.name {
		return false, nil
	}
	query := url.Values{"mount": {u.blob.Digest.String()}, "from": {u.blob.From}}
	scopes := append(pushScope(u.ref), "repository:"+u.blob.From+":pull")
	resp, err := u.start(ctx, "?"+query.Encode(), scopes)
	if no, ok := errors.AsType[*Error](err); ok && no.Status < 500 {
		return false, nil // not allowed to read there, say: upload it
	}
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	if resp.StatusCode == http.StatusCreated {
		return true, checkStored(resp, u.blob.Digest)
	}
	return false, u.opened(resp)
}

// start asks for a session, or with a query for a mount.
func (u *upload) start(ctx context.Context, query string, scopes []string) (*http.Response, error) {
	at, err := u.client.url(ctx, u.host, "/v2/"+u.ref.name+"/blobs/uploads/"+query)
	if err != nil {
		return nil, err
	}
	return u.client.do(ctx, &request{
		method:  http.MethodPost,
		url:     at,
		open:    fromBytes(nil),
		account: u.client.account(u.host, at),
		scopes:  scopes,
		accept:  []int{http.StatusAccepted, http.StatusCreated},
	})
}

// opened takes the session from the answer to start.
func (u *upload) opened(resp *http.Response) error {
	u.offset = 0
	if n, err := strconv.ParseInt(resp.Header.Get("OCI-Chunk-Min-Length"), 10, 64); err == nil && u.chunk > 0 {
		u.chunk = max(u.chunk, n)
	}
	return u.moved(resp)
}

// moved takes the session's next location from an answer.
func (u *upload) moved(resp *http.Response) error {
	from := resp.Request.URL
	text := resp.Header.Get("Location")
	if text == "" && u.location != nil {
		return nil // it stays where it is
	}
	if text == "" {
		return refused("registry %s: its answer names no upload location", from.Host)
	}
	to, err := from.Parse(text)
	if err != nil {
		return refused("registry %s: upload location %s is not a URL", from.Host, quote(text))
	}
	if err := u.client.checkStep(to, "upload location leads"); err != nil {
		return fmt.Errorf("registry %s: %w", from.Host, err)
	}
	if err := u.client.checkUpload(u.host.base, to); err != nil {
		return err
	}
	u.location = to
	return nil
}

// run sends the blob, again and on as often as that brings it forward.
func (u *upload) run(ctx context.Context) error {
	best := u.best
	for n := 0; ; n++ {
		if u.location == nil {
			if err := u.open(ctx); err != nil {
				return err
			}
		}
		err := u.send(ctx)
		if err == nil || ctx.Err() != nil {
			return err
		}
		if u.best > best {
			n, best = 0, u.best
		}
		if n == maxRestarts || !retryable(err, n, true) && !forgotten(err) {
			return err
		}
		if err := u.client.pause(ctx, n, err); err != nil {
			return err
		}
		done, err := u.recover(ctx)
		if err != nil || done {
			return err
		}
	}
}

// forgotten reports whether err says that the session is gone or not where it
// was thought to be.
func forgotten(err error) bool {
	e, ok := errors.AsType[*Error](err)
	if !ok {
		return false
	}
	switch e.Status {
	case http.StatusNotFound, http.StatusRequestedRangeNotSatisfiable:
		return true
	}
	return e.Code == "BLOB_UPLOAD_UNKNOWN" || e.Code == "BLOB_UPLOAD_INVALID"
}

// open begins a session.
func (u *upload) open(ctx context.Context) error {
	resp, err := u.start(ctx, "", pushScope(u.ref))
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return u.opened(resp)
}

// send sends what the registry lacks.
func (u *upload) send(ctx context.Context) error {
	for u.blob.Size > wholeSize && u.offset < u.blob.Size {
		if err := u.patch(ctx); err != nil {
			return err
		}
	}
	return u.complete(ctx)
}

// patch sends the next chunk, or all there is.
func (u *upload) patch(ctx context.Context) error {
	size := u.blob.Size - u.offset
	if u.chunk > 0 {
		size = min(size, u.chunk)
	}
	r := u.request(http.MethodPatch, u.location, size)
	r.accept = []int{http.StatusAccepted, http.StatusCreated, http.StatusNoContent}
	// The first request may be all there is; registries that don't know chunks
	// are content with it as long as it doesn't call itself one.
	if u.offset > 0 || size < u.blob.Size {
		r.header.Set("Content-Range", fmt.Sprintf("%d-%d", u.offset, u.offset+size-1))
	}
	resp, err := u.client.do(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	u.kept(resp, size)
	return u.moved(resp)
}

// kept moves offset by the size bytes just sent, or by what the registry says
// it kept of them.
func (u *upload) kept(resp *http.Response, size int64) {
	end, ok := rangeEnd(resp.Header.Get("Range"))
	if !ok || end <= u.offset || end > u.offset+size {
		end = u.offset + size
	}
	u.offset = end
	u.best = max(u.best, end)
}

// complete ends the session with what is left of the blob.
func (u *upload) complete(ctx context.Context) error {
	at := *u.location
	if at.RawQuery != "" {
		at.RawQuery += "&"
	}
	at.RawQuery += "digest=" + url.QueryEscape(u.blob.Digest.String())
	r := u.request(http.MethodPut, &at, u.blob.Size-u.offset)
	r.accept = []int{http.StatusCreated, http.StatusOK, http.StatusNoContent}
	resp, err := u.client.do(ctx, r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	return checkStored(resp, u.blob.Digest)
}

// request is one that carries size bytes of the blob from offset on. It is sent
// once: after a break the session must be asked how it stands.
func (u *upload) request(method string, at *url.URL, size int64) *request {
	sent := u.offset
	part := section{open: u.blob.Open, offset: u.offset, size: size}
	return &request{
		method: method,
		url:    at,
		header: http.Header{"Content-Type": {"application/octet-stream"}},
		open: func() (io.ReadCloser, error) {
			part.moved = u.sent.begin(sent)
			return part.reader()
		},
		size:    size,
		account: u.account(at),
		scopes:  pushScope(u.ref),
		once:    true,
	}
}

// account returns the registry's account for a location of its own, none for
// one on another host.
func (u *upload) account(at *url.URL) *account {
	if origin(at) != origin(u.host.base) {
		return nil
	}
	return u.client.account(u.host, at)
}

// recover finds out after a break how the session stands. It reports whether
// the blob is complete after all; without a session the next attempt starts again.
func (u *upload) recover(ctx context.Context) (done bool, err error) {
	if u.location != nil && u.status(ctx) == nil {
		return false, nil
	}
	if ctx.Err() != nil {
		return false, context.Cause(ctx)
	}
	u.location, u.offset = nil, 0
	// The answer to the last request may have been all that was lost.
	return u.client.hasBlob(ctx, u.host, u.ref, u.blob.Digest, pushScope(u.ref))
}

// status asks the session what it has.
func (u *upload) status(ctx context.Context) error {
	resp, err := u.client.do(ctx, &request{
		method:  http.MethodGet,
		url:     u.location,
		account: u.account(u.location),
		scopes:  pushScope(u.ref),
		accept:  []int{http.StatusNoContent, http.StatusOK, http.StatusAccepted},
	})
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	end, ok := rangeEnd(resp.Header.Get("Range"))
	if !ok || end > u.blob.Size {
		return refused("registry %s: the upload stands at %s", u.location.Host, quote(resp.Header.Get("Range")))
	}
	u.offset = end
	u.best = max(u.best, end)
	return u.moved(resp)
}

// rangeEnd returns how many bytes "0-N" speaks of. "0-0" is what registries
// say of an empty upload; one byte is sent again then.
func rangeEnd(s string) (int64, bool) {
	last, ok := strings.CutPrefix(strings.TrimPrefix(s, "bytes="), "0-")
	n, err := strconv.ParseInt(last, 10, 64)
	if !ok || err != nil || n < 0 || n == 1<<63-1 {
		return 0, false
	}
	if n == 0 {
		return 0, true
	}
	return n + 1, true
}

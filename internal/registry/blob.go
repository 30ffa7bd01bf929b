package registry

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"devops-go/internal/digest"
)

const (
	// maxBreaks is how often in a row a download may break without progress.
	maxBreaks = 5
	// progress is what must have arrived since the last break to count as such.
	progress = 1 << 20
)

// Blob opens the blob d of ref's repository. The content is verified while it
// streams: io.EOF comes only once size bytes (any number, if size is negative)
// with digest d were read. A download that breaks goes on where it broke.
func (c *Client) Blob(ctx context.Context, ref Reference, d digest.Digest, size int64) (io.ReadCloser, error) {
	var first error
	for _, h := range c.pullHosts(ref) {
		b := &download{ctx: ctx, client: c, host: h, ref: ref, digest: d, size: size}
		err := b.open()
		if err == nil {
			return &blobReader{d.Verify(b, size), b}, nil
		}
		first = prefer(ctx, first, err)
		if ctx.Err() != nil {
			break
		}
	}
	return nil, first
}

// A blobReader is what Blob returns.
type blobReader struct {
	verified io.Reader
	download *download
}

func (r *blobReader) Read(p []byte) (int, error) {
	n, err := r.verified.Read(p)
	if err != nil && err != io.EOF && !r.download.failed {
		err = fmt.Errorf("registry %s: %w", r.download.host.addr, err)
	}
	return n, err
}

func (r *blobReader) Close() error { return r.download.body.Close() }

// prefer returns what to report of a mirror's failure and what followed: the
// registry's own answer, which comes last, unless the caller gave up.
func prefer(ctx context.Context, earlier, err error) error {
	if ctx.Err() != nil && earlier != nil {
		return earlier
	}
	return err
}

// HasBlob reports whether ref's repository holds the blob d.
func (c *Client) HasBlob(ctx context.Context, ref Reference, d digest.Digest) (bool, error) {
	h := c.host(ref.host)
	return c.hasBlob(ctx, h, ref, d, pullScope(ref))
}

func (c *Client) hasBlob(ctx context.Context, h *host, ref Reference, d digest.Digest, scopes []string) (bool, error) {
	u, err := c.url(ctx, h, blobPath(ref, d))
	if err != nil {
		return false, err
	}
	resp, err := c.do(ctx, &request{
		method:  http.MethodHead,
		url:     u,
		account: c.account(h, u),
		scopes:  scopes,
		accept:  []int{http.StatusOK, http.StatusNotFound},
	})
	if err != nil {
		return false, err
	}
	return resp.StatusCode == http.StatusOK, resp.Body.Close()
}

func blobPath(ref Reference, d digest.Digest) string {
	return "/v2/" + ref.name + "/blobs/" + d.String()
}

func pullScope(ref Reference) []string { return []string{"repository:" + ref.name + ":pull"} }

// A download reads a blob, over as many connections as it takes.
type download struct {
	ctx    context.Context
	client *Client
	host   *host
	ref    Reference
	digest digest.Digest
	size   int64

	request *request
	body    io.ReadCloser
	offset  int64 // bytes read
	mark    int64 // offset at the last break
	breaks  int   // since there was progress
	failed  bool  // for good
}

// open asks for the blob from offset on.
func (b *download) open() error {
	u, err := b.client.url(b.ctx, b.host, blobPath(b.ref, b.digest))
	if err != nil {
		return err
	}
	r := &request{
		method:  http.MethodGet,
		url:     u,
		header:  http.Header{},
		account: b.client.account(b.host, u),
		scopes:  pullScope(b.ref),
	}
	if b.offset > 0 {
		r.header.Set("Range", fmt.Sprintf("bytes=%d-", b.offset))
		r.accept = []int{http.StatusOK, http.StatusPartialContent}
	}
	resp, err := b.client.do(b.ctx, r)
	if err != nil {
		return err
	}
	if err := b.position(resp); err != nil {
		resp.Body.Close()
		return fmt.Errorf("registry %s: %w", u.Host, err)
	}
	b.request, b.body = r, resp.Body
	return nil
}

// position checks that resp leads on from offset, and skips to it where the
// registry sends the blob from its beginning.
func (b *download) position(resp *http.Response) error {
	start := int64(0)
	if resp.StatusCode == http.StatusPartialContent {
		start = b.offset
		want := fmt.Sprintf("bytes %d-", b.offset)
		if got := resp.Header.Get("Content-Range"); !strings.HasPrefix(got, want) {
			return fmt.Errorf("range from byte %d asked for, answered %s", b.offset, quote(got))
		}
	}
	if n := resp.ContentLength; n >= 0 && b.size >= 0 && n != b.size-start {
		return fmt.Errorf("says it sends %d bytes, the descriptor says %d", n, b.size-start)
	}
	if start == b.offset {
		return nil
	}
	_, err := io.CopyN(io.Discard, resp.Body, b.offset)
	return err
}

func (b *download) Read(p []byte) (int, error) {
	n, err := b.body.Read(p)
	b.offset += int64(n)
	if err == io.EOF && b.offset < b.size {
		err = noAnswer(b.request, fmt.Errorf("%d bytes of %d: %w", b.offset, b.size, io.ErrUnexpectedEOF))
	}
	if err == nil || err == io.EOF {
		return n, err
	}
	if err := b.resume(err); err != nil {
		b.failed = true
		return n, err
	}
	return n, nil
}

// resume goes on after the break that err reports, or returns what is in the way.
func (b *download) resume(err error) error {
	if b.offset-b.mark >= progress {
		b.breaks = 0
	}
	b.mark = b.offset
	b.breaks++
	if b.breaks > maxBreaks || b.ctx.Err() != nil || !retryable(err, b.breaks-1, true) {
		return err
	}
	b.body.Close()
	if err := b.client.pause(b.ctx, b.breaks-1, err); err != nil {
		return err
	}
	return b.open()
}

package registry

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// A Blob is content to push.
type Blob struct {
	Digest digest.Digest
	Size   int64
	// Open opens the content at its beginning, each time it is called. If what
	// it returns is an io.Seeker, an upload that goes on seeks.
	Open func() (io.ReadCloser, error)
	// From names a repository of the same registry that may hold the blob
	// already, to be mounted from; empty for none.
	From string
	// Progress, if not nil, is called with the number of bytes sent so far. It
	// goes back when a part must be sent again, is never called twice at a time,
	// and not after PushBlob has returned.
	Progress func(sent int64)
}

// PushBlob stores b in ref's repository and reports whether its bytes had to be
// sent. An upload that breaks goes on with what the registry kept.
func (c *Client) PushBlob(ctx context.Context, ref Reference, b Blob) (sent bool, err error) {
	sent, err = c.pushBlob(ctx, ref, b)
	if err != nil {
		return sent, fmt.Errorf("pushing blob %s to %s: %w", b.Digest.Short(), ref.Repository(), err)
	}
	return sent, nil
}

func (c *Client) pushBlob(ctx context.Context, ref Reference, b Blob) (sent bool, err error) {
	h := c.host(ref.host)
	have, err := c.hasBlob(ctx, h, ref, b.Digest, pushScope(ref))
	if err != nil || have {
		return false, err
	}
	u := &upload{client: c, host: h, ref: ref, blob: b, chunk: c.options.ChunkSize, sent: tally{tell: b.Progress}}
	defer u.sent.end()
	mounted, err := u.mount(ctx)
	if err != nil || mounted {
		return false, err
	}
	return true, u.run(ctx)
}

func pushScope(ref Reference) []string { return []string{"repository:" + ref.name + ":pull,push"} }

func fromBytes(b []byte) func() (io.ReadCloser, error) {
	return func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil }
}

// PushManifest stores content as ref's tag, or under ref's digest, and returns
// its digest. A manifest with a subject is also added to the subject's fallback
// tag where the registry has no referrers API.
func (c *Client) PushManifest(ctx context.Context, ref Reference, mediaType string, content []byte) (digest.Digest, error) {
	d, err := c.pushManifest(ctx, ref, mediaType, content)
	if err != nil {
		return digest.Digest{}, fmt.Errorf("pushing manifest %s: %w", ref, err)
	}
	return d, nil
}

func (c *Client) pushManifest(ctx context.Context, ref Reference, mediaType string, content []byte) (digest.Digest, error) {
	if len(content) > MaxManifest {
		return digest.Digest{}, fmt.Errorf("longer than %d bytes", MaxManifest)
	}
	d := digest.FromBytes(content)
	if !ref.digest.IsZero() {
		if err := verify(ref.digest, content); err != nil {
			return digest.Digest{}, err
		}
		d = ref.digest
	}
	var about subjectOf
	if err := oci.Unmarshal(content, &about); err != nil {
		return digest.Digest{}, errors.New("is not JSON")
	}
	kept, err := c.putManifest(ctx, ref, mediaType, content, d)
	if err != nil || about.Subject == nil || kept {
		return d, err
	}
	return d, c.addReferrer(ctx, ref, about.Subject.Digest, about.descriptor(mediaType, d, len(content)))
}

// putManifest reports whether the registry filed the manifest under its
// subject by itself.
func (c *Client) putManifest(ctx context.Context, ref Reference, mediaType string, content []byte, d digest.Digest) (kept bool, err error) {
	h := c.host(ref.host)
	u, err := c.url(ctx, h, manifestPath(ref))
	if err != nil {
		return false, err
	}
	resp, err := c.do(ctx, &request{
		method:  http.MethodPut,
		url:     u,
		header:  http.Header{"Content-Type": {mediaType}},
		open:    fromBytes(content),
		size:    int64(len(content)),
		account: c.account(h, u),
		scopes:  pushScope(ref),
		accept:  []int{http.StatusCreated, http.StatusOK, http.StatusAccepted},
	})
	if err != nil {
		return false, err
	}
	defer resp.Body.Close()
	return resp.Header.Get("OCI-Subject") != "", checkStored(resp, d)
}

// checkStored compares the digest that the registry answers to a push.
func checkStored(resp *http.Response, d digest.Digest) error {
	said, err := contentDigest(resp)
	if err != nil {
		return err
	}
	if !said.IsZero() && said != d && said.Algorithm() == d.Algorithm() {
		return fmt.Errorf("registry %s: stored %s, was sent %s", resp.Request.URL.Host, said, d)
	}
	return nil
}

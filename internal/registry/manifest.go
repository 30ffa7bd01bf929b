package registry

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// MaxManifest is the size over which a manifest is refused, unread: the
// distribution specification's own limit.
const MaxManifest = 4 << 20

// A Manifest is a manifest or index as the registry sent it. Its digest is that
// of Bytes.
type Manifest struct {
	Bytes     []byte
	MediaType string // the registry's Content-Type; the content may say another
	Digest    digest.Digest
}

// Manifest returns what ref's digest, else its tag, names. The media types to
// accept are OCI's and Docker's unless given.
func (c *Client) Manifest(ctx context.Context, ref Reference, accept ...string) (Manifest, error) {
	var m Manifest
	err := c.pull(ctx, http.MethodGet, ref, accept, func(resp *http.Response, body []byte) (err error) {
		m = Manifest{Bytes: body, MediaType: mediaType(resp)}
		m.Digest, err = checkDigest(resp, ref, body)
		return err
	})
	if err != nil {
		return Manifest{}, err
	}
	return m, nil
}

// Head describes what ref names without fetching it. The digest is zero, the
// size -1, where the registry doesn't say.
func (c *Client) Head(ctx context.Context, ref Reference, accept ...string) (oci.Descriptor, error) {
	var d oci.Descriptor
	err := c.pull(ctx, http.MethodHead, ref, accept, func(resp *http.Response, _ []byte) error {
		d = oci.Descriptor{MediaType: mediaType(resp), Size: resp.ContentLength}
		said, err := contentDigest(resp)
		if err != nil {
			return err
		}
		d.Digest = said
		if want := ref.digest; !want.IsZero() && !said.IsZero() && said != want {
			return fmt.Errorf("registry %s: answers with %s", resp.Request.URL.Host, said)
		}
		return nil
	})
	if err != nil {
		return oci.Descriptor{}, err
	}
	return d, nil
}

// A taker judges an answer and keeps what it wants of it.
type taker func(resp *http.Response, body []byte) error

// pull asks ref's hosts in turn for its manifest until take is content.
func (c *Client) pull(ctx context.Context, method string, ref Reference, accept []string, take taker) error {
	if len(accept) == 0 {
		accept = []string{oci.MediaTypeIndex, oci.MediaTypeManifest, oci.MediaTypeDockerList, oci.MediaTypeDockerManifest}
	}
	var last error
	for _, h := range c.pullHosts(ref) {
		err := c.pullFrom(ctx, h, method, ref, accept, take)
		if err == nil {
			return nil
		}
		last = prefer(ctx, last, err)
		if ctx.Err() != nil {
			break
		}
	}
	return last
}

func (c *Client) pullFrom(ctx context.Context, h *host, method string, ref Reference, accept []string, take taker) error {
	u, err := c.url(ctx, h, manifestPath(ref))
	if err != nil {
		return err
	}
	resp, body, err := c.read(ctx, &request{
		method:  method,
		url:     u,
		header:  http.Header{"Accept": {strings.Join(accept, ", ")}},
		account: c.account(h, u),
		scopes:  pullScope(ref),
	}, MaxManifest)
	if err != nil {
		return err
	}
	return take(resp, body)
}

func manifestPath(ref Reference) string {
	return "/v2/" + ref.name + "/manifests/" + ref.selector()
}

// mediaType returns the Content-Type without its parameters.
func mediaType(resp *http.Response) string {
	t, _, _ := strings.Cut(resp.Header.Get("Content-Type"), ";")
	return strings.TrimSpace(t)
}

// contentDigest returns what the registry says the content's digest is.
func contentDigest(resp *http.Response) (digest.Digest, error) {
	said := resp.Header.Get("Docker-Content-Digest")
	if said == "" {
		return digest.Digest{}, nil
	}
	d, err := digest.Parse(said)
	if err != nil {
		return d, fmt.Errorf("registry %s: Docker-Content-Digest: %s", resp.Request.URL.Host, clean(err.Error()))
	}
	return d, nil
}

// checkDigest returns the digest of body: the one that ref or the registry
// names, if that is right.
func checkDigest(resp *http.Response, ref Reference, body []byte) (digest.Digest, error) {
	want := ref.digest
	if want.IsZero() {
		said, err := contentDigest(resp)
		if err != nil {
			return digest.Digest{}, err
		}
		want = said
	}
	if want.IsZero() {
		return digest.FromBytes(body), nil
	}
	if err := verify(want, body); err != nil {
		return digest.Digest{}, fmt.Errorf("registry %s: %w", resp.Request.URL.Host, err)
	}
	return want, nil
}

func verify(d digest.Digest, body []byte) error {
	_, err := io.Copy(io.Discard, d.Verify(bytes.NewReader(body), int64(len(body))))
	return err
}

package bundle

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"

	"devops-go/internal/image"
	"devops-go/internal/parallel"
	"devops-go/internal/registry"
)

// maxTransfers is how many blobs are pushed, or lists asked for, at once.
const maxTransfers = 4

// Push pushes the bundle as ref: first the blobs, then the manifests from the
// leaves up, so that what the registry shows is whole, then what refers to
// them. Progress, if not nil, is told of the bytes that went out.
func (b *Bundle) Push(ctx context.Context, client *registry.Client, ref registry.Reference, progress func(int64)) error {
	if d := ref.Digest(); !d.IsZero() && d != b.Root.Digest {
		return fmt.Errorf("pushing to %s: the image is %s", ref, b.Root.Digest)
	}
	var blobs, manifests []Content
	for _, c := range b.contents {
		if c.isManifest() {
			manifests = append(manifests, c)
		} else {
			blobs = append(blobs, c)
		}
	}
	var arrived atomic.Int64
	err := parallel.Each(ctx, maxTransfers, len(blobs), func(ctx context.Context, i int) error {
		if err := blobs[i].push(ctx, client, ref, progress); err != nil {
			return err
		}
		arrived.Add(1)
		return nil
	})
	if err != nil {
		return fmt.Errorf("%w (%s has %d of %d blobs, and no new manifest)", err, ref.Repository(), arrived.Load(), len(blobs))
	}
	for i, c := range manifests {
		if err := b.pushManifest(ctx, client, ref, c); err != nil {
			return fmt.Errorf("%w (%s has all %d blobs and %d of %d manifests)", err, ref.Repository(), len(blobs), i, len(manifests))
		}
	}
	return nil
}

// pushManifest pushes the root by the name and other manifests by digest.
func (b *Bundle) pushManifest(ctx context.Context, client *registry.Client, ref registry.Reference, c Content) error {
	raw, err := image.ReadJSON(ctx, c.Descriptor, b.Open)
	if err != nil {
		return fmt.Errorf("manifest %s: %w", c.Digest, err)
	}
	to := ref.WithDigest(c.Digest)
	if c.Digest == b.Root.Digest && ref.Digest().IsZero() {
		to = ref
	}
	_, err = client.PushManifest(ctx, to, c.MediaType, raw)
	return err
}

// push pushes a blob, or has the registry take it over from another repository.
func (c Content) push(ctx context.Context, client *registry.Client, ref registry.Reference, progress func(int64)) error {
	blob := registry.Blob{
		Digest: c.Digest,
		Size:   c.Size,
		Open:   func() (io.ReadCloser, error) { return c.Open(ctx) },
	}
	if c.From.Host() == ref.Host() {
		blob.From = c.From.Name()
	}
	if progress != nil {
		var told int64
		blob.Progress = func(sent int64) {
			progress(sent - told)
			told = sent
		}
	}
	_, err := client.PushBlob(ctx, ref, blob)
	return err
}

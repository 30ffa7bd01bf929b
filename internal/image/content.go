package image

import (
	"context"
	"fmt"
	"io"

	"devops-go/internal/oci"
)

// An Opener opens the stored content that a descriptor points at. An error that
// is fs.ErrNotExist says that it isn't there.
type Opener func(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error)

func (o Opener) open(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) { return o(ctx, d) }

// FromContent opens the image of the manifest d, whose content open opens.
func FromContent(ctx context.Context, d oci.Descriptor, open Opener) (*Image, error) {
	raw, err := readJSON(ctx, open, d)
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	img, err := openManifest(ctx, open, d, raw)
	if err == nil && img.NotImage != nil {
		err = img.NotImage
	}
	return img, err
}

// Content opens what d points at where the image is, such as the manifests of
// other platforms under its Root. It isn't verified.
func (img *Image) Content(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	return img.store.open(ctx, d)
}

// LoadJSON returns the whole of d, a manifest or an index, and as fault what is
// wrong with it beside its descriptor.
func (img *Image) LoadJSON(ctx context.Context, d oci.Descriptor) (b []byte, fault, err error) {
	return loadJSON(ctx, img.store, d)
}

// ReadJSON returns the whole of d, a manifest, an index or a configuration,
// verified.
func ReadJSON(ctx context.Context, d oci.Descriptor, open Opener) ([]byte, error) {
	return readJSON(ctx, open, d)
}

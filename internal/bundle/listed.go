package bundle

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// A ListedManifest is a manifest that the root of an image leads to.
type ListedManifest struct {
	oci.Descriptor
	// Present reports whether the source holds it.
	Present bool
}

// Name says what the manifest is: its platform, or that it is an attestation.
func (l ListedManifest) Name() string {
	switch {
	case l.IsAttestation():
		return "attestation " + l.Digest.Short()
	case l.Platform != nil:
		return l.Platform.String()
	}
	return l.Digest.Short()
}

// Listed returns the manifests under the root of an image, in the order of its
// index; none where the root is a manifest itself.
func Listed(ctx context.Context, img *image.Image) ([]ListedManifest, error) {
	if !img.Root.IsIndex() {
		return nil, nil
	}
	return listUnder(ctx, img, img.Root, nil)
}

func listUnder(ctx context.Context, img *image.Image, d oci.Descriptor, all []ListedManifest) ([]ListedManifest, error) {
	raw, err := image.ReadJSON(ctx, d, img.Content)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", d.Digest, err)
	}
	var index oci.Index
	if err := oci.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("index %s: %w", d.Digest, err)
	}
	for _, d := range index.Manifests {
		if len(all) >= maxManifests {
			return nil, fmt.Errorf("more than %d manifests", maxManifests)
		}
		present, err := holds(ctx, img, d)
		if err != nil {
			return nil, err
		}
		if !present || !d.IsIndex() {
			all = append(all, ListedManifest{d, present})
			continue
		}
		if all, err = listUnder(ctx, img, d, all); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// holds reports whether the source of img has d. A registry isn't asked.
func holds(ctx context.Context, img *image.Image, d oci.Descriptor) (bool, error) {
	if img.Source == image.Registry {
		return true, nil
	}
	r, err := img.Content(ctx, d)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	return true, r.Close()
}

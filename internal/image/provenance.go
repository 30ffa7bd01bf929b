package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/provenance"
)

// ReadProvenance reads what is attested about the making of the image, where
// there is such an attestation, into Made.
func (img *Image) ReadProvenance(ctx context.Context) error {
	for _, d := range img.Attestations {
		if d.IsIndex() || d.Annotations[oci.AnnotationReferenceDigest] != img.ManifestDigest.String() {
			continue
		}
		raw, err := readJSON(ctx, img.store, d)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		var m oci.Manifest
		if err == nil {
			err = oci.Unmarshal(raw, &m)
		}
		if err != nil {
			return fmt.Errorf("attestation %s: %w", d.Digest, err)
		}
		for _, l := range m.Layers {
			if !provenance.Is(l) {
				continue
			}
			if raw, err = readJSON(ctx, img.store, l); err == nil {
				img.Made, err = provenance.Parse(raw)
			}
			if err != nil {
				return fmt.Errorf("attestation %s: %w", d.Digest, err)
			}
			return nil
		}
	}
	return nil
}

// Base is the image that this one was built on, as Made says; nil where it
// doesn't say.
func (img *Image) Base() *provenance.Base {
	if img.Made == nil {
		return nil
	}
	digests := make([]digest.Digest, len(img.Layers))
	for i, l := range img.Layers {
		digests[i] = l.Descriptor.Digest
	}
	return img.Made.Base(digests)
}

package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// ErrAbsent says that a source lists a manifest and doesn't hold it.
var ErrAbsent = errors.New("not there")

// Platforms lists the manifests of the images that the reference names, this
// one's among them, in the order of the index.
func (img *Image) Platforms() []oci.Descriptor {
	if len(img.siblings) == 0 {
		return []oci.Descriptor{img.Descriptor}
	}
	return descriptors(img.siblings, func(candidate) bool { return true })
}

// Attached lists what isn't an image under the index that led to this one:
// attestations, mostly.
func (img *Image) Attached() []oci.Descriptor {
	return descriptors(img.others, func(c candidate) bool { return c.root.Digest == img.Root.Digest })
}

// Loose lists what isn't an image elsewhere in the same layout, which may be
// about this one.
func (img *Image) Loose() []oci.Descriptor {
	return descriptors(img.others, func(c candidate) bool { return c.root.Digest != img.Root.Digest })
}

func descriptors(list []candidate, want func(candidate) bool) []oci.Descriptor {
	var found []oci.Descriptor
	seen := map[digest.Digest]bool{}
	for _, c := range list {
		if want(c) && !seen[c.Digest] {
			seen[c.Digest] = true
			found = append(found, c.Descriptor)
		}
	}
	return found
}

// Beside opens the image or artifact of the manifest d, which is where img is,
// as img was opened. It is readable until img is closed. The error is ErrAbsent
// where the source doesn't hold the manifest.
func (img *Image) Beside(ctx context.Context, d oci.Descriptor) (*Image, error) {
	if img.Manifest == nil || d.Digest == img.ManifestDigest {
		return img, nil
	}
	raw, fault, err := loadJSON(ctx, img.store, d)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, ErrAbsent)
	}
	if err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	other, err := openManifest(ctx, img.store, d, raw)
	if err != nil {
		return nil, err
	}
	other.Source, other.Name, other.Tags, other.Held, other.Root = img.Source, img.Name, img.Tags, img.Held, img.Root
	other.RawIndexes, other.Attestations = img.RawIndexes, img.Attestations
	other.siblings, other.others = img.siblings, img.others
	other.ManifestFault = faulty("manifest", d.Digest, fault)
	if !d.IsAttestation() {
		other.IndexPlatform = d.Platform
	}
	return other, other.opened(img.opts)
}

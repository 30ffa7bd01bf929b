package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/oci"
	"devops-go/internal/parallel"
	"devops-go/internal/registry"
)

// maxManifests bounds what an index leads to and what refers to that,
// maxManifestBytes how large all of it is, as it is kept in memory.
// maxReferrerDepth bounds the referrers of referrers: a signature of an SBOM of an
// image is two deep.
const (
	maxManifests     = 10_000
	maxManifestBytes = 32 << 20
	maxReferrerDepth = 8
)

// Collect returns the bundle of what the image's reference named: all platforms
// of an index, or with single the image alone. What refers to them in the same
// layout or archive comes along. The bundle closes the image.
func Collect(ctx context.Context, img *image.Image, single bool) (*Bundle, error) {
	b := &Bundle{Name: nameOf(img), Root: img.Root}
	b.Keep(img)
	if single {
		b.Root = oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: img.ManifestDigest, Size: int64(len(img.RawManifest))}
		if img.Manifest.MediaType != "" {
			b.Root.MediaType = img.Manifest.MediaType
		}
	}
	c := collector{bundle: b, img: img, from: Origin(img)}
	err := c.collect(ctx, b.Root)
	if err == nil {
		err = c.referrers(ctx)
	}
	if err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

// Repack returns the bundle of an image with OCI's media types, its layers
// pressed. The bundle closes the image.
func Repack(ctx context.Context, img *image.Image, p *Press) (*Bundle, error) {
	b := &Bundle{Name: nameOf(img)}
	b.Keep(img)
	if err := b.repack(ctx, img, p); err != nil {
		b.Close()
		return nil, err
	}
	return b, nil
}

func (b *Bundle) repack(ctx context.Context, img *image.Image, p *Press) error {
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest}
	for _, l := range img.Layers {
		made, err := p.Convert(ctx, l)
		if err != nil {
			return err
		}
		m.Layers = append(m.Layers, b.AddLayer(made))
	}
	m.Config = b.Add(FromBytes(oci.MediaTypeConfig, img.RawConfig))
	if img.Manifest != nil {
		m.Annotations = img.Manifest.Annotations
	}
	d, err := b.AddJSON(oci.MediaTypeManifest, m)
	platform := img.Platform()
	d.Platform = &platform
	b.Root = d
	return err
}

// nameOf returns what the source calls the image; zero where that isn't a whole
// name with a tag.
func nameOf(img *image.Image) registry.Reference {
	for _, tag := range img.Tags {
		name, err := registry.ParseReference(tag)
		if err != nil || !strings.ContainsAny(tag, ":/") || name.Tag() == "" {
			continue
		}
		if name, err = name.WithTag(name.Tag()); err == nil {
			return name
		}
	}
	return registry.Reference{}
}

// Origin returns where a registry has the image, and so its blobs; zero for an
// image that isn't in one.
func Origin(img *image.Image) registry.Reference {
	if img.Source != image.Registry {
		return registry.Reference{}
	}
	from, err := registry.ParseReference(img.Tags[0])
	if err != nil {
		return registry.Reference{}
	}
	return from
}

// A collector fills a bundle from an opened image.
type collector struct {
	bundle    *Bundle
	img       *image.Image
	from      registry.Reference
	manifests int
	bytes     int // of manifests
}

// collect adds the manifest or index d after all that it leads to.
func (c *collector) collect(ctx context.Context, d oci.Descriptor) error {
	if c.manifests++; c.manifests > maxManifests {
		return fmt.Errorf("more than %d manifests", maxManifests)
	}
	raw, err := image.ReadJSON(ctx, d, c.img.Content)
	if err != nil {
		return c.missing(d, err)
	}
	if c.bytes += len(raw); c.bytes > maxManifestBytes {
		return fmt.Errorf("more than %d bytes of manifests", maxManifestBytes)
	}
	var content struct {
		Manifests []oci.Descriptor
		Config    *oci.Descriptor
		Layers    []oci.Descriptor
	}
	if err := oci.Unmarshal(raw, &content); err != nil {
		return fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	for _, child := range content.Manifests {
		if c.bundle.has(child.Digest) {
			continue
		}
		if err := c.collect(ctx, child); err != nil {
			return err
		}
	}
	if content.Config != nil {
		content.Layers = append(content.Layers, *content.Config)
	}
	for _, blob := range content.Layers {
		if err := c.blob(ctx, blob); err != nil {
			return fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
	}
	made := FromBytes(d.MediaType, raw)
	made.manifest = true
	c.bundle.Add(made)
	return nil
}

// blob adds a blob, to be read when it is written somewhere. Foreign layers may
// be missing; others are looked for now, unless that would fetch them.
func (c *collector) blob(ctx context.Context, d oci.Descriptor) error {
	if d.Digest.IsZero() || d.Size < 0 {
		return errors.New("a blob without digest, or of a negative size")
	}
	if c.img.Source != image.Registry || d.IsForeign() {
		r, err := c.img.Content(ctx, d)
		if errors.Is(err, fs.ErrNotExist) && d.IsForeign() {
			c.bundle.Foreign = append(c.bundle.Foreign, d)
			return nil
		}
		if err != nil {
			return fmt.Errorf("blob %s: %w", d.Digest, err)
		}
		r.Close()
	}
	c.bundle.Add(Content{
		Descriptor: oci.Descriptor{MediaType: d.MediaType, Digest: d.Digest, Size: d.Size},
		Open:       func(ctx context.Context) (io.ReadCloser, error) { return c.img.Content(ctx, d) },
		From:       c.from,
	})
	return nil
}

// missing explains a manifest that an index lists and its source doesn't hold.
func (c *collector) missing(d oci.Descriptor, err error) error {
	err = fmt.Errorf("manifest %s: %w", d.Digest, err)
	if errors.Is(err, fs.ErrNotExist) && d.Platform != nil {
		return &MissingError{Platform: *d.Platform, Present: c.img.Platform(), Err: err}
	}
	return err
}

// A MissingError says that an index lists a platform whose manifest its source
// doesn't hold.
type MissingError struct {
	Platform oci.Platform
	Present  oci.Platform // one that is there
	Err      error
}

func (e *MissingError) Error() string { return fmt.Sprintf("platform %s: %v", e.Platform, e.Err) }

// Unwrap returns why the manifest isn't there.
func (e *MissingError) Unwrap() error { return e.Err }

// referrers adds the manifests beside the image that are about it.
func (c *collector) referrers(ctx context.Context) error {
	if c.img.Source == image.Registry {
		return c.askReferrers(ctx)
	}
	for _, d := range c.img.Attestations {
		if c.bundle.has(d.Digest) {
			continue
		}
		raw, err := image.ReadJSON(ctx, d, c.img.Content)
		if errors.Is(err, fs.ErrNotExist) {
			continue
		}
		if err != nil {
			return fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
		var m oci.Manifest
		if err := oci.Unmarshal(raw, &m); err != nil {
			return fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
		if m.Subject == nil || !c.bundle.has(m.Subject.Digest) {
			continue
		}
		if err := c.referrer(ctx, d); err != nil {
			return err
		}
	}
	return nil
}

// askReferrers adds what a registry lists as being about the manifests, and
// about what it lists.
func (c *collector) askReferrers(ctx context.Context) error {
	var subjects []digest.Digest
	for _, content := range c.bundle.contents {
		if content.manifest {
			subjects = append(subjects, content.Digest)
		}
	}
	for depth := 1; len(subjects) > 0; depth++ {
		found := make([][]oci.Descriptor, len(subjects))
		err := parallel.Each(ctx, maxTransfers, len(subjects), func(ctx context.Context, i int) (err error) {
			found[i], err = c.img.Referrers(ctx, subjects[i])
			return err
		})
		if err != nil {
			return err
		}
		subjects = nil
		for _, d := range slices.Concat(found...) {
			if c.bundle.has(d.Digest) {
				continue
			}
			if depth > maxReferrerDepth {
				return fmt.Errorf("referrers of referrers are more than %d deep", maxReferrerDepth)
			}
			if err := c.referrer(ctx, d); errors.Is(err, fs.ErrNotExist) {
				continue // a list outlives what it lists
			} else if err != nil {
				return err
			}
			subjects = append(subjects, d.Digest)
		}
	}
	return nil
}

// referrer adds the manifest d with all that it leads to.
func (c *collector) referrer(ctx context.Context, d oci.Descriptor) error {
	own := len(c.bundle.contents)
	if err := c.collect(ctx, d); err != nil {
		return err
	}
	c.bundle.refer(own)
	c.bundle.Referrers = append(c.bundle.Referrers, d)
	return nil
}

// has reports whether the bundle holds d.
func (b *Bundle) has(d digest.Digest) bool {
	_, ok := b.places[d]
	return ok
}

// Package bundle copies images. A bundle is a manifest or an index with all the
// blobs that it refers to. Bundles are collected from an opened image and written
// to archives, layouts, registries and engines. Package pack makes new images.
package bundle

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// A Content is a blob or a manifest that is at hand.
type Content struct {
	oci.Descriptor
	// Open opens the content at its beginning, each time it is called.
	Open func(ctx context.Context) (io.ReadCloser, error)
	// From is where a registry has the content; zero for content that is here.
	From registry.Reference

	manifest bool // registries keep it among the manifests, whatever its media type
}

// FromBytes returns b as content.
func FromBytes(mediaType string, b []byte) Content {
	return Content{
		Descriptor: oci.Descriptor{MediaType: mediaType, Digest: digest.FromBytes(b), Size: int64(len(b))},
		Open:       func(context.Context) (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(b)), nil },
	}
}

// A Bundle is an image of one platform or of several, whole.
type Bundle struct {
	// Name is what the image is called; the zero Reference is a nameless one.
	Name registry.Reference
	// Tag is what layouts call an image that has no Name.
	Tag string
	// Root is the manifest of the image, or the index of its platforms.
	Root oci.Descriptor
	// Referrers are manifests about those under Root, such as SBOMs.
	Referrers []oci.Descriptor

	// Foreign are the layers that the source hasn't got and that aren't here:
	// registries needn't have them.
	Foreign []oci.Descriptor

	contents []Content // each after what it points at
	places   map[digest.Digest]int
	gross    map[digest.Digest]int64 // of the layers that were looked into
	own      int                     // how many contents aren't for referrers only
	closers  []io.Closer
}

// Keep makes Close close c, where content of the bundle comes from.
func (b *Bundle) Keep(c io.Closer) { b.closers = append(b.closers, c) }

// Close releases what the bundle's content comes from.
func (b *Bundle) Close() error {
	var all []error
	for _, c := range b.closers {
		all = append(all, c.Close())
	}
	return errors.Join(all...)
}

// Add adds content; what it points at was added before. What is there already
// is left as it is.
func (b *Bundle) Add(c Content) oci.Descriptor {
	if b.places == nil {
		b.places = map[digest.Digest]int{}
	}
	if _, ok := b.places[c.Digest]; !ok {
		b.places[c.Digest] = len(b.contents)
		b.contents = append(b.contents, c)
	}
	return c.Descriptor
}

// AddLayer adds a layer.
func (b *Bundle) AddLayer(l Layer) oci.Descriptor {
	if l.Gross >= 0 {
		if b.gross == nil {
			b.gross = map[digest.Digest]int64{}
		}
		b.gross[l.Digest] = l.Gross
	}
	return b.Add(l.Content)
}

// AddJSON adds v as a manifest, an index or a configuration.
func (b *Bundle) AddJSON(mediaType string, v any) (oci.Descriptor, error) {
	raw, err := marshal(v)
	if err != nil {
		return oci.Descriptor{}, err
	}
	return b.Add(FromBytes(mediaType, raw)), nil
}

// Open opens the content of d and verifies it; it is an image.Opener.
func (b *Bundle) Open(ctx context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	place, ok := b.places[d.Digest]
	if !ok {
		return nil, fs.ErrNotExist
	}
	return b.contents[place].Open(ctx)
}

// Manifests returns the manifests of images under the root, without those of
// attestations, in the order of the index.
func (b *Bundle) Manifests(ctx context.Context) ([]oci.Descriptor, error) {
	return b.manifests(ctx, b.Root)
}

func (b *Bundle) manifests(ctx context.Context, d oci.Descriptor) ([]oci.Descriptor, error) {
	switch {
	case d.IsAttestation():
		return nil, nil
	case !d.IsIndex():
		return []oci.Descriptor{d}, nil
	}
	var index oci.Index
	if err := b.readJSON(ctx, d, &index); err != nil {
		return nil, fmt.Errorf("index %s: %w", d.Digest, err)
	}
	var all []oci.Descriptor
	for _, d := range index.Manifests {
		more, err := b.manifests(ctx, d)
		if err != nil {
			return nil, err
		}
		all = append(all, more...)
	}
	return all, nil
}

// Image opens the image of a manifest in the bundle.
func (b *Bundle) Image(ctx context.Context, d oci.Descriptor) (*image.Image, error) {
	img, err := image.FromContent(ctx, d, b.Open)
	if err == nil && !b.Name.IsZero() {
		img.Tags = []string{b.Name.Familiar()}
	}
	return img, err
}

// CallIt gives the bundle the name or the tag that it has in its source. One by
// which it is only told apart, as @0, is none.
func (b *Bundle) CallIt(name string) {
	if strings.HasPrefix(name, "@") {
		return
	}
	ref, err := registry.ParseReference(name)
	if err == nil && strings.ContainsAny(name, ":/") && ref.Tag() != "" {
		b.Name, b.Tag = ref, ""
		return
	}
	b.Tag = name
}

// Attach adds a document about the image of manifest subject, as a manifest
// that refers to it (image-spec, manifest.md, "Guidelines for Artifact Usage").
func (b *Bundle) Attach(subject oci.Descriptor, mediaType string, document []byte, annotations map[string]string) error {
	own := len(b.contents)
	empty := b.Add(FromBytes(oci.MediaTypeEmpty, []byte("{}")))
	layer := b.Add(FromBytes(mediaType, document))
	d, err := b.AddJSON(oci.MediaTypeManifest, oci.Manifest{
		SchemaVersion: 2,
		MediaType:     oci.MediaTypeManifest,
		ArtifactType:  mediaType,
		Config:        empty,
		Layers:        []oci.Descriptor{layer},
		Subject:       &oci.Descriptor{MediaType: subject.MediaType, Digest: subject.Digest, Size: subject.Size},
		Annotations:   annotations,
	})
	if err != nil {
		return err
	}
	d.ArtifactType, d.Annotations = mediaType, annotations
	b.refer(own)
	b.Referrers = append(b.Referrers, d)
	return nil
}

// WithoutReferrers returns the bundle without what refers to it. Only b is
// closed.
func (b *Bundle) WithoutReferrers() *Bundle {
	alone := *b
	alone.contents, alone.Referrers, alone.closers = b.image(), nil, nil
	return &alone
}

// image is the content that isn't there for referrers only.
func (b *Bundle) image() []Content {
	if len(b.Referrers) == 0 {
		return b.contents
	}
	return b.contents[:b.own]
}

// refer marks the contents from the own-th on as there for referrers only.
func (b *Bundle) refer(own int) {
	if len(b.Referrers) == 0 {
		b.own = own
	}
}

// isManifest reports whether registries keep c among the manifests.
func (c Content) isManifest() bool {
	d := c.Descriptor
	return c.manifest || d.IsIndex() || d.MediaType == oci.MediaTypeManifest || d.MediaType == oci.MediaTypeDockerManifest
}

// readJSON reads a manifest, an index or a configuration into v.
func (b *Bundle) readJSON(ctx context.Context, d oci.Descriptor, v any) error {
	raw, err := image.ReadJSON(ctx, d, b.Open)
	if err != nil {
		return err
	}
	return oci.Unmarshal(raw, v)
}

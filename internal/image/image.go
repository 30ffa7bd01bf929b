// Package image opens container images from every transport: archives, OCI layouts,
// the Docker Engine and registries. It reads manifests, configurations and the
// stored layers; package layers reads what the layers contain.
package image

import (
	"encoding/json"
	"fmt"
	"io"
	"io/fs"

	"devops-go/internal/digest"
	"devops-go/internal/engine"
	"devops-go/internal/oci"
	"devops-go/internal/provenance"
)

// An Image is one image of one platform. Its content stays where it is until
// a layer is opened.
type Image struct {
	// Source is the transport that the image came by, and Name what the
	// reference called it.
	Source Transport
	Name   string
	// Tags are the names that the source gives the image.
	Tags []string

	// Manifest is nil where the source has none, as an archive of docker save
	// before Docker 25.
	Manifest       *oci.Manifest
	ManifestDigest digest.Digest
	RawManifest    []byte

	Config       Config
	ConfigDigest digest.Digest
	RawConfig    []byte

	Layers []*Layer

	// ManifestFault and ConfigFault are what is wrong with the two beside
	// their descriptors; see Options.Tolerant.
	ManifestFault, ConfigFault error
	// NotImage says what this is where it isn't an image, which only
	// Options.Tolerant opens: manifest, configuration and blobs are there, but
	// the configuration isn't parsed and the layers are none.
	NotImage *NotImageError
	// Descriptor is the manifest's, as what led to it states it.
	Descriptor oci.Descriptor
	// Layout tells that the source is an OCI layout, LayoutFault what is wrong
	// with its mark.
	Layout      bool
	LayoutFault error
	// IndexPlatform is what the index says of the platform; nil where there is
	// no index or it doesn't say.
	IndexPlatform *oci.Platform

	// RawIndexes are the indexes that were read on the way to the manifest, the
	// outermost first.
	RawIndexes [][]byte
	// Attestations are the statements about images (provenance, SBOMs) that
	// lie beside this one.
	Attestations []oci.Descriptor

	// Made is what is attested about the image's making, once
	// [Image.ReadProvenance] has read it; nil where nothing is.
	Made *provenance.Statement

	// Root is the descriptor of what the reference named: the manifest, or the
	// index that led to it. It is zero where the source has no manifest.
	Root oci.Descriptor

	// Held is what the engine says that the image was saved by; nil for an
	// image from elsewhere.
	Held *engine.Image

	store    store
	siblings []candidate // the images of that name; none where no index led here
	others   []candidate // what isn't an image in the same source
	opts     Options
	closers  []io.Closer
}

// Close releases what the image holds open.
func (img *Image) Close() error {
	var first error
	for _, c := range img.closers {
		if err := c.Close(); err != nil && first == nil {
			first = err
		}
	}
	img.closers = nil
	return first
}

// Platform is the platform that the configuration states.
func (img *Image) Platform() oci.Platform { return img.Config.Platform }

// Transfer is what a pull of the image moves: layers, configuration and
// manifest. It isn't known where a layer is stored uncompressed outside a
// registry, as it will be compressed on its way there.
func (img *Image) Transfer() (bytes int64, known bool) {
	bytes = int64(len(img.RawConfig)) + int64(len(img.manifest()))
	for _, l := range img.Layers {
		size, ok := l.Transfer()
		if !ok {
			return 0, false
		}
		bytes += size
	}
	return bytes, true
}

// manifest returns the manifest's bytes; where the source has none, one such
// as a push would write.
func (img *Image) manifest() []byte {
	if img.RawManifest != nil {
		return img.RawManifest
	}
	m := oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest}
	m.Config = oci.Descriptor{MediaType: oci.MediaTypeConfig, Digest: img.ConfigDigest, Size: int64(len(img.RawConfig))}
	for _, l := range img.Layers {
		m.Layers = append(m.Layers, oci.Descriptor{MediaType: oci.MediaTypeLayerGzip, Digest: l.DiffID, Size: l.Descriptor.Size})
	}
	b, err := json.Marshal(m)
	if err != nil {
		panic(err) // strings and numbers only
	}
	return b
}

// ManifestSize is the size of the manifest, or of the one that a push would
// write where the source has none.
func (img *Image) ManifestSize() int64 { return int64(len(img.manifest())) }

// Transfer is what a pull of the layer moves, see [Image.Transfer].
func (l *Layer) Transfer() (bytes int64, known bool) {
	switch {
	case l.GzipSize > 0:
		return l.GzipSize, true
	case l.Compression == Uncompressed && !l.remote:
		return 0, false
	}
	return l.Descriptor.Size, l.Descriptor.Size >= 0
}

// Unreadable says why the layers can't all be read, as far as that is known
// without opening them; nil where nothing stands against it.
func (img *Image) Unreadable() error {
	for _, l := range img.Layers {
		if l.absent && l.Descriptor.IsForeign() {
			return fmt.Errorf("%s: %w", l, l.notOpened(fs.ErrNotExist))
		}
		if !l.Compression.readable() {
			return fmt.Errorf("%s: compression %s %w", l, l.Compression, ErrUnreadable)
		}
	}
	return nil
}

// setConfig parses the configuration and ties its diff IDs to the layers.
func (img *Image) setConfig(raw []byte) error {
	if err := oci.Unmarshal(raw, &img.Config); err != nil {
		return fmt.Errorf("config %s: %w", img.ConfigDigest, err)
	}
	img.RawConfig = raw
	for i, l := range img.Layers {
		if i < len(img.Config.RootFS.DiffIDs) {
			l.DiffID = img.Config.RootFS.DiffIDs[i]
		}
	}
	return nil
}

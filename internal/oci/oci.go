// Package oci defines the types and constants of the OCI image specification that
// several packages use: descriptors, manifests, indexes, media types, annotations,
// platforms, and the file names of image layouts. It does no I/O.
package oci

import (
	"strings"

	"devops-go/internal/digest"
)

// The media types of manifests, OCI's and Docker's.
const (
	MediaTypeIndex          = "application/vnd.oci.image.index.v1+json"
	MediaTypeManifest       = "application/vnd.oci.image.manifest.v1+json"
	MediaTypeConfig         = "application/vnd.oci.image.config.v1+json"
	MediaTypeEmpty          = "application/vnd.oci.empty.v1+json"
	MediaTypeLayer          = "application/vnd.oci.image.layer.v1.tar"
	MediaTypeLayerGzip      = "application/vnd.oci.image.layer.v1.tar+gzip"
	MediaTypeDockerList     = "application/vnd.docker.distribution.manifest.list.v2+json"
	MediaTypeDockerManifest = "application/vnd.docker.distribution.manifest.v2+json"
	MediaTypeDockerConfig   = "application/vnd.docker.container.image.v1+json"
	MediaTypeDockerSchema1  = "application/vnd.docker.distribution.manifest.v1"
)

// The annotations that name and describe images in an index.
const (
	AnnotationRefName        = "org.opencontainers.image.ref.name"
	AnnotationContainerdName = "io.containerd.image.name"
	AnnotationReferenceType  = "vnd.docker.reference.type"
	// What an attestation of BuildKit's is about.
	AnnotationReferenceDigest = "vnd.docker.reference.digest"
)

// A Descriptor points at content (image-spec, descriptor.md).
type Descriptor struct {
	MediaType    string            `json:"mediaType"`
	Digest       digest.Digest     `json:"digest"`
	Size         int64             `json:"size"`
	URLs         []string          `json:"urls,omitempty"`
	Annotations  map[string]string `json:"annotations,omitempty"`
	Data         []byte            `json:"data,omitempty"`
	Platform     *Platform         `json:"platform,omitempty"`
	ArtifactType string            `json:"artifactType,omitempty"`
}

// The files of a layout beside its blobs (image-spec, image-layout.md).
const (
	IndexFile  = "index.json"
	LayoutFile = "oci-layout"
)

// BlobPath is where a layout keeps d.
func BlobPath(d Descriptor) string {
	return "blobs/" + d.Digest.Algorithm() + "/" + d.Digest.Hex()
}

// IsIndex reports whether d's media type is that of an index.
func (d Descriptor) IsIndex() bool {
	return d.MediaType == MediaTypeIndex || d.MediaType == MediaTypeDockerList
}

// IsAttestation reports whether d is by its own word no image: a statement about
// another one (provenance, an SBOM, a signature) or another kind of artifact.
func (d Descriptor) IsAttestation() bool {
	return d.Annotations[AnnotationReferenceType] != "" || d.Platform != nil && d.Platform.unknown() ||
		d.ArtifactType != "" && !IsImageConfig(d.ArtifactType)
}

// IsImageConfig reports whether a media type is that of an image's configuration,
// which as the type of an artifact says that this is an image.
func IsImageConfig(mediaType string) bool {
	return mediaType == MediaTypeConfig || mediaType == MediaTypeDockerConfig
}

// IsForeign reports whether d is a layer that registries needn't hold.
func (d Descriptor) IsForeign() bool {
	return strings.Contains(d.MediaType, "nondistributable") || strings.Contains(d.MediaType, ".foreign.")
}

// A Manifest is one image of one platform (image-spec, manifest.md).
type Manifest struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Config        Descriptor        `json:"config"`
	Layers        []Descriptor      `json:"layers"`
	Subject       *Descriptor       `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

// An Index lists manifests and other indexes (image-spec, image-index.md).
type Index struct {
	SchemaVersion int               `json:"schemaVersion"`
	MediaType     string            `json:"mediaType,omitempty"`
	ArtifactType  string            `json:"artifactType,omitempty"`
	Manifests     []Descriptor      `json:"manifests"`
	Subject       *Descriptor       `json:"subject,omitempty"`
	Annotations   map[string]string `json:"annotations,omitempty"`
}

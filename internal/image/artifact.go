package image

import (
	"fmt"
	"strings"

	"devops-go/internal/oci"
)

// A NotImageError says that a manifest is no image's, and what it is.
type NotImageError struct {
	// What is a noun with its article; Type the media type that tells it.
	What, Type string
}

// Error returns the error in words.
func (e *NotImageError) Error() string {
	if e.Type == "" {
		return "not an image: " + e.What
	}
	return fmt.Sprintf("not an image: %s (%s)", e.What, e.Type)
}

// notImage tells what the manifest is of; nil for an image's. It is the one
// place that decides this: an image has a configuration of OCI's or Docker's
// media type, and nothing but layers. A configuration without a media type is
// taken for one.
func notImage(m *oci.Manifest) *NotImageError {
	kind := m.Config.MediaType
	if kind != "" && !oci.IsImageConfig(kind) {
		if kind == oci.MediaTypeEmpty && m.ArtifactType == "" && len(m.Layers) > 0 {
			kind = m.Layers[0].MediaType
		} else if m.ArtifactType != "" {
			kind = m.ArtifactType
		}
		return &NotImageError{artifact(kind), kind}
	}
	if kind == "" && m.ArtifactType != "" && !oci.IsImageConfig(m.ArtifactType) {
		return &NotImageError{artifact(m.ArtifactType), m.ArtifactType}
	}
	// Attestations and signatures have an image's configuration, too.
	for _, l := range m.Layers {
		if !isLayer(l.MediaType) {
			return &NotImageError{artifact(l.MediaType), l.MediaType}
		}
	}
	return nil
}

// isLayer reports whether a media type is that of a file system's layer, or
// none that says otherwise.
func isLayer(mediaType string) bool {
	for _, prefix := range []string{"application/vnd.oci.image.layer.", "application/vnd.docker.image.rootfs.", "application/vnd.docker.container.image.rootfs."} {
		if strings.HasPrefix(mediaType, prefix) {
			return true
		}
	}
	switch mediaType {
	case "", "application/octet-stream", "application/x-tar", "application/tar", "application/tar+gzip", "application/gzip", "application/x-gzip":
		return true
	}
	return false
}

// artifact names the artifacts that registries mostly hold.
func artifact(mediaType string) string {
	for _, a := range []struct{ part, what string }{
		{"helm", "a Helm chart"},
		{"wasm", "a WebAssembly module"},
		{"in-toto", "an attestation"},
		{"simplesigning", "a signature"},
		{"notary.signature", "a signature"},
		{"sigstore.bundle", "a signature"},
		{"cosign", "a signature"},
		{"spdx", "an SBOM"},
		{"cyclonedx", "an SBOM"},
		{"syft", "an SBOM"},
		{"docker.plugin", "a Docker plugin"},
		{"cncf.flux", "a Flux artifact"},
		{"modelpack", "a model"},
		{"docker.ai.", "a model"},
		{"buildkit.cache", "a build cache"},
	} {
		if strings.Contains(mediaType, a.part) {
			return a.what
		}
	}
	return "an artifact"
}

// A DamagedError says that a document of an image can't be what it should be.
type DamagedError struct {
	// Document is "manifest", "index" or "config".
	Document string
	Err      error
}

// Error names the document.
func (e *DamagedError) Error() string { return e.Err.Error() }

// Unwrap returns what is wrong.
func (e *DamagedError) Unwrap() error { return e.Err }

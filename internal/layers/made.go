package layers

import (
	"devops-go/internal/image"
	"devops-go/internal/provenance"
)

// A Making is what is attested about how an image was made.
type Making struct {
	Builder string `json:"builder,omitempty"`
	// Source is where the build's context came from, with its revision, and
	// Dockerfile the file in it. Where Claimed is set, the client said so and the
	// builder didn't check.
	Source     string `json:"source,omitempty"`
	Claimed    bool   `json:"sourceClaimed,omitempty"`
	Dockerfile string `json:"dockerfile,omitempty"`
	// Base is the image that the first layers are of; nil where the attestation
	// doesn't say which layers came from where.
	Base *provenance.Base `json:"base"`
	// Images are all that the build used, with their digests.
	Images []string `json:"images"`
}

// making is what img.Made says; nil where there is none.
func making(img *image.Image) *Making {
	if img.Made == nil {
		return nil
	}
	m := &Making{
		Builder: img.Made.Builder, Source: img.Made.Source.String(), Claimed: img.Made.Source.Claimed,
		Dockerfile: img.Made.Source.Path, Base: img.Base(), Images: []string{},
	}
	for _, used := range img.Made.Images() {
		m.Images = append(m.Images, used.String())
	}
	return m
}

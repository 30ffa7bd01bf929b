package bundle

import (
	"context"
	"fmt"

	"devops-go/internal/digest"
	"devops-go/internal/image"
)

// A Summary is what there is to say of a bundle.
type Summary struct {
	Image  string        `json:"image"` // its name, or ""
	Digest digest.Digest `json:"digest"`
	// Transfer is what a push of all platforms to an empty registry moves,
	// without referrers.
	Transfer  int64           `json:"transfer"`
	Images    []ImageSummary  `json:"images"`
	Referrers []digest.Digest `json:"referrers,omitempty"`
}

// An ImageSummary is what there is to say of the image of one platform.
type ImageSummary struct {
	Platform     string        `json:"platform"`
	Digest       digest.Digest `json:"digest"`
	ConfigDigest digest.Digest `json:"configDigest"`
	Layers       int           `json:"layers"`
	// Size is that of the uncompressed layers; nil where a layer wasn't read.
	Size *int64 `json:"size"`
	// Transfer is what a pull moves.
	Transfer int64 `json:"transfer"`
}

// Summarize says what the bundle is.
func (b *Bundle) Summarize(ctx context.Context) (Summary, error) {
	s := Summary{Digest: b.Root.Digest, Transfer: b.size()}
	if !b.Name.IsZero() {
		s.Image = b.Name.Familiar()
	}
	for _, d := range b.Referrers {
		s.Referrers = append(s.Referrers, d.Digest)
	}
	manifests, err := b.Manifests(ctx)
	if err != nil {
		return Summary{}, err
	}
	for _, d := range manifests {
		img, err := b.Image(ctx, d)
		if err != nil {
			return Summary{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
		s.Images = append(s.Images, b.summarize(img))
	}
	return s, nil
}

func (b *Bundle) summarize(img *image.Image) ImageSummary {
	s := ImageSummary{
		Platform:     img.Platform().String(),
		Digest:       img.ManifestDigest,
		ConfigDigest: img.ConfigDigest,
		Layers:       len(img.Layers),
		Transfer:     int64(len(img.RawManifest) + len(img.RawConfig)),
	}
	var size int64
	known := true
	for _, l := range img.Layers {
		s.Transfer += l.Descriptor.Size
		gross, ok := b.gross[l.Descriptor.Digest]
		size, known = size+gross, known && ok
	}
	if known {
		s.Size = &size
	}
	return s
}

// size is the number of bytes that the bundle holds, without what is for its
// referrers only.
func (b *Bundle) size() int64 {
	var sum int64
	for _, c := range b.image() {
		sum += c.Size
	}
	return sum
}

package bundle

import (
	"context"
	"fmt"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	"devops-go/internal/oci"
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
		img, err := b.summarize(ctx, d)
		if err != nil {
			return Summary{}, fmt.Errorf("manifest %s: %w", d.Digest, err)
		}
		s.Images = append(s.Images, img)
	}
	return s, nil
}

// summarize says what the image of a manifest is. It opens no layer, as that
// may be far away.
func (b *Bundle) summarize(ctx context.Context, d oci.Descriptor) (ImageSummary, error) {
	var m oci.Manifest
	var config image.Config
	if err := b.readJSON(ctx, d, &m); err != nil {
		return ImageSummary{}, err
	}
	if err := b.readJSON(ctx, m.Config, &config); err != nil {
		return ImageSummary{}, fmt.Errorf("config: %w", err)
	}
	s := ImageSummary{
		Platform:     config.Platform.String(),
		Digest:       d.Digest,
		ConfigDigest: m.Config.Digest,
		Layers:       len(m.Layers),
		Transfer:     d.Size + m.Config.Size,
	}
	var size int64
	known := true
	for _, l := range m.Layers {
		s.Transfer += l.Size
		gross, ok := b.gross[l.Digest]
		size, known = size+gross, known && ok
	}
	if known {
		s.Size = &size
	}
	return s, nil
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

package audit

import (
	"fmt"
	"strings"
	"time"

	"devops-go/internal/image"
)

// A Knowledge is how it is known which layers are the base image's.
type Knowledge string

// The kinds of knowledge, the surest first.
const (
	// Named: the layers are those of an image that the user named.
	Named Knowledge = "named"
	// Stated: the provenance that BuildKit wrote says so.
	Stated Knowledge = "provenance"
	// Guessed from the times in the history.
	Guessed Knowledge = "guessed"
)

// A Base is the image that the judged one is built on.
type Base struct {
	Known Knowledge `json:"known"`
	// Image is the base's name, as the user gave it or as the image states it;
	// empty where nobody says.
	Image string `json:"image,omitempty"`
	// Layers is how many of the layers are the base's.
	Layers int `json:"layers"`
	// LeftOut is how many findings of the base's were left out.
	LeftOut int `json:"leftOut"`

	steps int // how many of the steps are the base's
}

// baseOf is the base where the user names it, else what the history lets guess,
// nil where it says nothing. What provenance states is [auditor.stateBase]'s.
func baseOf(img, named *image.Image) (*Base, error) {
	if named == nil {
		if n := guessBase(img); n > 0 {
			return &Base{Known: Guessed, Image: statedName(img), Layers: n}, nil
		}
		return nil, nil
	}
	for i, l := range named.Layers {
		switch {
		case i >= len(img.Layers):
			return nil, fmt.Errorf("%s: not built on %s, which has %d layers: there are only %d", img.Name, named.Name, len(named.Layers), len(img.Layers))
		case !sameLayer(l, img.Layers[i]):
			return nil, fmt.Errorf("%s: not built on %s: layer %d is %s, the base's is %s", img.Name, named.Name, i+1, layerDigest(img.Layers[i]), layerDigest(l))
		}
	}
	return &Base{Known: Named, Image: named.Name, Layers: len(named.Layers)}, nil
}

func sameLayer(l, m *image.Layer) bool {
	if l.DiffID.IsZero() || m.DiffID.IsZero() {
		return !l.Descriptor.Digest.IsZero() && l.Descriptor.Digest == m.Descriptor.Digest
	}
	return l.DiffID == m.DiffID
}

// countSteps says how many of the image's steps are the base's: the whole
// history of a named base, if the image's begins with it, and otherwise what
// comes up to its last layer. What the image did itself is never taken for the
// base's.
func (a *auditor) countSteps() {
	if a.base == nil {
		return
	}
	for i, s := range a.steps {
		if s.layer > 0 && s.layer <= a.base.Layers {
			a.base.steps = i + 1
		}
	}
	if a.opts.Base == nil {
		return
	}
	base, own := a.opts.Base.Config.History, a.img.Config.History
	if len(base) > len(own) {
		return
	}
	for i := range base {
		if base[i].CreatedBy != own[i].CreatedBy || base[i].EmptyLayer != own[i].EmptyLayer {
			return
		}
	}
	a.base.steps = max(a.base.steps, len(base))
}

// isBase reports whether the first of the image's layers are the base's.
func (a *auditor) isBase(index int) bool { return a.base != nil && index < a.base.Layers }

// ofBase reports whether the finding is the base's, and not of what the image
// made of it.
func (a *auditor) ofBase(r *Rule, f *Finding) bool {
	switch {
	case a.base == nil || r.whole:
		return false
	case f.Layer > 0:
		return a.isBase(f.Layer - 1)
	}
	return f.Step > 0 && f.Step <= a.base.steps
}

// baseNote says which layers are the base's and how that is known.
func (a *auditor) baseNote() string {
	which, is, seems := "layer 1", "is", "seems"
	if a.base.Layers != 1 {
		which, is, seems = fmt.Sprintf("layers 1 to %d", a.base.Layers), "are", "seem"
	}
	switch a.base.Known {
	case Named:
		return fmt.Sprintf("%s %s of %s", which, is, a.base.Image)
	case Stated:
		return fmt.Sprintf("%s %s the base image's, by the provenance of the build", which, is)
	}
	return fmt.Sprintf("%s %s to be the base image's, by the times in the history", which, seems)
}

// apart is how much later than its base an image is built, at least. Steps of
// one build follow each other sooner.
const apart = time.Hour

// guessBase guesses how many layers are the base image's: a base ends in a CMD
// or ENTRYPOINT, and what is built on it is built later. No such step means that
// nothing is known of a base, and 0.
func guessBase(img *image.Image) int {
	layers, base := 0, 0
	var end *image.History // the first CMD or ENTRYPOINT after the last layer
	for i := range img.Config.History {
		h := &img.Config.History[i]
		if !h.EmptyLayer {
			if end != nil && end.Created != nil && h.Created != nil && h.Created.Sub(*end.Created) >= apart {
				base = layers
			}
			end = nil
			layers++
			continue
		}
		switch keyword, _, _ := strings.Cut(h.Instruction(), " "); keyword {
		case "CMD", "ENTRYPOINT":
			if end == nil {
				end = h
			}
		}
	}
	return min(base, len(img.Layers))
}

// baseName is the annotation, or the label, that says what an image was built
// on.
const baseName = "org.opencontainers.image.base.name"

// statedName is what the image says that it was built on.
func statedName(img *image.Image) string {
	if m := img.Manifest; m != nil && m.Annotations[baseName] != "" {
		return m.Annotations[baseName]
	}
	return img.Config.Config.Labels[baseName]
}

// stateBase takes from the image's provenance which of its layers came with an
// image that the build started from. Where it doesn't say that, it may name the
// one image that the guessed layers are of.
func (a *auditor) stateBase() {
	if a.opts.Base != nil {
		return
	}
	if base := a.img.Base(); base != nil {
		a.base = &Base{Known: Stated, Image: base.Name, Layers: base.Layers}
		return
	}
	if images := a.img.Made.Images(); a.base != nil && a.base.Image == "" && len(images) == 1 {
		a.base.Image = images[0].String()
	}
}

package provenance

import (
	"maps"
	"slices"
	"strings"

	"devops-go/internal/digest"
)

// A step is a vertex of the build's graph, with the layers of what came of it.
type step struct {
	image string // that it took, where it did no more
	place *Place
	// chains are the layers, oldest first, in each way that they were stored.
	chains [][]string
}

// A Place is where a step stands in its source.
type Place struct {
	File string `json:"file"`
	Line int    `json:"line"` // from 1
	// Text is the instruction, on one line; empty where the source isn't there.
	Text string `json:"text,omitempty"`
	// Base tells that the line took an image, and that the layer is of that.
	Base bool `json:"base,omitempty"`
}

func (p *predicate) steps() []step {
	images := map[string]string{}
	for _, d := range p.config.Definition {
		if source := d.Op.Op.Source; source != nil {
			images[d.ID] = imageOf(source.Identifier)
		}
	}
	var steps []step
	for _, edge := range slices.Sorted(maps.Keys(p.metadata.Layers)) {
		id, _, _ := strings.Cut(edge, ":")
		s := step{image: images[id], place: p.place(id)}
		for _, chain := range p.metadata.Layers[edge] {
			var digests []string
			for _, d := range chain {
				digests = append(digests, d.Digest)
			}
			s.chains = append(s.chains, digests)
		}
		steps = append(steps, s)
	}
	return steps
}

// imageOf is the reference of an image that a step takes; empty for another
// source.
func imageOf(identifier string) string {
	for _, scheme := range []string{"docker-image://", "oci-layout://"} {
		if name, ok := strings.CutPrefix(identifier, scheme); ok {
			return name
		}
	}
	return ""
}

// place is the first of the places in the source that the step was made from.
func (p *predicate) place(id string) *Place {
	for _, l := range p.metadata.Source.Locations[id].Locations {
		if l.SourceIndex < 0 || l.SourceIndex >= len(p.metadata.Source.Infos) || len(l.Ranges) == 0 {
			continue
		}
		info := p.metadata.Source.Infos[l.SourceIndex]
		from, to := l.Ranges[0].Start.Line, l.Ranges[0].End.Line
		for _, r := range l.Ranges {
			from, to = min(from, r.Start.Line), max(to, r.End.Line)
		}
		if from < 1 {
			continue
		}
		return &Place{File: info.Filename, Line: from, Text: lines(string(info.Data), from, to)}
	}
	return nil
}

// lines returns the lines from and to, counted from 1, and what is between as
// one, without the backslashes at their ends. A here-document keeps its lines.
func lines(text string, from, to int) string {
	all := strings.Split(text, "\n")
	if from < 1 || to < from || to > len(all) {
		return ""
	}
	if strings.Contains(all[from-1], "<<") {
		return strings.Join(all[from-1:to], "\n")
	}
	var parts []string
	for _, line := range all[from-1 : to] {
		line = strings.TrimSpace(line)
		if to > from {
			line = strings.TrimSpace(strings.TrimSuffix(line, `\`))
		}
		if line != "" && !strings.HasPrefix(line, "#") {
			parts = append(parts, line)
		}
	}
	return strings.Join(parts, " ")
}

// Place returns where the step stands that made the layer, which is known by the
// digest of its blob; nil where nothing says so. A layer of an image that the
// build took is made by the line that took it.
func (s *Statement) Place(layer digest.Digest) *Place {
	var taken *Place
	for _, step := range s.steps {
		for _, chain := range step.chains {
			switch {
			case step.place == nil || len(chain) == 0:
			case step.image != "" && slices.Contains(chain, layer.String()):
				from := *step.place
				from.Base = true
				taken = &from
			case step.image == "" && chain[len(chain)-1] == layer.String():
				return step.place
			}
		}
	}
	return taken
}

// A Base is an image that another was built on.
type Base struct {
	// Name is its reference, with its digest where that is known.
	Name string `json:"name"`
	// Layers is how many of the layers are its own.
	Layers int `json:"layers"`
}

// Base returns the image of which the build took the first of the layers; nil
// where it took none, or doesn't say.
func (s *Statement) Base(layers []digest.Digest) *Base {
	var base *Base
	for _, step := range s.steps {
		for _, chain := range step.chains {
			if step.image != "" && isPrefix(chain, layers) && (base == nil || len(chain) > base.Layers) {
				base = &Base{Name: step.image, Layers: len(chain)}
			}
		}
	}
	return base
}

func isPrefix(chain []string, layers []digest.Digest) bool {
	if len(chain) == 0 || len(chain) > len(layers) {
		return false
	}
	for i, d := range chain {
		if layers[i].String() != d {
			return false
		}
	}
	return true
}

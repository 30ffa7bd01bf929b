package layers

import (
	"time"

	"devops-go/internal/image"
	"devops-go/internal/provenance"
)

// A History is how an image came about, oldest step first.
type History struct {
	Image    string `json:"image"`
	Platform string `json:"platform"`
	Rows     []Row  `json:"history"`
	// The totals; nil what isn't known.
	Size     *int64 `json:"size"`
	Transfer *int64 `json:"transfer"`
	Dead     *int64 `json:"dead"`
	Files    *int   `json:"files"`
	Layers   int    `json:"layers"`
	// EngineSize is what the engine that holds the image says of it, and
	// EngineStore the store whose measure that is.
	EngineSize  *int64 `json:"engineSize"`
	EngineStore string `json:"engineStore,omitempty"`
	// Unmatched counts the rows that lack their layer or their history entry.
	Unmatched int `json:"unmatched"`
	// Provenance is what is attested about the image's making; nil for nothing.
	Provenance *Making `json:"provenance,omitempty"`
	// Unread says why the layers weren't read, where it wasn't by choice.
	Unread string `json:"unread,omitempty"`
}

// A Row is a step of a [History]. Figures are nil where they aren't known and
// where the step made no layer.
type Row struct {
	// ID is the image that the step ended in, where one is known.
	ID          string     `json:"id,omitempty"`
	Created     *time.Time `json:"created"`
	CreatedBy   string     `json:"createdBy"`
	Instruction string     `json:"instruction"`
	// Source is where the step stands in its Dockerfile, as is attested.
	Source     *provenance.Place `json:"source,omitempty"`
	Author     string            `json:"author,omitempty"`
	Comment    string            `json:"comment,omitempty"`
	EmptyLayer bool              `json:"emptyLayer"`
	// Layer counts from 1; nil where the step made none.
	Layer    *int   `json:"layer"`
	Digest   string `json:"digest,omitempty"`
	DiffID   string `json:"diffID,omitempty"`
	Size     *int64 `json:"size"`
	Transfer *int64 `json:"transfer"`
	Dead     *int64 `json:"dead"`
	Files    *int   `json:"files"`
	// EngineSize is what the engine says of the step's layer.
	EngineSize *int64 `json:"engineSize"`
	// Loaded is what an engine with the overlay2 store would say of it.
	Loaded *int64 `json:"-"`
	// Unmatched tells what the row lacks: "layer" or "history".
	Unmatched string `json:"unmatched,omitempty"`
}

// HistoryUnread returns the history of img as far as it is known without
// reading the layers.
func HistoryUnread(img *image.Image) History {
	h := history(img, nil)
	if err := img.Unreadable(); err != nil {
		h.Unread = err.Error()
	}
	return h
}

// History returns the history of the image with what each layer weighs.
func (s *Stack) History() History {
	h := history(s.Image, s)
	size, dead := s.Size(), s.Dead()
	files := 0
	for _, l := range s.Layers {
		files += l.Files
	}
	h.Size, h.Dead, h.Files = &size, &dead, &files
	return h
}

func history(img *image.Image, s *Stack) History {
	h := History{Image: img.Name, Platform: img.Platform().String(), Layers: len(img.Layers), Rows: []Row{}, Provenance: making(img)}
	if transfer, ok := img.Transfer(); ok {
		h.Transfer = &transfer
	}
	for _, step := range Steps(img) {
		row := newRow(step, &img.Config.Config)
		if row.Unmatched != "" {
			h.Unmatched++
		}
		if img.Made != nil && step.Layer != nil {
			row.Source = img.Made.Place(step.Layer.Descriptor.Digest)
		}
		if s != nil && step.Layer != nil {
			l := s.Layers[step.Layer.Index]
			row.Size, row.Dead, row.Files, row.Loaded = &l.Size, &l.Dead, &l.Files, &l.Unpacked
		}
		h.Rows = append(h.Rows, row)
	}
	if n := len(h.Rows); n > 0 {
		h.Rows[n-1].ID = img.ConfigDigest.String()
	}
	return h
}

func newRow(step Step, run *image.RunConfig) Row {
	var row Row
	if h := step.History; h != nil {
		row = Row{
			Created:     h.Created,
			CreatedBy:   h.CreatedBy,
			Instruction: h.InstructionIn(run),
			Author:      h.Author,
			Comment:     h.Comment,
			EmptyLayer:  h.EmptyLayer,
		}
	} else {
		row.Unmatched = "history"
	}
	l := step.Layer
	if l == nil {
		if !row.EmptyLayer {
			row.Unmatched = "layer"
		}
		return row
	}
	place := l.Index + 1
	row.Layer, row.Digest, row.DiffID = &place, l.Descriptor.Digest.String(), l.DiffID.String()
	if transfer, ok := l.Transfer(); ok {
		row.Transfer = &transfer
	}
	return row
}

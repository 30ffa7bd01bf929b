package layers

import (
	"strings"

	"devops-go/internal/engine"
	"devops-go/internal/image"
)

// HistoryDescribed returns the history of an image as its engine tells it.
func HistoryDescribed(d *image.Description) History {
	size := d.Held.Size
	h := History{
		Image:       d.Reference,
		Platform:    d.Platform.String(),
		Layers:      len(d.Held.RootFS.Layers),
		EngineSize:  &size,
		EngineStore: d.Held.Store(),
		Transfer:    contentSize(d),
		Rows:        []Row{},
	}
	diffIDs := d.Held.RootFS.Layers
	made := madeLayer(d.Steps, len(diffIDs))
	for i := len(d.Steps) - 1; i >= 0; i-- {
		row := describedRow(d.Steps[i], &d.Config)
		if made != nil {
			row.EmptyLayer = !made[i]
			if made[i] {
				place := h.Layers - len(diffIDs) + 1
				row.Layer, row.DiffID, diffIDs = &place, diffIDs[0], diffIDs[1:]
			}
		}
		h.Rows = append(h.Rows, row)
	}
	if made == nil {
		return h
	}
	for _, id := range diffIDs {
		place := len(d.Held.RootFS.Layers) - len(diffIDs) + 1
		h.Rows = append(h.Rows, Row{Layer: &place, DiffID: id, Unmatched: "history"})
		h.Unmatched++
		diffIDs = diffIDs[1:]
	}
	return h
}

func describedRow(e engine.HistoryEntry, run *image.RunConfig) Row {
	entry := image.History{CreatedBy: e.CreatedBy, Comment: e.Comment}
	size := e.Size
	row := Row{CreatedBy: e.CreatedBy, Instruction: entry.InstructionIn(run), Comment: e.Comment, EngineSize: &size}
	if strings.HasPrefix(e.ID, "sha256:") {
		row.ID = e.ID
	}
	if t := e.Time().UTC(); e.Created != 0 {
		row.Created = &t
	}
	return row
}

// madeLayer tells which of the steps made a layer, which the engine doesn't
// say: those with a size did, those that only say something to the
// configuration didn't. Where the layers aren't enough for the rest and too
// many to leave it without, nothing is known and made is nil.
func madeLayer(steps []engine.HistoryEntry, layers int) (made []bool) {
	made = make([]bool, len(steps))
	sized, open := 0, 0
	for i, e := range steps {
		switch {
		case e.Size > 0:
			made[i] = true
			sized++
		case mayMakeLayer(e.CreatedBy):
			open++
		}
	}
	switch {
	case sized == layers:
		return made
	case sized > layers, sized+open > layers:
		return nil
	}
	for i, e := range steps {
		made[i] = made[i] || mayMakeLayer(e.CreatedBy)
	}
	return made
}

// mayMakeLayer reports whether a step by that record may make a layer.
func mayMakeLayer(record string) bool {
	entry := image.History{CreatedBy: record}
	keyword, _, _ := strings.Cut(entry.Instruction(), " ")
	switch keyword {
	case "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "HEALTHCHECK", "LABEL", "MAINTAINER", "ONBUILD", "SHELL", "STOPSIGNAL", "USER", "VOLUME":
		return false
	}
	return true
}

// picked is the manifest that the engine describes, nil where it doesn't say.
func picked(d *image.Description) *engine.Manifest {
	for i, m := range d.Held.Manifests {
		if m.Kind == "image" && m.Size.Total == d.Held.Size && m.ImageData.Platform.OS == d.Held.OS &&
			m.ImageData.Platform.Architecture == d.Held.Architecture {
			return &d.Held.Manifests[i]
		}
	}
	return nil
}

// contentSize is what the blobs of the image weigh, where its store keeps them
// as a registry does.
func contentSize(d *image.Description) *int64 {
	m := picked(d)
	if m == nil || !m.Available {
		return nil
	}
	return &m.Size.Content
}

// WeighDescribed returns what an image weighs by its engine's word.
func WeighDescribed(d *image.Description) Weight {
	size := d.Held.Size
	w := Weight{
		Image:       d.Reference,
		Source:      string(image.Daemon),
		Tags:        append([]string{}, d.Held.RepoTags...),
		Platform:    d.Platform.String(),
		Created:     d.Created,
		User:        d.Config.User,
		Command:     append(append([]string{}, d.Config.Entrypoint...), d.Config.Cmd...),
		EngineSize:  &size,
		EngineStore: d.Held.Store(),
		Transfer:    contentSize(d),
		Layers:      len(d.Held.RootFS.Layers),
	}
	if d.Held.Store() != engine.StoreContainerd {
		w.Config = d.Held.ID
		return w
	}
	w.Manifest = d.Held.ID
	if m := picked(d); m != nil {
		w.Manifest = m.ID
	}
	for _, m := range d.Held.Manifests {
		if m.Kind == "attestation" {
			w.Attestations++
		}
	}
	return w
}

// AddEngine adds to a history that was read from the layers what the engine
// that they came from says of the steps.
func (h *History) AddEngine(d *image.Description) {
	size := d.Held.Size
	h.EngineSize, h.EngineStore = &size, d.Held.Store()
	for i := range min(len(h.Rows), len(d.Steps)) {
		step := &d.Steps[len(d.Steps)-1-i]
		h.Rows[i].EngineSize, h.Rows[i].ID = &step.Size, describedRow(*step, &d.Config).ID
	}
}

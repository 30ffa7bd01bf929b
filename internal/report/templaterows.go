package report

import (
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/layers"
)

// HistoryLines writes a history by the template.
func (t *Template) HistoryLines(h layers.History, view HistoryView) (string, error) {
	rows := make([]historyRow, len(h.Rows))
	for i, row := range h.Rows {
		rows[i] = historyRow{row, view}
	}
	if !view.OldestFirst {
		slices.Reverse(rows)
	}
	return t.write(rows)
}

// A historyRow is what templates are applied to.
type historyRow struct {
	row  layers.Row
	view HistoryView
}

// MarshalJSON writes what docker history has, for {{json .}}.
func (r historyRow) MarshalJSON() ([]byte, error) {
	return json.Marshal(map[string]string{
		"ID": r.ID(), "CreatedSince": r.CreatedSince(), "CreatedAt": r.CreatedAt(), "CreatedBy": r.CreatedBy(), "Size": r.Size(), "Comment": r.Comment(),
	})
}

// ID is the image's for its last step.
func (r historyRow) ID() string {
	id := r.row.ID
	if id == "" {
		id = "<missing>"
	}
	if r.view.NoTrunc {
		return id
	}
	if _, hex, ok := strings.Cut(id, ":"); ok {
		id = hex
	}
	return id[:min(12, len(id))]
}

// noHumanTime is up to when a time is taken for one that nobody set.
var noHumanTime = time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC)

// CreatedSince is how long ago the step was made.
func (r historyRow) CreatedSince() string {
	switch {
	case r.view.Exact:
		return r.CreatedAt()
	case r.row.Created == nil || !r.row.Created.Truncate(time.Second).After(noHumanTime):
		return "N/A"
	case r.row.Created.After(r.view.Now):
		return "Less than a second ago"
	}
	return Ago(*r.row.Created, r.view.Now)
}

// CreatedAt is when it was made; 1970 where that isn't known.
func (r historyRow) CreatedAt() string {
	t := time.Unix(0, 0)
	if r.row.Created != nil {
		t = r.row.Created.Local()
	}
	return t.Format(time.RFC3339)
}

// CreatedBy is the record of the step.
func (r historyRow) CreatedBy() string { return r.trunc(r.row.CreatedBy) }

// Instruction is the step as it stood in the Dockerfile.
func (r historyRow) Instruction() string { return r.trunc(OneLine(r.row.Instruction)) }

// dockerTrunc is how much of an instruction docker history shows.
const dockerTrunc = 45

func (r historyRow) trunc(s string) string {
	s = escapeLines(strings.ReplaceAll(s, "\t", " "))
	if r.view.NoTrunc {
		return s
	}
	return clip(s, dockerTrunc)
}

// escapeLines is Escape of each line.
func escapeLines(s string) string {
	lines := strings.Split(s, "\n")
	for i := range lines {
		lines[i] = Escape(lines[i])
	}
	return strings.Join(lines, "\n")
}

// Comment is the record's.
func (r historyRow) Comment() string { return escapeLines(r.row.Comment) }

// Size is what the engine says of the layer, or would say had it been loaded.
func (r historyRow) Size() string {
	if r.row.EngineSize != nil {
		return r.size(r.row.EngineSize)
	}
	return r.size(r.row.Loaded)
}

// Transfer is what a pull of the layer moves.
func (r historyRow) Transfer() string { return r.size(r.row.Transfer) }

// Dead is what of the layer no container sees.
func (r historyRow) Dead() string { return r.size(r.row.Dead) }

// Files counts the layer's.
func (r historyRow) Files() string {
	if r.row.EmptyLayer {
		return "0"
	}
	return Count(r.row.Files)
}

// Digest is the layer's.
func (r historyRow) Digest() string { return layerDigest(r.row, r.view) }

// size writes bytes as docker history does: 7.8MB.
func (r historyRow) size(bytes *int64) string {
	switch {
	case bytes == nil && !r.row.EmptyLayer:
		return Unknown
	case bytes == nil:
		bytes = new(int64)
	}
	if r.view.Exact {
		return strconv.FormatInt(*bytes, 10)
	}
	value, units := float64(*bytes), []string{"B", "kB", "MB", "GB", "TB", "PB", "EB"}
	for value >= 1000 && len(units) > 1 {
		value, units = value/1000, units[1:]
	}
	return fmt.Sprintf("%.3g%s", value, units[0])
}

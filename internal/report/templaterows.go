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
		rows[i] = viewedRow{row, view}.fields()
	}
	if !view.OldestFirst {
		slices.Reverse(rows)
	}
	return t.write(rows)
}

// A historyRow is what templates are applied to: fields and no methods, since
// tare's text/template calls none (see the lever templatemethods).
type historyRow struct {
	ID, CreatedSince, CreatedAt, CreatedBy, Size, Comment string // as docker history has them
	Instruction, Transfer, Dead, Files, Digest            string
}

// json writes what docker history has, for {{json .}}.
func (r historyRow) json() (string, error) {
	text, err := json.Marshal(map[string]string{
		"ID": r.ID, "CreatedSince": r.CreatedSince, "CreatedAt": r.CreatedAt, "CreatedBy": r.CreatedBy, "Size": r.Size, "Comment": r.Comment,
	})
	return string(text), err
}

// A viewedRow is a row as one view has it.
type viewedRow struct {
	row  layers.Row
	view HistoryView
}

func (r viewedRow) fields() historyRow {
	return historyRow{
		ID:           r.id(),
		CreatedSince: r.createdSince(),
		CreatedAt:    r.createdAt(),
		CreatedBy:    r.trunc(r.row.CreatedBy),
		Size:         r.loaded(),
		Comment:      escapeLines(r.row.Comment),
		Instruction:  r.trunc(OneLine(r.row.Instruction)), // as it stood in the Dockerfile
		Transfer:     r.size(r.row.Transfer),
		Dead:         r.size(r.row.Dead),
		Files:        r.files(),
		Digest:       layerDigest(r.row, r.view),
	}
}

// id is the image's for its last step.
func (r viewedRow) id() string {
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

// createdSince is how long ago the step was made.
func (r viewedRow) createdSince() string {
	switch {
	case r.view.Exact:
		return r.createdAt()
	case r.row.Created == nil || !r.row.Created.Truncate(time.Second).After(noHumanTime):
		return "N/A"
	case r.row.Created.After(r.view.Now):
		return "Less than a second ago"
	}
	return Ago(*r.row.Created, r.view.Now)
}

// createdAt is when it was made; 1970 where that isn't known.
func (r viewedRow) createdAt() string {
	t := time.Unix(0, 0)
	if r.row.Created != nil {
		t = r.row.Created.Local()
	}
	return t.Format(time.RFC3339)
}

// dockerTrunc is how much of an instruction docker history shows.
const dockerTrunc = 45

func (r viewedRow) trunc(s string) string {
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

// loaded is what the engine says of the layer, or would say had it been loaded.
func (r viewedRow) loaded() string {
	if r.row.EngineSize != nil {
		return r.size(r.row.EngineSize)
	}
	return r.size(r.row.Loaded)
}

// files counts the layer's.
func (r viewedRow) files() string {
	if r.row.EmptyLayer {
		return "0"
	}
	return Count(r.row.Files)
}

// size writes bytes as docker history does: 7.8MB.
func (r viewedRow) size(bytes *int64) string {
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

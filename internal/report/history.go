package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/layers"
	"devops-go/internal/size"
)

// A HistoryView says how a history is shown.
type HistoryView struct {
	OldestFirst bool
	ISO         bool // exact times, not how long ago
	NoTrunc     bool // whole instructions and digests
	Exact       bool // exact times and bytes, in templates
	Now         time.Time
}

// History documents how an image came about.
func History(h layers.History, view HistoryView) Document {
	h, t := historyTable(h, view)
	return Document{Tables: []*Table{t}, Value: h}
}

// Histories documents how the images of several platforms came about.
func Histories(list []layers.History, view HistoryView) Document {
	var d Document
	shown := make([]layers.History, len(list))
	for i, h := range list {
		var t *Table
		shown[i], t = historyTable(h, view)
		t.Title = Quote(h.Platform)
		d.Tables = append(d.Tables, t)
	}
	d.Value = struct {
		Images []layers.History `json:"images"`
	}{shown}
	return d
}

func historyTable(h layers.History, view HistoryView) (layers.History, *Table) {
	h.Rows = slices.Clone(h.Rows)
	if !view.OldestFirst {
		slices.Reverse(h.Rows)
	}
	t := &Table{Columns: []Column{
		{Title: "CREATED"}, {Title: "INSTRUCTION", Flex: !view.NoTrunc}, {Title: "SIZE", Right: true}, {Title: "TRANSFER", Right: true},
		{Title: "FILES", Right: true}, {Title: "DEAD", Right: true}, {Title: "LAYER"},
	}}
	sources := slices.ContainsFunc(h.Rows, func(row layers.Row) bool { return row.Source != nil })
	if h.EngineSize != nil {
		t.Columns = slices.Insert(t.Columns, engineColumn, Column{Title: "ENGINE", Right: true})
		t.Notes = append(t.Notes, "ENGINE is the size that the engine reports for its "+Quote(h.EngineStore)+" store.")
	}
	for _, row := range h.Rows {
		style := Plain
		if row.Unmatched != "" {
			style = Changed
		}
		cells := historyCells(row, view, h.EngineSize != nil)
		if sources {
			cells = append(cells, place(row.Source))
		}
		t.Rows = append(t.Rows, Row{cells, style})
	}
	if sources {
		t.Columns = append(t.Columns, Column{Title: "SOURCE"})
	}
	total := []string{"total", plural(h.Layers, "layer"), SizeOf(h.Size), SizeOf(h.Transfer), Count(h.Files), SizeOf(h.Dead), ""}
	if h.EngineSize != nil {
		total = slices.Insert(total, engineColumn, size.Format(*h.EngineSize))
	}
	if sources {
		total = append(total, "")
	}
	t.Rows = append(t.Rows, Row{total, Bold})
	t.Notes = append(t.Notes, madeNotes(h.Provenance)...)
	if h.Unmatched > 0 {
		t.Notes = append(t.Notes, fmt.Sprintf("History and layers disagree: %s without a counterpart.", plural(h.Unmatched, "row")))
	}
	if h.Size == nil {
		t.Notes = append(t.Notes, unreadNote(h.Unread))
	}
	t.Notes = append(t.Notes, sizesNote)
	return h, t
}

// engineColumn is where the engine's sizes stand, where there are any.
const engineColumn = 3

func plural(n int, word string) string {
	if n == 1 {
		return "1 " + word
	}
	return strconv.Itoa(n) + " " + word + "s"
}

func historyCells(row layers.Row, view HistoryView, engine bool) []string {
	cells := []string{created(row.Created, view), instruction(row)}
	if row.Layer == nil {
		cells = append(cells, emptySize(row), "", "", "", "")
	} else {
		cells = append(cells, SizeOf(row.Size), SizeOf(row.Transfer), Count(row.Files), SizeOf(row.Dead), layerDigest(row, view))
	}
	if engine {
		cells = slices.Insert(cells, engineColumn, SizeOf(row.EngineSize))
	}
	return cells
}

// emptySize is 0 for a step that made no layer, and nothing for one whose layer
// is missing.
func emptySize(row layers.Row) string {
	switch {
	case row.EmptyLayer:
		return size.Format(0)
	case row.Unmatched == "":
		return Unknown // the engine doesn't say which steps made the layers
	}
	return "no layer"
}

func created(t *time.Time, view HistoryView) string {
	switch {
	case t == nil || t.Year() <= 1: // some tools write year 1 for no time at all
		return "-"
	case view.ISO:
		return t.UTC().Format(time.RFC3339)
	}
	return Ago(*t, view.Now)
}

func instruction(row layers.Row) string {
	switch {
	case row.Source != nil && !row.Source.Base && row.Source.Text != "":
		return OneLine(row.Source.Text)
	case row.Unmatched == "history":
		return "(no history entry)"
	case row.Instruction == "" && row.Comment != "":
		return "(" + OneLine(row.Comment) + ")"
	}
	return OneLine(row.Instruction)
}

// layerDigest is the digest of the layer as stored, else its diff ID.
func layerDigest(row layers.Row, view HistoryView) string {
	s := row.Digest
	if s == "" {
		s = row.DiffID
	}
	if view.NoTrunc {
		return s
	}
	d, err := digest.Parse(s)
	if err != nil {
		return s
	}
	return strings.TrimSpace(d.Short())
}

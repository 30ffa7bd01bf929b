package report

import (
	"slices"
	"strconv"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/size"
)

// sizesNote says which sizes tables show.
const sizesNote = "Sizes are in SI units (1 MB = 10⁶ bytes); the JSON format has exact bytes."

// storesNote explains the sizes of what was read.
const storesNote = "In overlay2, in containerd: the size that an engine with that store would report."

// Weights documents what images weigh.
func Weights(list []layers.Weight) Document {
	t := &Table{Columns: []Column{{}}, Wrap: true, Notes: []string{sizesNote}}
	facts := make([][]fact, len(list))
	made := slices.ContainsFunc(list, func(w layers.Weight) bool { return w.Provenance != nil })
	for i, w := range list {
		t.Columns = append(t.Columns, Column{Flex: len(list) == 1})
		facts[i] = weightFacts(w)
		if made {
			facts[i] = append(facts[i], madeFacts(w.Provenance)...)
		}
	}
	t.addFacts(facts)
	if slices.ContainsFunc(list, func(w layers.Weight) bool { return w.Stores.Overlay2 != nil }) {
		t.Notes = append(t.Notes, storesNote)
	}
	for _, w := range list {
		if w.Size == nil {
			t.Notes = append(t.Notes, unreadNote(w.Unread))
			break
		}
	}
	return Document{Tables: []*Table{t}, Value: struct {
		Images []layers.Weight `json:"images"`
	}{list}}
}

// unreadNote says why figures are missing where the layers weren't read.
func unreadNote(why string) string {
	if why == "" {
		return "? is unknown because the layers have not been read."
	}
	return "? is unknown: " + OneLine(why) + "."
}

type fact struct{ name, value string }

func weightFacts(w layers.Weight) []fact {
	net := SizeOf(w.Net)
	if w.NetPath != "" {
		net += " (" + Quote(w.NetPath) + ")"
	}
	starts := "nothing"
	if len(w.Command) > 0 {
		starts = OneLine(strings.Join(w.Command, " "))
	}
	user := w.User
	if user == "" {
		user = "root (unset)"
	}
	return []fact{
		{"image", Quote(w.Image)},
		{"platform", Quote(w.Platform)},
		{"size", SizeOf(w.Size)},
		{"engine size", engineSize(w)},
		{"in overlay2", SizeOf(w.Stores.Overlay2)},
		{"in containerd", SizeOf(w.Stores.Containerd)},
		{"transfer", transfer(w)},
		{"net", net},
		{"tare", share(w.Tare, w.Size)},
		{"dead", share(w.Dead, w.Size)},
		{"wasted", SizeOf(w.Wasted)},
		{"efficiency", Percent(w.Efficiency)},
		{"layers", strconv.Itoa(w.Layers)},
		{"files", Count(w.Files)},
		{"user", OneLine(user)},
		{"starts", starts},
	}
}

// engineSize is what the engine that holds the image says, and in which measure.
func engineSize(w layers.Weight) string {
	if w.EngineSize == nil {
		return "-"
	}
	return size.Format(*w.EngineSize) + " (" + Quote(w.EngineStore) + ")"
}

func transfer(w layers.Weight) string {
	if w.Transfer == nil && w.EngineSize != nil {
		return Unknown
	}
	if w.Transfer == nil {
		return Unknown + " (uncompressed here)"
	}
	return size.Format(*w.Transfer)
}

// share writes a size and what part of the whole it is.
func share(part, whole *int64) string {
	if part == nil || whole == nil || *whole == 0 {
		return SizeOf(part)
	}
	of := float64(*part) / float64(*whole)
	return size.Format(*part) + " (" + Percent(&of) + ")"
}

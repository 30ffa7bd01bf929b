package report

import (
	"strconv"

	"devops-go/internal/bundle"
	"devops-go/internal/size"
)

// Bundle documents an image that was packed or moved.
func Bundle(s bundle.Summary) Document {
	var tables []*Table
	add := func(facts []fact) {
		t := &Table{Columns: []Column{{}, {}}}
		t.addFacts([][]fact{facts})
		tables = append(tables, t)
	}
	name := s.Image
	if name == "" {
		name = "(no name)"
	}
	if len(s.Images) != 1 {
		add([]fact{{"index", Quote(name)}, {"digest", s.Digest.String()}, {"transfer", size.Format(s.Transfer)}})
	}
	for _, img := range s.Images {
		add([]fact{
			{"image", Quote(name)},
			{"platform", Quote(img.Platform)},
			{"digest", img.Digest.String()},
			{"layers", strconv.Itoa(img.Layers)},
			{"size", SizeOf(img.Size)},
			{"transfer", size.Format(img.Transfer)},
		})
	}
	if n := len(s.Referrers); n > 0 {
		add([]fact{{"referrers", strconv.Itoa(n)}})
	}
	tables[len(tables)-1].Notes = []string{sizesNote}
	return Document{Tables: tables, Value: s}
}

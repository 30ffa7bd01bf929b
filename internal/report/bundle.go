package report

import (
	"strconv"

	"devops-go/internal/bundle"
	"devops-go/internal/size"
)

// Bundles documents several images that were moved.
func Bundles(list []bundle.Summary) Document {
	d := Document{Value: struct {
		Copied []bundle.Summary `json:"copied"`
	}{list}}
	for i, s := range list {
		tables := Bundle(s).Tables
		if i < len(list)-1 {
			tables[len(tables)-1].Notes = nil
		}
		d.Tables = append(d.Tables, tables...)
	}
	return d
}

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

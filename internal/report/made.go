package report

import (
	"fmt"
	"strconv"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/provenance"
)

// place names a line of a Dockerfile.
func place(p *provenance.Place) string {
	if p == nil {
		return ""
	}
	return Quote(p.File) + ":" + strconv.Itoa(p.Line)
}

// madeFacts are what an image's provenance says, as facts of its weight.
func madeFacts(m *layers.Making) []fact {
	if m == nil {
		return []fact{{"builder", "-"}, {"source", "-"}, {"base", "-"}}
	}
	return []fact{{"builder", known(m.Builder)}, {"source", source(m)}, {"base", base(m)}}
}

// known quotes what is said, or says that nothing is.
func known(s string) string {
	if s == "" {
		return "-"
	}
	return Quote(s)
}

func source(m *layers.Making) string {
	switch {
	case m.Source == "":
		return known(m.Dockerfile)
	case m.Claimed:
		return Quote(m.Source) + " (as the client says)"
	}
	return Quote(m.Source)
}

// base names the image that another was built on, or all that were used where
// nothing says which of them it was.
func base(m *layers.Making) string {
	switch {
	case m.Base != nil:
		return fmt.Sprintf("%s (%s)", Quote(m.Base.Name), plural(m.Base.Layers, "layer"))
	case len(m.Images) == 1:
		return Quote(m.Images[0]) + " (or of another stage)"
	case len(m.Images) > 1:
		return "one of " + Quote(strings.Join(m.Images, ", "))
	}
	return "-"
}

// madeNotes say the same below a history.
func madeNotes(m *layers.Making) []string {
	var notes []string
	if m == nil {
		return nil
	}
	for _, f := range madeFacts(m) {
		if f.value != "-" {
			notes = append(notes, strings.ToUpper(f.name[:1])+f.name[1:]+", by the provenance: "+f.value+".")
		}
	}
	return notes
}

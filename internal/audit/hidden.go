package audit

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// A nameLeak is a secret in what an entry is called or says of itself.
type nameLeak struct {
	entry *layers.Entry
	what  string // the part of the entry
	kind  string
}

// findNames finds and learns the secrets in names, in targets of links and in
// extended attributes. Names are searched all at once, as there are many.
func (a *auditor) findNames() {
	for _, l := range a.stack.Layers {
		var all strings.Builder
		var starts []int
		for _, e := range l.Entries {
			starts = append(starts, all.Len())
			all.WriteString(e.Node.Path() + "\n" + e.Link + "\n")
			for _, name := range slices.Sorted(maps.Keys(e.Xattrs())) {
				all.WriteString(name + "\n" + e.Xattrs()[name] + "\n")
			}
		}
		text := all.String()
		for _, s := range a.matcher.FindNames(text) {
			i, exact := slices.BinarySearch(starts, s.Start)
			if !exact {
				i--
			}
			a.takeName(l.Entries[i], text[s.Start:s.End], s, s.Start-starts[i])
		}
	}
}

// takeName takes in a secret that stands at that place of what an entry says.
func (a *auditor) takeName(e *layers.Entry, value string, s secret.Span, at int) {
	a.secrets.Learn(value)
	what := "the name"
	switch p := len(e.Node.Path()); {
	case at > p+1+len(e.Link):
		what = "an extended attribute"
	case at > p:
		what = "the target of the link"
	}
	if n := len(a.names); n > 0 && a.names[n-1].entry == e && a.names[n-1].what == what {
		return
	}
	a.names = append(a.names, nameLeak{e, what, s.Kind})
}

func checkNames(a *auditor, found func(Finding)) {
	for _, n := range a.names {
		found(a.file(n.entry).at(n.what + " holds a secret: " + n.kind))
	}
}

// checkHidden finds secrets in the content of entries that aren't files: what a
// whiteout holds is never seen in a container, and is in the layer.
func checkHidden(a *auditor, found func(Finding)) {
	for _, l := range a.stack.Layers {
		for _, e := range l.Entries {
			f := a.file(e)
			if e.Kind == layers.File || f.facts == nil {
				continue
			}
			if _, what := f.contentKind(); what != "" {
				found(f.at(what + ", in an entry that removes or marks something"))
			}
		}
	}
}

// readingNotes say what was not looked at, and what was left out.
func (a *auditor) readingNotes() []string {
	notes := append([]string{}, a.notes...)
	if a.opts.Depth == Shallow {
		notes = append(notes, "the contents of files were not read: secrets in them aren't found")
	}
	if a.base == nil || a.opts.Depth != Own && a.opts.Base == nil {
		return notes
	}
	note := a.baseNote()
	if a.opts.Depth == Own {
		note += ", and contents there were not read"
	}
	if a.opts.Own {
		note += fmt.Sprintf("; findings left out there: %d", a.base.LeftOut)
	}
	return append(notes, note)
}

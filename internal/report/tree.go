package report

import (
	"fmt"
	"strconv"
	"strings"

	"devops-go/internal/layers"
	"devops-go/internal/size"
)

// Tree documents the tree of an image or of a layer.
func Tree(l *layers.Listing) Document {
	t := &Table{Columns: []Column{
		{Title: "MODE"}, {Title: "OWNER"}, {Title: "SIZE", Right: true}, {Title: "LAYER", Right: true}, {Title: " "}, {Title: "PATH", Flex: true},
	}}
	t.Each = func(yield func(Row) bool) {
		for item := range l.Items() {
			if !yield(treeRow(item)) {
				return
			}
		}
	}
	what := "the merged tree"
	if l.Layer != nil {
		what = "layer " + strconv.Itoa(*l.Layer)
	}
	t.Notes = []string{
		fmt.Sprintf("%s in %s of %s: %s in %s. + added, ~ changed, - removed by a layer above the first.",
			Quote(l.Path), what, Quote(l.Image), size.Format(l.Size), plural(l.Files, "file")),
		sizesNote,
	}
	return Document{Tables: []*Table{t}, Value: l, Items: func(yield func(any) bool) {
		for item := range l.Items() {
			if !yield(treeItem{item.Path(), item}) {
				return
			}
		}
	}}
}

// A treeItem is an item of the JSON document.
type treeItem struct {
	Path string `json:"path"`
	*layers.Item
}

func treeRow(item *layers.Item) Row {
	mark, style := mark(item.Change)
	name := strings.Repeat("  ", item.Depth-1) + Quote(item.Name())
	switch item.Type {
	case "directory":
		name += "/"
	case "symlink", "hardlink":
		name += " -> " + Quote(item.Link)
	}
	owner, layer := "", "" // of a directory that no layer lists
	if item.Layer != nil {
		owner = strconv.Itoa(int(item.UID)) + ":" + strconv.Itoa(int(item.GID))
		layer = strconv.Itoa(*item.Layer)
	}
	return Row{[]string{item.Mode, owner, size.Format(item.Size), layer, mark, name}, style}
}

// mark returns the sign of a change and how it stands out.
func mark(change string) (string, Style) {
	switch change {
	case "added":
		return "+", Added
	case "changed":
		return "~", Changed
	case "removed":
		return "-", Removed
	}
	return "", Plain
}

package layers

import (
	"archive/tar"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
)

// A ListOptions says what of a tree to list.
type ListOptions struct {
	// Path is where to start; empty is the root.
	Path string
	// Layer lists what one layer, counted from 1, changes; 0 lists the merged
	// tree.
	Layer int
	// Depth bounds how far down to go; 0 doesn't.
	Depth int
	// MinSize leaves out what is smaller, with all that is in it.
	MinSize int64
	// BySize sorts the largest first; otherwise it goes by name.
	BySize bool
}

// A Listing is the tree of an image, or of one of its layers.
type Listing struct {
	Image string `json:"image"`
	Path  string `json:"path"`
	// Layer counts from 1; nil for the merged tree.
	Layer *int   `json:"layer"`
	Size  int64  `json:"size"`
	Files int    `json:"files"`
	Items []Item `json:"items"`
}

// An Item is a line of a [Listing].
type Item struct {
	Name string `json:"-"`
	// Depth counts from 1 below the listing's start.
	Depth int    `json:"depth"`
	Type  string `json:"type"`
	// Size is that of a file, or of all files in a directory; what is removed
	// isn't counted in the directories above it.
	Size int64 `json:"size"`
	// Layer is where it came from, counted from 1; nil for a directory that no
	// layer lists.
	Layer  *int   `json:"layer"`
	Change string `json:"change,omitempty"`
	Mode   string `json:"mode,omitempty"`
	UID    int32  `json:"uid"`
	GID    int32  `json:"gid"`
	Link   string `json:"link,omitempty"`

	node *Node
}

// Path is the path from the root, with a leading slash.
func (i *Item) Path() string { return "/" + i.node.Path() }

// MarshalJSON puts the path first; it is only made where it is wanted, as there
// are many.
func (i Item) MarshalJSON() ([]byte, error) {
	type plain Item // without this method
	return json.Marshal(struct {
		Path string `json:"path"`
		plain
	}{i.Path(), plain(i)})
}

// List lists the tree.
func (s *Stack) List(opts ListOptions) (Listing, error) {
	listing := Listing{Image: s.Image.Name}
	start := s.Root
	if opts.Path != "" {
		clean, err := cleanPath(opts.Path)
		if err != nil {
			return listing, err
		}
		if start = s.tree.find(clean); start == nil {
			return listing, fmt.Errorf("%q: no such path in the image", opts.Path)
		}
	}
	listing.Path = "/" + start.Path()
	l := lister{opts: opts, pick: pickMerged, places: map[int32]*int{}, modes: map[uint32]string{}}
	if opts.Layer > 0 {
		if opts.Layer > len(s.Layers) {
			return listing, fmt.Errorf("layer %d: the image has %d", opts.Layer, len(s.Layers))
		}
		listing.Layer = &opts.Layer
		l.pick = pickLayer(s.Layers[opts.Layer-1])
	}
	top := l.view(start, 1)
	if top == nil {
		return listing, fmt.Errorf("%q: no such path in what is listed", opts.Path)
	}
	listing.Size, listing.Files = top.size, top.files
	if len(top.children) == 0 && start != s.Root {
		top.children = []*viewed{top}
	}
	listing.Items = l.flatten([]Item{}, top.children, 1)
	return listing, nil
}

// A lister makes a view of the tree and lists it.
type lister struct {
	opts ListOptions
	// pick returns the entry to show at n, if any, and whether n or anything
	// below it is to be shown.
	pick func(n *Node) (*Entry, Change, bool)

	// What many items have in common is made once.
	places map[int32]*int
	modes  map[uint32]string
}

func (l *lister) place(e *Entry) *int {
	if l.places[e.Layer] == nil {
		place := int(e.Layer) + 1
		l.places[e.Layer] = &place
	}
	return l.places[e.Layer]
}

func (l *lister) mode(e *Entry) string {
	key := uint32(e.Type)<<16 | e.Mode
	if _, ok := l.modes[key]; !ok {
		l.modes[key] = e.ModeString()
	}
	return l.modes[key]
}

// A viewed is a node as it is shown.
type viewed struct {
	node     *Node
	entry    *Entry
	change   Change
	size     int64
	files    int
	children []*viewed
}

func pickMerged(n *Node) (*Entry, Change, bool) {
	switch {
	case n.present && n.Entry == nil:
		return nil, Unchanged, true
	case n.present && n.Entry.Layer == 0:
		return n.Entry, Unchanged, true
	case n.present:
		return n.Entry, n.Entry.Change, true
	}
	return n.Gone, Removed, n.Gone != nil
}

func pickLayer(l *Layer) func(n *Node) (*Entry, Change, bool) {
	entries := map[*Node]*Entry{}
	for _, e := range l.Entries {
		if e.Kind != File && e.Kind != Whiteout {
			continue
		}
		if before := entries[e.Node]; before == nil || e.Kind == File {
			entries[e.Node] = e
		}
		for p := e.Node.Parent; p != nil; p = p.Parent {
			if _, ok := entries[p]; ok {
				break
			}
			entries[p] = nil
		}
	}
	return func(n *Node) (*Entry, Change, bool) {
		e, ok := entries[n]
		switch {
		case e == nil:
			return nil, Unchanged, ok
		case e.Kind == Whiteout:
			return n.Gone, Removed, true
		}
		return e, e.Change, true
	}
}

// view returns what is shown at n, nil where nothing is.
func (l *lister) view(n *Node, depth int) *viewed {
	e, change, ok := l.pick(n)
	if !ok {
		return nil
	}
	v := &viewed{node: n, entry: e, change: change}
	if e != nil && e.Type != tar.TypeDir {
		v.size, v.files = e.Size, 1
	}
	for c := range n.AllChildren() {
		child := l.view(c, depth+1)
		if child == nil {
			continue
		}
		if child.change != Removed {
			v.size += child.size
			v.files += child.files
		} else if change == Removed {
			v.size += child.size
		}
		if l.opts.Depth == 0 || depth <= l.opts.Depth {
			v.children = append(v.children, child)
		}
	}
	return v
}

func (l *lister) flatten(items []Item, list []*viewed, depth int) []Item {
	slices.SortFunc(list, func(a, b *viewed) int {
		if l.opts.BySize && a.size != b.size {
			return cmp.Compare(b.size, a.size)
		}
		return cmp.Compare(a.node.Name, b.node.Name)
	})
	for _, v := range list {
		if v.size < l.opts.MinSize {
			continue
		}
		items = append(items, l.item(v, depth))
		if len(v.children) != 1 || v.children[0] != v {
			items = l.flatten(items, v.children, depth+1)
		}
	}
	return items
}

func (l *lister) item(v *viewed, depth int) Item {
	item := Item{
		node:   v.node,
		Name:   v.node.Name,
		Depth:  depth,
		Type:   "directory",
		Size:   v.size,
		Change: v.change.String(),
	}
	e := v.entry
	if e == nil {
		return item
	}
	item.Layer, item.Type, item.Link = l.place(e), e.TypeName(), e.Link
	item.Mode, item.UID, item.GID = l.mode(e), e.UID, e.GID
	return item
}

// TypeName is the word for the entry's type.
func (e *Entry) TypeName() string {
	switch e.Type {
	case tar.TypeDir:
		return "directory"
	case tar.TypeSymlink:
		return "symlink"
	case tar.TypeLink:
		return "hardlink"
	case tar.TypeChar, tar.TypeBlock:
		return "device"
	case tar.TypeFifo:
		return "fifo"
	}
	return "file"
}

// ModeString is the entry's mode as ls prints it.
func (e *Entry) ModeString() string {
	b := []byte("-rwxrwxrwx")
	switch e.Type {
	case tar.TypeDir:
		b[0] = 'd'
	case tar.TypeSymlink:
		b[0] = 'l'
	case tar.TypeChar:
		b[0] = 'c'
	case tar.TypeBlock:
		b[0] = 'b'
	case tar.TypeFifo:
		b[0] = 'p'
	}
	for i := range 9 {
		if e.Mode&(1<<(8-i)) == 0 {
			b[i+1] = '-'
		}
	}
	for i, bit := range []struct {
		mask     uint32
		set, not byte
	}{{0o4000, 's', 'S'}, {0o2000, 's', 'S'}, {0o1000, 't', 'T'}} {
		if at := 3 * (i + 1); e.Mode&bit.mask != 0 {
			if b[at] == 'x' {
				b[at] = bit.set
			} else {
				b[at] = bit.not
			}
		}
	}
	return string(b)
}

package layers

import (
	"archive/tar"
	"cmp"
	"fmt"
	"iter"
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
	Layer *int  `json:"layer"`
	Size  int64 `json:"size"`
	Files int   `json:"files"`

	lines []line
	pick  picker
}

// A line is what is kept of an item until it is wanted, as there are many.
type line struct {
	node  *Node
	size  int64
	depth int32
}

// An Item is a line of a [Listing].
type Item struct {
	// Depth counts from 1 below the listing's start.
	Depth int    `json:"depth"`
	Type  string `json:"type"`
	// Size is that of a file, or of all files in a directory; what is removed
	// isn't counted in the directories above it.
	Size int64 `json:"size"`
	// Wasted is what dive finds wasted at the path itself, the sizes of all its
	// versions; 0 where there is one.
	Wasted int64 `json:"wasted,omitempty"`
	// Layer is where it came from, counted from 1; nil for a directory that no
	// layer lists.
	Layer  *int   `json:"layer"`
	Change string `json:"change,omitempty"`
	Mode   string `json:"mode,omitempty"`
	UID    uint32 `json:"uid"`
	GID    uint32 `json:"gid"`
	Link   string `json:"link,omitempty"`

	node *Node
}

// Name is the last element of the path.
func (i *Item) Name() string { return i.node.Name }

// Path is the path from the root, with a leading slash.
func (i *Item) Path() string { return "/" + i.node.Path() }

// Items yields the lines of the listing; each is valid until the next.
func (l *Listing) Items() iter.Seq[*Item] {
	return func(yield func(*Item) bool) {
		places, modes := map[int32]*int{}, map[uint32]string{} // what many have in common
		var item Item
		for _, line := range l.lines {
			e, change, _ := l.pick(line.node)
			item = Item{node: line.node, Depth: int(line.depth), Type: "directory", Size: line.size, Change: change.String()}
			item.Wasted = line.node.wasted()
			if e != nil {
				owner := e.Owner()
				key := uint32(e.Type)<<16 | owner.Mode
				item.Layer, item.Mode = places[e.Layer], modes[key]
				if item.Layer == nil {
					place := int(e.Layer) + 1
					item.Layer, places[e.Layer] = &place, &place
				}
				if item.Mode == "" {
					item.Mode = modeString(e.Type, owner.Mode)
					modes[key] = item.Mode
				}
				item.Type, item.Link, item.UID, item.GID = e.TypeName(), e.Link, owner.UID, owner.GID
			}
			if !yield(&item) {
				return
			}
		}
	}
}

// List lists the tree.
func (s *Stack) List(opts ListOptions) (*Listing, error) {
	start := s.Root
	if opts.Path != "" {
		clean, err := cleanPath(opts.Path)
		if err != nil {
			return nil, err
		}
		if start = s.tree.find(clean); start == nil {
			return nil, fmt.Errorf("%q: no such path in the image", opts.Path)
		}
	}
	listing := &Listing{Image: s.Image.Name, Path: "/" + start.Path(), pick: pickMerged}
	if opts.Layer > 0 {
		if opts.Layer > len(s.Layers) {
			return nil, fmt.Errorf("layer %d: the image has %d", opts.Layer, len(s.Layers))
		}
		listing.Layer = &opts.Layer
		listing.pick = pickLayer(s.Layers[opts.Layer-1])
	}
	l := lister{opts: opts, start: start, pick: listing.pick, sums: map[*Node]sum{}, homes: map[*Entry]*Node{}}
	top, _, shown := l.sum(start)
	if !shown {
		return nil, fmt.Errorf("%q: no such path in what is listed", opts.Path)
	}
	listing.Size, listing.Files = top.size, top.files
	l.lines = make([]line, 0, l.shown)
	if !l.list(start, 1) && start != s.Root && top.size >= opts.MinSize {
		l.lines = append(l.lines, line{start, top.size, 1}) // a file is its own listing
	}
	listing.lines = l.lines
	return listing, nil
}

// A picker returns the entry to show at n, if any, and whether n or anything
// below it is to be shown.
type picker func(n *Node) (*Entry, Change, bool)

// A sum is the bytes and the number of the files at or below a node.
type sum struct {
	size  int64
	files int
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
	gone := n.Gone()
	return gone, Removed, gone != nil
}

func pickLayer(l *Layer) func(n *Node) (*Entry, Change, bool) {
	entries := make(map[*Node]*Entry, len(l.Entries))
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
			return n.Gone(), Removed, true
		}
		return e, e.Change, true
	}
}

// A lister adds the sizes of a tree up and lists it.
type lister struct {
	opts  ListOptions
	start *Node
	pick  picker
	shown int           // how many nodes are
	sums  map[*Node]sum // of those that have something below them
	// homes are the nodes that count the content of files whose own name isn't
	// listed, but another is.
	homes map[*Entry]*Node
	lines []line
	todo  []line // the children still to be listed, directory by directory
}

// sum returns what is shown at n and below it, and whether anything is.
func (l *lister) sum(n *Node) (total sum, change Change, shown bool) {
	e, change, shown := l.pick(n)
	if !shown {
		return sum{}, change, false
	}
	l.shown++
	total = l.own(n, e, change)
	for c := range n.AllChildren() {
		below, what, shown := l.sum(c)
		switch {
		case !shown:
		case what != Removed:
			total.size += below.size
			total.files += below.files
		case change == Removed:
			total.size += below.size
		}
	}
	if n.first != nil {
		l.sums[n] = total
	}
	return total, change, true
}

// own is the sum of a node that has nothing below it. The content of a file
// with several names counts where its own name is listed, else where the first
// of the others is.
func (l *lister) own(n *Node, e *Entry, change Change) sum {
	if e == nil || e.Type == tar.TypeDir {
		return sum{}
	}
	inode := e.Inode()
	if inode == e || change == Removed {
		return sum{e.Size, 1}
	}
	home := l.homes[inode]
	if home == nil {
		home = n
		if l.lists(inode) {
			home = inode.Node
		}
		l.homes[inode] = home
	}
	if home != n {
		return sum{0, 1}
	}
	return sum{inode.Size, 1}
}

// lists reports whether e is listed at its own node.
func (l *lister) lists(e *Entry) bool {
	at, change, _ := l.pick(e.Node)
	if at != e || change == Removed {
		return false
	}
	for n := e.Node; n != nil; n = n.Parent {
		if n == l.start {
			return true
		}
	}
	return false
}

// list lists what is below n and reports whether anything is.
func (l *lister) list(n *Node, depth int) bool {
	from, found := len(l.todo), false
	for c := range n.AllChildren() {
		total, shown := l.sums[c]
		if c.first == nil {
			var e *Entry
			var change Change
			e, change, shown = l.pick(c)
			if shown {
				total = l.own(c, e, change)
			}
		}
		found = found || shown
		if shown && total.size >= l.opts.MinSize {
			l.todo = append(l.todo, line{c, total.size, int32(depth)})
		}
	}
	slices.SortFunc(l.todo[from:], l.order)
	for i := from; i < len(l.todo); i++ {
		l.lines = append(l.lines, l.todo[i])
		if l.todo[i].node.first != nil && (l.opts.Depth == 0 || depth < l.opts.Depth) {
			l.list(l.todo[i].node, depth+1)
		}
	}
	l.todo = l.todo[:from]
	return found
}

// order tells which of two siblings is listed first.
func (l *lister) order(a, b line) int {
	if l.opts.BySize && a.size != b.size {
		return cmp.Compare(b.size, a.size)
	}
	return cmp.Compare(a.node.Name, b.node.Name)
}

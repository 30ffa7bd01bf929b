package layers

import "archive/tar"

// merge puts the layers on top of each other, oldest first.
func (s *Stack) merge() {
	for _, l := range s.Layers {
		m := merger{tree: s.tree, layer: int32(l.Index)}
		m.sizeWhiteouts(l)
		m.apply(l)
		m.countLeaves(l)
	}
	s.weighDead()
}

// A merger applies one layer to the merged tree.
type merger struct {
	tree  *tree
	layer int32
}

// apply makes what the layer makes and only then removes what it removes: a
// whiteout reaches the layers below, wherever in the archive it stands.
func (m *merger) apply(l *Layer) {
	for _, e := range l.Entries {
		if e.Kind == File {
			m.put(e)
		}
	}
	for _, e := range l.Entries {
		switch e.Kind {
		case Whiteout:
			if e.Node.present && e.Node.layer != m.layer {
				e.Change = Removed
			}
			m.prune(e.Node)
		case Opaque:
			m.pruneChildren(e.Node)
		}
	}
}

// put shows e at its path.
func (m *merger) put(e *Entry) {
	n := e.Node
	e.Change = change(n, e)
	if n.Parent == nil {
		n.Entry, n.layer = e, m.layer
		return
	}
	m.makeParents(n.Parent)
	var replaced *Entry
	if n.present && !(n.IsDir() && e.Type == tar.TypeDir) {
		if !n.IsDir() {
			replaced = n.Entry
		}
		m.remove(n)
	}
	n.present, n.Entry, n.layer = true, e, m.layer
	if e.Type == tar.TypeLink {
		m.resolve(e, replaced)
	}
}

// change tells what e does to the path n that it is put at.
func change(n *Node, e *Entry) Change {
	switch {
	case !n.present:
		return Added
	case !n.IsDir() || e.Type != tar.TypeDir:
		return Changed
	case n.Entry == nil || n.Entry.Mode == e.Mode && n.Entry.UID == e.UID && n.Entry.GID == e.GID:
		return Unchanged
	}
	return Changed
}

// makeParents makes n and what is above it directories.
func (m *merger) makeParents(n *Node) {
	for ; !n.IsDir(); n = n.Parent {
		n.present, n.Entry, n.layer = true, nil, m.layer
	}
}

// resolve finds the file that the hard link e is a name of, in its own layer
// or below. A link to its own path is to the file that it replaced.
func (m *merger) resolve(e, replaced *Entry) {
	p, err := cleanPath(e.Link)
	if err != nil {
		return
	}
	switch n := m.tree.find(p); {
	case n == e.Node && replaced != nil:
		e.target = replaced.Inode()
	case n != nil && n != e.Node && n.Entry != nil && !n.IsDir():
		e.target = n.Entry.Inode()
	}
}

// remove takes n and everything under it out of the merged tree.
func (m *merger) remove(n *Node) {
	n.present, n.Entry, n.Gone = false, nil, n.Entry
	for c := range n.Children() {
		m.remove(c)
	}
}

// prune takes what lower layers have at n and under it out of the merged tree
// and reports whether something of this layer remains there.
func (m *merger) prune(n *Node) bool {
	if !n.present {
		return false
	}
	remains := m.pruneChildren(n)
	switch {
	case n.layer == m.layer || n.Parent == nil:
		return true
	case remains:
		n.Entry, n.layer = nil, m.layer
		return true
	}
	n.present, n.Entry, n.Gone = false, nil, n.Entry
	return false
}

func (m *merger) pruneChildren(n *Node) bool {
	remains := false
	for c := range n.Children() {
		remains = m.prune(c) || remains
	}
	return remains
}

// weighDead marks what the merged tree shows and works out what each layer
// ships beside that. The content of a file with several names counts once, and
// is shown while one of its names is.
func (s *Stack) weighDead() {
	for _, l := range s.Layers {
		l.Dead = l.Size
	}
	show := func(e *Entry) {
		if !e.shown {
			e.shown = true
			s.Layers[e.Layer].Dead -= e.Size
		}
	}
	for n := range s.All() {
		if n.Entry != nil {
			show(n.Entry)
			show(n.Entry.Inode())
		}
	}
}

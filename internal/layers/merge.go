package layers

import (
	"archive/tar"
	"strings"
)

// merge puts the layers on top of each other, oldest first.
func (s *Stack) merge() error {
	var serial uint32
	var steps int
	for _, l := range s.Layers {
		layer := int16(l.Index)
		report := func(n *Node, r Reason) { s.disagree(n, int32(layer), r) }
		c := &changeset{tree: s.tree, lower: s, layer: layer, serial: &serial, steps: &steps, disagree: report}
		if err := c.unpack(l); err != nil {
			return err
		}
		l.odd(report)
		m := merger{tree: s.tree, layer: layer, disagree: report}
		m.sizeWhiteouts(l)
		m.settle(c)
		l.Unpacked = c.unpacked()
		m.countLeaves(l)
		m.markLast(l)
	}
	s.weighDead()
	return nil
}

// markLast marks the entries that no later one of the layer replaces.
func (m *merger) markLast(l *Layer) {
	for i := len(l.Entries) - 1; i >= 0; i-- {
		if e := l.Entries[i]; e.Kind != Private {
			e.last = e.Node.mark != -m.layer-1
			e.Node.mark = -m.layer - 1
		}
	}
}

// odd reports the entries of l that are odd by themselves.
func (l *Layer) odd(report func(*Node, Reason)) {
	for _, e := range l.Entries {
		if e.odd&oddOutside != 0 {
			report(e.Node, OutsideRoot)
		}
		if e.odd&oddRoot != 0 {
			report(e.Node, RootFile)
		}
		if e.odd&oddReserved != 0 {
			report(e.Node, ReservedName)
		}
		if e.odd&oddWhiteout != 0 {
			report(e.Node, EmptyWhiteout)
		}
		if len(e.Node.Name) > maxName {
			report(e.Node, LongName)
		}
		if e.Kind != File {
			continue
		}
		switch {
		case e.isOverlayWhiteout():
			report(e.Node, OverlayDevice)
		case e.TypeName() == "file" && e.Type != tar.TypeReg:
			report(e.Node, UnknownType)
		}
		for name := range e.Xattrs() {
			if strings.HasPrefix(name, "trusted.overlay.") || strings.HasPrefix(name, "user.overlay.") {
				report(e.Node, OverlayAttribute)
				break
			}
		}
	}
}

// A merger puts one changeset on the merged tree.
type merger struct {
	tree     *tree
	layer    int16
	disagree func(*Node, Reason)
}

// settle puts what the changeset has on the tree of the layers below, as an
// overlay file system shows the two.
func (m *merger) settle(c *changeset) {
	if root := m.tree.root; root.flags&opaque != 0 {
		root.flags = 0
		m.removeChildren(root)
	}
	for _, n := range c.touched {
		switch s := c.state(n); s {
		case absent:
			n.state, n.serial = absent, c.next() // and so what is below it
		case whiteout:
			if n.present {
				m.remove(n)
			}
		case other:
			n.made.Change = change(n, n.made)
			if n.present {
				m.remove(n)
			}
			m.show(n, n.made)
		case implied, listed:
			m.settleDir(n, s)
			if n.Parent.flags&(opaque|underOpaque) != 0 {
				n.flags |= underOpaque
				if s == implied {
					m.disagree(n, UnlistedOpaque)
				}
			}
		}
	}
}

func (m *merger) settleDir(n *Node, s state) {
	switch {
	case !n.IsDir():
		if n.present {
			if s == implied {
				m.disagree(n, BelowOther)
			}
			if n.made != nil {
				n.made.Change = change(n, n.made)
			}
			m.remove(n)
		} else if n.made != nil {
			n.made.Change = Added
		}
		m.show(n, n.made)
		return
	case n.flags&renewed != 0:
		if n.hasChildren() {
			m.disagree(n, OwnWhiteout)
		}
		m.removeChildren(n)
		if s == implied {
			n.Entry, n.layer = nil, m.layer
		}
	case n.flags&opaque != 0:
		m.removeChildren(n)
	}
	if s == listed {
		n.made.Change = change(n, n.made)
		n.Entry, n.layer = n.made, m.layer
	} else if e := n.Entry; e != nil && (e.Mode != impliedMode || e.UID != 0 || e.GID != 0) {
		m.disagree(n, ImpliedDirectory)
	}
}

// impliedMode is the mode of a directory that no entry lists.
const impliedMode = 0o755

// show has the merged tree show e, nil for an unlisted directory, at n.
func (m *merger) show(n *Node, e *Entry) { n.present, n.Entry, n.layer = true, e, m.layer }

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

// remove takes n and everything under it out of the merged tree.
func (m *merger) remove(n *Node) {
	if n.Entry != nil {
		n.remember().gone = n.Entry
	} else if n.past != nil {
		n.past.gone = nil
	}
	n.present, n.Entry = false, nil
	m.removeChildren(n)
}

func (m *merger) removeChildren(n *Node) {
	for c := range n.Children() {
		m.remove(c)
	}
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

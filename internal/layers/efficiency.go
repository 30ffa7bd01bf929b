package layers

import "archive/tar"

// seen records what dive does of a path: that a layer has it as a leaf of that
// size.
func (n *Node) seen(size int64) {
	if !n.leaf {
		n.leaf, n.size = true, size
		return
	}
	past := n.remember()
	if past.versions == 0 {
		past.versions, past.cumulative, past.min = 1, n.size, n.size
	}
	past.versions++
	past.cumulative += size
	past.min = min(past.min, size)
}

// cumulative is the bytes of all versions of a path, and least those of the
// smallest.
func (n *Node) cumulative() (all, least int64) {
	if n.past != nil && n.past.versions > 0 {
		return n.past.cumulative, n.past.min
	}
	return n.size, n.size
}

// wasted is the bytes of a path that more than one layer has.
func (n *Node) wasted() int64 {
	if n.past == nil {
		return 0
	}
	return n.past.cumulative
}

// sizeWhiteouts records the layer's whiteouts before it is applied. To dive, a
// whiteout is a leaf of size 0; that of a directory weighs what the directory
// held, if the last layer that has something there lists the directory. A
// whiteout of nothing isn't seen.
func (m *merger) sizeWhiteouts(l *Layer) {
	for _, e := range l.Entries {
		n := e.Node
		if e.Kind != Whiteout {
			continue
		}
		n.Parent.childNamed, n.Parent.listed = m.layer+1, false
		if n.whitedOut == m.layer+1 {
			m.disagree(n, Duplicate)
			continue
		}
		n.whitedOut = m.layer + 1
		if !n.present {
			continue
		}
		var size int64
		if n.listed && n.IsDir() {
			size = subtreeSize(n)
		}
		n.seen(size)
	}
}

func subtreeSize(n *Node) int64 {
	var size int64
	if n.Entry != nil {
		size = n.Entry.Size
	}
	for c := range n.Children() {
		size += subtreeSize(c)
	}
	return size
}

// countLeaves records the paths that are leaves of the layer's own tree, with
// the size that the layer states last, and reports those that it has twice.
func (m *merger) countLeaves(l *Layer) {
	mark := m.layer + 1
	for _, e := range l.Entries {
		if e.Kind == File && e.Node.Parent != nil {
			for p := e.Node.Parent; p.Parent != nil && p.childNamed != mark; p = p.Parent {
				p.childNamed, p.listed = mark, false
			}
		}
	}
	for i := len(l.Entries) - 1; i >= 0; i-- {
		e := l.Entries[i]
		n := e.Node
		if e.Kind != File || n.Parent == nil {
			continue
		}
		if n.named == mark {
			m.disagree(n, Duplicate)
			continue
		}
		n.named, n.listed = mark, e.Type == tar.TypeDir
		if n.childNamed == mark {
			continue
		}
		size := e.Size
		if e.Type == tar.TypeDir {
			size = 0
		}
		n.seen(size)
	}
}

// Efficiency returns dive's figures: the share of the bytes of all leaf paths
// that the smallest version of each would take, and the bytes of the paths
// that more than one layer has.
func (s *Stack) Efficiency() (efficiency float64, wasted int64) {
	var least, all int64
	for n := range s.everything() {
		cumulative, smallest := n.cumulative()
		least += smallest
		all += cumulative
		wasted += n.wasted()
	}
	if all == 0 {
		return 1, wasted
	}
	return float64(least) / float64(all), wasted
}

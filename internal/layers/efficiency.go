package layers

import "archive/tar"

// seen is what dive records of a path: how many layers have it as a leaf, with
// which sizes.
type seen struct {
	count           int32
	cumulative, min int64
}

func (s *seen) add(size int64) {
	if s.count == 0 || size < s.min {
		s.min = size
	}
	s.count++
	s.cumulative += size
}

// wasted is the bytes of a path that more than one layer has.
func (s *seen) wasted() int64 {
	if s.count < 2 {
		return 0
	}
	return s.cumulative
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
		n.seen.add(size)
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
		n.seen.add(size)
	}
}

// Efficiency returns dive's figures: the share of the bytes of all leaf paths
// that the smallest version of each would take, and the bytes of the paths
// that more than one layer has.
func (s *Stack) Efficiency() (efficiency float64, wasted int64) {
	var least, all int64
	for n := range s.everything() {
		least += n.seen.min
		all += n.seen.cumulative
		wasted += n.seen.wasted()
	}
	if all == 0 {
		return 1, wasted
	}
	return float64(least) / float64(all), wasted
}

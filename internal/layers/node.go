package layers

import (
	"archive/tar"
	"fmt"
	"iter"
	"strings"
)

// A Node is a path that some layer of the image names. The nodes of all layers
// form one tree; what of it the image shows is told by [Node.Present].
type Node struct {
	// Name is the last element of the path, empty for the root.
	Name string
	// Parent is nil for the root.
	Parent *Node
	// Entry is what the merged tree shows at the path: nil for a path that it
	// doesn't show, and for a directory that no layer lists but that has
	// something in it.
	Entry *Entry
	// Gone is what the last layer that took the path away took; it is kept
	// when the path comes back.
	Gone *Entry

	first, last, next *Node // children, in the order in which they were first seen
	present           bool
	listed            bool  // as a directory, by the last layer with something here
	state             state // in the changeset, see there for this and what follows
	flags             uint8
	layer             int32 // the layer that made what is present
	whitedOut         int32 // the last layer, counted from 1, that removed it
	named, childNamed int32 // the last layers, from 1, with an entry for it, under it
	mark              int32 // the last layer, from 1, whose changeset had something here
	serial, born      uint32
	length            uint32 // of the path
	made              *Entry
	seen              seen
}

// Present reports whether the merged tree shows the path.
func (n *Node) Present() bool { return n.present }

// IsDir reports whether the path is a directory of the merged tree.
func (n *Node) IsDir() bool {
	return n.present && (n.Entry == nil || n.Entry.Type == tar.TypeDir)
}

func (n *Node) hasChildren() bool {
	for range n.Children() {
		return true
	}
	return false
}

// Layer is the index of the layer that the merged tree has the path from; for
// a directory, the last one that lists it.
func (n *Node) Layer() int { return int(n.layer) }

// Children yields the paths directly under n that the merged tree shows.
func (n *Node) Children() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for c := range n.AllChildren() {
			if c.present && !yield(c) {
				return
			}
		}
	}
}

// AllChildren yields the paths directly under n that any layer names.
func (n *Node) AllChildren() iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		for c := n.first; c != nil; c = c.next {
			if !yield(c) {
				return
			}
		}
	}
}

// Path returns the path from the root, without a leading slash; "" for the
// root.
func (n *Node) Path() string {
	if n.Parent == nil {
		return ""
	}
	length := n.length - 1
	b := make([]byte, length)
	for p := n; p.Parent != nil; p = p.Parent {
		length -= uint32(len(p.Name))
		copy(b[length:], p.Name)
		if length > 0 {
			length--
			b[length] = '/'
		}
	}
	return string(b)
}

// A tree finds nodes by path.
type tree struct {
	root  *Node
	index map[key]*Node

	maxPaths, maxNames int64
	// names is how many bytes of paths, each counted once, and of what else is
	// kept of the entries are there.
	names int64

	// Entries come directory by directory, so the last one is worth keeping.
	dir     *Node
	dirPath string
}

type key struct {
	parent *Node
	name   string
}

func newTree(opts Options) *tree {
	root := &Node{present: true, layer: -1}
	return &tree{root: root, index: map[key]*Node{}, maxPaths: opts.MaxFiles, maxNames: opts.MaxNames, dir: root}
}

// full says which bound the tree has passed, if any. What an entry may add is
// bounded, so it needn't be asked more often than for each.
func (t *tree) full() error {
	if int64(len(t.index)) > t.maxPaths {
		return fmt.Errorf("%w: more than %d paths", ErrTooManyFiles, t.maxPaths)
	}
	if t.names > t.maxNames {
		return fmt.Errorf("%w: more than %d bytes of paths, link targets and attributes", ErrTooManyNames, t.maxNames)
	}
	return nil
}

// intern returns the node of the clean path p and makes it where it is new.
func (t *tree) intern(p string) *Node {
	if p == "" {
		return t.root
	}
	name := p
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		name = p[i+1:]
		if p[:i] != t.dirPath {
			t.dir, t.dirPath = t.internDir(p[:i]), strings.Clone(p[:i])
		}
	} else {
		t.dir, t.dirPath = t.root, ""
	}
	return t.child(t.dir, name)
}

func (t *tree) internDir(p string) *Node {
	n := t.root
	for name := range strings.SplitSeq(p, "/") {
		n = t.child(n, name)
	}
	return n
}

func (t *tree) child(parent *Node, name string) *Node {
	if n := t.index[key{parent, name}]; n != nil {
		return n
	}
	n := &Node{Name: strings.Clone(name), Parent: parent, layer: -1, length: parent.length + uint32(len(name)) + 1}
	t.names += int64(n.length)
	t.index[key{parent, n.Name}] = n
	if parent.last == nil {
		parent.first = n
	} else {
		parent.last.next = n
	}
	parent.last = n
	return n
}

// find returns the node of the clean path p, or nil.
func (t *tree) find(p string) *Node {
	n := t.root
	if p == "" {
		return n
	}
	for name := range strings.SplitSeq(p, "/") {
		if n = t.index[key{n, name}]; n == nil {
			return nil
		}
	}
	return n
}

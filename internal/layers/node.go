package layers

import (
	"archive/tar"
	"fmt"
	"hash/maphash"
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

	first, last, next *Node // children, in the order in which they were first seen
	made              *Entry
	past              *past // nil for almost every node
	size              int64 // of the leaf that it is in a layer, see seen
	serial, born      uint32
	hash              uint32
	length            uint32 // of the path
	layer             int16  // the layer that made what is present
	whitedOut         int16  // the last layer, counted from 1, that removed it
	named, childNamed int16  // the last layers, from 1, with an entry for it, under it
	mark              int16  // the last layer, from 1, whose changeset had something here; below 0 once it is merged
	leaf              bool   // in some layer
	present           bool
	listed            bool  // as a directory, by the last layer with something here
	state             state // in the changeset, see there for this and for made, serial and born
	flags             uint8
}

// past is what is kept of a path that several layers have.
type past struct {
	gone *Entry
	// The layers that have the path as a leaf, their bytes and those of the
	// smallest; 0 while there is one.
	versions        int32
	cumulative, min int64
}

// Gone is what the last layer that took the path away took; it is kept when the
// path comes back.
func (n *Node) Gone() *Entry {
	if n.past == nil {
		return nil
	}
	return n.past.gone
}

// remember returns what is kept of the path's past, to be changed.
func (n *Node) remember() *past {
	if n.past == nil {
		n.past = new(past)
	}
	return n.past
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
	seed  maphash.Seed
	table []*Node // of a power of two in length, some of which are nil
	paths int     // nodes but for the root
	slab  []Node  // to be used

	maxPaths, maxNames int64
	// names is how many bytes of paths, each counted once, and of what else is
	// kept of the entries are there.
	names int64

	// Entries come directory by directory, so the last one is worth keeping.
	dir     *Node
	dirPath string
}

func newTree(opts Options) *tree {
	root := &Node{present: true, layer: -1}
	return &tree{root: root, seed: maphash.MakeSeed(), table: make([]*Node, 64), maxPaths: opts.MaxFiles, maxNames: opts.MaxNames, dir: root}
}

// full says which bound the tree has passed, if any. What an entry may add is
// bounded, so it needn't be asked more often than for each.
func (t *tree) full() error {
	if int64(t.paths) > t.maxPaths {
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
	hash := t.hash(parent, name)
	place := t.place(parent, name, hash)
	if n := t.table[place]; n != nil {
		return n
	}
	if t.paths++; t.paths > len(t.table)/4*3 {
		t.grow()
		place = t.place(parent, name, hash)
	}
	if len(t.slab) == 0 {
		t.slab = make([]Node, min(max(t.paths, 16), maxSlab))
	}
	n := &t.slab[0]
	t.slab = t.slab[1:]
	*n = Node{Name: strings.Clone(name), Parent: parent, layer: -1, hash: hash, length: parent.length + uint32(len(name)) + 1}
	t.names += int64(n.length)
	t.table[place] = n
	if parent.last == nil {
		parent.first = n
	} else {
		parent.last.next = n
	}
	parent.last = n
	return n
}

// maxSlab is how many nodes, or entries, are made at once: together they take no
// room for what the allocator rounds up.
const maxSlab = 256

// at returns the node called name in parent, or nil.
func (t *tree) at(parent *Node, name string) *Node {
	return t.table[t.place(parent, name, t.hash(parent, name))]
}

func (t *tree) hash(parent *Node, name string) uint32 {
	return uint32(maphash.String(t.seed, name)) ^ parent.hash*0x9e3779b1
}

// place is where in the table the node is, or where it is to be. A table of our
// own takes a third of what a map does, and there are many nodes.
func (t *tree) place(parent *Node, name string, hash uint32) int {
	mask := len(t.table) - 1
	for i := int(hash) & mask; ; i = (i + 1) & mask {
		if n := t.table[i]; n == nil || n.hash == hash && n.Parent == parent && n.Name == name {
			return i
		}
	}
}

func (t *tree) grow() {
	old := t.table
	t.table = make([]*Node, 2*len(old))
	mask := len(t.table) - 1
	for _, n := range old {
		if n == nil {
			continue
		}
		i := int(n.hash) & mask
		for t.table[i] != nil {
			i = (i + 1) & mask
		}
		t.table[i] = n
	}
}

// find returns the node of the clean path p, or nil.
func (t *tree) find(p string) *Node {
	n := t.root
	if p == "" {
		return n
	}
	for name := range strings.SplitSeq(p, "/") {
		if n = t.at(n, name); n == nil {
			return nil
		}
	}
	return n
}

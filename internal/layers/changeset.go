package layers

import (
	"archive/tar"
	"fmt"
	"strings"
)

// A state is what the changeset being read has at a path.
type state uint8

const (
	absent   state = iota
	implied        // a directory that no entry lists
	listed         // a directory
	other          // anything else
	whiteout       // nothing, and nothing of the layers below either
)

// The marks of a directory of a changeset.
const (
	// opaque hides what the layers below have in it.
	opaque uint8 = 1 << iota
	// renewed hides it too, as the changeset has a whiteout of the directory.
	renewed
	// underOpaque is for a directory in one that is opaque or under it itself.
	underOpaque
)

// A changeset unpacks one layer by itself, as the engines with an overlay store
// do: entries replace each other in the order of the archive, and links are
// followed where the layer has them. What it has at a path is noted in the
// nodes.
//
// A path is in the changeset while its node's born is its parent's serial: what
// replaces a directory gets a new serial, and what was in there is gone.
type changeset struct {
	tree     *tree
	lower    *Stack // for the links that lead to lower layers
	layer    int16
	serial   *uint32
	steps    *int
	touched  []*Node // with something in the changeset at some time, parents first
	disagree func(*Node, Reason)

	// The last directory that was looked for and what was found, while nothing
	// on the way to it was replaced.
	askedDir, foundDir *Node
}

// setGroupID is the bit of a directory's mode that those made in it get from
// it, unless another mode is set.
const setGroupID = 0o2000

// maxSteps bounds the directories that are passed on the way to where links
// lead, in all of an image.
const maxSteps = 1 << 24

func (c *changeset) next() uint32 {
	*c.serial++
	return *c.serial
}

func (c *changeset) state(n *Node) state {
	if n.Parent == nil {
		return listed
	}
	if n.born != n.Parent.serial {
		return absent
	}
	return n.state
}

func (c *changeset) isDir(n *Node) bool {
	s := c.state(n)
	return s == implied || s == listed
}

// set makes n something else than it was.
func (c *changeset) set(n *Node, s state, e *Entry) {
	if c.state(n) != absent {
		c.askedDir = nil
	}
	if n.mark != c.layer+1 {
		n.mark = c.layer + 1
		c.touched = append(c.touched, n)
	}
	n.state, n.made, n.flags = s, e, 0
	n.born, n.serial = n.Parent.serial, c.next()
}

// unpack takes in the entries of l.
func (c *changeset) unpack(l *Layer) error {
	c.tree.root.serial = c.next()
	for _, e := range l.Entries {
		switch e.Kind {
		case File:
			c.put(e)
		case Whiteout:
			c.whiteout(e)
		case Opaque:
			e.Node = c.dir(e.Node)
			if e.Node.flags&opaque != 0 {
				c.disagree(e.Node, Duplicate)
			}
			if e.Node.flags |= opaque; e.Node.Parent == nil {
				c.disagree(e.Node, RootOpaque)
			}
		}
		if err := c.tree.full(); err != nil {
			return fmt.Errorf("%s: %w", l, err)
		}
	}
	return nil
}

// put makes what e says at its path.
func (c *changeset) put(e *Entry) {
	if e.Node.Parent == nil {
		if e.Node.Entry != nil && e.Node.layer == c.layer {
			c.disagree(e.Node, Duplicate)
		}
		c.tree.root.Entry, c.tree.root.layer = e, c.layer
		return
	}
	n := c.child(e)
	switch {
	case e.Type != tar.TypeDir:
		replaced := n.made
		if c.state(n) != other {
			replaced = nil
		}
		if c.isDir(n) {
			c.disagree(n, Replaced)
		}
		c.set(n, other, e)
		if e.Type == tar.TypeLink {
			c.link(e, replaced)
		}
	case c.isDir(n):
		n.state, n.made = listed, e
	case c.state(n) == whiteout:
		c.set(n, listed, e)
		n.flags |= renewed
	default:
		c.set(n, listed, e)
	}
}

// whiteout notes that e's path is gone from the layers below. What the layer
// itself has there stays.
func (c *changeset) whiteout(e *Entry) {
	n := c.child(e)
	switch c.state(n) {
	case absent:
		c.set(n, whiteout, nil)
	case implied, listed:
		n.flags |= renewed
		c.disagree(n, OwnWhiteout)
	case other, whiteout:
		c.disagree(n, OwnWhiteout)
	}
}

// child returns the node that e is about, in the directory that the way to it
// leads to, and notes it in e.
func (c *changeset) child(e *Entry) *Node {
	if dir := c.dir(e.Node.Parent); dir != e.Node.Parent {
		e.Node = c.tree.child(dir, e.Node.Name)
	}
	return e.Node
}

// dir returns the directory that the path n leads to, and makes it where it is
// missing.
func (c *changeset) dir(n *Node) *Node {
	if n == c.askedDir {
		return c.foundDir
	}
	links := 0
	found := c.enter(n, &links)
	c.askedDir, c.foundDir = n, found
	return found
}

func (c *changeset) enter(n *Node, links *int) *Node {
	if n.Parent == nil {
		return n
	}
	parent := c.enter(n.Parent, links)
	if parent == n.Parent {
		return c.step(n, links)
	}
	return c.step(c.tree.child(parent, n.Name), links)
}

// step returns the directory that n, whose parent is one, is or leads to.
func (c *changeset) step(n *Node, links *int) *Node {
	switch c.state(n) {
	case implied, listed:
		return n
	case absent:
		c.set(n, implied, nil)
		dir := n.Parent.made
		if n.Parent.Parent == nil && n.Parent.layer == c.layer {
			dir = n.Parent.Entry
		}
		if dir != nil && dir.Mode&setGroupID != 0 {
			c.disagree(n, ImpliedDirectory)
		}
		return n
	case whiteout:
		c.disagree(n, OwnWhiteout)
		c.set(n, implied, nil)
		n.flags |= renewed
		return n
	}
	if link := n.made.Inode(); link.Type == tar.TypeSymlink {
		if *links++; *links <= maxLinks && *c.steps < maxSteps {
			return c.follow(n, link.Link, links)
		}
	}
	// No engine unpacks this.
	c.disagree(n, BelowFile)
	c.set(n, implied, nil)
	return n
}

// follow returns the directory that a link leads to.
func (c *changeset) follow(link *Node, target string, links *int) *Node {
	at := link.Parent
	if strings.HasPrefix(target, "/") {
		at = c.tree.root
	}
	for name := range strings.SplitSeq(target, "/") {
		*c.steps++
		switch name {
		case "", ".":
		case "..":
			if at.Parent == nil {
				c.disagree(link, ClimbingLink)
				continue
			}
			at = at.Parent
		default:
			n := c.tree.child(at, name)
			if c.state(n) == absent {
				c.disagree(n, DanglingLink)
			}
			at = c.step(n, links)
		}
		if *c.steps > maxSteps {
			break
		}
	}
	return at
}

// link finds the file that the hard link e is a name of: in the layer itself,
// else below. A link to its own path is to the file that it replaced.
func (c *changeset) link(e, replaced *Entry) {
	if strings.Contains("/"+e.Link+"/", "/../") {
		c.disagree(e.Node, LinkDetour)
	}
	dir, name := "", clamp(e.Link)
	if i := strings.LastIndexByte(name, '/'); i >= 0 {
		dir, name = name[:i], name[i+1:]
	}
	links := 0
	if at := c.find(dir, &links); at != nil {
		switch n := c.tree.at(at, name); {
		case n == nil:
		case n == e.Node && replaced != nil:
			c.disagree(e.Node, LinkNowhere)
			e.target = replaced.Inode()
			return
		case n != e.Node && c.state(n) == other:
			e.target = n.made.Inode()
			if e.target.Type != tar.TypeLink {
				e.keepOwner(e.target.Owner())
				e.target.target = e // what it says of the owner and the mode holds
			}
			return
		case c.state(n) == whiteout:
			c.disagree(e.Node, LinkNowhere)
			return
		}
	}
	below := c.lower.resolveDir(dir)
	if below == nil {
		c.disagree(e.Node, LinkNowhere)
		return
	}
	n := c.tree.at(below, name)
	if n == nil || !n.present || n.IsDir() || n.Entry == nil {
		c.disagree(e.Node, LinkNowhere)
		return
	}
	c.disagree(e.Node, LinkBelow)
	e.target = n.Entry.Inode()
}

// find returns the directory of the changeset that the path p leads to; nil
// where it leads to none.
func (c *changeset) find(p string, links *int) *Node {
	at, rest := c.tree.root, p
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		if *c.steps++; *c.steps > maxSteps {
			return nil
		}
		switch name {
		case "", ".":
			continue
		case "..":
			if at.Parent != nil {
				at = at.Parent
			}
			continue
		}
		n := c.tree.at(at, name)
		switch {
		case n == nil:
			return nil
		case c.isDir(n):
			at = n
			continue
		case c.state(n) != other || n.made.Inode().Type != tar.TypeSymlink:
			return nil
		}
		target := n.made.Inode().Link
		if *links++; *links > maxLinks || len(target)+len(rest) > maxPath {
			return nil
		}
		if strings.HasPrefix(target, "/") {
			at = c.tree.root
		}
		rest = target + "/" + rest
	}
	return at
}

// unpacked returns the bytes that the changeset takes on a file system.
func (c *changeset) unpacked() int64 {
	var size int64
	for _, n := range c.touched {
		if n.state != other || n.made == nil || n.made.isOverlayWhiteout() {
			continue
		}
		e := n.made.Inode()
		if e.Layer != int32(c.layer) || e.unpacked {
			continue
		}
		e.unpacked = true
		size += e.Size
		if e.Type == tar.TypeSymlink {
			size += int64(len(e.Link))
		}
	}
	return size
}

package layers

import (
	"archive/tar"
	"iter"
	"path"
	"strings"

	"devops-go/internal/image"
)

// All yields the merged tree below the root, each directory before what is in
// it.
func (s *Stack) All() iter.Seq[*Node] { return walk(s.Root, true) }

// everything yields every path that some layer names.
func (s *Stack) everything() iter.Seq[*Node] { return walk(s.Root, false) }

// walk yields what is below root, all of it or what is present.
func walk(root *Node, present bool) iter.Seq[*Node] {
	return func(yield func(*Node) bool) {
		n := pick(root.first, present)
		for n != nil {
			if !yield(n) {
				return
			}
			next := pick(n.first, present)
			for ; next == nil && n != root; n = n.Parent {
				next = pick(n.next, present)
			}
			n = next
		}
	}
}

// pick returns n or the first sibling after it that is wanted.
func pick(n *Node, present bool) *Node {
	for n != nil && present && !n.present {
		n = n.next
	}
	return n
}

// Lookup returns the node that the merged tree shows at the path p, without
// following a link at its end or on the way; nil where there is none.
func (s *Stack) Lookup(p string) *Node {
	clean, err := cleanPath(p)
	if err != nil {
		return nil
	}
	if n := s.tree.find(clean); n != nil && n.present {
		return n
	}
	return nil
}

// maxLinks is how many symbolic links Linux follows before it calls a loop.
const maxLinks = 40

// Resolve returns the node that the path p leads to in a container, through
// symbolic links, which never leave the root; nil where it leads nowhere.
func (s *Stack) Resolve(p string) *Node {
	links := 0
	n := s.Root
	rest := p
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		switch name {
		case "", ".":
			continue
		case "..":
			if n.Parent != nil {
				n = n.Parent
			}
			continue
		}
		c := s.tree.at(n, name)
		if c == nil || !c.present {
			return nil
		}
		if c.Entry == nil || c.Entry.Inode().Type != tar.TypeSymlink {
			n = c
			continue
		}
		link := c.Entry.Inode().Link
		if links++; links > maxLinks || len(link)+len(rest) > maxPath {
			return nil
		}
		if strings.HasPrefix(link, "/") {
			n = s.Root
		}
		rest = link + "/" + rest
	}
	return n
}

// resolveDir is Resolve for a directory.
func (s *Stack) resolveDir(p string) *Node {
	if n := s.Resolve(p); n != nil && n.IsDir() {
		return n
	}
	return nil
}

// defaultPath is where a container looks for commands when the configuration
// has no PATH, as runc and Docker have it.
const defaultPath = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

// Executable returns the file that a container of the image starts; nil where
// the configuration starts nothing or nothing that is there.
func (s *Stack) Executable() *Node {
	config := &s.Image.Config
	command := config.Command()
	if len(command) == 0 || command[0] == "" {
		return nil
	}
	return s.LookPath(command[0])
}

// LookPath returns the file that a container runs as the command name: through
// PATH, or from the working directory where the name has a slash; nil where
// there is none.
func (s *Stack) LookPath(name string) *Node {
	config := &s.Image.Config
	if config.OS == "windows" {
		return s.lookWindowsPath(name)
	}
	if strings.Contains(name, "/") {
		if !path.IsAbs(name) {
			name = path.Join("/", config.Config.WorkingDir, name)
		}
		return regular(s.Resolve(name))
	}
	dirs := config.Environ("PATH")
	if dirs == "" {
		dirs = defaultPath
	}
	for dir := range strings.SplitSeq(dirs, ":") {
		if n := regular(s.Resolve(dir + "/" + name)); n != nil {
			return n
		}
	}
	return nil
}

func regular(n *Node) *Node {
	if n == nil || n.Entry == nil || !n.Entry.Inode().IsRegular() {
		return nil
	}
	return n
}

// A Step is an entry of the history with the layer it made.
type Step struct {
	// History is nil for a layer that the history doesn't account for.
	History *image.History
	// Layer is nil for a step that made none, or whose layer isn't there.
	Layer *image.Layer
}

// Lone reports whether the step lacks the partner that it should have.
func (s Step) Lone() bool {
	return s.History == nil || s.Layer == nil && !s.History.EmptyLayer
}

// Steps pairs the history with the layers, oldest first: entries that made a
// layer take the layers in order. A history that is short or long leaves
// layers or entries alone; it never shifts them.
func Steps(img *image.Image) []Step {
	var steps []Step
	rest := img.Layers
	for i := range img.Config.History {
		step := Step{History: &img.Config.History[i]}
		if !step.History.EmptyLayer && len(rest) > 0 {
			step.Layer, rest = rest[0], rest[1:]
		}
		steps = append(steps, step)
	}
	for _, l := range rest {
		steps = append(steps, Step{Layer: l})
	}
	return steps
}

package layers

// A Finder tells which files a process would find in the merged tree.
type Finder struct {
	stack *Stack
	names map[string]bool
}

// Finder returns one. The stack must not change any more.
func (s *Stack) Finder() *Finder {
	f := &Finder{s, map[string]bool{}}
	for n := range s.All() {
		if !n.IsDir() {
			f.names[n.Name] = true
		}
	}
	return f
}

// Resolve returns the path of the file that p leads to, through links; "" where
// there is none.
func (f *Finder) Resolve(p string) string {
	if n := f.stack.Resolve(p); n != nil && !n.IsDir() {
		return "/" + n.Path()
	}
	return ""
}

// Named reports whether a file or link of that base name is anywhere in the tree.
func (f *Finder) Named(base string) bool { return f.names[base] }

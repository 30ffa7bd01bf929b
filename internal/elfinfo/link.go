package elfinfo

import (
	"path"
	"strings"
)

// A Tree is the files that a program would find.
type Tree interface {
	// Resolve returns the path of what p leads to, through links; "" for nothing.
	Resolve(p string) string
	// Named reports whether a file or link of that base name is anywhere.
	Named(base string) bool
}

// Missing returns what the program in dir asks for and wouldn't find in tree: the
// interpreter, or "", and the libraries. Where a loader looks is configured in
// many ways, so a library of the name counts wherever it is.
func (f *File) Missing(tree Tree, dir string) (interpreter string, libraries []string) {
	loader := ""
	if f.Interpreter != "" {
		// The kernel takes a relative path from wherever the process is.
		if strings.HasPrefix(f.Interpreter, "/") {
			loader = tree.Resolve(f.Interpreter)
		}
		if loader == "" {
			interpreter = f.Interpreter
		}
	}
	for _, library := range f.Libraries {
		if !f.finds(tree, dir, library) && !isLibc(f.Interpreter, library) && !isLibc(loader, library) {
			libraries = append(libraries, library)
		}
	}
	return interpreter, libraries
}

func (f *File) finds(tree Tree, dir, library string) bool {
	if strings.Contains(library, "/") {
		return tree.Resolve(path.Join(dir, library)) != "" || tree.Resolve(library) != ""
	}
	for _, place := range f.RunPath {
		place = strings.NewReplacer("$ORIGIN", dir, "${ORIGIN}", dir).Replace(place)
		if tree.Resolve(place+"/"+library) != "" {
			return true
		}
	}
	return tree.Named(library)
}

// isLibc reports whether that loader is the library itself: musl's is the C
// library, and takes all the names that one may have for its own
// (musl's ldso/dynlink.c, load_library).
func isLibc(loader, library string) bool {
	if !strings.HasPrefix(path.Base(loader), "ld-musl-") {
		return false
	}
	name, ok := strings.CutPrefix(library, "lib")
	part, _, dot := strings.Cut(name, ".")
	if !ok || !dot {
		return false
	}
	switch part {
	case "c", "pthread", "rt", "m", "dl", "util", "xnet":
		return true
	}
	return false
}

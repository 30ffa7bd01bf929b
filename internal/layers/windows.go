package layers

import (
	"path"
	"strings"
)

// windowsFiles is where a layer of a Windows image keeps the files of drive C.
const windowsFiles = "Files"

// lookWindowsPath is LookPath for an image of Windows: names are of any case,
// drives go without saying, and what a program's name ends in may be left out.
func (s *Stack) lookWindowsPath(name string) *Node {
	config := &s.Image.Config
	name = windowsPath(name)
	dirs := []string{"/"}
	switch {
	case strings.HasPrefix(name, "/"):
	case strings.Contains(name, "/"):
		dirs = []string{windowsPath(config.Config.WorkingDir)}
	default:
		dirs = []string{windowsPath(config.Config.WorkingDir), "/Windows/System32", "/Windows"}
		for _, pair := range config.Config.Env {
			if key, value, _ := strings.Cut(pair, "="); strings.EqualFold(key, "PATH") {
				for dir := range strings.SplitSeq(value, ";") {
					dirs = append(dirs, windowsPath(dir))
				}
			}
		}
	}
	for _, dir := range dirs {
		for _, end := range []string{"", ".exe", ".com", ".bat", ".cmd"} {
			if n := regular(s.fold(path.Join(dir, name) + end)); n != nil {
				return n
			}
		}
	}
	return nil
}

// windowsPath writes C:\A\b as /A/b.
func windowsPath(p string) string {
	p = strings.ReplaceAll(p, `\`, "/")
	if len(p) >= 2 && p[1] == ':' {
		p = p[2:]
	}
	return p
}

// fold returns the node of a path on drive C, in whatever case it is written.
func (s *Stack) fold(p string) *Node {
	n := s.Lookup(windowsFiles)
	for name := range strings.SplitSeq(strings.Trim(p, "/"), "/") {
		if n == nil {
			return nil
		}
		var found *Node
		for c := range n.Children() {
			if strings.EqualFold(c.Name, name) {
				found = c
				break
			}
		}
		n = found
	}
	return n
}

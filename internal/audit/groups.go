package audit

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"

	"devops-go/internal/layers"
)

// A fileGroup is files of one layer that make one finding.
type fileGroup struct {
	layer int
	what  string
	first string
	count int
	bytes int64
	names []string // what was gathered, each once, up to maxNames
}

// maxNames is how many names a group keeps.
const maxNames = 20

// fileGroups gathers the regular files that of assigns to something, layer by
// layer; what is "" isn't gathered.
func (a *auditor) fileGroups(shownOnly bool, of func(p string) (what, name string)) []*fileGroup {
	type key struct {
		layer int32
		what  string
	}
	byKey := map[key]*fileGroup{}
	var list []*fileGroup
	for _, l := range a.stack.Layers {
		for _, e := range l.Entries {
			if !e.IsRegular() || shownOnly && !a.file(e).shown {
				continue
			}
			p := e.Node.Path()
			what, name := of(p)
			if what == "" {
				continue
			}
			g := byKey[key{e.Layer, what}]
			if g == nil {
				g = &fileGroup{layer: int(e.Layer) + 1, what: what, first: p}
				byKey[key{e.Layer, what}] = g
				list = append(list, g)
			}
			g.count++
			g.bytes += e.Size
			if name != "" && len(g.names) < maxNames && !slices.Contains(g.names, name) {
				g.names = append(g.names, name)
			}
		}
	}
	return list
}

// finding returns the finding that the group is.
func (g *fileGroup) finding(message string) Finding {
	return Finding{Layer: g.layer, Path: "/" + g.first, Bytes: g.bytes, Message: message, key: g.what}
}

// cacheRule returns the check for the caches of the distributions' package
// managers, or of the languages'.
func cacheRule(system bool) func(*auditor, func(Finding)) {
	return func(a *auditor, found func(Finding)) {
		for _, g := range a.fileGroups(false, func(p string) (string, string) {
			manager, ofSystem := cacheOf(p)
			if ofSystem != system || isCacheKeeper(path.Base(p)) {
				return "", ""
			}
			return manager, ""
		}) {
			if g.bytes > 0 {
				g.first = path.Dir(g.first)
				found(g.finding(fmt.Sprintf("%s left %s in its cache", g.what, count(g.count, "file"))))
			}
		}
	}
}

// isCacheKeeper holds for the files that an empty cache has.
func isCacheKeeper(base string) bool { return base == "lock" || base == ".keep" || base == "partial" }

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}

// checkGit finds directories .git with a HEAD, which every repository has.
func checkGit(a *auditor, found func(Finding)) {
	for _, g := range a.fileGroups(false, func(p string) (string, string) {
		dir, rest, ok := strings.Cut("/"+p, "/.git/")
		switch {
		case !ok:
			return "", ""
		case rest == "HEAD":
			return dir + "/.git", rest
		}
		return dir + "/.git", ""
	}) {
		if len(g.names) > 0 {
			g.first = strings.TrimPrefix(g.what, "/")
			found(g.finding("a repository with its whole history"))
		}
	}
}

func checkTools(a *auditor, found func(Finding)) {
	for _, g := range a.fileGroups(true, func(p string) (string, string) {
		return buildTool(p), path.Base(p)
	}) {
		found(g.finding(g.what + ": " + strings.Join(g.names, ", ")))
	}
}

func checkSources(a *auditor, found func(Finding)) {
	for _, g := range a.fileGroups(true, func(p string) (string, string) {
		if !isSource(p) {
			return "", ""
		}
		return topDirs(p, 2), ""
	}) {
		found(g.finding(count(g.count, "source file") + " under /" + g.what))
	}
}

// topDirs returns the first n directories of p, or as many as there are.
func topDirs(p string, n int) string {
	dirs := strings.Split(path.Dir(p), "/")
	return strings.Join(dirs[:min(n, len(dirs))], "/")
}

// checkCopied finds the files that a layer ships again only to change their
// mode or owner.
func checkCopied(a *auditor, found func(Finding)) {
	last := map[*layers.Node]*layers.Entry{}
	for _, l := range a.stack.Layers {
		copied := fileGroup{layer: l.Index + 1}
		for _, e := range l.Entries {
			if !e.IsRegular() {
				continue
			}
			if before := last[e.Node]; before != nil && before.Layer != e.Layer && e.Size > 0 && a.onlyMode(before, e) {
				if copied.count == 0 {
					copied.first = e.Node.Path()
				}
				copied.count++
				copied.bytes += e.Size
			}
			last[e.Node] = e
		}
		if copied.count > 0 {
			found(copied.finding("chmod or chown put " + count(copied.count, "file") + " into a second layer"))
		}
	}
}

// onlyMode reports whether e is before with another mode or owner.
func (a *auditor) onlyMode(before, e *layers.Entry) bool {
	if before.Size != e.Size || !before.ModTime().Equal(e.ModTime()) || before.Mode == e.Mode && before.UID == e.UID && before.GID == e.GID {
		return false
	}
	f, g := a.facts[before], a.facts[e]
	return f == nil || g == nil || f.sum == g.sum
}

// checkDuplicates finds large contents that the image has more than once.
func checkDuplicates(a *auditor, found func(Finding)) {
	type key struct {
		sum  uint64
		size int64
	}
	copies := map[key][]*layers.Entry{}
	for e, f := range a.facts {
		if f.sum != 0 && e.Size >= minDuplicate {
			copies[key{f.sum, e.Size}] = append(copies[key{f.sum, e.Size}], e)
		}
	}
	var findings []Finding
	for k, list := range copies {
		slices.SortFunc(list, func(x, y *layers.Entry) int {
			return cmp.Or(cmp.Compare(x.Layer, y.Layer), cmp.Compare(x.Node.Path(), y.Node.Path()))
		})
		// A path that comes twice was only touched; that is another rule's.
		paths := map[*layers.Node]bool{}
		list = slices.DeleteFunc(list, func(e *layers.Entry) bool {
			again := paths[e.Node]
			paths[e.Node] = true
			return again
		})
		if len(list) < 2 {
			continue
		}
		findings = append(findings, Finding{
			Layer: int(list[1].Layer) + 1, Path: "/" + list[1].Node.Path(), Bytes: k.size * int64(len(list)-1),
			Message: fmt.Sprintf("the same content as /%s, %d times in all", list[0].Node.Path(), len(list)),
		})
	}
	slices.SortFunc(findings, func(f, g Finding) int { return cmp.Compare(f.Path, g.Path) })
	for _, f := range findings {
		found(f)
	}
}

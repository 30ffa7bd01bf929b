//go:build docker

package test

import (
	"archive/tar"
	"fmt"
	"math/rand/v2"
	"path"
	"strings"

	it "devops-go/internal/imagetest"
)

// An oddImage is an image to be put before the engine and tare.
type oddImage struct {
	name   string
	layers []it.Layer
}

// listedImages are odd layers by kind; the random ones are made of the same
// things.
func listedImages() []oddImage {
	sym, dir, file, link, raw := it.Symlink, it.Dir, it.Sized, it.Link, it.Raw
	one := func(name string, entries ...it.Entry) oddImage { return oddImage{name, []it.Layer{raw(entries...)}} }
	two := func(name string, below []it.Entry, above ...it.Entry) oddImage {
		return oddImage{name, []it.Layer{raw(below...), raw(above...)}}
	}
	list := func(entries ...it.Entry) []it.Entry { return entries }
	owned := func(e it.Entry, mode int64, uid, gid int) it.Entry {
		e.Mode, e.Uid, e.Gid = mode, uid, gid
		return e
	}
	below := list(dir("d"), file("d/a", 10), dir("d/e"), file("d/e/f", 20), file("f", 3), sym("l", "d"))
	capable := file("cap", 5)
	capable.PAXRecords = map[string]string{"SCHILY.xattr.security.capability": "\x01\x00\x00\x02\x00\x04\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00"}
	opaqueAttribute := dir("d")
	opaqueAttribute.PAXRecords = map[string]string{"SCHILY.xattr.trusted.overlay.opaque": "y"}
	paxSized := it.File("big", strings.Repeat("p", 700))
	paxSized.Size, paxSized.PAXRecords = 3, map[string]string{"size": "700"}
	sizedDir := dir("sized")
	sizedDir.Size = 999
	sizedLink := link("hl", "a")
	sizedLink.Size = 555
	wide := it.Odd(tar.TypeReg, strings.Repeat("n", 255), "")
	images := []oddImage{
		one("root names", it.Odd(tar.TypeReg, "", ""), it.Odd(tar.TypeSymlink, ".", "x"), it.Odd(tar.TypeFifo, "./", ""), it.Odd(tar.TypeLink, "a/..", "x"), file("b/c", 3)),
		one("root directory", owned(it.Odd(tar.TypeDir, "./", ""), 0o700, 5, 5), file("a", 1)),
		one("below a link", dir("real"), sym("ln", "real"), file("ln/y", 4), sym("abs", "/real/sub"), file("abs/z", 5)),
		one("below a dangling link", sym("ln", "real"), file("ln/y", 4)),
		one("below a dangling link, deeper", sym("ln", "real/x"), file("ln/w/y", 4)),
		one("usrmerged", dir("usr"), dir("usr/bin"), sym("bin", "usr/bin"), file("bin/app", 9), link("bin/sh", "bin/app"), link("usr/bin/ash", "/bin/../bin/sh")),
		one("chain of links", dir("a"), dir("a/b"), sym("x", "y"), sym("y", "../../a"), sym("a/b/up", ".."), file("x/b/up/c", 2), file("a/b/up/up", 1)),
		one("loop of links", sym("x", "y"), sym("y", "x"), file("x/a", 1)),
		one("below a file", file("a", 1), file("a/b", 2)),
		one("names above the root", file("../esc", 1), file("a/../../esc2", 2), link("hl", "../../esc"), file("/abs", 3), file("e/../f", 4)),
		one("hard links", file("a", 7), link("b", "a"), link("c", "./b"), link("d/e", "../a"), link("f", "/a")),
		one("hard link changes owner and mode", owned(file("a", 7), 0o4755, 1, 2), owned(link("b", "a"), 0o640, 3, 4), owned(link("c", "a"), 0o2711, 5, 6)),
		one("hard link leaves the owner", owned(file("a", 7), 0o644, 1, 2), owned(link("b", "a"), 0o640, -1, 4), owned(link("c", "a"), 0o600, 5, -1)),
		one("implied in a set-group-ID directory", owned(dir("a"), 0o2755, 1, 2), file("a/b/c/d", 1)),
		one("implied under an opaque marker", dir("a"), file("a/b/c/d", 1), it.Opaque("a")),
		one("hard link to a link", sym("s", "a"), owned(link("t", "s"), 0o600, 7, 8), file("a", 1)),
		one("hard link to itself", file("a", 1), link("a", "a")),
		one("hard link to nothing", link("a", "b")),
		one("hard link to a directory", dir("d"), link("a", "d")),
		one("hard link, first name replaced", file("a", 7), link("b", "a"), file("a", 3)),
		one("files before their directory", file("d/a", 1), owned(dir("d"), 0o711, 3, 3), owned(it.Odd(tar.TypeDir, "./d/", ""), 0o750, 4, 4)),
		one("twice", file("a", 9), file("a", 2), sym("b", "x"), file("b", 1), dir("c"), file("c/x", 1), file("c", 4), dir("c"), file("c/y", 2)),
		one("types", it.Odd(tar.TypeFifo, "p", ""), func() it.Entry { e := it.Odd(tar.TypeChar, "null", ""); e.Devmajor, e.Devminor = 1, 3; return e }(), func() it.Entry { e := it.Odd(tar.TypeBlock, "loop", ""); e.Devmajor, e.Devminor = 7, 300; return e }()),
		one("unknown types", it.Odd('7', "cont", ""), file("a", 1)),
		one("volume header", it.Odd('V', "vol", ""), file("a", 1)),
		one("modes", owned(file("a", 1), 0o7777, 0, 0), owned(dir("d"), 0o1777, 0, 0), owned(file("n", 1), 0, 0, 0), owned(file("big", 1), 0o100644, 0, 0)),
		one("owners", owned(file("a", 1), 0o600, 65534, 65534), owned(file("b", 1), 0o600, 1<<31+5, 1<<32-2), owned(file("c", 1), 0o600, 1<<32-1, 1<<32-1), owned(file("d", 1), 0o600, 1<<32+7, -1), owned(file("e", 1), 0o600, -2, 3)),
		one("odd names", it.File("new\nline", "n"), it.File("\xff\xfe", "x"), it.File("\xff\xfd", "y"), it.File("tab\t", "t"), it.File(" ", "s"), it.File("\u202egpj", "r"), it.File("-rf", "r"), it.File("a\\b", "b"), wide),
		one("long name", it.Odd(tar.TypeReg, strings.Repeat("n", 256), "")),
		one("deep", it.File(strings.Repeat("d/", 500)+"f", "x")),
		one("sized without content", dir("d"), file("a", 3), sizedDir, sizedLink, func() it.Entry { e := sym("s", "a"); e.Size = 77; return e }()),
		one("PAX size", paxSized, file("after", 2)),
		one("capabilities", capable, file("plain", 1), link("cap2", "cap")),
		one("whiteouts of nothing", it.Whiteout("ghost/x"), it.Whiteout("y")),
		one("empty whiteouts", it.File(".wh.", ""), file("a", 1)),
		one("reserved names", dir("app"), it.File("app/.wh..wh.x/id_rsa", "key"), it.File(".wh..wh.plnk/1.2", "p"), link("hl", ".wh..wh.plnk/1.2"), it.File(".wh.q/z", "z")),
		one("reserved directories", it.Odd(tar.TypeDir, ".wh..wh.plnk/", ""), it.File(".wh..wh.plnk/1", "p")),
		two("whited out", below, it.Whiteout("d/a"), it.Whiteout("l")),
		two("directory whited out", below, it.Whiteout("d")),
		two("whiteout then directory", below, it.Whiteout("d"), dir("d"), file("d/n", 1)),
		two("whiteout then file below", below, it.Whiteout("d"), file("d/n", 1)),
		two("directory then whiteout", below, dir("d"), file("d/n", 1), it.Whiteout("d")),
		two("whiteout then file", below, it.Whiteout("f"), file("f", 8)),
		two("file then whiteout", below, file("f", 8), it.Whiteout("f")),
		two("whiteout of what is replaced", below, file("d", 1), it.Whiteout("d/a")),
		two("whiteout below a file", below, it.Whiteout("f/x")),
		two("whiteout through a link below", below, it.Whiteout("l/a")),
		two("whiteout through its own link", below, sym("m", "d"), it.Whiteout("m/a")),
		two("opaque first", below, it.Opaque("d"), file("d/n", 1)),
		two("opaque last", below, dir("d"), file("d/n", 1), it.Opaque("d")),
		two("opaque after an unlisted directory", below, file("d/e/n", 1), it.Opaque("d")),
		two("opaque root", below, it.Opaque(""), file("n", 1)),
		two("opaque through its own link", below, sym("m", "d"), it.Opaque("m")),
		two("opaque below a link", below, it.Opaque("l")),
		two("directory, file, directory", below, file("d", 1), dir("d")),
		two("below a link of the layer under it", below, file("l/n", 1)),
		two("below a file of the layer under it", below, file("f/n", 1)),
		two("hard link below", below, link("n", "d/a")),
		two("hard link to a whiteout", below, it.Whiteout("f"), link("n", "f")),
		two("hard link, first name removed", list(file("a", 7), link("b", "a")), it.Whiteout("a")),
		two("hard link up and away", list(dir("after"), file("after/x", 5), link("after/hl", "../after/x")), it.Whiteout("after/x")),
		two("unlisted parents", list(owned(dir("tmp"), 0o1777, 0, 0), owned(dir("home"), 0o700, 9, 9), dir("plain")), file("tmp/x", 1), file("home/y", 1), file("plain/z", 1)),
		two("overlay's device", below, it.Odd(tar.TypeChar, "f", ""), it.Odd(tar.TypeChar, "new", "")),
		two("overlay's attribute", below, opaqueAttribute),
		two("link replaces a directory", below, sym("d", "x"), file("x/y", 1)),
		two("directory replaces a link", below, dir("l"), file("l/x", 1)),
	}
	trailing := it.RawTar(file("a", 1))
	trailing = append(trailing, it.RawTar(file("hidden", 2))...)
	images = append(images,
		oddImage{"after the end", []it.Layer{{Tar: trailing}}},
		oddImage{"gzip members", []it.Layer{{Tar: trailing, Blob: append(it.Gzip(trailing[:1000]), it.Gzip(trailing[1000:])...)}}},
	)
	return images
}

// randomImage makes a few layers over few paths, so that they meet.
func randomImage(r *rand.Rand, i int) oddImage {
	img := oddImage{name: fmt.Sprintf("random %d", i)}
	for range 1 + r.IntN(3) {
		g := generator{Rand: r, kinds: map[string]byte{}, links: map[string]string{}, odd: r.IntN(6) == 0}
		for range 2 + r.IntN(8) {
			g.add()
		}
		layer := it.Raw(g.entries...)
		if r.IntN(4) == 0 {
			layer.Blob = it.Gzip(layer.Tar)
		}
		img.layers = append(img.layers, layer)
	}
	return img
}

// A generator makes the entries of a layer, mostly such that an engine takes
// them; where odd, with names, targets and ways that few engines take.
type generator struct {
	*rand.Rand
	odd     bool
	entries []it.Entry
	kinds   map[string]byte   // by path
	links   map[string]string // those to directories
}

func pick[T any](r *rand.Rand, list ...T) T { return list[r.IntN(len(list))] }

// path is one that isn't there yet, with nothing but directories and links on
// the way to it, and once in a while any.
func (g *generator) path() string {
	for range 50 {
		parts := []string{pick(g.Rand, "a", "b", "c", "l")}
		for g.IntN(2) == 0 && len(parts) < 4 {
			parts = append(parts, pick(g.Rand, "a", "b", "c", "l", "x"))
		}
		name := strings.Join(parts, "/")
		ok := g.kinds[g.at(name)] == 0
		for i := 1; i < len(parts); i++ {
			k := g.kinds[g.at(strings.Join(parts[:i], "/"))]
			ok = ok && (k == 0 || k == 'i' || k == tar.TypeDir || k == toDir || g.odd && k == tar.TypeSymlink)
		}
		if ok || g.odd && g.IntN(50) == 0 {
			return name
		}
	}
	return fmt.Sprintf("new%d", len(g.entries))
}

// at is the path of name with links followed on the way.
func (g *generator) at(name string) string {
	dir, base := path.Split(path.Clean("/" + name))
	at := "/"
	for _, part := range strings.Split(strings.Trim(dir, "/"), "/") {
		at = path.Join(at, part)
		if target, ok := g.links[at[1:]]; ok {
			at = "/" + target
		}
	}
	return path.Join(at, base)[1:]
}

// one is a path of the layer of the given type, and once in a while any.
func (g *generator) one(kind byte) string {
	var list []string
	for _, e := range g.entries {
		if name := g.at(e.Name); name != "" && g.kinds[name] == kind {
			list = append(list, name)
		}
	}
	if len(list) == 0 || g.odd && g.IntN(10) == 0 {
		return g.path()
	}
	return pick(g.Rand, list...)
}

func (g *generator) add() {
	name := g.path()
	e := g.entry(name)
	if g.IntN(3) == 0 {
		e.Mode = pick[int64](g.Rand, 0, 0o777, 0o4755, 0o2755, 0o1777, 0o600)
	}
	if g.IntN(4) == 0 {
		e.Uid, e.Gid = pick(g.Rand, 0, 1, 1000, 65534, 1<<31, -1), pick(g.Rand, 0, 1, 1000)
	}
	if dir, base := path.Split(e.Name); strings.HasPrefix(base, ".wh.") {
		if p := g.at(path.Join(dir, base[4:])); g.kinds[p] == 0 {
			g.kinds[p] = 'w'
		}
	} else {
		p, kind := g.at(e.Name), e.Typeflag
		if target := path.Join("/", e.Linkname)[1:]; kind == tar.TypeSymlink && path.IsAbs(e.Linkname) && g.kinds[target] == tar.TypeDir {
			kind, g.links[p] = toDir, target
		}
		for dir := path.Dir(p); dir != "." && g.kinds[dir] == 0; dir = path.Dir(dir) {
			g.kinds[dir] = 'i' // a directory that isn't listed
		}
		g.kinds[p] = kind
	}
	g.entries = append(g.entries, e)
}

// toDir is the kind of a symbolic link to a directory of the layer.
const toDir = 'd'

func (g *generator) entry(name string) it.Entry {
	kind := g.IntN(20)
	if !g.odd {
		switch kind {
		case 12, 13, 14:
			if target := g.one(tar.TypeReg); g.kinds[target] == tar.TypeReg {
				return it.Link(name, pick(g.Rand, "", "/", "./")+target)
			}
			kind = 6
		case 17:
			return it.Opaque(g.one(tar.TypeDir))
		case 19:
			return it.File(pick(g.Rand, "./", "/")+name, "odd")
		}
	}
	switch kind {
	case 0, 1, 2, 3, 4, 5:
		return it.Dir(name)
	case 6, 7, 8:
		return it.File(name, fmt.Sprint(g.IntN(1000)))
	case 9, 10:
		return it.Symlink(name, pick(g.Rand, "/", "/", "../../../../")+g.one(tar.TypeDir))
	case 11:
		return it.Symlink(name, pick(g.Rand, "..", ".", "x", "/l", "a/b/../c", "/"))
	case 12, 13, 14:
		return it.Link(name, pick(g.Rand, "", "/", "../", "./")+g.one(pick[byte](g.Rand, tar.TypeReg, tar.TypeReg, tar.TypeSymlink)))
	case 15, 16:
		return it.Whiteout(name)
	case 17:
		return it.Opaque(pick(g.Rand, name, g.one(tar.TypeDir), g.one(tar.TypeDir), ""))
	case 18:
		e := it.Odd(pick[byte](g.Rand, tar.TypeFifo, tar.TypeChar, tar.TypeBlock), name, "")
		e.Devmajor, e.Devminor = int64(g.IntN(8)), int64(g.IntN(4))
		return e
	}
	return it.File(pick(g.Rand, "./"+name, "/"+name, "../"+name, "x/../"+name, name+"/.wh.x/"+name, ".wh..wh."+name, ".", strings.Repeat("n", 120)+name, name+"\xff"), "odd")
}

package layers

import (
	"archive/tar"
	"errors"
	"fmt"
	"path"
	"strings"
	"time"
)

// A Kind tells entries that are files from those that say something about
// files (image-spec, layer.md, "Whiteouts").
type Kind uint8

// The kinds of entries.
const (
	// File is an entry that makes something: a file, a directory, a link.
	File Kind = iota
	// Whiteout removes its path from the layers below.
	Whiteout
	// Opaque removes what the layers below have in its directory.
	Opaque
	// Private is passed over: it names the root or nothing.
	Private
)

// A Change is what an entry does to the tree of the layers below it.
type Change uint8

// The changes.
const (
	// Unchanged is a directory that is listed again as it was, or a whiteout of
	// nothing.
	Unchanged Change = iota
	Added
	Changed
	Removed
)

// String returns the change as reports name it; "" for Unchanged.
func (c Change) String() string {
	return [...]string{"", "added", "changed", "removed"}[c]
}

// An Entry is what one layer's archive says of one path.
type Entry struct {
	// Node is the path; for a whiteout the one that it removes, for an opaque
	// marker the directory.
	Node *Node
	Kind Kind
	// Change is what it does to the layers below.
	Change Change
	// Type is the archive/tar type flag.
	Type byte
	odd  uint8
	// Layer is the index of the layer.
	Layer int32
	// Mode has the permission bits with setuid, setgid and sticky, as in tar.
	Mode     uint32
	UID, GID uint32
	shown    bool // by the merged tree
	unpacked bool // counted for the layer
	last     bool // of the layer's entries for its node
	// Size is what the content weighs: of files only, whatever the headers of
	// others state. See Length for what whiteouts hold.
	Size int64
	// Offset is where the content starts in the uncompressed layer, -1 where it
	// can't be read from there.
	Offset int64
	// Link is the target of a link, as recorded.
	Link    string
	modTime int64
	// extra is what few entries have.
	extra *extra

	// target is the file that a hard link is another name of, once resolved; of
	// such a file its last other name, which says whose it is.
	target *Entry
}

// What is odd about an entry by itself.
const (
	oddOutside uint8 = 1 << iota
	oddRoot
	oddReserved
	oddWhiteout
	// oddUID and oddGID: the owner is the one that the file has already.
	oddUID
	oddGID
)

type extra struct {
	xattrs             map[string]string
	devmajor, devminor int64
	length             int64 // of what isn't weighed
}

// ModTime is the modification time, to the second.
func (e *Entry) ModTime() time.Time { return time.Unix(e.modTime, 0).UTC() }

// Xattrs are the extended attributes; nil for almost every entry.
func (e *Entry) Xattrs() map[string]string {
	if e.extra == nil {
		return nil
	}
	return e.extra.xattrs
}

// Device returns the numbers of a device node.
func (e *Entry) Device() (major, minor int64) {
	if e.extra == nil {
		return 0, 0
	}
	return e.extra.devmajor, e.extra.devminor
}

// Length is how many bytes the entry has in the archive to be read: its Size,
// but for whiteouts and the like, which may hold something that no container
// sees.
func (e *Entry) Length() int64 {
	if e.extra != nil && e.extra.length > 0 {
		return e.extra.length
	}
	return e.Size
}

// Inode is the entry that holds e's content: for a hard link the file that it
// is another name of, else e.
func (e *Entry) Inode() *Entry {
	if e.Type == tar.TypeLink && e.target != nil {
		return e.target
	}
	return e
}

// Owner is the entry that says what mode and whose the file is: of the names of
// one file, the last in the archive.
func (e *Entry) Owner() *Entry {
	if inode := e.Inode(); inode.Type != tar.TypeLink && inode.target != nil {
		return inode.target
	}
	return e.Inode()
}

// Shown reports whether the merged tree shows the entry, or the file that it is
// by another name.
func (e *Entry) Shown() bool { return e.shown }

// isOverlayWhiteout reports whether e is a device that an overlay file system
// takes for a whiteout.
func (e *Entry) isOverlayWhiteout() bool {
	major, minor := e.Device()
	return e.Kind == File && e.Type == tar.TypeChar && major == 0 && minor == 0
}

// IsRegular reports whether e has content of its own.
func (e *Entry) IsRegular() bool {
	return e.Kind == File && (e.Type == tar.TypeReg || e.Type == '7' || e.Type == tar.TypeGNUSparse)
}

const (
	whiteoutPrefix = ".wh."
	opaqueMarker   = ".wh..wh..opq"
	xattrPAX       = "SCHILY.xattr."
	errorName      = 200 // how much of a name a message shows
)

// errTooLong is the fault of a path longer than Linux takes.
var errTooLong = errors.New("path is longer than 4096 bytes")

// entryPath returns the path of a tar entry from the root, without a leading
// slash, and whether its name leads out of the root, which it doesn't leave.
func entryPath(name string) (p string, outside bool, err error) {
	if len(name) > maxPath {
		return "", false, errTooLong
	}
	if isClean(name) {
		return name, false, nil
	}
	p = path.Clean(strings.TrimLeft(name, "/"))
	return clamp(name), p == ".." || strings.HasPrefix(p, "../"), nil
}

// clamp returns the path that name is when the root is its own parent.
func clamp(name string) string { return path.Clean("/" + name)[1:] }

// cleanPath returns a path from the root, without a leading slash, and refuses
// one that leaves the root.
func cleanPath(name string) (string, error) {
	p, outside, err := entryPath(name)
	if outside {
		err = errors.New("path leaves the root")
	}
	return p, err
}

// isClean is a quick test for the common case.
func isClean(name string) bool {
	return name != "" && name[0] != '/' && name[0] != '.' && name[len(name)-1] != '/' &&
		!strings.Contains(name, "//") && !strings.Contains(name, "/.")
}

// classify returns the kind of the entry at the clean path p, the path that it
// is about, and what is odd about the name.
func classify(p string) (Kind, string, uint8) {
	var odd uint8
	base := p[strings.LastIndexByte(p, '/')+1:]
	dir := p[:len(p)-len(base)]
	if strings.HasPrefix(dir, whiteoutPrefix) || strings.Contains(dir, "/"+whiteoutPrefix) {
		odd = oddReserved
	}
	dir = strings.TrimSuffix(dir, "/")
	name, ok := strings.CutPrefix(base, whiteoutPrefix)
	switch {
	case !ok:
		return File, p, odd
	case base == opaqueMarker:
		return Opaque, dir, odd
	case name == "" || name == "." || name == "..":
		return Private, p, oddWhiteout
	case strings.HasPrefix(name, whiteoutPrefix):
		odd = oddReserved
	}
	return Whiteout, path.Join(dir, name), odd
}

// newEntry returns the entry of hdr but for its node.
func newEntry(hdr *tar.Header, layer int, kind Kind) (Entry, error) {
	if hdr.Size < 0 {
		return Entry{}, fmt.Errorf("size %d", hdr.Size)
	}
	e := Entry{
		Kind:    kind,
		Type:    hdr.Typeflag,
		Layer:   int32(layer),
		Mode:    uint32(hdr.Mode) & 0o7777,
		UID:     owner(hdr.Uid),
		GID:     owner(hdr.Gid),
		Size:    hdr.Size,
		Link:    strings.Clone(hdr.Linkname), // which may lie in all the PAX records
		modTime: hdr.ModTime.Unix(),
	}
	if keepsOwner(hdr.Uid) {
		e.odd |= oddUID
	}
	if keepsOwner(hdr.Gid) {
		e.odd |= oddGID
	}
	x := extra{xattrs: xattrsOf(hdr), devmajor: hdr.Devmajor, devminor: hdr.Devminor}
	switch {
	case !hasContent(hdr.Typeflag):
		e.Size = 0
	case kind == Whiteout || kind == Opaque:
		e.Size, x.length = 0, hdr.Size
	}
	if x.xattrs != nil || x.devmajor != 0 || x.devminor != 0 || x.length != 0 {
		e.extra = &x
	}
	return e, nil
}

// hasContent reports whether content follows a header of the type.
func hasContent(typeflag byte) bool {
	switch typeflag {
	case tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeDir, tar.TypeFifo:
		return false
	}
	return true
}

// owner is who owns a file whose header states id: the kernel takes 32 bits of
// it, and all of them set for leaving the owner, who is root, alone. A hard link
// leaves that of its file.
func owner(id int) uint32 {
	if keepsOwner(id) {
		return 0
	}
	return uint32(id)
}

// keepOwner takes from has, the entry that has said it so far, what e doesn't
// say of the owner.
func (e *Entry) keepOwner(has *Entry) {
	if e.odd&oddUID != 0 {
		e.UID = has.UID
	}
	if e.odd&oddGID != 0 {
		e.GID = has.GID
	}
}

func keepsOwner(id int) bool { return uint32(id) == 1<<32-1 }

func xattrsOf(hdr *tar.Header) map[string]string {
	var xattrs map[string]string
	for k, v := range hdr.PAXRecords {
		if name, ok := strings.CutPrefix(k, xattrPAX); ok {
			if xattrs == nil {
				xattrs = map[string]string{}
			}
			xattrs[strings.Clone(name)] = strings.Clone(v) // out of all the records
		}
	}
	return xattrs
}

// shorten keeps a hostile name from flooding a message.
func shorten(name string) string {
	if len(name) > errorName {
		return name[:errorName] + "…"
	}
	return name
}

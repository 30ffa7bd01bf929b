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
	// Private is the business of the storage driver and is never shown.
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
	// Layer is the index of the layer.
	Layer int32
	// Mode has the permission bits with setuid, setgid and sticky, as in tar.
	Mode     uint32
	UID, GID int32
	// Size is the size that the header states.
	Size int64
	// Offset is where the content starts in the uncompressed layer, -1 where it
	// can't be read from there.
	Offset int64
	// Link is the target of a link, as recorded.
	Link    string
	modTime int64
	// extra is what few entries have.
	extra *extra

	target *Entry // of a hard link, once resolved
	shown  bool   // by the merged tree
}

type extra struct {
	xattrs             map[string]string
	devmajor, devminor int64
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

// Inode is the entry that holds e's content: for a hard link the file that it
// is another name of, else e.
func (e *Entry) Inode() *Entry {
	if e.target != nil {
		return e.target
	}
	return e
}

// IsRegular reports whether e has content of its own.
func (e *Entry) IsRegular() bool {
	return e.Kind == File && (e.Type == tar.TypeReg || e.Type == '7' || e.Type == tar.TypeGNUSparse)
}

const (
	whiteoutPrefix = ".wh."
	opaqueMarker   = ".wh..wh..opq"
	privatePrefix  = ".wh..wh."
	// maxPath is Linux's limit; nothing longer can be a file in a container.
	maxPath   = 4096
	xattrPAX  = "SCHILY.xattr."
	errorName = 200 // how much of a name a message shows
)

// errTooLong is the fault of a path longer than Linux takes.
var errTooLong = errors.New("path is longer than 4096 bytes")

// cleanPath returns the path of a tar entry from the root, without a leading
// slash, and refuses one that leaves the root.
func cleanPath(name string) (string, error) {
	if len(name) > maxPath {
		return "", errTooLong
	}
	if isClean(name) {
		return name, nil
	}
	p := path.Clean(strings.TrimLeft(name, "/"))
	switch {
	case p == ".":
		return "", nil
	case p == ".." || strings.HasPrefix(p, "../"):
		return "", errors.New("path leaves the root")
	}
	return p, nil
}

// isClean is a quick test for the common case.
func isClean(name string) bool {
	return name != "" && name[0] != '/' && name[0] != '.' && name[len(name)-1] != '/' &&
		!strings.Contains(name, "//") && !strings.Contains(name, "/.")
}

// classify returns the kind of the entry at the clean path p, and the path that
// it is about.
func classify(p string) (Kind, string) {
	base := p[strings.LastIndexByte(p, '/')+1:]
	dir := strings.TrimSuffix(p[:len(p)-len(base)], "/")
	switch {
	case !strings.HasPrefix(base, whiteoutPrefix) && !strings.Contains(p, "/"+privatePrefix) && !strings.HasPrefix(p, privatePrefix):
		return File, p
	case base == opaqueMarker:
		return Opaque, dir
	case strings.HasPrefix(base, privatePrefix), !strings.HasPrefix(base, whiteoutPrefix):
		return Private, p
	}
	switch base[len(whiteoutPrefix):] {
	case "", ".", "..":
		return Private, p // removes nothing
	}
	return Whiteout, path.Join(dir, base[len(whiteoutPrefix):])
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
		UID:     int32(hdr.Uid),
		GID:     int32(hdr.Gid),
		Size:    hdr.Size,
		Link:    hdr.Linkname,
		modTime: hdr.ModTime.Unix(),
	}
	xattrs := xattrsOf(hdr)
	if xattrs != nil || hdr.Devmajor != 0 || hdr.Devminor != 0 {
		e.extra = &extra{xattrs, hdr.Devmajor, hdr.Devminor}
	}
	return e, nil
}

func xattrsOf(hdr *tar.Header) map[string]string {
	var xattrs map[string]string
	for k, v := range hdr.PAXRecords {
		if name, ok := strings.CutPrefix(k, xattrPAX); ok {
			if xattrs == nil {
				xattrs = map[string]string{}
			}
			xattrs[name] = v
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

package image

import (
	"archive/tar"
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path"
	"strings"

	"devops-go/internal/oci"
	"devops-go/internal/tarscan"
)

// maxMembers bounds the table of an archive's members and the directories that
// they are in, maxMemberNames the bytes of their names; an image of a hundred
// layers has a few hundred, of a hundred bytes each.
const (
	maxMembers     = 1 << 18
	maxMemberNames = 32 << 20
)

// An archive is a tar file with an image in it, indexed without reading the
// contents.
type archive struct {
	at      io.ReaderAt
	members map[string]member
	dirs    map[string]bool // that members are in
	names   int             // bytes of both
}

// A member is a file of an archive or a link.
type member struct {
	offset, size int64
	link         string // target, a member's name
	// twice tells that the archive has the name again with something else.
	twice bool
}

// indexArchive lists the members of the tar archive at, size bytes long.
func indexArchive(at io.ReaderAt, size int64) (*archive, error) {
	a := &archive{at: at, members: map[string]member{}, dirs: map[string]bool{}}
	if size < tarBlock {
		return nil, errNoTar
	}
	scanner := tarscan.NewFile(at, size)
	for {
		hdr, err := scanner.Next()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, a.unreadable(err)
		}
		if len(hdr.Name) > maxName {
			return nil, fmt.Errorf("archive member %.100q…: a name of more than %d bytes", hdr.Name, maxName)
		}
		name, err := a.follow(path.Dir(clean(hdr.Name)))
		if err != nil {
			return nil, err
		}
		name = strings.Clone(path.Join(name, path.Base(clean(hdr.Name)))) // not with all the PAX records
		m := member{size: hdr.Size}
		switch hdr.Typeflag {
		case tar.TypeReg, '7':
			var ok bool
			if m.offset, ok = scanner.Offset(); !ok {
				return nil, fmt.Errorf("archive member %q: sparse files are not supported here", name)
			}
		case tar.TypeSymlink:
			m.link = clean(hdr.Linkname)
			if !path.IsAbs(hdr.Linkname) {
				m.link = clean(path.Join(path.Dir(name), hdr.Linkname))
			}
			m.size = 0
		case tar.TypeLink:
			m.link, m.size = clean(hdr.Linkname), 0
		default:
			continue
		}
		m.link = strings.Clone(m.link)
		if err := a.add(name, m); err != nil {
			return nil, err
		}
		if len(a.members)+len(a.dirs) > maxMembers {
			return nil, fmt.Errorf("archive has more than %d members and directories", maxMembers)
		}
		if a.names > maxMemberNames {
			return nil, fmt.Errorf("archive has more than %d bytes of names", maxMemberNames)
		}
	}
}

// add takes in a member. One that is there already, as something else, can't
// be asked for: some readers take the first and others the last.
func (a *archive) add(name string, m member) error {
	if had, ok := a.members[name]; ok {
		same, err := a.same(had, m)
		if err != nil {
			return err
		}
		m.twice = had.twice || !same
	}
	if m.link != "" && a.dirs[name] {
		m.twice = true // in its place was a directory
	}
	a.members[name] = m
	a.names += len(name) + len(m.link)
	for dir := path.Dir(name); dir != "." && !a.dirs[dir]; dir = path.Dir(dir) {
		a.dirs[dir] = true
		a.names += len(dir)
	}
	return nil
}

// same reports whether two members are links to the same or have the same
// content.
func (a *archive) same(m, n member) (bool, error) {
	if m.link != n.link || m.size != n.size {
		return false, nil
	}
	x, y := make([]byte, 32<<10), make([]byte, 32<<10)
	for done := int64(0); done < m.size; {
		part := min(m.size-done, int64(len(x)))
		if _, err := a.at.ReadAt(x[:part], m.offset+done); err != nil {
			return false, err
		}
		if _, err := a.at.ReadAt(y[:part], n.offset+done); err != nil {
			return false, err
		}
		if !bytes.Equal(x[:part], y[:part]) {
			return false, nil
		}
		done += part
	}
	return true, nil
}

// maxName is the longest path that Linux takes.
const maxName = 4096

// follow returns where the directory dir is, which members that are links lead
// away from.
func (a *archive) follow(dir string) (string, error) {
	if dir == "." || len(a.members) == 0 {
		return dir, nil
	}
	links, at, rest := 0, "", dir
	for rest != "" {
		var name string
		name, rest, _ = strings.Cut(rest, "/")
		at = path.Join(at, name)
		m := a.members[at]
		switch {
		case m.twice:
			return "", errTwice(at)
		case m.link == "":
			continue
		}
		if links++; links > maxLinks || len(m.link)+len(rest) > maxName {
			return "", fmt.Errorf("archive member %q: too many links", dir)
		}
		at, rest = "", path.Join(m.link, rest)
	}
	return at, nil
}

// maxLinks is how many links Linux follows before it calls a loop.
const maxLinks = 40

func errTwice(name string) error {
	return fmt.Errorf("archive member %q is there twice and not the same: some readers take the first, others the last", name)
}

// tarBlock is the size of a tar header, below which nothing is an archive.
const tarBlock = 512

var errNoTar = errors.New("not a tar archive")

// unreadable says how far the archive could be read.
func (a *archive) unreadable(err error) error {
	if errors.Is(err, tar.ErrHeader) && len(a.members) == 0 {
		return errNoTar
	}
	return fmt.Errorf("archive, after %d members: %w", len(a.members), err)
}

// clean returns name without "./", a leading slash or ways out of the archive.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// lookup resolves name through links inside the archive.
func (a *archive) lookup(name string) (member, error) {
	name = clean(name)
	for range maxLinks {
		dir, err := a.follow(path.Dir(name))
		if err != nil {
			return member{}, err
		}
		name = path.Join(dir, path.Base(name))
		m, ok := a.members[name]
		switch {
		case !ok:
			return member{}, fmt.Errorf("archive member %q: %w", name, fs.ErrNotExist)
		case m.twice:
			return member{}, errTwice(name)
		case m.link == "":
			return m, nil
		}
		name = m.link
	}
	return member{}, fmt.Errorf("archive member %q: too many links", name)
}

// has reports whether there is a member called name, be it one that can't be
// read.
func (a *archive) has(name string) bool {
	_, err := a.lookup(name)
	return !errors.Is(err, fs.ErrNotExist)
}

// section returns the content of the member name.
func (a *archive) section(name string) (section, error) {
	m, err := a.lookup(name)
	if err != nil {
		return section{}, err
	}
	return section{io.NewSectionReader(a.at, m.offset, m.size)}, nil
}

// read returns the whole of the small member name.
func (a *archive) read(name string) ([]byte, error) {
	s, err := a.section(name)
	if err != nil {
		return nil, err
	}
	if s.Size() > maxJSON {
		return nil, fmt.Errorf("archive member %q: %d bytes is too much for JSON, the limit is %d", name, s.Size(), maxJSON)
	}
	return io.ReadAll(bufio.NewReader(s))
}

// open makes an archive the store of the OCI layout in it.
func (a *archive) open(_ context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	return a.content(oci.BlobPath(d))
}

// content is section for a caller that names what it reads itself.
func (a *archive) content(name string) (io.ReadCloser, error) {
	s, err := a.section(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fs.ErrNotExist
	}
	return s, err
}

// memberStore is the store of a layer that is known by its name only.
type memberStore struct {
	a    *archive
	name string
}

func (m memberStore) open(context.Context, oci.Descriptor) (io.ReadCloser, error) {
	return m.a.content(m.name)
}

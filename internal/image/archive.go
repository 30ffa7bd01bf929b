package image

import (
	"archive/tar"
	"bufio"
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

// maxMembers bounds the table of an archive's members; an image of a hundred
// layers has a few hundred.
const maxMembers = 1 << 18

// An archive is a tar file with an image in it, indexed without reading the
// contents.
type archive struct {
	at      io.ReaderAt
	members map[string]member
}

// A member is a file of an archive or a link to one.
type member struct {
	offset, size int64
	link         string // target, a member's name
}

// indexArchive lists the members of the tar archive at, size bytes long.
func indexArchive(at io.ReaderAt, size int64) (*archive, error) {
	a := &archive{at: at, members: map[string]member{}}
	scanner := tarscan.NewFile(at, size)
	for {
		hdr, err := scanner.Next()
		if err == io.EOF {
			return a, nil
		}
		if err != nil {
			return nil, a.unreadable(err)
		}
		name := clean(hdr.Name)
		m := member{size: hdr.Size}
		switch hdr.Typeflag {
		case tar.TypeReg, '7':
			var ok bool
			if m.offset, ok = scanner.Offset(); !ok {
				return nil, fmt.Errorf("archive member %q: sparse files are not supported here", name)
			}
		case tar.TypeSymlink:
			m.link = clean(path.Join(path.Dir(name), hdr.Linkname))
		case tar.TypeLink:
			m.link = clean(hdr.Linkname)
		default:
			continue
		}
		if len(a.members) >= maxMembers {
			return nil, fmt.Errorf("archive has more than %d members", maxMembers)
		}
		a.members[name] = m
	}
}

// unreadable says how far the archive could be read.
func (a *archive) unreadable(err error) error {
	if errors.Is(err, tar.ErrHeader) && len(a.members) == 0 {
		return errors.New("not a tar archive")
	}
	return fmt.Errorf("archive, after %d members: %w", len(a.members), err)
}

// clean returns name without "./", a leading slash or ways out of the archive.
func clean(name string) string { return strings.TrimPrefix(path.Clean("/"+name), "/") }

// lookup resolves name through links inside the archive.
func (a *archive) lookup(name string) (member, error) {
	name = clean(name)
	for range 40 { // as Linux: more is a loop
		m, ok := a.members[name]
		if !ok {
			return member{}, fmt.Errorf("archive member %q: %w", name, fs.ErrNotExist)
		}
		if m.link == "" {
			return m, nil
		}
		name = m.link
	}
	return member{}, fmt.Errorf("archive member %q: too many links", name)
}

func (a *archive) has(name string) bool {
	_, err := a.lookup(name)
	return err == nil
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
	return a.section(oci.BlobPath(d))
}

// memberStore is the store of a layer that is known by its name only.
type memberStore struct {
	a    *archive
	name string
}

func (m memberStore) open(context.Context, oci.Descriptor) (io.ReadCloser, error) {
	return m.a.section(m.name)
}

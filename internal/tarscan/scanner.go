package tarscan

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
)

const blockSize = 512

// maxGlobals is how many global PAX headers an archive may have, of which git
// archive writes one.
const maxGlobals = 10_000

// A Scanner yields the entries of one archive in order. It isn't safe for
// concurrent use.
type Scanner struct {
	src   source
	hdr   tar.Header
	names [2]string // the last owner and group names, shared between entries

	start   int64       // offset of the current entry's first content byte
	left    int64       // content bytes of it not yet passed
	pad     int64       // bytes between its content and the next header
	rest    *tar.Reader // set from the first sparse file on
	globals int         // global PAX headers so far
	err     error       // what Next returned last, when that was an error
}

// NewFile returns a Scanner of the size bytes of r.
func NewFile(r io.ReaderAt, size int64) *Scanner {
	return &Scanner{src: &fileSource{r: r, size: size}}
}

// NewStream returns a Scanner that reads r from front to end.
func NewStream(r io.Reader) *Scanner {
	return &Scanner{src: newStreamSource(r)}
}

// Next moves to the next entry and returns its header, which is valid until
// the next call. Global PAX headers are passed over, as archive/tar leaves
// their records to its caller and they hold no entry. It returns [io.EOF] at
// the end of the archive.
func (s *Scanner) Next() (*tar.Header, error) {
	if s.err != nil {
		return nil, s.err
	}
	hdr, err := s.next()
	s.err = err
	return hdr, err
}

func (s *Scanner) next() (*tar.Header, error) {
	for {
		if s.rest != nil {
			return s.nextRest()
		}
		if err := s.src.skip(s.left); err != nil {
			return nil, err
		}
		if err := s.src.skipPadding(s.pad); err != nil {
			return nil, err
		}
		s.left, s.pad = 0, 0
		block, err := s.src.block()
		if err != nil {
			return nil, err
		}
		if !s.parse(block) {
			if err := s.delegate(); err != nil {
				return nil, err
			}
		}
		s.start = s.src.offset()
		if s.hdr.Typeflag != tar.TypeXGlobalHeader {
			return &s.hdr, nil
		}
		if err := s.passGlobal(); err != nil {
			return nil, err
		}
	}
}

// nextRest is Next once archive/tar has taken over for good.
func (s *Scanner) nextRest() (*tar.Header, error) {
	for {
		hdr, err := s.rest.Next()
		if err != nil {
			return nil, err
		}
		if hdr.Typeflag != tar.TypeXGlobalHeader {
			return hdr, nil
		}
		if err := s.passGlobal(); err != nil {
			return nil, err
		}
	}
}

func (s *Scanner) passGlobal() error {
	if s.globals++; s.globals > maxGlobals {
		return fmt.Errorf("more than %d global PAX headers", maxGlobals)
	}
	return nil
}

// delegate lets archive/tar read the header that starts with the block just
// read, with all of its extension headers.
func (s *Scanner) delegate() error {
	reader := tar.NewReader(s.src.reread())
	hdr, err := reader.Next()
	if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
		return err
	}
	s.hdr = *hdr
	if sparse(hdr) {
		// Only archive/tar knows where the stored bytes of a sparse file end.
		s.rest = reader
		return nil
	}
	s.setContent(storedSize(hdr))
	if hdr.Typeflag == tar.TypeXGlobalHeader {
		// Its records were its content; what is left of that is padding.
		s.pad = -s.src.offset() & (blockSize - 1)
	}
	return nil
}

func sparse(hdr *tar.Header) bool {
	if hdr.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for key := range hdr.PAXRecords {
		if strings.HasPrefix(key, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// storedSize is how many content bytes follow hdr: links, devices and
// directories have none, whatever size their header states.
func storedSize(hdr *tar.Header) int64 {
	switch hdr.Typeflag {
	case tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeBlock, tar.TypeDir, tar.TypeFifo, tar.TypeXGlobalHeader:
		return 0
	}
	return hdr.Size
}

func (s *Scanner) setContent(size int64) {
	s.left = size
	s.pad = -size & (blockSize - 1)
}

// Rest returns what follows the end of the archive, once Next has returned
// io.EOF.
func (s *Scanner) Rest() io.Reader { return s.src.remaining() }

// Offset returns where in the file the current entry's content starts, and
// false when it can't be read from there as it is: the archive is a stream or
// the file is sparse.
func (s *Scanner) Offset() (int64, bool) {
	_, seekable := s.src.(*fileSource)
	return s.start, seekable && s.rest == nil
}

// Section returns the current entry's content for reading at random, and false
// where [Scanner.Offset] is false.
func (s *Scanner) Section() (*io.SectionReader, bool) {
	file, ok := s.src.(*fileSource)
	if !ok || s.rest != nil {
		return nil, false
	}
	return io.NewSectionReader(file.r, s.start, min(storedSize(&s.hdr), file.size-s.start)), true
}

// Read reads the current entry's content, sparse files with their holes
// filled in; it returns io.EOF at its end.
func (s *Scanner) Read(p []byte) (int, error) {
	if s.rest != nil {
		return s.rest.Read(p)
	}
	if s.left == 0 {
		return 0, io.EOF
	}
	if int64(len(p)) > s.left {
		p = p[:s.left]
	}
	n, err := s.src.read(p)
	s.left -= int64(n)
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	return n, err
}

// parse fills s.hdr from a header that means exactly what it says, and reports
// false for every other one.
func (s *Scanner) parse(b []byte) bool {
	typeflag := b[156]
	if typeflag != 0 && (typeflag < '0' || typeflag > '6') {
		return false
	}
	magic := b[257:265]
	ustar := string(magic) == "ustar\x0000" && string(b[508:512]) != "tar\x00"
	// A GNU header with an access time, or an old Go's prefix in its place, is not plain.
	gnu := string(magic) == "ustar  \x00" && b[345] == 0
	if !ustar && !gnu || !checksumOK(b) {
		return false
	}
	n := numbers{ok: true}
	mode, uid, gid := n.parse(b[100:108]), n.parse(b[108:116]), n.parse(b[116:124])
	size, mtime := n.parse(b[124:136]), n.parse(b[136:148])
	major, minor := n.parse(b[329:337]), n.parse(b[337:345])
	if !n.ok {
		return false
	}
	s.hdr = tar.Header{
		Typeflag: typeflag,
		Name:     text(b[0:100]),
		Linkname: text(b[157:257]),
		Size:     size,
		Mode:     mode,
		Uid:      int(uid),
		Gid:      int(gid),
		Uname:    s.share(0, b[265:297]),
		Gname:    s.share(1, b[297:329]),
		ModTime:  unixTime(mtime),
		Devmajor: major,
		Devminor: minor,
	}
	if prefix := text(b[345:500]); ustar && prefix != "" {
		s.hdr.Name = prefix + "/" + s.hdr.Name
	}
	if typeflag == 0 {
		s.hdr.Typeflag = tar.TypeReg
		if strings.HasSuffix(s.hdr.Name, "/") {
			s.hdr.Typeflag = tar.TypeDir
		}
	}
	s.setContent(storedSize(&s.hdr))
	return true
}

// share returns the text of field, as the same string while it doesn't change.
func (s *Scanner) share(i int, field []byte) string {
	field = cut(field)
	if string(field) != s.names[i] {
		s.names[i] = string(field)
	}
	return s.names[i]
}

func text(field []byte) string { return string(cut(field)) }

func cut(field []byte) []byte {
	if i := bytes.IndexByte(field, 0); i >= 0 {
		return field[:i]
	}
	return field
}

// truncated is the error of an archive that ends inside an entry.
func truncated(left, have int64) error {
	return fmt.Errorf("%d bytes of content to come, %d there: %w", left, have, io.ErrUnexpectedEOF)
}

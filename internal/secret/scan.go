package secret

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

const (
	// Contents are searched in windows of this size. What lies across the end
	// of one is whole in the next, which begins that much earlier.
	window  = 256 << 10
	carried = 2 * maxToken
	// maxTokens is how many secrets of one content are told apart.
	maxTokens = 1000
	// maxInflated is how much of what a compressed content holds is searched,
	// and maxDepth how often compressed contents are looked for in another.
	maxInflated = 64 << 20
	maxDepth    = 3
	// headSize is how much of a content tells what it is.
	headSize = 512

	gzipMagic = "\x1f\x8b\x08"
)

// Found is what a scan found in a content.
type Found struct {
	// PrivateKey reports whether there is one.
	PrivateKey bool
	// KeyStore says which kind of store with private keys the content is; "" for
	// none.
	KeyStore string
	// Kinds are those of the other secrets, by value.
	Kinds map[string]string
}

// Scan looks for secrets in the content of a file at that path, which says how
// closely to look: for the known formats everywhere, also behind the magic number
// of another format, after the end of a compressed stream and in what is
// compressed or written in UTF-16; for values of sensitive names in settings and
// sources.
func (m *Matcher) Scan(content io.Reader, path string) (Found, error) {
	s := scan{Matcher: m, place: placeOf(path), left: maxInflated, found: Found{Kinds: map[string]string{}}}
	err := s.read(content, 0)
	return s.found, err
}

// A scan is the search of one file.
type scan struct {
	*Matcher
	place place
	left  int64 // of maxInflated
	found Found
	spans []Span
	trail []trail
}

// read searches a content, and at some depth what is packed in it.
func (s *scan) read(content io.Reader, depth int) error {
	w := &view{scan: s, buf: s.windows.Get().(*[window]byte)}
	defer s.windows.Put(w.buf)
	n, err := io.ReadFull(content, w.buf[:headSize])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return err
	}
	head := bytes.Clone(w.buf[:n])
	content = io.MultiReader(bytes.NewReader(head), content)
	unpack := unpacker(head)
	if unpack == nil || depth == maxDepth {
		if err := w.fill(content); err != nil {
			return err
		}
		s.seeKeyStore(head, w)
		return nil
	}
	// Whatever is wrong with what is packed is no matter of a search; an error of
	// the content itself comes back when the rest of it is read.
	source := &stickyReader{r: content}
	if packed := unpack(io.TeeReader(source, w)); packed != nil {
		limited := &io.LimitedReader{R: packed, N: s.left}
		s.read(limited, depth+1)
		s.left = limited.N
	}
	return w.fill(source)
}

// unpacker returns what makes the plain content of one that begins with head; nil
// where it is plain.
func unpacker(head []byte) func(io.Reader) io.Reader {
	switch {
	case bytes.HasPrefix(head, []byte(gzipMagic)):
		return func(r io.Reader) io.Reader {
			z, err := gzip.NewReader(r)
			if err != nil {
				return nil
			}
			return z
		}
	case isUTF16(head, 0):
		return func(r io.Reader) io.Reader { return &utf16Reader{r: r, high: 1} }
	case isUTF16(head, 1):
		return func(r io.Reader) io.Reader { return &utf16Reader{r: r, high: 0} }
	}
	return nil
}

// A stickyReader returns an error again.
type stickyReader struct {
	r   io.Reader
	err error
}

func (s *stickyReader) Read(p []byte) (int, error) {
	if s.err != nil {
		return 0, s.err
	}
	n, err := s.r.Read(p)
	s.err = err
	return n, err
}

// A view is the window through which a content is seen.
type view struct {
	*scan
	buf   *[window]byte
	n     int
	moved bool // past the beginning
}

// Write takes in what has been read of the content.
func (v *view) Write(p []byte) (int, error) {
	for rest := p; len(rest) > 0; {
		if v.n == window {
			v.move()
		}
		n := copy(v.buf[v.n:], rest)
		v.n += n
		rest = rest[n:]
	}
	return len(p), nil
}

// fill takes in all that is left of the content.
func (v *view) fill(content io.Reader) error {
	for {
		if v.n == window {
			v.move()
		}
		n, err := io.ReadFull(content, v.buf[v.n:])
		v.n += n
		if err == io.EOF || err == io.ErrUnexpectedEOF {
			v.look(v.buf[:v.n], !v.moved, true)
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// move searches a full window and goes on to the next.
func (v *view) move() {
	v.look(v.buf[:], !v.moved, false)
	v.n = copy(v.buf[:], v.buf[window-carried:])
	v.moved = true
}

// look searches a window. What stands at its very edge may go on beyond it, and
// is whole in a neighbour.
func (s *scan) look(b []byte, first, last bool) {
	s.spans = s.spans[:0]
	s.searchFormats(b, first)
	if s.place != plain && !s.found.full() {
		s.searchNames(b)
	}
	for _, at := range s.spans {
		if at.Start == 0 && !first || at.End == len(b) && !last || s.found.full() {
			continue
		}
		s.found.Kinds[string(b[at.Start:at.End])] = at.Kind
	}
}

// The anchors beside those of formats, in this order.
const (
	anchorKey = iota
	anchorEncodedKey
	anchorURL
)

func otherAnchors() []string { return []string{keyBegin, encodedKeyBegin, "://"} }

// searchFormats looks for what is known by its looks.
func (s *scan) searchFormats(b []byte, first bool) {
	s.trail = append(s.trail[:0], make([]trail, len(s.tokens)+1)...)
	if first && isPuTTYKey(b) {
		s.found.PrivateKey = true
	}
	s.anchors.find(b, func(word, at int) {
		if word < len(s.tokens) {
			if span, ok := s.tokens[word].match(b, at, &s.trail[word]); ok {
				s.spans = append(s.spans, span)
			}
			return
		}
		switch word - len(s.tokens) {
		case anchorKey:
			if !s.found.PrivateKey {
				_, _, s.found.PrivateKey = privateKey(b, at)
			}
		case anchorEncodedKey:
			if !s.found.PrivateKey {
				s.found.PrivateKey = isEncodedKey(b[at:min(len(b), at+maxToken)])
			}
		case anchorURL:
			// Programs and comments show how.
			if s.place == plain || s.place == source && isComment(b[bytes.LastIndexByte(b[:at], '\n')+1:at]) {
				return
			}
			if span, ok := s.url.match(b, at, &s.trail[len(s.tokens)]); ok && !isShowURL(b, span) {
				s.spans = append(s.spans, span)
			}
		}
	})
}

// isShowURL reports whether the URL with the password at that place leads to
// nobody's server, or has nobody's password.
func isShowURL(b []byte, at Span) bool {
	user := b[bytes.LastIndexByte(b[:at.Start-1], '/')+1 : at.Start-1]
	switch password := string(b[at.Start:at.End]); strings.ToLower(password) {
	case string(user), "password", "passwd", "pass", "pwd", "pw", "secret", "token":
		return true
	}
	host := string(b[min(at.End+1, len(b)):min(at.End+64, len(b))])
	for _, nobody := range []string{"localhost", "127.", "0.0.0.0", "[::1]", "host", "example", "server", "my", "your", "$", "{", "<"} {
		if strings.HasPrefix(host, nobody) {
			return true
		}
	}
	return false
}

// full reports whether no more secrets are told apart.
func (f *Found) full() bool { return len(f.Kinds) == maxTokens }

// String says what was found beside keys; nothing where nothing was.
func (f Found) String() string {
	n := len(f.Kinds)
	kinds := strings.Join(slices.Compact(slices.Sorted(maps.Values(f.Kinds))), ", ")
	switch n {
	case 0:
		return ""
	case 1:
		return "holds a secret: " + kinds
	case maxTokens:
		return fmt.Sprintf("holds %d secrets or more: %s", n, kinds)
	}
	return fmt.Sprintf("holds %d secrets: %s", n, kinds)
}

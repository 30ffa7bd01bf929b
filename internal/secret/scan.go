package secret

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"maps"
	"path"
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
	// maxInflated is how much of what a compressed content holds is searched.
	maxInflated = 64 << 20

	gzipMagic = "\x1f\x8b\x08"
)

// Found is what a scan found in a content.
type Found struct {
	// PrivateKey reports whether there is one.
	PrivateKey bool
	// Kinds are those of the other secrets, by value.
	Kinds map[string]string
}

// Scan looks for secrets in the content of a file of that name, which says how
// closely to look.
func (m *Matcher) Scan(content io.Reader, name string) (Found, error) {
	s := scan{
		matcher:     m,
		settings:    isSettings(name),
		environment: path.Ext(name) == ".env",
		found:       Found{Kinds: map[string]string{}},
	}
	w := m.windows.Get().(*[window]byte)
	defer m.windows.Put(w)
	var magic [len(gzipMagic)]byte
	n, err := io.ReadFull(content, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return Found{}, err
	}
	content = io.MultiReader(bytes.NewReader(magic[:n]), content)
	if string(magic[:n]) == gzipMagic {
		// Damage is no matter of a search for secrets.
		if z, err := gzip.NewReader(content); err == nil {
			s.read(io.LimitReader(z, maxInflated), w)
		}
		return s.found, nil
	}
	err = s.read(content, w)
	return s.found, err
}

// A scan is the search of one content.
type scan struct {
	matcher *Matcher
	found   Found
	spans   []Span

	settings    bool // passwords in URLs count, too
	environment bool // and values of telling names
}

// read searches what r has left, window by window.
func (s *scan) read(r io.Reader, w *[window]byte) error {
	n := 0
	for first := true; ; first = false {
		m, err := io.ReadFull(r, w[n:])
		n += m
		last := err == io.EOF || err == io.ErrUnexpectedEOF
		if err != nil && !last {
			return err
		}
		s.look(w[:n], first, last)
		if last {
			return nil
		}
		n = copy(w[:], w[n-carried:n])
	}
}

// look searches a window. What stands at its very edge may go on beyond it, and
// is whole in a neighbour.
func (s *scan) look(b []byte, first, last bool) {
	s.found.PrivateKey = s.found.PrivateKey || hasPrivateKey(b)
	s.spans = s.spans[:0]
	for i := range s.matcher.tokens {
		s.spans = s.matcher.tokens[i].find(s.spans, b)
	}
	if s.settings {
		for _, at := range s.matcher.url.find(nil, b) {
			if !isShowURL(b, at) {
				s.spans = append(s.spans, at)
			}
		}
	}
	if s.environment {
		s.spans = append(s.spans, s.matcher.Find(string(b))...)
	}
	for _, at := range s.spans {
		if at.Start == 0 && !first || at.End == len(b) && !last || len(s.found.Kinds) == maxTokens {
			continue
		}
		s.found.Kinds[string(b[at.Start:at.End])] = at.Kind
	}
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

// String says what was found beside private keys; nothing where nothing was.
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

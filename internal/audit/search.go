package audit

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
	// maxTokens is how many secrets of one file are told apart.
	maxTokens = 1000
	// maxSecrets bounds the secrets of files that are masked wherever else they
	// turn up. Those of history and configuration are not bounded.
	maxSecrets = 100_000
	// maxInflated is how much of what a compressed file holds is searched.
	maxInflated = 64 << 20

	gzipMagic = "\x1f\x8b\x08"
)

// search looks for secrets in a content.
func (a *auditor) search(f *facts, p string, zipped bool, content io.Reader) error {
	s := search{matcher: &a.matcher, settings: isSettings(p), environment: path.Ext(p) == ".env", kinds: map[string]string{}}
	w := a.views.Get().(*[window]byte)
	defer a.views.Put(w)
	if zipped {
		// A damaged file is no matter of an audit.
		if z, err := gzip.NewReader(content); err == nil {
			s.read(io.LimitReader(z, maxInflated), w)
		}
	} else if err := s.read(content, w); err != nil {
		return err
	}
	f.privateKey, f.token = s.privateKey, s.String()
	a.mu.Lock()
	defer a.mu.Unlock()
	for value := range s.kinds {
		if len(a.secrets.values) < maxSecrets {
			a.secrets.learn(value)
		}
	}
	return nil
}

// A search is what was found of secrets in a content.
type search struct {
	matcher    *matcher
	privateKey bool
	kinds      map[string]string // of the secrets
	spans      []span

	settings    bool // passwords in URLs count, too
	environment bool // and values of telling names
}

// read searches what r has left, window by window.
func (s *search) read(r io.Reader, w *[window]byte) error {
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
func (s *search) look(b []byte, first, last bool) {
	s.privateKey = s.privateKey || hasPrivateKey(b)
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
		s.spans = append(s.spans, s.matcher.text(string(b))...)
	}
	for _, at := range s.spans {
		if at.start == 0 && !first || at.end == len(b) && !last || len(s.kinds) == maxTokens {
			continue
		}
		s.kinds[string(b[at.start:at.end])] = at.kind
	}
}

// isShowURL reports whether the URL with the password at that place leads to
// nobody's server, or has nobody's password.
func isShowURL(b []byte, at span) bool {
	user := b[bytes.LastIndexByte(b[:at.start-1], '/')+1 : at.start-1]
	switch password := string(b[at.start:at.end]); strings.ToLower(password) {
	case string(user), "password", "passwd", "pass", "pwd", "pw", "secret", "token":
		return true
	}
	host := string(b[min(at.end+1, len(b)):min(at.end+64, len(b))])
	for _, nobody := range []string{"localhost", "127.", "0.0.0.0", "[::1]", "host", "example", "server", "my", "your", "$", "{", "<"} {
		if strings.HasPrefix(host, nobody) {
			return true
		}
	}
	return false
}

// String says what was found; nothing where nothing was.
func (s *search) String() string {
	n := len(s.kinds)
	kinds := strings.Join(slices.Compact(slices.Sorted(maps.Values(s.kinds))), ", ")
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

package audit

import (
	"bytes"
	"context"
	"hash/maphash"
	"io"
	"os"
	"path"

	"devops-go/internal/image"
	"devops-go/internal/layers"
)

// facts are what was learnt from a file's content.
type facts struct {
	privateKey bool
	// token is the kind of a secret that was found by its look.
	token string
	// text is the whole content of a small file that a rule wants to see.
	text []byte
	// interpreter is what a script's first line names.
	interpreter string
	program     *program
	// sum tells the contents of large files apart; 0 for small ones.
	sum uint64
}

const (
	// maxSearch is how large a file may be to be searched for secrets.
	maxSearch = 4 << 20
	// maxText is how large a file may be to be kept for a rule.
	maxText = 64 << 10
	// minDuplicate is how large contents must be to matter twice.
	minDuplicate = 1_000_000
)

// A TempFile makes a file for programs that come as a stream; the caller
// closes it, and nothing remains of it.
type TempFile func() (*os.File, error)

// visit takes in the content of an entry while its layer is read.
func (a *auditor) visit(l *image.Layer, e *layers.Entry, content io.Reader) error {
	if !e.IsRegular() || e.Size == 0 || !a.wanted(l, e) {
		return nil
	}
	return a.learn(e, content)
}

// learn keeps the facts of a content. Layers are read at the same time.
func (a *auditor) learn(e *layers.Entry, content io.Reader) error {
	f, err := a.examine(e, content)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	a.facts[e] = f
	return nil
}

// wanted reports whether the content of e is to be read.
func (a *auditor) wanted(l *image.Layer, e *layers.Entry) bool {
	p := e.Node.Path()
	switch {
	case isUserDatabase(p):
		return true
	case a.opts.Depth == Shallow:
		return false
	case a.opts.Depth == Deep || l.Index >= a.base:
		return true
	case e.Mode&0o111 != 0 && a.starts(path.Base(p)):
		return true
	}
	return e.Size <= maxText && promises(p)
}

func isUserDatabase(p string) bool { return p == "etc/passwd" || p == "etc/group" }

// starts reports whether a program of that base name may be what the image
// starts.
func (a *auditor) starts(base string) bool {
	command := a.img.Config.Command()
	return len(command) > 0 && path.Base(command[0]) == base
}

// readEntry makes up for a program that is started under another name than its
// own, and so wasn't read with its layer.
func (a *auditor) readEntry(ctx context.Context) error {
	if a.entry == nil || a.opts.Depth == Shallow {
		return nil
	}
	inode := a.entry.Entry.Inode()
	if a.facts[inode] != nil || inode.Size == 0 {
		return nil
	}
	wanted := map[*layers.Entry]bool{inode: true}
	return a.stack.Contents(ctx, wanted, func(_ *image.Layer, e *layers.Entry, content io.Reader) error { return a.learn(e, content) })
}

// examine reads a content from front to end, once.
func (a *auditor) examine(e *layers.Entry, content io.Reader) (*facts, error) {
	var f facts
	if e.Size <= maxSearch {
		b := a.buffers.Get().(*bytes.Buffer)
		defer a.buffers.Put(b)
		b.Reset()
		if _, err := b.ReadFrom(io.LimitReader(content, maxSearch)); err != nil {
			return nil, err
		}
		a.search(&f, e, b.Bytes())
		return &f, nil
	}
	at, done, err := a.randomAccess(content, e.Size)
	if err != nil || at == nil {
		return &f, err
	}
	defer done()
	section := io.NewSectionReader(at, 0, e.Size)
	var sought needles
	sum := a.newSum()
	if _, err := io.Copy(io.MultiWriter(sum, &sought), section); err != nil {
		return nil, err
	}
	f.sum = sum.Sum64()
	f.program = readProgram(at, &sought)
	return &f, nil
}

// search looks at a content that is at hand.
func (a *auditor) search(f *facts, e *layers.Entry, b []byte) {
	if len(b) >= minDuplicate {
		sum := a.newSum()
		sum.Write(b)
		f.sum = sum.Sum64()
	}
	switch {
	case bytes.HasPrefix(b, []byte(elfMagic)):
		var sought needles
		sought.Write(b)
		f.program = readProgram(bytes.NewReader(b), &sought)
		return
	case bytes.HasPrefix(b, []byte("#!")):
		line, _, _ := bytes.Cut(b[2:], []byte("\n"))
		if words := bytes.Fields(line); len(words) > 0 {
			f.interpreter = string(words[0])
		}
	}
	p := e.Node.Path()
	if len(b) <= maxText && (isUserDatabase(p) || promises(p)) {
		f.text = bytes.Clone(b)
	}
	f.privateKey = hasPrivateKey(b)
	var spans []span
	for i := range a.matcher.tokens {
		spans = a.matcher.tokens[i].find(spans, b)
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, s := range spans {
		f.token = s.kind
		a.secrets.learn(string(b[s.start:s.end]))
	}
}

// sectioned is content that lies in a file and can be read at random.
type sectioned interface {
	Section() (*io.SectionReader, bool)
}

// maxMemory is how large a program that comes as a stream may be to be kept in
// memory.
const maxMemory = 8 << 20

// randomAccess returns the content for reading at random, and nil where that
// can't be had.
func (a *auditor) randomAccess(content io.Reader, size int64) (at io.ReaderAt, done func(), err error) {
	if s, ok := content.(sectioned); ok {
		if section, ok := s.Section(); ok {
			return section, func() {}, nil
		}
	}
	if section, ok := content.(*io.SectionReader); ok {
		return section, func() {}, nil
	}
	if size <= maxMemory {
		b, err := io.ReadAll(io.LimitReader(content, maxMemory))
		return bytes.NewReader(b), func() {}, err
	}
	if a.opts.Temp == nil {
		return nil, nil, nil
	}
	f, err := a.opts.Temp()
	if err != nil {
		return nil, nil, err
	}
	if _, err := io.Copy(f, content); err != nil {
		f.Close()
		return nil, nil, err
	}
	return f, func() { f.Close() }, nil
}

// newSum returns a hash of which two contents have the same sum only when they
// are the same: the seed is of this run, so nobody can make two meet.
func (a *auditor) newSum() *maphash.Hash {
	h := new(maphash.Hash)
	h.SetSeed(a.seed)
	return h
}

// needles are the names in a program that tell of TLS.
type needles struct {
	found [len(needleNames)]bool
	tail  []byte
}

// needleNames are what Go's table of functions, or a list of certificates,
// holds.
var needleNames = [...]string{
	needleHandshake: "crypto/tls.(*Conn).clientHandshake\x00",
	needleHTTP:      "net/http.(*Client).do\x00",
	needleDial:      "crypto/tls.dial\x00",
	needleGRPC:      "google.golang.org/grpc.(*ClientConn)",
	needleFallback:  "crypto/x509.SetFallbackRoots\x00",
	needlePool:      "crypto/x509.(*CertPool).AddCertWithConstraint\x00",
	needlePEM:       "-----BEGIN CERTIFICATE-----\nMII",
}

const (
	needleHandshake = iota
	needleHTTP
	needleDial
	needleGRPC
	needleFallback
	needlePool
	needlePEM
)

// overlap is longer than every needle.
const overlap = 64

// Write searches p; what lies across two writes is found, too.
func (n *needles) Write(p []byte) (int, error) {
	seam := append(n.tail, p[:min(len(p), overlap)]...)
	n.search(seam)
	n.search(p)
	if len(p) >= overlap {
		seam = p
	}
	n.tail = append(n.tail[:0], seam[max(0, len(seam)-overlap):]...)
	return len(p), nil
}

func (n *needles) search(p []byte) {
	for i, name := range needleNames {
		if !n.found[i] && bytes.Contains(p, []byte(name)) {
			n.found[i] = true
		}
	}
}

// client reports whether the program seems to make TLS connections.
func (n *needles) client() bool {
	return n.found[needleHandshake] && (n.found[needleHTTP] || n.found[needleDial] || n.found[needleGRPC])
}

// pool reports whether the program seems to bring its own roots.
func (n *needles) pool() bool {
	return n.found[needleFallback] || n.found[needlePool] || n.found[needlePEM]
}

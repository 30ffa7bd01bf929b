package audit

import (
	"archive/tar"
	"bytes"
	"context"
	"hash/maphash"
	"io"
	"os"
	"path"

	"devops-go/internal/elfinfo"
	"devops-go/internal/image"
	"devops-go/internal/layers"
	"devops-go/internal/secret"
)

// facts are what was learnt from a file's content.
type facts struct {
	privateKey bool
	// keyStore says what kind of store of private keys it is.
	keyStore string
	// token says which secrets were found by their looks.
	token string
	// text is the whole content of a small file that a rule wants to see.
	text []byte
	// interpreter is what a script's first line names.
	interpreter string
	program     *program
	// sum tells the contents of large files apart; 0 for small ones. Of such a
	// content, zeros is how many bytes are 0.
	sum   uint64
	zeros int64
}

const (
	// maxText is how large a file may be to be kept for a rule.
	maxText = 64 << 10
	// maxTexts bounds all that is kept so. A file beyond it is judged by its name
	// alone.
	maxTexts = 16 << 20
	// minDuplicate is how large contents must be to matter twice.
	minDuplicate = 1_000_000
)

// A TempFile makes a file for programs that come as a stream; the caller
// closes it, and nothing remains of it.
type TempFile func() (*os.File, error)

// visit takes in the content of an entry while its layer is read.
func (a *auditor) visit(l *image.Layer, e *layers.Entry, content io.Reader) error {
	if !hasContent(e) || e.Length() == 0 || !a.wanted(l, e) {
		return nil
	}
	return a.learn(e, content)
}

// hasContent reports whether an entry has content of its own, which whiteouts may
// have, too.
func hasContent(e *layers.Entry) bool {
	return e.IsRegular() || e.Kind != layers.File && (e.Type == tar.TypeReg || e.Type == '7' || e.Type == tar.TypeGNUSparse)
}

// learn keeps the facts of a content. Layers are read at the same time.
func (a *auditor) learn(e *layers.Entry, content io.Reader) error {
	f, err := a.examine(e, content)
	if err != nil {
		return err
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.texts += len(f.text); a.texts > maxTexts {
		f.text = nil
	}
	if f.plain() {
		f = &a.plain // most files are, and share it
	}
	a.facts[e] = f
	return nil
}

// plain reports whether there is nothing to say of the content.
func (f *facts) plain() bool {
	return !f.privateKey && f.keyStore == "" && f.token == "" && f.text == nil && f.interpreter == "" && f.program == nil && f.sum == 0
}

// wanted reports whether the content of e is to be read.
func (a *auditor) wanted(l *image.Layer, e *layers.Entry) bool {
	p := e.Node.Path()
	switch {
	case isUserDatabase(p):
		return true
	case a.opts.Depth == Shallow:
		return false
	case a.opts.Depth == Deep || !a.isBase(l.Index):
		return true
	case e.Mode&0o111 != 0 && a.starts(path.Base(p)):
		return true
	}
	return e.Length() <= maxText && secret.LooksSensitive(p)
}

func isUserDatabase(p string) bool { return p == "etc/passwd" || p == "etc/group" || p == "etc/shadow" }

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

// maxHead is how much of a content tells what it is.
const maxHead = 256

// examine reads a content from front to end, once.
func (a *auditor) examine(e *layers.Entry, content io.Reader) (*facts, error) {
	var start [maxHead]byte
	n, err := io.ReadFull(content, start[:min(e.Length(), maxHead)])
	if err != nil {
		return nil, err
	}
	head := start[:n]
	if bytes.HasPrefix(head, []byte(elfinfo.Magic)) {
		return a.examineProgram(e, head, content)
	}
	content = io.MultiReader(bytes.NewReader(head), content)
	f := &facts{interpreter: interpreter(head)}
	p := e.Node.Path()
	if e.Length() <= maxText && (isUserDatabase(p) || secret.LooksSensitive(p)) {
		if f.text, err = io.ReadAll(content); err != nil {
			return nil, err
		}
		content = bytes.NewReader(f.text)
	}
	sum := a.newSum()
	if e.Length() >= minDuplicate {
		content = io.TeeReader(content, sum)
	}
	if !secret.IsSample(p) {
		if err := a.search(f, p, content); err != nil {
			return nil, err
		}
	}
	if e.Length() >= minDuplicate {
		if _, err := io.Copy(io.Discard, content); err != nil {
			return nil, err
		}
		f.sum, f.zeros = sum.Sum64(), sum.zeros
	}
	return f, nil
}

// maxSecrets bounds the secrets of files that are masked wherever else they turn
// up. Those of history and configuration are not bounded.
const maxSecrets = 100_000

// search looks for secrets in the content of the file at p.
func (a *auditor) search(f *facts, p string, content io.Reader) error {
	found, err := a.matcher.Scan(content, p)
	if err != nil {
		return err
	}
	f.privateKey, f.keyStore, f.token = found.PrivateKey, found.KeyStore, found.String()
	a.mu.Lock()
	defer a.mu.Unlock()
	for value := range found.Kinds {
		if a.secrets.Len() < maxSecrets {
			a.secrets.Learn(value)
		}
	}
	return nil
}

// interpreter returns what the first line of a script names.
func interpreter(head []byte) string {
	line, ok := bytes.CutPrefix(head, []byte("#!"))
	if !ok {
		return ""
	}
	line, _, _ = bytes.Cut(line, []byte("\n"))
	if words := bytes.Fields(line); len(words) > 0 {
		return string(words[0])
	}
	return ""
}

// examineProgram reads a program that begins with head.
func (a *auditor) examineProgram(e *layers.Entry, head []byte, content io.Reader) (*facts, error) {
	at, done, err := a.randomAccess(head, content, e.Length())
	if err != nil || at == nil {
		return &facts{}, err
	}
	defer done()
	var tls elfinfo.TLS
	sum := a.newSum()
	f := &facts{}
	whole := io.TeeReader(io.NewSectionReader(at, 0, e.Length()), io.MultiWriter(sum, &tls))
	if p := e.Node.Path(); secret.IsSample(p) {
		_, err = io.Copy(io.Discard, whole)
	} else {
		err = a.search(f, p, whole)
	}
	if err != nil {
		return nil, err
	}
	f.program = readProgram(at, &tls)
	if e.Length() >= minDuplicate {
		f.sum, f.zeros = sum.Sum64(), sum.zeros
	}
	return f, nil
}

// sectioned is content that lies in a file and can be read at random.
type sectioned interface {
	Section() (*io.SectionReader, bool)
}

// maxMemory is how large a program that comes as a stream may be to be kept in
// memory.
const maxMemory = 8 << 20

// randomAccess returns the content that begins with head for reading at random,
// and nil where that can't be had.
func (a *auditor) randomAccess(head []byte, content io.Reader, size int64) (at io.ReaderAt, done func(), err error) {
	if s, ok := content.(sectioned); ok {
		if section, ok := s.Section(); ok {
			return section, func() {}, nil
		}
	}
	if section, ok := content.(*io.SectionReader); ok {
		return section, func() {}, nil
	}
	content = io.MultiReader(bytes.NewReader(head), content)
	if size <= maxMemory {
		b := a.buffers.Get().(*bytes.Buffer)
		b.Reset()
		_, err := b.ReadFrom(io.LimitReader(content, maxMemory))
		return bytes.NewReader(b.Bytes()), func() { a.buffers.Put(b) }, err
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

// A tally is a hash of a content that counts its zeros. Two contents have the
// same hash only when they are the same: the seed is of this run, so nobody can
// make two meet.
type tally struct {
	maphash.Hash
	zeros int64
}

// Write never fails.
func (t *tally) Write(b []byte) (int, error) {
	t.zeros += int64(bytes.Count(b, []byte{0}))
	return t.Hash.Write(b)
}

func (a *auditor) newSum() *tally {
	t := new(tally)
	t.SetSeed(a.seed)
	return t
}

package image

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"devops-go/internal/engine"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// Options say how to open an image; the zero value will do.
type Options struct {
	// Platform is the one to pick where there are several. The zero Platform
	// takes the only one, or this machine's.
	Platform oci.Platform
	// Stdin is what the reference "-" reads.
	Stdin io.Reader
	// TempDir is where an archive that comes as a stream is kept while it is
	// read; empty is the system's directory for that. The file has no name and
	// goes away with the process.
	TempDir string
	// MaxSize bounds the bytes of such a file, and those that a compressed
	// archive may unpack to; 0 is DefaultMaxSize.
	MaxSize int64
	// MaxMemory bounds the bytes of an archive that is kept in memory because no
	// file can be made; 0 is DefaultMaxMemory.
	MaxMemory int64
	// Notice, if set, is told what the user should know though nothing failed.
	Notice func(text string)
	// Tolerant opens what is no image, and an image whose manifest or configuration isn't what its
	// descriptor says, and leaves it to the caller to look at the faults.
	Tolerant bool
	// Registry and Engine answer for images that are there; nil doesn't ask.
	Registry *registry.Client
	Engine   *engine.Client
	// Progress, if set, is told of bytes read from layers and from streams, as
	// they are read, from any goroutine.
	Progress func(bytes int64)
}

// DefaultMaxSize is how large an image may become, uncompressed, unless more
// is allowed.
const DefaultMaxSize = 64 << 30

// DefaultMaxMemory is how much of an archive may be kept in memory.
const DefaultMaxMemory = 1 << 30

func (o Options) maxSize() int64 {
	if o.MaxSize > 0 {
		return o.MaxSize
	}
	return DefaultMaxSize
}

// Open opens the image that the reference names. The caller closes it.
func Open(ctx context.Context, reference string, opts Options) (*Image, error) {
	ref, err := ParseReference(reference)
	if err != nil {
		return nil, err
	}
	img, err := open(ctx, ref, opts)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", ref, inTheWay(ref, err))
	}
	img.Name = reference
	if err := img.opened(opts); err != nil {
		img.Close()
		return nil, fmt.Errorf("%s: %w", ref, err)
	}
	return img, nil
}

// inTheWay adds to the error of a file or directory without an image that a
// name was taken for it.
func inTheWay(ref Reference, err error) error {
	if ref.Transport != Any || ref.Path == "-" || looksLikePath(ref.Path) || holdsImages(err) {
		return err
	}
	info, statErr := os.Stat(ref.Path)
	if _, nameErr := registry.ParseReference(ref.Path); statErr != nil || nameErr != nil {
		return err
	}
	kind := "file"
	if info.IsDir() {
		kind = "directory"
	}
	return &ShadowError{Name: ref.Path, Kind: kind, Err: err}
}

// holdsImages reports whether err is about the choice among images.
func holdsImages(err error) bool {
	_, several := errors.AsType[*SeveralError](err)
	_, foreign := errors.AsType[*ForeignError](err)
	_, platform := errors.AsType[*PlatformError](err)
	return several || foreign || platform
}

// A ShadowError says that a file or directory without an image has a name that
// could be an image's.
type ShadowError struct {
	Name string
	Kind string // file or directory
	Err  error
}

func (e *ShadowError) Error() string {
	return fmt.Sprintf("the %s of that name here: %v", e.Kind, e.Err)
}

// Unwrap returns why there is no image in it.
func (e *ShadowError) Unwrap() error { return e.Err }

// OpenArchive opens the image in the archive of size bytes at r, which must
// remain readable until the image is closed. The name picks one of several.
func OpenArchive(ctx context.Context, r io.ReaderAt, size int64, name string, opts Options) (*Image, error) {
	img, err := openArchive(ctx, Reference{Name: name}, r, size, opts)
	if err != nil {
		return nil, err
	}
	return img, img.opened(opts)
}

// opened ends the opening of an image.
func (img *Image) opened(opts Options) error {
	img.opts = opts
	for _, l := range img.Layers {
		l.progress = opts.Progress
	}
	switch {
	case opts.Tolerant:
		return nil
	case img.NotImage != nil:
		return img.NotImage
	case img.ManifestFault != nil:
		return img.ManifestFault
	case img.ConfigFault != nil && img.Manifest != nil: // engines don't look at its name in an archive without
		return img.ConfigFault
	case len(img.Layers) != len(img.Config.RootFS.DiffIDs):
		return fmt.Errorf("the manifest has %d layers and the configuration %d, which no engine takes", len(img.Layers), len(img.Config.RootFS.DiffIDs))
	}
	return nil
}

func open(ctx context.Context, ref Reference, opts Options) (*Image, error) {
	switch ref.Transport {
	case Registry:
		return openRegistry(ctx, ref.Name, opts)
	case Daemon:
		return openDaemon(ctx, ref.Name, opts)
	case OCI:
		return openDir(ctx, ref, opts)
	case Dir:
		return openSkopeoDir(ctx, ref.Path, opts)
	}
	if ref.Path == "-" {
		return openStream(ctx, ref, opts.Stdin, opts)
	}
	info, err := os.Stat(ref.Path)
	if ref.Transport == Any {
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			return openNamed(ctx, ref.Name, opts)
		}
		ref.Name = ""
	}
	switch {
	case err != nil:
		return nil, pathError(err)
	case info.IsDir() && ref.Transport == Any:
		return openDir(ctx, ref, opts)
	case info.IsDir():
		return nil, fmt.Errorf("is a directory, %s wants an archive", ref.Transport)
	}
	f, err := os.Open(ref.Path)
	if err != nil {
		return nil, pathError(err)
	}
	return openStream(ctx, ref, f, opts)
}

// pathError leaves the path out, which the caller names.
func pathError(err error) error {
	var path *fs.PathError
	if errors.As(err, &path) {
		return path.Err
	}
	return err
}

// ReadLayoutIndex reads the index of the OCI layout dir. It waits for no pipe
// and takes no more than an index may have.
func ReadLayoutIndex(dir string) ([]byte, error) {
	f, size, err := openRegular(filepath.Join(dir, oci.IndexFile))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if size > maxJSON {
		return nil, fmt.Errorf("%s: %d bytes, the limit is %d", oci.IndexFile, size, maxJSON)
	}
	return io.ReadAll(io.LimitReader(f, maxJSON))
}

func openDir(ctx context.Context, ref Reference, opts Options) (*Image, error) {
	index, err := ReadLayoutIndex(ref.Path)
	if errors.Is(err, fs.ErrNotExist) {
		if ref.Transport == Any && isDir(ref.Path) {
			return openSkopeoDir(ctx, ref.Path, opts)
		}
		if _, err := os.Stat(ref.Path); err != nil {
			return nil, pathError(err)
		}
		return nil, fmt.Errorf("holds no OCI layout: no %s", oci.IndexFile)
	}
	if err != nil {
		return nil, err
	}
	return openLayout(ctx, layoutDir(ref.Path), index, OCI, ref.Name, opts.Platform)
}

// openStream opens the archive that r holds and takes r over, if it is to be
// closed. A regular file is read where it lies, everything else is copied to a
// file first.
func openStream(ctx context.Context, ref Reference, r io.Reader, opts Options) (*Image, error) {
	f, size, err := seekable(ctx, r, opts)
	if err != nil {
		return nil, err
	}
	img, err := openArchive(ctx, ref, f, size, opts)
	if err != nil {
		f.Close()
		return nil, err
	}
	img.closers = append(img.closers, f)
	return img, nil
}

// seekable returns a file with the uncompressed content of r.
func seekable(ctx context.Context, r io.Reader, opts Options) (*os.File, int64, error) {
	if f, ok := r.(*os.File); ok {
		info, err := f.Stat()
		if err != nil {
			return nil, 0, err
		}
		if info.Mode().IsRegular() {
			magic := make([]byte, sniffLen)
			n, err := f.ReadAt(magic, 0)
			if err != nil && err != io.EOF {
				return nil, 0, err
			}
			if sniff(magic[:n]) == Uncompressed {
				return f, info.Size(), nil
			}
		}
		defer f.Close()
	}
	if opts.Progress != nil {
		r = &progressReader{r, opts.Progress}
	}
	plain, err := Uncompress(r)
	if err != nil {
		return nil, 0, err
	}
	return spool(ctx, plain, opts)
}

// ErrTooLarge is the fault of an image that is, or unpacks to, more than is
// allowed.
var ErrTooLarge = errors.New("image is too large")

// spool copies r to a file without a name, or where none can be made to memory.
func spool(ctx context.Context, r io.Reader, opts Options) (*os.File, int64, error) {
	limit := opts.maxSize()
	f, scratchErr := Scratch(opts.TempDir)
	if scratchErr != nil {
		var err error
		if f, err = memoryFile(); err != nil || opts.TempDir != "" {
			return nil, 0, scratchErr
		}
		limit = min(limit, cmp.Or(opts.MaxMemory, DefaultMaxMemory))
		if opts.Notice != nil {
			opts.Notice(fmt.Sprintf("the archive is kept in memory, up to %d bytes: %v", limit, scratchErr))
		}
	}
	n, err := io.Copy(f, io.LimitReader(&contextReader{ctx, r}, limit+1))
	switch {
	case err != nil || n <= limit:
	case scratchErr != nil && limit < opts.maxSize():
		err = fmt.Errorf("more than %d bytes, and no directory to keep them in: %w", limit, scratchErr)
	default:
		err = fmt.Errorf("%w: more than %d bytes", ErrTooLarge, limit)
	}
	if err != nil {
		f.Close()
		return nil, 0, fmt.Errorf("reading the archive: %w", err)
	}
	return f, n, nil
}

// Scratch creates a file without a name in dir, which goes away with the
// process; an empty dir is the system's directory for that, which is made where
// a scratch container has none.
func Scratch(dir string) (*os.File, error) {
	if dir == "" {
		dir = os.TempDir()
	}
	f, err := os.CreateTemp(dir, "tare-")
	if errors.Is(err, fs.ErrNotExist) && os.MkdirAll(dir, 0o700) == nil {
		f, err = os.CreateTemp(dir, "tare-")
	}
	if err != nil {
		return nil, err
	}
	if err := os.Remove(f.Name()); err != nil {
		f.Close()
		return nil, err
	}
	return f, nil
}

// WithContext returns a reader of r that fails when ctx ends.
func WithContext(ctx context.Context, r io.Reader) io.Reader { return &contextReader{ctx, r} }

// contextReader stops reading when its context ends.
type contextReader struct {
	ctx context.Context
	r   io.Reader
}

func (c *contextReader) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// openArchive opens an image in the archive at. Where the archive is of both
// kinds, the OCI index says more: the manifest, the platforms.
func openArchive(ctx context.Context, ref Reference, at io.ReaderAt, size int64, opts Options) (*Image, error) {
	if size == 0 {
		return nil, errors.New("no archive: there is nothing in it")
	}
	a, err := indexArchive(at, size)
	if err != nil {
		return nil, err
	}
	isOCI, isDocker := a.has(oci.IndexFile), a.has(DockerManifest)
	switch {
	case ref.Transport == DockerArchive && !isDocker:
		return nil, fmt.Errorf("no %s in the archive", DockerManifest)
	case ref.Transport == OCIArchive && !isOCI:
		return nil, fmt.Errorf("no %s in the archive", oci.IndexFile)
	case isDocker && ref.Transport != OCIArchive && (!isOCI || ref.Transport == DockerArchive):
		return openDocker(ctx, a, ref.Name, opts.Platform)
	case isOCI:
		return openBoth(ctx, a, ref, isDocker && ref.Transport != OCIArchive, opts.Platform)
	}
	return nil, a.noImage()
}

// noImage says what an archive is that has neither of the lists of images.
func (a *archive) noImage() error {
	if a.has("repositories") {
		return fmt.Errorf("an archive of docker save before 1.10, without %s: it can't be read", DockerManifest)
	}
	return fmt.Errorf("a tar archive without image: neither %s nor %s in it", DockerManifest, oci.IndexFile)
}

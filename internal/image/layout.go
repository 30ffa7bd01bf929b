package image

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// layoutDir is the store of an OCI layout in a directory.
type layoutDir string

func (dir layoutDir) open(_ context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	f, _, err := openRegular(filepath.Join(string(dir), filepath.FromSlash(oci.BlobPath(d))))
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return nil, e.Err // the caller names the blob
	}
	if err != nil {
		return nil, err
	}
	return f, nil
}

// read returns a file of the layout beside its blobs.
func (dir layoutDir) read(name string) ([]byte, error) {
	f, _, err := openRegular(filepath.Join(string(dir), name))
	if err != nil {
		return nil, err
	}
	defer f.Close()
	return io.ReadAll(io.LimitReader(f, maxJSON))
}

// layoutVersion is the version of image layouts that is known here.
const layoutVersion = "1.0.0"

// layoutFault is what is wrong with the file that marks a layout.
func layoutFault(s store) error {
	files, ok := s.(interface {
		read(name string) ([]byte, error)
	})
	if !ok {
		return nil
	}
	raw, err := files.read(oci.LayoutFile)
	if errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("no %s", oci.LayoutFile)
	}
	if err != nil {
		return fmt.Errorf("%s: %w", oci.LayoutFile, err)
	}
	var mark struct {
		Version string `json:"imageLayoutVersion"`
	}
	if err := oci.Unmarshal(raw, &mark); err != nil {
		return fmt.Errorf("%s: %w", oci.LayoutFile, err)
	}
	if mark.Version != layoutVersion {
		return fmt.Errorf("%s: version %q, known is %q", oci.LayoutFile, mark.Version, layoutVersion)
	}
	return nil
}

// maxIndexDepth and maxIndexEntries bound the descent into indexes of indexes,
// maxDocuments the bytes of all indexes, manifests and configurations that are
// read to find one image.
const (
	maxIndexDepth   = 8
	maxIndexEntries = 10_000
	maxDocuments    = 64 << 20
)

// maxLayers is how many layers an image may have. Engines take 125 or so.
const maxLayers = 1000

func checkLayers(n int) error {
	if n > maxLayers {
		return fmt.Errorf("%d layers, the limit is %d", n, maxLayers)
	}
	return nil
}

// A candidate is a manifest found in an index.
type candidate struct {
	oci.Descriptor
	root     oci.Descriptor // the entry of the outermost index that led to it
	tags     []string       // of the index entries above it
	platform oci.Platform   // what it is for, once it is loaded
	raw      []byte         // the manifest
	fault    error          // what is wrong with it beside its descriptor
}

// A search collects the manifests under an index.
type search struct {
	store        store
	root         oci.Descriptor // the entry of the outermost index that is looked at
	entries      int
	bytes        int64 // of documents
	candidates   []candidate
	others       []candidate // which their descriptors say are no images
	attestations []oci.Descriptor
	indexes      [][]byte
}

// load is loadJSON within what may be read.
func (s *search) load(ctx context.Context, d oci.Descriptor) (b []byte, fault, err error) {
	b, fault, err = loadJSON(ctx, s.store, d)
	if err == nil {
		err = s.count(b)
	}
	return b, fault, err
}

// count counts a document that was read.
func (s *search) count(b []byte) error {
	if s.bytes += int64(len(b)); s.bytes > maxDocuments {
		return fmt.Errorf("more than %d bytes of indexes, manifests and configurations", maxDocuments)
	}
	return nil
}

// descend collects what index lists. Indexes that the store doesn't hold are
// passed over: a layout may hold the blobs of some platforms only.
func (s *search) descend(ctx context.Context, index *oci.Index, tags []string, depth int) error {
	if depth > maxIndexDepth {
		return fmt.Errorf("indexes nest more than %d deep", maxIndexDepth)
	}
	for _, d := range index.Manifests {
		if depth == 0 {
			s.root = d
		}
		if s.entries++; s.entries > maxIndexEntries {
			return fmt.Errorf("more than %d entries in the index", maxIndexEntries)
		}
		tags := append(tags[:len(tags):len(tags)], entryTags(d)...)
		switch {
		case d.Digest.IsZero():
			return errors.New("index entry without digest")
		case d.IsAttestation():
			s.attestations = append(s.attestations, d)
			s.others = append(s.others, candidate{Descriptor: d, root: s.root, tags: tags})
		case d.IsIndex():
			nested, err := s.index(ctx, d)
			if errors.Is(err, fs.ErrNotExist) {
				continue
			}
			if err != nil {
				return err
			}
			if err := s.descend(ctx, nested, tags, depth+1); err != nil {
				return err
			}
		default:
			s.candidates = append(s.candidates, candidate{Descriptor: d, root: s.root, tags: tags})
		}
	}
	return nil
}

func (s *search) index(ctx context.Context, d oci.Descriptor) (*oci.Index, error) {
	raw, fault, err := s.load(ctx, d)
	if err != nil {
		return nil, fmt.Errorf("index %s: %w", d.Digest, err)
	}
	s.indexes = append(s.indexes, raw)
	index := new(oci.Index)
	if err := cmp.Or(fault, oci.Unmarshal(raw, index)); err != nil {
		return nil, &DamagedError{"index", fmt.Errorf("index %s: %w", d.Digest, err)}
	}
	if len(d.Data) > 0 && !bytes.Equal(d.Data, raw) {
		return nil, &DamagedError{"index", fmt.Errorf("index %s: its descriptor's data isn't its content", d.Digest)}
	}
	if index.MediaType != "" && index.MediaType != d.MediaType {
		return nil, &DamagedError{"index", fmt.Errorf("index %s: its media type is %q, its descriptor's %q", d.Digest, index.MediaType, d.MediaType)}
	}
	return index, nil
}

func entryTags(d oci.Descriptor) []string {
	var tags []string
	for _, key := range []string{oci.AnnotationContainerdName, oci.AnnotationRefName} {
		if tag := d.Annotations[key]; tag != "" {
			tags = append(tags, tag)
		}
	}
	return tags
}

// openLayout opens the image that name and the wanted platform pick from the
// layout with the given index.json. A zero platform prefers the machine's.
func openLayout(ctx context.Context, s store, indexJSON []byte, source Transport, name string, want oci.Platform) (*Image, error) {
	var index oci.Index
	if err := oci.Unmarshal(indexJSON, &index); err != nil {
		return nil, &DamagedError{"index", fmt.Errorf("%s: %w", oci.IndexFile, err)}
	}
	found := search{store: s, indexes: [][]byte{indexJSON}}
	if err := found.descend(ctx, &index, nil, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", oci.IndexFile, err)
	}
	list, err := found.named(name, source)
	if err != nil {
		return nil, err
	}
	img, err := found.image(ctx, list, want)
	if err != nil {
		return nil, err
	}
	img.Source, img.Layout, img.LayoutFault = source, true, layoutFault(s)
	return img, nil
}

// named returns the candidates called name: images, and where no image is
// called so, what else is.
func (s *search) named(name string, source Transport) ([]candidate, error) {
	if name == "" && len(s.candidates) == 0 {
		return s.others, nil
	}
	list, err := selectTag(s.candidates, name, source)
	if err != nil && name != "" {
		if others, otherErr := selectTag(s.others, name, source); otherErr == nil {
			return others, nil
		}
	}
	return list, err
}

// image opens the candidate of list that the wanted platform picks.
func (s *search) image(ctx context.Context, list []candidate, want oci.Platform) (*Image, error) {
	picked, err := s.selectPlatform(ctx, list, want)
	if err != nil {
		return nil, err
	}
	img, err := openManifest(ctx, s.store, picked.Descriptor, picked.raw)
	if damaged, ok := errors.AsType[*DamagedError](err); ok && picked.fault != nil {
		return nil, &DamagedError{damaged.Document, fmt.Errorf("manifest %s is damaged: %w", picked.Digest.Short(), picked.fault)}
	}
	if err != nil {
		return nil, err
	}
	img.Tags, img.Attestations, img.RawIndexes = picked.tags, s.attestations, s.indexes
	img.ManifestFault, img.IndexPlatform, img.Root = faulty("manifest", picked.Digest, picked.fault), picked.Platform, picked.root
	img.siblings, img.others = list, s.others
	return img, nil
}

// selectTag returns the candidates called name, which may be a tag, a whole
// name or a digest.
func selectTag(list []candidate, name string, source Transport) ([]candidate, error) {
	if name == "" {
		return list, severalNames(list, source)
	}
	var names []string
	var picked []candidate
	for _, c := range list {
		hit := isDigest(c.Digest, name) || isDigest(c.root.Digest, name)
		for _, tag := range c.tags {
			hit = hit || tag == name || sameName(tag, name)
		}
		if hit {
			picked = append(picked, c)
		}
		names = appendNew(appendNew(names, c.tags...), c.name())
	}
	if len(picked) == 0 {
		return nil, notSelected(name, names, source)
	}
	return picked, nil
}

// name is what selectTag takes for c: a tag, or else the digest of its entry in
// index.json.
func (c candidate) name() string {
	if len(c.tags) > 0 {
		return c.tags[0]
	}
	return "@" + c.root.Digest.Short()
}

// isDigest reports whether name is d or, after an @, its beginning.
func isDigest(d digest.Digest, name string) bool {
	short, ok := strings.CutPrefix(name, "@")
	if !ok {
		return d.String() == name
	}
	return len(short) >= 4 && strings.HasPrefix(d.Hex(), short) || d.String() == short
}

// severalNames is the error of a list in which two entries are named and
// neither is meant; entries of one name are platforms of one image, and so are
// entries of index.json that have a platform and no name.
func severalNames(list []candidate, source Transport) error {
	if !slices.ContainsFunc(list, func(c candidate) bool { return len(c.tags) > 0 || c.Platform == nil || c.root.Digest != c.Digest }) {
		return nil
	}
	var names []string
	seen := map[digest.Digest]bool{} // an image of two names is one
	for _, c := range list {
		if seen[c.root.Digest] && seen[c.Digest] {
			continue
		}
		seen[c.root.Digest], seen[c.Digest] = true, true
		names = appendNew(names, c.name())
	}
	if len(names) < 2 {
		return nil
	}
	return notSelected("", names, source)
}

func appendNew(names []string, more ...string) []string {
next:
	for _, name := range more {
		for _, have := range names {
			if have == name {
				continue next
			}
		}
		names = append(names, name)
	}
	return names
}

// openManifest opens the image of manifest d.
func openManifest(ctx context.Context, s store, d oci.Descriptor, raw []byte) (*Image, error) {
	m, err := parseManifest(d, raw)
	if err != nil {
		return nil, err
	}
	img := &Image{Manifest: m, RawManifest: raw, ManifestDigest: d.Digest, ConfigDigest: m.Config.Digest, Root: d, Descriptor: d, store: s}
	img.NotImage = notImage(m)
	if err := checkLayers(len(m.Layers)); err != nil {
		return nil, fmt.Errorf("manifest %s: %w", d.Digest, err)
	}
	if img.ManifestDigest.IsZero() {
		img.ManifestDigest = digest.FromBytes(raw)
	}
	for i, ld := range m.Layers {
		l := &Layer{Index: i, Descriptor: ld, store: s}
		if ld.Digest.IsZero() || ld.Size < 0 {
			return nil, &DamagedError{"manifest", fmt.Errorf("manifest %s: %s: no digest or a negative size", d.Digest, l)}
		}
		if err := l.sniff(ctx); err != nil {
			return nil, fmt.Errorf("%s: %w", l, err)
		}
		img.Layers = append(img.Layers, l)
	}
	config, fault, err := loadJSON(ctx, s, m.Config)
	if err != nil {
		return nil, faulty("config", m.Config.Digest, err)
	}
	img.ConfigFault = faulty("config", m.Config.Digest, fault)
	if img.NotImage != nil {
		img.RawConfig = config
		return img, nil
	}
	if err := img.setConfig(config); err != nil {
		return nil, &DamagedError{"config", cmp.Or(img.ConfigFault, err)}
	}
	return img, nil
}

// parseManifest parses the manifest d and refuses what isn't one of an image.
func parseManifest(d oci.Descriptor, raw []byte) (*oci.Manifest, error) {
	m := new(oci.Manifest)
	if err := oci.Unmarshal(raw, m); err != nil {
		return nil, &DamagedError{"manifest", fmt.Errorf("manifest %s: %w", d.Digest, err)}
	}
	switch {
	case m.SchemaVersion == 0 && m.Config.Digest.IsZero() && m.ArtifactType != "": // OCI's artifact manifest, since withdrawn
		return nil, &NotImageError{artifact(m.ArtifactType), m.ArtifactType}
	case m.SchemaVersion != 2:
		return nil, &DamagedError{"manifest", fmt.Errorf("manifest %s: schema version %d, want 2", d.Digest, m.SchemaVersion)}
	case m.Config.Digest.IsZero():
		return nil, &DamagedError{"manifest", fmt.Errorf("manifest %s: no config, so not of an image", d.Digest)}
	}
	return m, nil
}

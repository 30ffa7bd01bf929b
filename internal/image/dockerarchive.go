package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strconv"
	"strings"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// DockerManifest is the file in which docker save lists images.
const DockerManifest = "manifest.json"

// A SavedImage is an entry of manifest.json.
type SavedImage struct {
	Config   string
	RepoTags []string
	Layers   []string
}

// openDocker opens the image called name in an archive of docker save; an
// empty name asks for the only one.
func openDocker(ctx context.Context, a *archive, name string, want oci.Platform) (*Image, error) {
	list, err := a.savedImages()
	if err != nil {
		return nil, err
	}
	saved, err := selectSaved(list, name)
	if err != nil {
		return nil, err
	}
	if err := checkLayers(len(saved.Layers)); err != nil {
		return nil, fmt.Errorf("%s: %w", DockerManifest, err)
	}
	img := &Image{Source: DockerArchive, Tags: saved.RepoTags}
	for i, path := range saved.Layers {
		l := &Layer{Index: i, name: path, store: memberStore{a, path}}
		m, err := a.lookup(path)
		if errors.Is(err, fs.ErrNotExist) {
			err = fs.ErrNotExist
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l, err)
		}
		l.Descriptor = oci.Descriptor{Size: m.size, Digest: pathDigest(path)}
		magic, err := firstBytes(ctx, l.store, l.Descriptor)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", l, err)
		}
		l.Compression = sniff(magic)
		l.Descriptor.MediaType = oci.MediaTypeLayer
		if l.Compression != Uncompressed {
			l.Descriptor.MediaType += "+" + string(l.Compression)
		}
		img.Layers = append(img.Layers, l)
	}
	config, err := a.read(saved.Config)
	if err != nil {
		return nil, fmt.Errorf("config: %w", err)
	}
	img.ConfigDigest = digest.FromBytes(config)
	if stated := configDigest(saved.Config); !stated.IsZero() && stated != img.ConfigDigest {
		img.ConfigFault = fmt.Errorf("config %q has digest %s", saved.Config, img.ConfigDigest)
	}
	if err := img.setConfig(config); err != nil {
		return nil, err
	}
	if !want.IsZero() && !img.Platform().Serves(want) {
		return nil, noPlatform(want, []string{img.Platform().String()}, nil)
	}
	return img, nil
}

// pathDigest is the digest that a path of the form blobs/sha256/HEX states;
// zero for the older forms.
func pathDigest(path string) digest.Digest {
	rest, ok := strings.CutPrefix(clean(path), "blobs/")
	if !ok {
		return digest.Digest{}
	}
	d, err := digest.Parse(strings.Replace(rest, "/", ":", 1))
	if err != nil {
		return digest.Digest{}
	}
	return d
}

// configDigest is the digest in the name of a configuration: HEX.json,
// sha256:HEX or a blob's path.
func configDigest(path string) digest.Digest {
	if d := pathDigest(path); !d.IsZero() {
		return d
	}
	name := strings.TrimSuffix(clean(path), ".json")
	d, err := digest.Parse("sha256:" + strings.TrimPrefix(name, "sha256:"))
	if err != nil {
		return digest.Digest{}
	}
	return d
}

func selectSaved(list []SavedImage, name string) (SavedImage, error) {
	var names []string
	for i, saved := range list {
		if name == "@"+strconv.Itoa(i) {
			return saved, nil
		}
		names = append(names, nameSaved(i, saved))
		for _, tag := range saved.RepoTags {
			if name != "" && sameName(tag, name) {
				return saved, nil
			}
		}
	}
	if name == "" && len(list) == 1 {
		return list[0], nil
	}
	return SavedImage{}, notSelected(name, names, DockerArchive)
}

func nameSaved(i int, saved SavedImage) string {
	if len(saved.RepoTags) > 0 {
		return saved.RepoTags[0]
	}
	return "@" + strconv.Itoa(i)
}

// sameName compares names as Docker does: without a tag, latest is meant, and
// docker.io/library/ goes without saying.
func sameName(a, b string) bool { return familiar(a) == familiar(b) }

func familiar(name string) string {
	name = strings.TrimPrefix(name, "docker.io/")
	name = strings.TrimPrefix(name, "library/")
	if !strings.Contains(name[strings.LastIndexByte(name, '/')+1:], ":") {
		name += ":latest"
	}
	return name
}

// notSelected is the error of a source that holds several images, or none, of
// which name picks no single one.
func notSelected(name string, names []string, transport Transport) error {
	switch {
	case len(names) == 0:
		return fmt.Errorf("holds no image")
	case name == "":
		return &SeveralError{transport, names}
	}
	return fmt.Errorf("holds no image %q, only %s", name, list(names))
}

// list joins names for a message, the first few of them.
func list(names []string) string {
	const most = 8
	more := ""
	if len(names) > most {
		more = fmt.Sprintf(" and %d more", len(names)-most)
		names = names[:most]
	}
	quoted := make([]string, len(names))
	for i, name := range names {
		quoted[i] = strconv.Quote(name)
	}
	return strings.Join(quoted, ", ") + more
}

// A SeveralError says that a source holds several images and none was named.
type SeveralError struct {
	Transport Transport
	Names     []string
}

func (e *SeveralError) Error() string {
	return fmt.Sprintf("holds %d images: %s", len(e.Names), list(e.Names))
}

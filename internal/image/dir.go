package image

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
)

// The files of a directory of skopeo's dir transport beside the blobs, which are
// called by their digest alone, and the manifests below an index, whose names end
// in ManifestSuffix.
const (
	DirManifest    = "manifest.json"
	DirVersion     = "version"
	ManifestSuffix = ".manifest.json"
	// DirVersionText is what the version file begins with.
	DirVersionText = "Directory Transport Version: "
)

// dirStore is the store of such a directory.
type dirStore struct {
	dir string
	top digest.Digest // of DirManifest
}

func (s dirStore) open(_ context.Context, d oci.Descriptor) (io.ReadCloser, error) {
	names := []string{d.Digest.Hex()}
	switch {
	case d.Digest == s.top:
		names = []string{DirManifest}
	case d.IsIndex() || d.MediaType == oci.MediaTypeManifest || d.MediaType == oci.MediaTypeDockerManifest:
		names = []string{d.Digest.Hex() + ManifestSuffix, d.Digest.Hex()}
	}
	var f *os.File
	var err error
	for _, name := range names {
		if f, _, err = openRegular(filepath.Join(s.dir, name)); err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) {
			break
		}
	}
	return nil, err
}

// isDir reports whether the directory says that it is one of the dir transport.
func isDir(dir string) bool {
	f, _, err := openRegular(filepath.Join(dir, DirVersion))
	if err != nil {
		return false
	}
	defer f.Close()
	b := make([]byte, len(DirVersionText))
	_, err = io.ReadFull(f, b)
	return err == nil && string(b) == DirVersionText
}

// openSkopeoDir opens the image in a directory of skopeo's dir transport.
func openSkopeoDir(ctx context.Context, dir string, opts Options) (*Image, error) {
	raw, err := layoutDir(dir).read(DirManifest)
	if errors.Is(err, fs.ErrNotExist) {
		if _, err := os.Stat(dir); err != nil {
			return nil, pathError(err)
		}
		return nil, fmt.Errorf("holds no image as skopeo's dir: writes it: no %s", DirManifest)
	}
	if err != nil {
		return nil, err
	}
	var content struct{ MediaType string }
	if err := json.Unmarshal(raw, &content); err != nil {
		return nil, &DamagedError{"manifest", fmt.Errorf("%s: %w", DirManifest, err)}
	}
	d := describe(registry.Manifest{Bytes: raw, MediaType: content.MediaType, Digest: digest.FromBytes(raw)})
	if d.MediaType == "" {
		d.MediaType = oci.MediaTypeManifest
	}
	s := dirStore{dir, d.Digest}
	var img *Image
	if d.IsIndex() {
		img, err = openIndex(ctx, s, raw, opts.Platform)
	} else {
		img, err = openManifest(ctx, s, d, raw)
	}
	if err != nil {
		return nil, err
	}
	if want := opts.Platform; img.NotImage == nil && !want.IsZero() && !img.Platform().Serves(want) {
		return nil, noPlatform(want, []string{img.Platform().String()}, nil)
	}
	img.Source, img.Root = Dir, d
	for i := range img.others {
		img.others[i].root = d // all of what the directory holds
	}
	return img, nil
}

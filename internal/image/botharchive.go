package image

import (
	"context"
	"errors"
	"fmt"
	"io/fs"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// openBoth opens an image by the archive's index.json, and where there is a
// manifest.json too, only if that doesn't name another: engines go by the one
// or the other. An index without entries leaves it to manifest.json, as Docker
// 25.0 wrote such.
func openBoth(ctx context.Context, a *archive, ref Reference, isDocker bool, want oci.Platform) (*Image, error) {
	raw, err := a.read(oci.IndexFile)
	if err != nil {
		return nil, err
	}
	if !isDocker {
		return openLayout(ctx, a, raw, OCIArchive, ref.Name, want)
	}
	var index oci.Index
	if err := oci.Unmarshal(raw, &index); err != nil {
		return nil, fmt.Errorf("%s: %w", oci.IndexFile, err)
	}
	list, err := a.savedImages()
	if err != nil {
		return nil, err
	}
	if len(index.Manifests) == 0 && len(list) > 0 {
		return openDocker(ctx, a, ref.Name, want)
	}
	found := search{store: a}
	if err := found.descend(ctx, &index, nil, 0); err != nil {
		return nil, fmt.Errorf("%s: %w", oci.IndexFile, err)
	}
	if err := a.inIndex(ctx, list, &found); err != nil {
		return nil, err
	}
	return openLayout(ctx, a, raw, OCIArchive, ref.Name, want)
}

// savedImages is what manifest.json lists.
func (a *archive) savedImages() ([]SavedImage, error) {
	raw, err := a.read(DockerManifest)
	if err != nil {
		return nil, err
	}
	var list []SavedImage
	if err := oci.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", DockerManifest, err)
	}
	return list, nil
}

// inIndex holds the entries of manifest.json against the manifests of the index:
// for each, one of them has to be of the same configuration and the same layers.
func (a *archive) inIndex(ctx context.Context, list []SavedImage, found *search) error {
	listed := map[digest.Digest][]oci.Descriptor{} // the layers, by configuration
	for _, c := range found.candidates {
		raw, _, err := found.load(ctx, c.Descriptor)
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("manifest %s: %w", c.Digest, err)
		}
		var m oci.Manifest
		if err != nil || oci.Unmarshal(raw, &m) != nil {
			continue
		}
		if _, ok := listed[m.Config.Digest]; !ok {
			listed[m.Config.Digest] = m.Layers
		}
	}
	for _, saved := range list {
		raw, err := a.read(saved.Config)
		if err == nil {
			err = found.count(raw)
		}
		if err != nil {
			return fmt.Errorf("%s: config: %w", DockerManifest, err)
		}
		config := digest.FromBytes(raw)
		switch layers, ok := listed[config]; {
		case !ok:
			return fmt.Errorf("%s has an image of config %s, which %s doesn't have: engines go by the one or the other",
				DockerManifest, config, oci.IndexFile)
		case !a.sameLayers(saved.Layers, layers):
			return fmt.Errorf("%s and %s have different layers for the image of config %s: engines go by the one or the other",
				oci.IndexFile, DockerManifest, config)
		}
	}
	return nil
}

// sameLayers reports whether the members are the blobs of the layers.
func (a *archive) sameLayers(members []string, layers []oci.Descriptor) bool {
	if len(members) != len(layers) {
		return false
	}
	for i, name := range members {
		m, err := a.lookup(name)
		blob, blobErr := a.lookup(oci.BlobPath(layers[i]))
		if err != nil || blobErr != nil || m != blob {
			return false
		}
	}
	return true
}

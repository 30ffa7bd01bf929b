package image

import (
	"context"
	"encoding/json"
	"fmt"

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
	if err := json.Unmarshal(raw, &index); err != nil {
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
	for _, saved := range list {
		if err := a.inIndex(ctx, saved, found.candidates); err != nil {
			return nil, err
		}
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
	if err := json.Unmarshal(raw, &list); err != nil {
		return nil, fmt.Errorf("%s: %w", DockerManifest, err)
	}
	return list, nil
}

// inIndex holds an entry of manifest.json against the manifests of the index:
// one of them has to be of the same configuration and the same layers.
func (a *archive) inIndex(ctx context.Context, saved SavedImage, candidates []candidate) error {
	raw, err := a.read(saved.Config)
	if err != nil {
		return fmt.Errorf("%s: config: %w", DockerManifest, err)
	}
	config := digest.FromBytes(raw)
	for _, c := range candidates {
		raw, _, err := loadJSON(ctx, a, c.Descriptor)
		var m oci.Manifest
		if err != nil || json.Unmarshal(raw, &m) != nil || m.Config.Digest != config {
			continue
		}
		if a.sameLayers(saved.Layers, m.Layers) {
			return nil
		}
		return fmt.Errorf("%s and %s have different layers for the image of config %s: engines go by the one or the other",
			oci.IndexFile, DockerManifest, config)
	}
	return fmt.Errorf("%s has an image of config %s, which %s doesn't have: engines go by the one or the other",
		DockerManifest, config, oci.IndexFile)
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

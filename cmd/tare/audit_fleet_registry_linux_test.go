//go:build registry

package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strconv"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/parallel"
	"devops-go/internal/registry"
)

// fleetRepositories is over how many repositories a fleet is spread.
const fleetRepositories = 10

func fleetReference(address string, i int) string {
	return fmt.Sprintf("%s/fleet/part-%d:v%d", address, i%fleetRepositories, i)
}

// A thousand images in a real registry, each with a configuration of its own,
// cost no more memory and no more descriptors than a hundred.
func TestAuditFleetRegistry(t *testing.T) {
	address := registryServer(t, "")
	client := registry.New(registry.Options{})
	defer client.Close()
	err := parallel.Each(t.Context(), 8, 1000, func(ctx context.Context, i int) error {
		return pushFleetImage(ctx, client, fleetReference(address, i), i)
	})
	if err != nil {
		t.Fatal(err)
	}
	auditFleet(t, func(i int) string { return "docker://" + fleetReference(address, i) })
}

// pushFleetImage pushes the neat image with a label and, in one of five, a
// layer of its own.
func pushFleetImage(ctx context.Context, client *registry.Client, name string, i int) error {
	ref, err := registry.ParseReference(name)
	if err != nil {
		return err
	}
	img := neat()
	img.Config.Config.Labels["org.opencontainers.image.version"] = strconv.Itoa(i)
	if i%5 == 0 {
		img.Layers = append(img.Layers, it.Plain(it.Program(fmt.Sprintf("srv/app-%d", i), 20_000)))
		img.Config.History = append(img.Config.History, image.History{Created: at(2), CreatedBy: "COPY app /srv/ # buildkit"})
	}
	files := it.Files{}
	manifest := files.Manifest(zipped(img))
	for path, content := range files {
		if path == it.BlobPath(manifest.Digest) {
			continue
		}
		blob := registry.Blob{
			Digest: digest.FromBytes(content), Size: int64(len(content)),
			Open: func() (io.ReadCloser, error) { return io.NopCloser(bytes.NewReader(content)), nil },
		}
		if _, err := client.PushBlob(ctx, ref, blob); err != nil {
			return err
		}
	}
	_, err = client.PushManifest(ctx, ref, oci.MediaTypeManifest, files[it.BlobPath(manifest.Digest)])
	return err
}

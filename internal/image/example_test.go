package image_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// An archive may hold several images; the name picks one. Layers are opened one
// by one, whatever way they are stored.
func ExampleOpenArchive() {
	archive := it.Classic(
		it.Image{Tag: "app:1", Layers: []it.Layer{it.Plain(it.File("motd", "hello"))}},
		it.Image{Tag: "app:2", Layers: []it.Layer{it.Zipped(it.File("motd", "hello again"))}},
	).Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "app:2", image.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	fmt.Println(img.Tags, img.Platform())
	for _, l := range img.Layers {
		fmt.Println(l.Index, l.Compression)
	}
	// Output:
	// [app:2] linux/amd64
	// 0 gzip
}

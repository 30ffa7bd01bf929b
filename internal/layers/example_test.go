package layers_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// A file that a later layer removes is still shipped: its bytes are dead.
func ExampleRead() {
	archive := it.Layout(it.Image{Tag: "app:1", Layers: []it.Layer{
		it.Plain(it.Sized("cache", 1000), it.Sized("app", 200)),
		it.Plain(it.Whiteout("cache")),
	}}).Archive()
	ctx := context.Background()
	img, err := openBytes(ctx, archive)
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	stack, err := layers.Read(ctx, img, layers.Options{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("size", stack.Size(), "dead", stack.Dead())
	for n := range stack.All() {
		fmt.Println("/" + n.Path())
	}
	// Output:
	// size 1200 dead 1000
	// /app
}

func openBytes(ctx context.Context, archive []byte) (*image.Image, error) {
	return image.OpenArchive(ctx, bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
}

package pack

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	"devops-go/internal/registry"
)

// An executable becomes an image, which is written as an OCI layout.
func ExampleBuild() {
	dir, err := os.MkdirTemp("", "")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	program := filepath.Join(dir, "app")
	if err := os.WriteFile(program, linuxAMD64.bytes(), 0o755); err != nil {
		log.Fatal(err)
	}

	executable, err := OpenExecutable(program)
	if err != nil {
		log.Fatal(err)
	}
	name, err := registry.ParseReference("example.com/app:1.0")
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	b, err := Build(ctx, Spec{
		Executables: []*Executable{executable},
		Name:        name,
		Run:         image.RunConfig{User: DefaultUser, ExposedPorts: map[string]struct{}{"8000/tcp": {}}},
		Press:       bundle.Press{Compression: image.Gzip, Level: bundle.DefaultLevel},
	})
	if err != nil {
		log.Fatal(err)
	}
	defer b.Close()
	if err := b.WriteLayout(ctx, filepath.Join(dir, "layout")); err != nil {
		log.Fatal(err)
	}

	summary, err := b.Summarize(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(summary.Image)
	for _, i := range summary.Images {
		fmt.Println(i.Platform, i.Layers, "layer")
	}
	// Output:
	// example.com/app:1.0
	// linux/amd64 1 layer
}

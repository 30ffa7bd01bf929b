package audit_test

import (
	"bytes"
	"context"
	"fmt"
	"log"

	"devops-go/internal/audit"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/size"
)

// A budget is exceeded, so the image fails the audit.
func ExampleImage() {
	archive := it.Layout(it.Image{Tag: "app:1", Layers: []it.Layer{it.Plain(it.Sized("data", 2_000_000))}}).Archive()
	ctx := context.Background()
	img, err := image.OpenArchive(ctx, bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		log.Fatal(err)
	}
	defer img.Close()
	limit := size.Bytes(1_000_000)
	report, err := audit.Image(ctx, img, audit.Options{Settings: audit.Settings{Budgets: audit.Budgets{MaxSize: &limit}}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("ok:", report.OK)
	for _, budget := range report.Budgets {
		fmt.Println(budget)
	}
	// Output:
	// ok: false
	// maxSize: 2000000 bytes, the limit is 1000000
}

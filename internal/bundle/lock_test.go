package bundle

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

// Twenty writers of one layout, which isn't there yet, lose nothing of each
// other's.
func TestLayoutManyWriters(t *testing.T) {
	const writers = 20
	dir := filepath.Join(t.TempDir(), "layout")
	bundles := make([]*Bundle, writers)
	for i := range bundles {
		f := it.Files{}
		f.Index(f.Manifest(it.Image{Layers: []it.Layer{it.Zipped(it.File("same", "same")), it.Zipped(it.File("own", fmt.Sprint(i)))}}))
		bundles[i] = collected(t, f.ArchiveFile(t), image.Options{})
		bundles[i].Tag = fmt.Sprint("tag", i)
	}
	failures := make([]error, writers)
	var group sync.WaitGroup
	for i, b := range bundles {
		group.Go(func() { failures[i] = b.WriteLayout(context.Background(), dir) })
	}
	group.Wait()
	if err := errors.Join(failures...); err != nil {
		t.Fatal(err)
	}
	raw, err := os.ReadFile(filepath.Join(dir, oci.IndexFile))
	if err != nil {
		t.Fatal(err)
	}
	var index oci.Index
	if err := json.Unmarshal(raw, &index); err != nil || len(index.Manifests) != writers {
		t.Errorf("%d entries of %d writers, %v", len(index.Manifests), writers, err)
	}
	for i := range writers {
		opened(t, fmt.Sprintf("oci:%s:tag%d", dir, i), image.Options{}).Close()
	}
	if left, err := filepath.Glob(filepath.Join(filepath.Dir(dir), ".tare-*")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// A writer that is called off doesn't wait for its turn.
func TestLayoutLockGivenUp(t *testing.T) {
	dir := t.TempDir()
	unlock, err := lock(context.Background(), dir)
	if err != nil {
		t.Fatal(err)
	}
	defer unlock()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Millisecond)
	defer cancel()
	if _, err := lock(ctx, dir); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("locked twice: %v", err)
	}
}

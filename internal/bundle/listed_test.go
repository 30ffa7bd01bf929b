package bundle

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"devops-go/internal/image"
	"devops-go/internal/oci"
)

// What an index lists is told from what is there.
func TestListed(t *testing.T) {
	for _, absent := range []bool{false, true} {
		f := made()
		img := opened(t, f.ArchiveFile(t), image.Options{Platform: oci.AnyPlatform()})
		first := img.ManifestDigest
		img.Close()
		want := "linux/arm64 true, linux/amd64 true"
		if absent {
			delete(f, oci.BlobPath(oci.Descriptor{Digest: first}))
			want = "linux/arm64 false, linux/amd64 true"
		}
		img = opened(t, f.ArchiveFile(t), image.Options{Platform: oci.AnyPlatform()})
		defer img.Close()
		list, err := Listed(context.Background(), img)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for _, l := range list {
			got = append(got, fmt.Sprint(l.Name(), " ", l.Present))
		}
		if strings.Join(got, ", ") != want {
			t.Errorf("%q, want %s", got, want)
		}
	}
}

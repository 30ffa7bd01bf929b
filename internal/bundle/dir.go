package bundle

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"devops-go/internal/atomicfile"
	"devops-go/internal/image"
)

// WriteDir writes the bundle, without its referrers, to a directory as skopeo's
// dir transport has it. The directory must be empty or not be there; it appears
// under its name only when it is whole.
func (b *Bundle) WriteDir(ctx context.Context, dir string) error {
	dir = filepath.Clean(dir)
	if entries, err := os.ReadDir(dir); err == nil && len(entries) > 0 {
		return errors.New("holds files already")
	} else if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	err := atomicfile.MakeDir(dir, func(temp string) error { return b.fillDir(ctx, temp) })
	if errors.Is(err, atomicfile.ErrDirTaken) {
		return errors.New("holds files already")
	}
	return err
}

func (b *Bundle) fillDir(ctx context.Context, dir string) error {
	for _, c := range b.image() {
		name := c.Digest.Hex()
		switch {
		case c.Digest == b.Root.Digest:
			name = image.DirManifest
		case c.isManifest():
			name += image.ManifestSuffix
		}
		if err := atomicfile.Write(filepath.Join(dir, name), func(w io.Writer) error { return c.copyTo(ctx, w) }); err != nil {
			return fmt.Errorf("blob %s: %w", c.Digest, err)
		}
	}
	return atomicfile.WriteBytes(filepath.Join(dir, image.DirVersion), []byte(image.DirVersionText+"1.1\n"))
}

package layers

import (
	"compress/flate"
	"context"
	"fmt"
	"io"

	"devops-go/internal/image"
	"devops-go/internal/pgzip"
)

// GzipSize returns how large the stored content of l becomes by gzip, on all
// processors.
func GzipSize(ctx context.Context, l *image.Layer) (int64, error) {
	blob, err := l.Open(ctx)
	if err != nil {
		return 0, fmt.Errorf("%s: %w", l, err)
	}
	defer blob.Close()
	var size counter
	z, err := pgzip.NewWriter(&size, flate.DefaultCompression)
	if err != nil {
		return 0, err
	}
	_, err = io.Copy(z, NewLimit(1<<62).Reader(ctx, blob))
	if closeErr := z.Close(); err == nil {
		err = closeErr
	}
	if err != nil {
		return 0, fmt.Errorf("%s: %w", l, err)
	}
	return int64(size), nil
}

// counter counts what is written to it.
type counter int64

func (c *counter) Write(p []byte) (int, error) {
	*c += counter(len(p))
	return len(p), nil
}

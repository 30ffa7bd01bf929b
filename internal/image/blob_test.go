package image

import (
	"os"
	"testing"
)

// TestStoredSizeUnknown: a file that can't be asked has no size, and isn't a
// crash.
func TestStoredSizeUnknown(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	if size, ok := storedSize(f); size != 0 || !ok {
		t.Errorf("open file: %d, %v", size, ok)
	}
	f.Close()
	if size, ok := storedSize(f); size != 0 || ok {
		t.Errorf("closed file: %d, %v", size, ok)
	}
}

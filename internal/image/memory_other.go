//go:build !linux

package image

import (
	"errors"
	"os"
)

// memoryFile fails: only Linux has files in memory.
func memoryFile() (*os.File, error) { return nil, errors.ErrUnsupported }

// Package atomicfile writes files and directories that appear under their name only
// once they are complete.
package atomicfile

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// Write makes the file name, or replaces what is there, by what write writes.
// Until write returns, that is in a temporary file in the same directory; on
// failure it is removed, and what was under the name stays.
func Write(name string, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(name), ".tare-")
	if err != nil {
		return err
	}
	err = errors.Join(write(f), f.Chmod(0o644), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), name)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}

// WriteBytes is Write of content that is at hand.
func WriteBytes(name string, content []byte) error {
	return Write(name, func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	})
}

// ErrDirTaken is MakeDir's error where there is a directory that isn't empty.
var ErrDirTaken = errors.New("the directory is there and not empty")

// MakeDir makes the directory name, in place of an empty one if there is one, of
// what fill puts into the temporary directory beside it. On failure that is
// removed. An empty directory that can't be replaced, such as a container's volume,
// is filled where it is.
func MakeDir(name string, fill func(temp string) error) error {
	if real, err := filepath.EvalSymlinks(name); err == nil {
		name = real
	}
	temp, err := os.MkdirTemp(filepath.Dir(name), ".tare-")
	if err != nil {
		if list, listErr := os.ReadDir(name); listErr == nil && len(list) == 0 {
			return fill(name)
		}
		return err
	}
	if err = errors.Join(fill(temp), os.Chmod(temp, 0o755)); err == nil {
		if err = syscall.Rename(temp, name); err == nil { // os.Rename refuses an empty directory, too
			return nil
		}
		switch {
		case errors.Is(err, fs.ErrExist): // ENOTEMPTY is that, too
			err = ErrDirTaken
		case errors.Is(err, syscall.EBUSY): // a mount point
			err = fill(name)
		default:
			err = &os.LinkError{Op: "rename", Old: temp, New: name, Err: err}
		}
	}
	if gone := os.RemoveAll(temp); gone != nil {
		return gone
	}
	return err
}

package pack

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"devops-go/internal/elfinfo"
	"devops-go/internal/oci"
)

// An Executable is a Linux program on this machine that goes into an image.
type Executable struct {
	// Path is where the program is.
	Path string
	// Platform is what its header says it runs on.
	Platform oci.Platform
	// File is what its headers say.
	*elfinfo.File

	info fs.FileInfo
}

// Name is the file's name without its directory.
func (e *Executable) Name() string { return filepath.Base(e.Path) }

// OpenExecutable reads the headers of the program at path, and refuses what a
// container can't start.
func OpenExecutable(path string) (*Executable, error) {
	e, err := openExecutable(path)
	if err != nil {
		return nil, fmt.Errorf("%q: %w", path, err)
	}
	return e, nil
}

func openExecutable(path string) (*Executable, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, cause(err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, cause(err)
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("not a regular file (%s)", info.Mode().Type())
	}
	e, err := readExecutable(f)
	if err != nil {
		return nil, err
	}
	if info.Mode()&0o111 == 0 {
		return nil, &ModeError{path}
	}
	e.Path, e.info = path, info
	return e, nil
}

// cause leaves out the path, which the caller names.
func cause(err error) error {
	if p, ok := errors.AsType[*fs.PathError](err); ok {
		return p.Err
	}
	return err
}

// readExecutable reads the headers of a program.
func readExecutable(r io.ReaderAt) (*Executable, error) {
	f, err := elfinfo.Read(r)
	if err != nil {
		return nil, cause(err)
	}
	for _, err := range []error{f.CheckProgram(), f.Damage} {
		if err != nil {
			return nil, err
		}
	}
	if f.System != "linux" {
		return nil, &SystemError{f.System}
	}
	e := &Executable{File: f, Platform: oci.Platform{OS: f.System}}
	if e.Platform.Architecture, e.Platform.Variant, err = f.Platform(); err != nil {
		return nil, err
	}
	return e, nil
}

// needs lists what a program that isn't static asks for.
func (e *Executable) needs() string {
	all := e.Libraries
	if e.Interpreter != "" {
		all = append([]string{e.Interpreter}, all...)
	}
	return strings.Join(all, ", ")
}

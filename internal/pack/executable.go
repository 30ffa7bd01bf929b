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
	"devops-go/internal/image"
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
		return nil, hint(errors.New("not executable"), "chmod +x "+path)
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

func hint(err error, text string) error { return &image.HintError{Err: err, Hint: text} }

// readExecutable reads the headers of a program.
func readExecutable(r io.ReaderAt) (*Executable, error) {
	f, err := elfinfo.Read(r)
	if err != nil {
		return nil, explain(cause(err))
	}
	for _, err := range []error{f.CheckProgram(), f.Damage} {
		if err != nil {
			return nil, err
		}
	}
	if f.System != "linux" {
		return nil, hint(fmt.Errorf("a program for %s, not for Linux", f.System), "build it with GOOS=linux")
	}
	e := &Executable{File: f, Platform: oci.Platform{OS: f.System}}
	if e.Platform.Architecture, e.Platform.Variant, err = f.Platform(); err != nil {
		return nil, explain(err)
	}
	return e, nil
}

// explain adds what to do about an error.
func explain(err error) error {
	if _, ok := errors.AsType[*elfinfo.NotELFError](err); ok {
		return hint(err, "build a Linux executable: GOOS=linux CGO_ENABLED=0 go build")
	}
	if _, ok := errors.AsType[*elfinfo.MachineError](err); ok {
		return hint(err, "packed are amd64, arm64, arm/v5 to v7, 386, riscv64, ppc64le, s390x and loong64")
	}
	return err
}

// static says how the program could be built to need nothing.
func (e *Executable) static() string {
	if e.Setting("-buildmode") == "pie" && e.Setting("CGO_ENABLED") == "0" {
		return "build it without -buildmode=pie, for which Go asks for an interpreter"
	}
	return "build it with CGO_ENABLED=0"
}

// needs lists what a program that isn't static asks for.
func (e *Executable) needs() string {
	all := e.Libraries
	if e.Interpreter != "" {
		all = append([]string{e.Interpreter}, all...)
	}
	return strings.Join(all, ", ")
}

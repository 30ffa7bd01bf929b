package userdb

import (
	"bytes"
	"errors"
	"fmt"
	"io"
)

// A Kind is what a database's path leads to.
type Kind uint8

// The kinds.
const (
	// Absent is a path that leads to nothing.
	Absent Kind = iota
	Regular
	Directory
	// Special is a device, a pipe, or a file that only a running container
	// has: what it holds can't be told from the image.
	Special
)

// A File is a database as an engine finds it. The zero File is absent.
type File struct {
	Kind Kind
	// Data is the content of a regular file, the first MaxFile+1 bytes of it
	// where it is larger.
	Data []byte
	// Fault is why the path can't be followed, which is more than that it leads
	// to nothing: links in a circle, a file where a directory should be.
	Fault error
}

// Databases are the two files, as one way of following links finds them.
type Databases struct{ Passwd, Group File }

// open returns the content, nil for what is absent, or what stands against it.
func (f File) open() (io.Reader, error) {
	switch {
	case f.Fault != nil:
		return nil, f.Fault
	case f.Kind == Directory:
		return nil, errors.New("is a directory")
	case f.Kind == Special:
		return nil, errors.New("is not a regular file")
	case len(f.Data) > MaxFile:
		return nil, fmt.Errorf("is larger than %d bytes", MaxFile)
	case f.Kind == Absent:
		return nil, nil
	}
	return bytes.NewReader(f.Data), nil
}

// Err says why the content can't be read; nil for what is absent, too.
func (f File) Err() error {
	_, err := f.open()
	return err
}

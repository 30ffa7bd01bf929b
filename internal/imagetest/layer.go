// Package imagetest builds small images in code, for tests.
package imagetest

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"io"
	"path"
	"strings"
	"time"
)

// An Entry is a tar entry with its content.
type Entry struct {
	tar.Header
	Content string
}

// modTime is when everything was made.
var modTime = time.Unix(1_700_000_000, 0).UTC()

// File is a regular file.
func File(name, content string) Entry {
	return Entry{tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Size: int64(len(content)), ModTime: modTime}, content}
}

// Sized is a regular file of size bytes.
func Sized(name string, size int) Entry { return File(name, strings.Repeat("x", size)) }

// Program is an executable file of size bytes.
func Program(name string, size int) Entry {
	e := Sized(name, size)
	e.Mode = 0o755
	return e
}

// Dir is a directory.
func Dir(name string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeDir, Name: name + "/", Mode: 0o755, ModTime: modTime}}
}

// Symlink is a symbolic link.
func Symlink(name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeSymlink, Name: name, Linkname: target, Mode: 0o777, ModTime: modTime}}
}

// Link is a hard link.
func Link(name, target string) Entry {
	return Entry{Header: tar.Header{Typeflag: tar.TypeLink, Name: name, Linkname: target, Mode: 0o644, ModTime: modTime}}
}

// Whiteout removes a path from the layers below.
func Whiteout(name string) Entry {
	return File(path.Join(path.Dir(name), ".wh."+path.Base(name)), "")
}

// Opaque removes what the layers below have in a directory.
func Opaque(dir string) Entry { return File(path.Join(dir, ".wh..wh..opq"), "") }

// Tar returns an archive of the entries. What archive/tar refuses to write
// panics: it is the test that is wrong.
func Tar(entries ...Entry) []byte {
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		must(w.WriteHeader(&e.Header))
		_, err := w.Write([]byte(e.Content))
		must(err)
	}
	must(w.Close())
	return b.Bytes()
}

// Odd is an entry of any type and name, for [RawTar].
func Odd(typeflag byte, name, link string) Entry {
	return Entry{Header: tar.Header{Typeflag: typeflag, Name: name, Linkname: link, Mode: 0o644, ModTime: modTime}}
}

// header is one of an extension.
func header(typeflag byte, name string, size int64) tar.Header {
	return tar.Header{Typeflag: typeflag, Name: name, Size: size, Mode: 0o644}
}

// Names returns the names of an archive's entries, in its order.
func Names(archive []byte) []string {
	var names []string
	for r := tar.NewReader(bytes.NewReader(archive)); ; {
		hdr, err := r.Next()
		if err == io.EOF {
			return names
		}
		must(err)
		names = append(names, hdr.Name)
	}
}

// Zstd returns b as zstd keeps what it can't compress, with a frame after it that
// is to be skipped.
func Zstd(b []byte) []byte {
	packed := []byte("\x28\xb5\x2f\xfd\x00\x38") // a window of 128 KiB
	for {
		n := min(len(b), 128<<10)
		header := n << 3
		if n == len(b) {
			header |= 1
		}
		packed = append(append(packed, byte(header), byte(header>>8), byte(header>>16)), b[:n]...)
		if b = b[n:]; len(b) == 0 {
			return append(packed, "\x50\x2a\x4d\x18\x03\x00\x00\x00toc"...)
		}
	}
}

// Gzip compresses b.
func Gzip(b []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := w.Write(b)
	must(err)
	must(w.Close())
	return out.Bytes()
}

// must panics for what can't fail in memory.
func must(err error) {
	if err != nil {
		panic(err)
	}
}

package tarscan

import (
	"archive/tar"
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"time"
)

// write returns an archive of the headers, each with Size bytes of content.
func write(t testing.TB, headers ...*tar.Header) []byte {
	t.Helper()
	var buf bytes.Buffer
	w := tar.NewWriter(&buf)
	for _, h := range headers {
		if err := w.WriteHeader(h); err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(w, io.LimitReader(letters{}, h.Size)); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return buf.Bytes()
}

type letters struct{}

func (letters) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = byte('a' + i%26)
	}
	return len(p), nil
}

// patch writes s at offset into a copy of the first header of archive and puts
// the checksum right.
func patch(archive []byte, offset int, s string) []byte {
	b := bytes.Clone(archive)
	copy(b[offset:], s)
	copy(b[148:156], "        ")
	var sum int
	for _, c := range b[:blockSize] {
		sum += int(c)
	}
	copy(b[148:156], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// archives are the dialects and damages that the scanner must read, or refuse,
// exactly as archive/tar does.
func archives(t testing.TB) map[string][]byte {
	old := time.Unix(1_000_000_000, 0)
	file := &tar.Header{Typeflag: tar.TypeReg, Name: "etc/passwd", Mode: 0o644, Size: 700, ModTime: old, Uname: "root", Gname: "root"}
	plain := write(t, &tar.Header{Typeflag: tar.TypeDir, Name: "etc/", Mode: 0o755}, file,
		&tar.Header{Typeflag: tar.TypeSymlink, Name: "etc/link", Linkname: "passwd"},
		&tar.Header{Typeflag: tar.TypeLink, Name: "etc/hard", Linkname: "etc/passwd"},
		&tar.Header{Typeflag: tar.TypeChar, Name: "dev/null", Devmajor: 1, Devminor: 3})
	long := strings.Repeat("d/", 120) + "file"
	huge := write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "x", Size: 0, Format: tar.FormatGNU})
	sparse := patch(write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "hole", Size: 512, Format: tar.FormatGNU}, file), 156, "S")
	sparse = patch(sparse, 386, "00000001000\x0000000001000\x00") // 512 bytes at 512
	sparse = patch(sparse, 483, "00000002000\x00")                // of 1024
	return map[string][]byte{
		"empty":           {},
		"plain":           plain,
		"no trailer":      plain[:len(plain)-1024],
		"one zero block":  plain[:len(plain)-512],
		"no padding":      write(t, file)[:512+700],
		"cut content":     write(t, file)[:512+300],
		"cut header":      plain[:300],
		"garbage":         bytes.Repeat([]byte("no tar at all "), 100),
		"bad checksum":    append([]byte("X"), plain[1:]...),
		"prefix":          write(t, &tar.Header{Typeflag: tar.TypeReg, Name: strings.Repeat("p/", 60) + "x", Size: 3, Format: tar.FormatUSTAR}, file),
		"pax path":        write(t, &tar.Header{Typeflag: tar.TypeReg, Name: long, Size: 9, Format: tar.FormatPAX}, file),
		"pax xattr":       write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "a", Size: 9, PAXRecords: map[string]string{"SCHILY.xattr.user.a": "b"}}, file),
		"pax global":      write(t, &tar.Header{Typeflag: tar.TypeXGlobalHeader, Name: "g", PAXRecords: map[string]string{"comment": "b"}}, file),
		"gnu long name":   write(t, &tar.Header{Typeflag: tar.TypeReg, Name: long, Size: 9, Format: tar.FormatGNU}, file),
		"gnu long link":   write(t, &tar.Header{Typeflag: tar.TypeSymlink, Name: "s", Linkname: long, Format: tar.FormatGNU}, file),
		"gnu times":       write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "t", AccessTime: old, ChangeTime: old, Format: tar.FormatGNU}, file),
		"gnu ctime":       write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "t", ChangeTime: old, Format: tar.FormatGNU}, file),
		"gnu no ctime":    patch(write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "t", Format: tar.FormatGNU}, file), 357, "not a time"),
		"gnu sparse":      sparse,
		"base-256":        write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "u", Uid: 1 << 30, Size: 5, Format: tar.FormatGNU}, file),
		"8 EB":            patch(huge, 124, "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\xff"),
		"most of int64":   patch(huge, 124, "\x80\x00\x00\x00\x7f\xff\xff\xff\xff\xff\xff\x00"),
		"negative":        patch(huge, 124, "\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xfe"),
		"directory sized": patch(write(t, &tar.Header{Typeflag: tar.TypeDir, Name: "d/"}, file), 124, "00000000777\x00"),
		"old type":        patch(write(t, file), 156, "\x00"),
		"old directory":   patch(write(t, &tar.Header{Typeflag: tar.TypeDir, Name: "d/"}, file), 156, "\x00"),
		"contiguous":      patch(write(t, file), 156, "7"),
		"v7":              patch(write(t, file), 257, "\x00\x00\x00\x00\x00\x00\x00\x00"),
	}
}

// entry is what both readers say of one entry.
type entry struct {
	hdr     tar.Header
	content string
	err     string
}

const contentLimit = 1 << 16

func readContent(r io.Reader) (string, string) {
	b, err := io.ReadAll(io.LimitReader(r, contentLimit))
	return string(b), message(err)
}

func message(err error) string {
	switch {
	case err == nil:
		return ""
	case errors.Is(err, io.ErrUnexpectedEOF):
		return io.ErrUnexpectedEOF.Error()
	}
	return err.Error()
}

func wanted(archive []byte, contents bool) (list []entry, end string) {
	r := tar.NewReader(onlyReader{bytes.NewReader(archive)})
	for {
		hdr, err := r.Next()
		if err != nil {
			return list, message(err)
		}
		if hdr.Typeflag == tar.TypeXGlobalHeader {
			continue
		}
		e := entry{hdr: plainFields(hdr)}
		if contents {
			e.content, e.err = readContent(r)
		}
		list = append(list, e)
	}
}

func scanned(s *Scanner, contents bool) (list []entry, end string) {
	for {
		hdr, err := s.Next()
		if err != nil {
			return list, message(err)
		}
		e := entry{hdr: plainFields(hdr)}
		if contents {
			e.content, e.err = readContent(s)
		}
		list = append(list, e)
	}
}

// plainFields drops what this package doesn't promise: the dialect, and the
// access and change times, which only sparse and extended headers carry here.
func plainFields(h *tar.Header) tar.Header {
	plain := *h
	plain.Format = 0
	plain.AccessTime, plain.ChangeTime = time.Time{}, time.Time{}
	return plain
}

func compare(t *testing.T, archive []byte) {
	t.Helper()
	for _, contents := range []bool{false, true} {
		want, wantEnd := wanted(archive, contents)
		for kind, s := range map[string]*Scanner{
			"file":   NewFile(bytes.NewReader(archive), int64(len(archive))),
			"stream": NewStream(onlyReader{bytes.NewReader(archive)}),
		} {
			got, end := scanned(s, contents)
			if end != wantEnd {
				t.Errorf("%s, contents %v: ended with %q, archive/tar with %q", kind, contents, end, wantEnd)
			}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("%s, contents %v:\n got %.2000s\nwant %.2000s", kind, contents, fmt.Sprintf("%+v", got), fmt.Sprintf("%+v", want))
			}
		}
	}
}

type onlyReader struct{ io.Reader }

func TestScannerReadsAsArchiveTar(t *testing.T) {
	for name, archive := range archives(t) {
		t.Run(name, func(t *testing.T) { compare(t, archive) })
	}
}

func TestScannerOffset(t *testing.T) {
	for name, archive := range archives(t) {
		s := NewFile(bytes.NewReader(archive), int64(len(archive)))
		for {
			hdr, err := s.Next()
			if err != nil {
				break
			}
			at, ok := s.Offset()
			if !ok || storedSize(hdr) > contentLimit {
				continue
			}
			want, _ := readContent(s)
			got, _ := readContent(io.NewSectionReader(bytes.NewReader(archive), at, storedSize(hdr)))
			if got != want {
				t.Errorf("%s: %q: content at %d differs", name, hdr.Name, at)
			}
		}
	}
}

// TestFileReadsOnlyHeaders holds the promise that makes the scanner fast.
func TestFileReadsOnlyHeaders(t *testing.T) {
	archive := write(t, &tar.Header{Typeflag: tar.TypeReg, Name: "big", Size: 10 << 20}, &tar.Header{Typeflag: tar.TypeReg, Name: "end"})
	counted := &countingReaderAt{r: bytes.NewReader(archive)}
	if list, end := scanned(NewFile(counted, int64(len(archive))), false); len(list) != 2 || end != "EOF" {
		t.Fatalf("%d entries, %s", len(list), end)
	}
	if counted.n > 4*window {
		t.Errorf("read %d bytes of %d", counted.n, len(archive))
	}
}

type countingReaderAt struct {
	r io.ReaderAt
	n int
}

func (c *countingReaderAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := c.r.ReadAt(p, off)
	c.n += n
	return n, err
}

func FuzzScanner(f *testing.F) {
	for _, archive := range archives(f) {
		f.Add(archive)
	}
	f.Fuzz(compare)
}

package layers_test

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// TestHostile: every layer here is refused, with a message that names the
// place.
func TestHostile(t *testing.T) {
	plain := func(b []byte) it.Layer { return it.Layer{Tar: b} }
	good := it.Tar(it.Sized("a", 3000), it.Sized("b", 3000))
	zipped := it.Gzip(good)
	for _, tt := range []struct {
		name  string
		layer it.Layer
		opts  layers.Options
		want  string // %s is the layer
	}{
		{"cut", plain(good[:2000]), layers.Options{}, "layer 1 (%s): after 1 entries: 3000 bytes of content to come, 1488 there"},
		{"garbage", plain(bytes.Repeat([]byte("garbage "), 200)), layers.Options{}, "invalid tar header"},
		{"cut gzip", it.Layer{Tar: good, Blob: zipped[:len(zipped)/2]}, layers.Options{}, "unexpected EOF"},
		{"gzip header only", it.Layer{Tar: good, Blob: zipped[:5]}, layers.Options{}, "unexpected EOF"},
		{"zstd", it.Layer{Tar: good, Blob: []byte("\x28\xb5\x2f\xfd\x00\x00rest")}, layers.Options{}, "zstd: byte 6: a block is larger than it may be"},
		{"cut zstd", it.Layer{Tar: good, Blob: it.Zstd(good)[:3000]}, layers.Options{}, "zstd: byte 3000: unexpected EOF"},
		{"xz", it.Layer{Tar: good, Blob: []byte("\xfd7zXZ\x00 rest")}, layers.Options{}, "compression xz can't be read"},
		{"too long a path", it.Plain(it.File(strings.Repeat("d/", 3000)+"f", "x")), layers.Options{}, "path is longer than 4096 bytes"},
		{"too many entries", it.Plain(it.File("a", ""), it.File("a", ""), it.File("a", "")), layers.Options{MaxFiles: 2}, `entry "a": image has too many files: more than 2 entries`},
		{"too many paths", it.Plain(it.File("a/b/c/d", "")), layers.Options{MaxFiles: 3}, "more than 3 paths"},
		{"too long a target", it.Plain(it.Symlink("a", strings.Repeat("x", 4097))), layers.Options{}, `entry "a": link target of 4097 bytes, Linux takes 4096`},
		{"too large an attribute", it.Plain(attribute("user.a", 65537)), layers.Options{}, `entry "a": attribute "user.a" of 65537 bytes, Linux takes 65536`},
		{"too long an attribute's name", it.Plain(attribute(strings.Repeat("a", 256), 1)), layers.Options{}, "attribute with a name of 256 bytes, Linux takes 255"},
		{"too many attributes", it.Plain(attributes(300)), layers.Options{}, "attributes with names of 66000 bytes, Linux takes 65536"},
		{"too long names", it.Plain(it.File("a/b", ""), it.File("a/c", "")), layers.Options{MaxNames: 9}, `entry "a/c": image has too much in its names: more than 9 bytes of paths, link targets and attributes`},
		{"too long targets", it.Plain(it.Symlink("a", "12345"), it.Symlink("a", "6789")), layers.Options{MaxNames: 10}, `entry "a": image has too much in its names: more than 10 bytes`},
		{"too much in attributes", it.Plain(attribute("b", 5)), layers.Options{MaxNames: 7}, "image has too much in its names: more than 7 bytes"},
		{"too long names through links", it.Plain(it.Dir("d"), it.Symlink("l", "d"), it.File("l/f", "")), layers.Options{MaxNames: 12}, "image has too much in its names: more than 12 bytes"},
		{"too large", it.Plain(it.Sized("a", 600), it.Sized("b", 600)), layers.Options{MaxSize: 1000}, `entry "b": image is too large: more than 1000 bytes`},
		{"too large unpacked", it.Zipped(it.Sized("a", 1<<20)), layers.Options{MaxSize: 1 << 19}, "image is too large"},
		{"sparse claim", plain(sparse(1 << 50)), layers.Options{}, "image is too large"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			_, err := tryRead(t, it.Image{Layers: []it.Layer{tt.layer}}, tt.opts)
			if err == nil {
				t.Fatal("read")
			}
			want := strings.Replace(tt.want, " (%s)", "", 1)
			got := strings.NewReplacer(` ("`, "|", `/layer.tar")`, "|").Replace(err.Error())
			if i := strings.Index(got, "|"); i >= 0 {
				got = got[:i] + got[strings.LastIndex(got, "|")+1:]
			}
			if !strings.Contains(got, want) || !strings.HasPrefix(got, "layer 1") || strings.Contains(got, "\n") {
				t.Errorf("error %q, want %q", got, want)
			}
		})
	}
}

// attribute is a file with an attribute of so many bytes, and attributes one
// with so many of them.
func attribute(name string, size int) it.Entry {
	e := it.File("a", "")
	e.PAXRecords = map[string]string{"SCHILY.xattr." + name: strings.Repeat("x", size)}
	return e
}

func attributes(n int) it.Entry {
	e := it.File("a", "")
	e.PAXRecords = map[string]string{}
	for i := range n {
		e.PAXRecords[fmt.Sprintf("SCHILY.xattr.%0219d", i)] = "x"
	}
	return e
}

// TestLongest: what is as long as Linux takes is read.
func TestLongest(t *testing.T) {
	for _, e := range []it.Entry{
		it.Symlink("a", strings.Repeat("x", 4096)), attribute("a", 65536), attribute(strings.Repeat("a", 255), 1), attributes(297),
		it.File(strings.Repeat("d/", 2047)+"ff", ""),
	} {
		if _, err := tryRead(t, it.Image{Layers: []it.Layer{it.Plain(e)}}, layers.Options{}); err != nil {
			t.Errorf("%.80q: %v", e.Name, err)
		}
	}
	exact := it.Plain(it.Dir("d"), it.Symlink("l", "d"), it.File("l/f", ""), attribute("b", 5))
	// d/, l/, l/f/, d/f/, a/, the target and the attribute
	if _, err := tryRead(t, it.Image{Layers: []it.Layer{exact}}, layers.Options{MaxNames: 2 + 2 + 4 + 4 + 2 + 1 + 6}); err != nil {
		t.Error(err)
	}
}

// sparse is a layer with a file in the old GNU sparse format, all hole, that
// claims to be size bytes long.
func sparse(size int64) []byte {
	b := it.Tar(it.Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: "hole", Mode: 0o644, Format: tar.FormatGNU}})
	b[156] = tar.TypeGNUSparse
	b[483] = 0x80 // base-256
	binary.BigEndian.PutUint64(b[487:], uint64(size))
	copy(b[148:156], "        ")
	var sum int
	for _, c := range b[:512] {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

// TestOddNames: what a terminal could take for something else is kept as it
// is; printing it is another matter.
func TestOddNames(t *testing.T) {
	for _, name := range []string{"new\nline", "\x1b[2J", "tab\there", "\xff\xfe", "\u202egpj.exe", "a b", "-rf"} {
		s := read(t, it.Plain(it.Entry{Header: tar.Header{Typeflag: tar.TypeReg, Name: name, Mode: 0o644, Format: tar.FormatGNU}}))
		if n := s.Lookup(name); n == nil || n.Path() != name {
			t.Errorf("%q isn't found", name)
		}
	}
}

// TestDeep: a path as deep as Linux allows costs no more than its length.
func TestDeep(t *testing.T) {
	deep := strings.Repeat("d/", 2000) + "f"
	s := read(t, it.Plain(it.Sized(deep, 7)), it.Plain(it.Whiteout("d")))
	if s.Size() != 7 || s.Dead() != 7 {
		t.Errorf("size %d, dead %d", s.Size(), s.Dead())
	}
}

// TestThousandLayers: the number of layers is no burden.
func TestThousandLayers(t *testing.T) {
	var list []it.Layer
	for i := range 1000 {
		list = append(list, it.Zipped(it.Sized(fmt.Sprintf("f%d", i), 10), it.Sized("same", 1)))
	}
	if s := read(t, list...); s.Size() != 11_000 || s.Dead() != 999 {
		t.Errorf("size %d, dead %d", s.Size(), s.Dead())
	}
}

// TestBomb: what unpacks to 2 GB stops at the limit, and memory stays flat.
func TestBomb(t *testing.T) {
	var blob bytes.Buffer
	z, err := gzip.NewWriterLevel(&blob, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	w := tar.NewWriter(z)
	const size = 2 << 30
	if err := w.WriteHeader(&tar.Header{Typeflag: tar.TypeReg, Name: "bomb", Size: size}); err != nil {
		t.Fatal(err)
	}
	chunk := make([]byte, 1<<20)
	for range size / len(chunk) / 8 { // the limit is met long before the end
		w.Write(chunk)
	}
	w.Flush()
	z.Close()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	_, err = tryRead(t, it.Image{Layers: []it.Layer{{Tar: []byte("-"), Blob: blob.Bytes()}}}, layers.Options{MaxSize: 100 << 20})
	runtime.ReadMemStats(&after)
	if !errors.Is(err, layers.ErrTooLarge) {
		t.Errorf("error %v, want %v", err, layers.ErrTooLarge)
	}
	if grown := int64(after.TotalAlloc - before.TotalAlloc); grown > 32<<20 {
		t.Errorf("allocated %d bytes", grown)
	}
}

// TestCancelled: an interrupt ends the reading.
func TestCancelled(t *testing.T) {
	archive := it.Classic(it.Image{Layers: []it.Layer{it.Zipped(it.Sized("a", 1<<20))}}).Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := layers.Read(ctx, img, layers.Options{}); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want %v", err, context.Canceled)
	}
}

// FuzzRead reads any archive: sizes add up, and nothing leaves the root.
func FuzzRead(f *testing.F) {
	img := it.Image{Tag: "a:1", Layers: []it.Layer{
		it.Plain(it.Dir("d"), it.Sized("d/a", 700), it.Link("l", "d/a"), it.Symlink("s", "d")),
		it.Zipped(it.Whiteout("d/a"), it.Opaque("d"), it.Sized("b", 3)),
	}}
	f.Add(it.Classic(img).Archive())
	f.Add(it.Saved(img).Archive())
	f.Add(it.Layout(img).Archive())
	f.Fuzz(func(t *testing.T, archive []byte) {
		img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
		if err != nil {
			return
		}
		s, err := layers.Read(context.Background(), img, layers.Options{MaxSize: 1 << 30, MaxFiles: 10_000})
		if err != nil {
			return
		}
		checkStack(t, s)
	})
}

func checkStack(t *testing.T, s *layers.Stack) {
	var size int64
	for _, l := range s.Layers {
		if l.Dead < 0 || l.Dead > l.Size {
			t.Errorf("layer %d: dead %d of %d", l.Index, l.Dead, l.Size)
		}
		for _, e := range l.Entries {
			size += e.Size
			if p := e.Node.Path(); strings.HasPrefix(p, "/") || strings.Contains("/"+p+"/", "/../") {
				t.Errorf("path %q", p)
			}
		}
	}
	if size != s.Size() {
		t.Errorf("size %d, entries add up to %d", s.Size(), size)
	}
	listing, err := s.List(layers.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if shown := s.Size() - s.Dead(); listing.Size != shown || shown < 0 {
		t.Errorf("listed %d, shown %d, size %d", listing.Size, shown, s.Size())
	}
	if _, err := s.Weigh(""); err != nil {
		t.Error(err)
	}
	s.History()
	wanted := map[*layers.Entry]bool{}
	for n := range s.All() {
		if n.Entry != nil && n.Entry.Inode().IsRegular() {
			wanted[n.Entry.Inode()] = true
		}
	}
	if err := s.Contents(context.Background(), wanted, func(_ *image.Layer, e *layers.Entry, content io.Reader) error {
		n, err := io.Copy(io.Discard, io.LimitReader(content, 1<<20))
		if err == nil && n != min(e.Size, 1<<20) {
			t.Errorf("%q: %d bytes of %d", e.Node.Path(), n, e.Size)
		}
		return err
	}); err != nil && !errors.Is(err, tar.ErrHeader) {
		t.Error(err)
	}
}

// TestRootEntries: what calls itself the root and isn't a directory is passed
// over, as engines do, and what follows has its place.
func TestRootEntries(t *testing.T) {
	for _, name := range []string{"", ".", "./", "a/..", "./b/../"} {
		for _, typeflag := range []byte{tar.TypeReg, tar.TypeLink, tar.TypeSymlink, tar.TypeChar, tar.TypeFifo} {
			s := read(t, it.Raw(it.Odd(typeflag, name, "a"), it.Sized("a", 1)), it.Plain(it.Whiteout("a"), it.Sized("d/b", 2)))
			if got := tree(s); got != "d/ d/b" || s.Dead() != 1 {
				t.Errorf("%q of type %c: tree %q, dead %d", name, typeflag, got, s.Dead())
			}
			checkStack(t, s)
		}
	}
}

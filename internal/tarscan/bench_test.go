package tarscan

import (
	"archive/tar"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// sources writes an archive of 5000 files, 8 kB each, to a real file: about
// what a layer of program sources is.
func sources(b *testing.B) (*os.File, int64) {
	var headers []*tar.Header
	for i := range 5000 {
		headers = append(headers, &tar.Header{Typeflag: tar.TypeReg, Name: fmt.Sprintf("usr/src/d%02d/f%04d.go", i/100, i), Size: 8000})
	}
	archive := write(b, headers...)
	name := filepath.Join(b.TempDir(), "layer.tar")
	if err := os.WriteFile(name, archive, 0o600); err != nil {
		b.Fatal(err)
	}
	f, err := os.Open(name)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { f.Close() })
	return f, int64(len(archive))
}

type nexter interface{ Next() (*tar.Header, error) }

func benchmark(b *testing.B, open func(f *os.File, size int64) nexter) {
	f, size := sources(b)
	entries := 0
	b.SetBytes(size)
	for b.Loop() {
		for r := open(f, size); ; entries++ {
			if _, err := r.Next(); err == io.EOF {
				break
			} else if err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// The scanner has to earn its place beside archive/tar, which seeks, too.
func BenchmarkFile(b *testing.B) {
	benchmark(b, func(f *os.File, size int64) nexter { return NewFile(f, size) })
}

func BenchmarkFileArchiveTar(b *testing.B) {
	benchmark(b, func(f *os.File, size int64) nexter { return tar.NewReader(io.NewSectionReader(f, 0, size)) })
}

func BenchmarkStream(b *testing.B) {
	benchmark(b, func(f *os.File, size int64) nexter { return NewStream(io.NewSectionReader(f, 0, size)) })
}

package layers_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"testing"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
)

// words is content that compresses as programs do.
func words(size int, seed uint64) string {
	random := rand.New(rand.NewPCG(seed, 1))
	b := make([]byte, 0, size+16)
	for len(b) < size {
		b = append(b, fmt.Sprintf("%x ", random.IntN(1<<12))...)
	}
	return string(b[:size])
}

// bigImage is an image of the given number of files and bytes in each.
func bigImage(files, size int, pack func(...it.Entry) it.Layer) it.Image {
	content := words(size, 1)
	var entries []it.Entry
	for i := range files {
		entries = append(entries, it.File(fmt.Sprintf("usr/lib/package%03d/file%06d.so", i/50, i), content))
	}
	return it.Image{Layers: []it.Layer{pack(entries...), pack(it.Sized("app", 1000))}}
}

func benchmarkRead(b *testing.B, f it.Files) {
	path := f.ArchiveFile(b)
	info, err := os.Stat(path)
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(info.Size())
	b.ReportAllocs()
	entries := 0
	for b.Loop() {
		img, err := image.Open(context.Background(), path, image.Options{})
		if err != nil {
			b.Fatal(err)
		}
		s, err := layers.Read(context.Background(), img, layers.Options{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := s.Weigh(""); err != nil {
			b.Fatal(err)
		}
		for _, l := range s.Layers {
			entries += len(l.Entries)
		}
		img.Close()
	}
	b.ReportMetric(float64(entries)/b.Elapsed().Seconds(), "entries/s")
}

// BenchmarkClassic grows with the files, not with the bytes.
func BenchmarkClassic(b *testing.B) {
	for _, size := range []int{2_000, 20_000} {
		b.Run(fmt.Sprintf("5000x%d", size), func(b *testing.B) { benchmarkRead(b, it.Classic(bigImage(5000, size, it.Plain))) })
	}
	b.Run("50000x100", func(b *testing.B) { benchmarkRead(b, it.Classic(bigImage(50_000, 100, it.Plain))) })
}

// BenchmarkList is what tree adds to reading; its memory is that of the lines.
func BenchmarkList(b *testing.B) {
	path := it.Classic(bigImage(50_000, 1, it.Plain)).ArchiveFile(b)
	img, err := image.Open(context.Background(), path, image.Options{})
	if err != nil {
		b.Fatal(err)
	}
	defer img.Close()
	s, err := layers.Read(context.Background(), img, layers.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		listing, err := s.List(layers.ListOptions{BySize: true})
		if err != nil {
			b.Fatal(err)
		}
		for range listing.Items() {
		}
	}
}

func BenchmarkGzip(b *testing.B) {
	benchmarkRead(b, it.Layout(bigImage(2000, 20_000, it.Zipped)))
}

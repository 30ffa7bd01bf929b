package main

import (
	"archive/tar"
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"devops-go/internal/digest"
)

// What any of the bombs may take. The time is generous, as tests share the
// machine: what is held is that it doesn't grow with what the bomb claims.
const (
	bombMemory = 300 << 20
	bombTime   = 2 * time.Minute
)

// TestBombs: what a small archive makes of itself costs no more memory than an
// image of the most files that are allowed, and where it is too much, one line says
// what of. The last word of a command is the archive's name.
func TestBombs(t *testing.T) {
	dir := t.TempDir()
	const inLayer = `layer 1 ("layer.tar"): `
	for _, tt := range []struct {
		name     string
		layer    func(b *bomb)
		commands []string
		want     string // the error; none where empty
	}{
		{"attributes", attributeBomb, []string{"audit"}, inLayer + `entry "f0": attribute "user.a" of 1048476 bytes, Linux takes 65536`},
		{"attributes-in-bounds", smallAttributeBomb, []string{"audit"}, "image has too much in its names: more than 64000000 bytes of paths, link targets and attributes"},
		{"targets", targetBomb, []string{"audit"}, inLayer + `entry "f0": link target of 1048476 bytes, Linux takes 4096`},
		{"names", nameBomb, []string{"tree", "audit"}, "image has too much in its names: more than 64000000 bytes of paths, link targets and attributes"},
		{"deep", deepBomb, []string{"tree", "audit"}, "image has too much in its names: more than 64000000 bytes of paths, link targets and attributes"},
		{"files", fileBomb, []string{"tree", "audit --fail-on off"}, ""},
		{"globals", globalBomb, []string{"audit"}, inLayer + "after 0 entries: more than 10000 global PAX headers"},
		{"segments", segmentBomb, []string{"audit"}, inLayer + "after 0 entries: archive/tar: sparse map too long"},
		{"settings", settingsBomb, []string{"audit --fail-on off"}, ""},
		{"zeros", zeroBomb, []string{"audit --max-size 1GiB"}, `layer 1 ("layer.tar"): entry "zeros": image is too large: more than 1073741824 bytes uncompressed`},
	} {
		t.Run(tt.name, func(t *testing.T) {
			archive := filepath.Join(dir, tt.name+".tar")
			writeBomb(t, archive, tt.layer)
			for _, command := range tt.commands {
				runBomb(t, command, archive, tt.want)
			}
		})
	}
}

// runBomb runs a command of tare on the archive and holds what it says, how long
// it takes and the most memory that it has.
func runBomb(t *testing.T, command, archive, want string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), bombTime)
	defer cancel()
	cmd := tareCommand(t, filepath.Dir(archive), append(strings.Fields(command), archive)...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	stop := context.AfterFunc(ctx, func() { cmd.Process.Kill() })
	defer stop()
	err := cmd.Wait()
	got, peak := stderr.String(), cmd.ProcessState.SysUsage().(*syscall.Rusage).Maxrss<<10
	t.Logf("%s: %d MB, %v of processors", command, peak/1_000_000, cmd.ProcessState.UserTime()+cmd.ProcessState.SystemTime())
	if peak > bombMemory {
		t.Errorf("%s took %d bytes of memory, want at most %d", command, peak, bombMemory)
	}
	line, rest, _ := strings.Cut(got, "\n")
	switch {
	case want == "" && (err != nil || got != ""):
		t.Errorf("%s: %v, %.300q", command, err, got)
	case want != "" && (cmd.ProcessState.ExitCode() != exitFailure || !strings.HasSuffix(line, want) || rest != "" && !strings.HasPrefix(rest, "hint: ")):
		t.Errorf("%s: %v, %.300q, want %q", command, err, got, want)
	}
}

// A bomb is a layer compressed with gzip, written piece by piece: what is
// written again is compressed once.
type bomb struct {
	w *bufio.Writer
	z *gzip.Writer
}

// gzipped returns piece as a gzip member of its own.
func (b *bomb) gzipped(piece []byte) []byte {
	var out bytes.Buffer
	b.z.Reset(&out)
	b.z.Write(piece)
	b.z.Close()
	return out.Bytes()
}

// again writes a piece n times.
func (b *bomb) again(n int, piece []byte) {
	member := b.gzipped(piece)
	for range n {
		b.w.Write(member)
	}
}

// each writes the pieces 0 to n-1.
func (b *bomb) each(n int, piece func(i int) []byte) {
	b.z.Reset(b.w)
	for i := range n {
		b.z.Write(piece(i))
	}
	b.z.Close()
}

// head is the header of an entry, and body its content in whole blocks.
func head(typeflag byte, name, link string, size int64) []byte {
	b := make([]byte, 512)
	copy(b, name)
	copy(b[100:], "0000644\x000000000\x000000000\x00")
	copy(b[124:], fmt.Sprintf("%011o\x0000000000000\x00        ", size))
	b[156] = typeflag
	copy(b[157:257], link)
	copy(b[257:], "ustar\x0000")
	var sum int
	for _, c := range b {
		sum += int(c)
	}
	copy(b[148:], fmt.Sprintf("%06o\x00 ", sum))
	return b
}

func body(content string) []byte {
	return append([]byte(content), make([]byte, -len(content)&511)...)
}

// extended is a header of PAX records.
func extended(typeflag byte, records ...string) []byte {
	var all string
	for i := 0; i < len(records); i += 2 {
		line := " " + records[i] + "=" + records[i+1] + "\n"
		size := len(line)
		for size != len(fmt.Sprint(size))+len(line) {
			size = len(fmt.Sprint(size)) + len(line)
		}
		all += fmt.Sprint(size) + line
	}
	return append(head(typeflag, "pax", "", int64(len(all))), body(all)...)
}

// writeBomb writes an archive of docker save with one layer.
func writeBomb(t *testing.T, path string, layer func(b *bomb)) {
	t.Helper()
	var blob bytes.Buffer
	z, err := gzip.NewWriterLevel(&blob, gzip.BestSpeed)
	if err != nil {
		t.Fatal(err)
	}
	b := &bomb{bufio.NewWriter(&blob), z}
	layer(b)
	b.again(1, make([]byte, 1024))
	b.w.Flush()
	config := fmt.Sprintf(`{"architecture":"amd64","os":"linux","rootfs":{"type":"layers","diff_ids":[%q]}}`, digest.FromBytes(nil))
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, member := range []struct{ name, content string }{
		{"manifest.json", `[{"Config":"c.json","RepoTags":["bomb:1"],"Layers":["layer.tar"]}]`}, {"c.json", config}, {"layer.tar", blob.String()},
	} {
		f.Write(head(tar.TypeReg, member.name, "", int64(len(member.content))))
		io.WriteString(f, member.content)
		f.Write(make([]byte, -len(member.content)&511))
	}
	f.Write(make([]byte, 1024))
}

func attributeBomb(b *bomb) {
	attribute := b.gzipped(extended(tar.TypeXHeader, "SCHILY.xattr.user.a", strings.Repeat("x", 1<<20-100)))
	for i := range 2000 {
		b.w.Write(attribute)
		b.again(1, head(tar.TypeReg, fmt.Sprint("f", i), "", 0))
	}
}

// smallAttributeBomb has attributes that Linux takes, in records that are mostly
// something else.
func smallAttributeBomb(b *bomb) {
	attribute := b.gzipped(extended(tar.TypeXHeader, "SCHILY.xattr.user.a", strings.Repeat("x", 50_000), "comment", strings.Repeat("x", 200_000)))
	for i := range 2000 {
		b.w.Write(attribute)
		b.again(1, head(tar.TypeReg, fmt.Sprint("f", i), "", 0))
	}
}

func targetBomb(b *bomb) {
	target := b.gzipped(extended(tar.TypeXHeader, "linkpath", strings.Repeat("x", 1<<20-100)))
	for i := range 2000 {
		b.w.Write(target)
		b.again(1, head(tar.TypeSymlink, fmt.Sprint("f", i), "x", 0))
	}
}

// nameBomb is the beginning of 800 MB of names: the rest isn't looked at.
func nameBomb(b *bomb) {
	tail := strings.Repeat(strings.Repeat("n", 249)+"/", 16)
	b.each(8000, func(i int) []byte {
		return append(extended(tar.TypeXHeader, "path", fmt.Sprintf("%06d%s", i, tail)), head(tar.TypeReg, "x", "", 0)...)
	})
}

func deepBomb(b *bomb) {
	deep := strings.Repeat("/d", 2040)
	b.each(480, func(i int) []byte {
		return append(extended(tar.TypeXHeader, "path", fmt.Sprint(i, deep)), head(tar.TypeReg, "x", "", 0)...)
	})
}

// fileBomb has as many files as may be.
func fileBomb(b *bomb) {
	const files, dirs = 499_400, 600
	b.each(files, func(i int) []byte { return head(tar.TypeReg, fmt.Sprintf("d%03d/f%06d", i%dirs, i), "", 0) })
}

func globalBomb(b *bomb) {
	b.again(1000, bytes.Repeat(extended(tar.TypeXGlobalHeader, "comment", "x"), 1000))
}

// segmentBomb has a file with a sparse map of a million segments.
func segmentBomb(b *bomb) {
	var m strings.Builder
	fmt.Fprintf(&m, "%d\n", 1_000_000)
	for i := range 1_000_000 {
		fmt.Fprintf(&m, "%d\n0\n", i)
	}
	content := body(m.String())
	b.again(1, extended(tar.TypeXHeader, "GNU.sparse.major", "1", "GNU.sparse.minor", "0", "GNU.sparse.name", "s", "GNU.sparse.realsize", "1000000"))
	b.again(1, head(tar.TypeReg, "s", "", int64(len(content))))
	b.again(1, content)
}

// settingsBomb has files of a kind that audit keeps the text of.
func settingsBomb(b *bomb) {
	text := strings.Repeat("a b\n", 16_000)
	content := b.gzipped(body(text))
	for i := range 8000 {
		b.again(1, head(tar.TypeReg, fmt.Sprintf("d%d/.npmrc", i), "", int64(len(text))))
		b.w.Write(content)
	}
}

// zeroBomb unpacks to 8 GiB.
func zeroBomb(b *bomb) {
	b.again(1, head(tar.TypeReg, "zeros", "", 8<<30-1))
	b.again(128, make([]byte, 64<<20))
}

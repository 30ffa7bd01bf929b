package audit

import (
	"bytes"
	"debug/elf"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
)

// now is when the tests take place.
var now = time.Date(2024, 6, 1, 12, 0, 0, 0, time.UTC)

func at(day int) *time.Time {
	t := time.Date(2024, 5, day, 12, 0, 0, 0, time.UTC)
	return &t
}

// copied is the history entry of a COPY.
func copied(text string) image.History {
	return image.History{Created: at(2), CreatedBy: "COPY " + text + " # buildkit"}
}

func ran(text string) image.History {
	return image.History{Created: at(2), CreatedBy: "RUN /bin/sh -c " + text + " # buildkit"}
}

func empty(text string) image.History {
	return image.History{Created: at(2), CreatedBy: text, EmptyLayer: true}
}

// clean is an image without a fault, of one layer.
func clean() it.Image {
	return it.Image{
		Tag:    "clean:1",
		Layers: []it.Layer{it.Plain(exe("app", machine(elf.EM_X86_64).build()))},
		Config: image.Config{
			Created: at(2),
			Config: image.RunConfig{
				User: "65532:65532", Entrypoint: []string{"/app"}, Env: []string{"PATH=/bin"},
				Healthcheck: &image.Healthcheck{Test: []string{"CMD", "/app", "check"}},
				Labels:      map[string]string{"org.opencontainers.image.source": "devops-go"},
			},
			History: []image.History{copied("app /app")},
		},
	}
}

// with returns the clean image with more layers, each made by its step.
func with(steps ...any) it.Image {
	img := clean()
	for _, step := range steps {
		switch step := step.(type) {
		case image.History:
			img.Config.History = append(img.Config.History, step)
		case []it.Entry:
			img.Layers = append(img.Layers, it.Plain(step...))
		case func(*image.Config):
			step(&img.Config)
		default:
			panic(step)
		}
	}
	return img
}

func files(entries ...it.Entry) []it.Entry { return entries }

// exe is an executable file.
func exe(name string, content []byte) it.Entry {
	e := it.File(name, string(content))
	e.Mode = 0o755
	return e
}

// moded is the entry with another mode.
func moded(e it.Entry, mode int64) it.Entry {
	e.Mode = mode
	return e
}

// open opens the image as an archive in memory.
func open(t testing.TB, img it.Image) *image.Image {
	t.Helper()
	archive := it.Saved(img).Archive()
	opened, err := image.OpenArchive(t.Context(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	opened.Name = img.Tag
	return opened
}

// judge judges the image.
func judge(t testing.TB, img it.Image, opts Options) *Report {
	t.Helper()
	opts.Now = now
	r, err := Image(t.Context(), open(t, img), opts)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// An elfFile is an ELF file to be.
type elfFile struct {
	machine  elf.Machine
	loader   string
	sections []section
	more     string // after everything
}

type section struct {
	name string
	data []byte
}

func machine(m elf.Machine) elfFile { return elfFile{machine: m} }

// elfBase is where the whole file is mapped.
const elfBase = 0x400000

// build writes a static executable, or a dynamic one where there is a loader.
func (b elfFile) build() []byte {
	const header, prog, sect = 64, 56, 64
	body := bytes.NewBuffer(make([]byte, header+2*prog))
	loaderAt := body.Len()
	if b.loader != "" {
		body.WriteString(b.loader + "\x00")
	}
	names := []byte("\x00.shstrtab\x00")
	sections := []elf.Section64{{}, {Name: 1, Type: uint32(elf.SHT_STRTAB)}}
	for _, s := range b.sections {
		body.Write(make([]byte, -body.Len()&15))
		sections = append(sections, elf.Section64{
			Name: uint32(len(names)), Type: uint32(elf.SHT_PROGBITS), Off: uint64(body.Len()), Addr: elfBase + uint64(body.Len()), Size: uint64(len(s.data)),
		})
		names = append(append(names, s.name...), 0)
		body.Write(s.data)
	}
	body.WriteString(b.more)
	sections[1].Off, sections[1].Size = uint64(body.Len()), uint64(len(names))
	body.Write(names)
	sectionsAt := body.Len()
	write(body, sections)
	h := elf.Header64{
		Ident: [16]byte{0x7f, 'E', 'L', 'F', byte(elf.ELFCLASS64), byte(elf.ELFDATA2LSB), 1}, Type: uint16(elf.ET_EXEC), Machine: uint16(b.machine), Version: 1,
		Entry: elfBase, Phoff: header, Shoff: uint64(sectionsAt), Ehsize: header, Phentsize: prog, Phnum: 2, Shentsize: sect, Shnum: uint16(len(sections)), Shstrndx: 1,
	}
	load := elf.Prog64{Type: uint32(elf.PT_LOAD), Vaddr: elfBase, Filesz: uint64(body.Len()), Memsz: uint64(body.Len())}
	second := elf.Prog64{Type: uint32(elf.PT_NULL)}
	if b.loader != "" {
		second = elf.Prog64{Type: uint32(elf.PT_INTERP), Off: uint64(loaderAt), Filesz: uint64(len(b.loader) + 1)}
	}
	head := new(bytes.Buffer)
	write(head, h)
	write(head, load)
	write(head, second)
	out := body.Bytes()
	copy(out, head.Bytes())
	return out
}

func write(b *bytes.Buffer, v any) {
	if err := binary.Write(b, binary.LittleEndian, v); err != nil {
		panic(err)
	}
}

// goProgram is an executable with Go's build information and the strings.
func goProgram(more string) []byte {
	info := append([]byte("\xff Go buildinf:\x08\x02"), make([]byte, 16)...)
	info = append(info, "\x06go1.26\x00"...)
	info = append(info, make([]byte, 32)...)
	return elfFile{machine: elf.EM_X86_64, sections: []section{{".go.buildinfo", info}}, more: more}.build()
}

// The names in a Go program that makes TLS connections.
const tlsClient = "\x00crypto/tls.(*Conn).clientHandshake\x00net/http.(*Client).do\x00"

func epoch() *time.Time {
	t := time.Unix(0, 0)
	return &t
}

// future is so many hours and a minute from now.
func future(hours int) *time.Time {
	t := now.Add(time.Duration(hours)*time.Hour + time.Minute)
	return &t
}

// TestConfigName: a configuration that was changed in an archive without index
// is read as engines read it, and named.
func TestConfigName(t *testing.T) {
	for changed, want := range map[bool]int{false: 0, true: 1} {
		f := it.Classic(clean())
		for name, content := range f {
			if changed && strings.HasSuffix(name, ".json") && name != "manifest.json" {
				f[name] = append(content, '\n')
			}
		}
		archive := f.Archive()
		img, err := image.OpenArchive(t.Context(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
		if err != nil {
			t.Fatal(err)
		}
		r, err := Image(t.Context(), img, Options{Now: now})
		if err != nil {
			t.Fatal(err)
		}
		if got := of(r, "TARE-C015"); len(got) != want || want > 0 && !strings.Contains(got[0].Message, `.json" has digest sha256:`) {
			t.Errorf("changed %v: %+v", changed, got)
		}
	}
}

package pack

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
	"time"

	"devops-go/internal/bundle"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
	"devops-go/internal/verify"
)

// write writes a file below a new directory and returns its path.
func write(t *testing.T, name string, content []byte, mode fs.FileMode) string {
	t.Helper()
	p := filepath.Join(t.TempDir(), name)
	if err := os.MkdirAll(filepath.Dir(p), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(p, content, mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(p, mode); err != nil {
		t.Fatal(err)
	}
	return p
}

func program(t *testing.T, name string, p elfProgram) *Executable {
	t.Helper()
	e, err := OpenExecutable(write(t, name, p.bytes(), 0o755))
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func named(t *testing.T, s string) registry.Reference {
	t.Helper()
	ref, err := registry.ParseReference(s)
	if err != nil {
		t.Fatal(err)
	}
	return ref
}

var press = bundle.Press{Compression: image.Gzip, Level: bundle.DefaultLevel}

// archive packs the spec and returns the archive with its root's digest.
func archive(t *testing.T, s Spec) ([]byte, string) {
	t.Helper()
	ctx := context.Background()
	b, err := Build(ctx, s)
	if err != nil {
		t.Fatal(err)
	}
	defer b.Close()
	var out bytes.Buffer
	if err := b.WriteArchive(ctx, &out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes(), b.Root.Digest.String()
}

// open opens the image in an archive and verifies it.
func open(t *testing.T, content []byte, p oci.Platform) *image.Image {
	t.Helper()
	ctx := context.Background()
	img, err := image.OpenArchive(ctx, bytes.NewReader(content), int64(len(content)), "", image.Options{Platform: p})
	if err != nil {
		t.Fatal(err)
	}
	r, err := verify.Image(ctx, img, verify.Options{})
	if err != nil || !r.OK {
		t.Errorf("verify: %+v, %v", r, err)
	}
	return img
}

// golden is the digest of a tiny image: what is packed today is what was packed
// when this was written, on any machine, in any zone, under any umask.
const golden = "sha256:256ae378b297f4825ffa46d69be2f3df4af8f2256a78cccca60edd1388f7d75d"

func goldenSpec(t *testing.T) Spec {
	created := time.Unix(1_700_000_000, 0)
	return Spec{
		Executables: []*Executable{program(t, "tiny", linuxAMD64)},
		Name:        named(t, "tiny:1"),
		Created:     &created,
		Press:       press,
		Add:         []Addition{{Source: write(t, "motd", []byte("hello\n"), 0o640), Target: "etc/motd"}},
		Run: image.RunConfig{
			Env: []string{"A=b"}, ExposedPorts: map[string]struct{}{"80/tcp": {}},
			Labels: map[string]string{"b": "2", "a": "1"},
		},
	}
}

func TestGolden(t *testing.T) {
	for _, tt := range []struct {
		name  string
		umask int
		procs int
		zone  *time.Location
	}{
		{"as it is", 0o022, runtime.GOMAXPROCS(0), time.UTC},
		{"umask 077", 0o077, 1, time.FixedZone("east", 9*3600)},
		{"umask 0", 0, 7, time.FixedZone("west", -9*3600)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			defer syscall.Umask(syscall.Umask(tt.umask))
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(tt.procs))
			s := goldenSpec(t)
			local := s.Created.In(tt.zone)
			s.Created = &local
			if _, got := archive(t, s); got != golden {
				t.Errorf("digest %s, want %s", got, golden)
			}
		})
	}
}

func TestImage(t *testing.T) {
	content, _ := archive(t, goldenSpec(t))
	img := open(t, content, oci.Platform{})
	c := img.Config.Config
	if c.User != DefaultUser || c.Entrypoint[0] != "/tiny" || c.Env[0] != "A=b" || img.Platform().String() != "linux/amd64" {
		t.Errorf("config %+v", c)
	}
	if img.Manifest.MediaType != oci.MediaTypeManifest || img.Manifest.Layers[0].MediaType != oci.MediaTypeLayerGzip {
		t.Errorf("media types of %s", img.RawManifest)
	}
	stack, err := layers.Read(context.Background(), img, layers.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		path string
		mode uint32
	}{{"etc", 0o755}, {"etc/motd", 0o644}, {"tiny", 0o755}} {
		n := stack.Lookup(tt.path)
		if n == nil || n.Entry.Mode != tt.mode || n.Entry.UID != 0 || n.Entry.ModTime().Unix() != 1_700_000_000 {
			t.Errorf("%s: %+v", tt.path, n)
		}
	}
	if n := stack.Executable(); n == nil || n.Path() != "tiny" {
		t.Errorf("starts %v", n)
	}
}

// TestMembers: names are sorted and every entry is nobody's, of no time.
func TestMembers(t *testing.T) {
	content, _ := archive(t, goldenSpec(t))
	names := it.Names(content)
	want := "index.json manifest.json oci-layout"
	if got := strings.Join(names[len(names)-3:], " "); got != want {
		t.Errorf("ends with %s, want %s", got, want)
	}
	for i, name := range names {
		if i > 0 && names[i-1] >= name || strings.HasPrefix(name, "./") {
			t.Errorf("member %q after %q", name, names[max(0, i-1)])
		}
	}
}

func TestSeveralPlatforms(t *testing.T) {
	s := goldenSpec(t)
	s.Executables = append(s.Executables, program(t, "tiny", elfProgram{machine: 243, class: 2, data: 1}))
	content, digest := archive(t, s)
	for _, p := range []string{"linux/amd64", "linux/riscv64"} {
		want, err := oci.ParsePlatform(p)
		if err != nil {
			t.Fatal(err)
		}
		img := open(t, content, want)
		if img.Platform().String() != p || img.Root.Digest.String() != digest {
			t.Errorf("%s: platform %s, root %s", p, img.Platform(), img.Root.Digest)
		}
	}
	slow := s
	slow.Executables = []*Executable{s.Executables[1], s.Executables[0]}
	if _, other := archive(t, slow); other != digest {
		t.Error("the order of the executables changes the digest")
	}
}

// TestBase: docker's media types become OCI's, history and layers stay paired.
func TestBase(t *testing.T) {
	files := it.Classic(it.Image{
		Tag:    "base:1",
		Layers: []it.Layer{it.Plain(it.Dir("lib"), it.Program("lib/ld.so", 100)), it.Zipped(it.File("lib/libc.so.6", "x"))},
		Config: image.Config{Config: image.RunConfig{Env: []string{"PATH=/bin", "A=a"}, Cmd: []string{"sh"}, WorkingDir: "/w"}},
	})
	base := func(ctx context.Context, p oci.Platform) (*image.Image, error) {
		return image.Open(ctx, files.ArchiveFile(t), image.Options{Platform: p})
	}
	s := goldenSpec(t)
	s.Base = base
	s.Executables = []*Executable{program(t, "dyn", elfProgram{machine: 62, class: 2, data: 1, interp: "/lib/ld.so"})}
	content, _ := archive(t, s)
	img := open(t, content, oci.Platform{})
	c := img.Config.Config
	if got := strings.Join(c.Env, " "); got != "PATH=/bin A=b" || c.WorkingDir != "/w" || c.Cmd != nil {
		t.Errorf("config %+v", c)
	}
	if len(img.Layers) != 4 || len(img.Config.History) != 4 {
		t.Errorf("%d layers, %d steps", len(img.Layers), len(img.Config.History))
	}
	for _, l := range img.Manifest.Layers {
		if l.MediaType != oci.MediaTypeLayerGzip {
			t.Errorf("media type %s", l.MediaType)
		}
	}
	s.Executables = []*Executable{program(t, "dyn", elfProgram{machine: 62, class: 2, data: 1, interp: "/lib/other.so"})}
	if _, err := Build(context.Background(), s); err == nil || !strings.Contains(err.Error(), "lacks /lib/other.so") {
		t.Errorf("error %v", err)
	}
}

// TestChanged: a source that changes under way is an error.
func TestChanged(t *testing.T) {
	for _, tt := range []struct {
		name   string
		change func(name string) error
	}{
		{"shrinks", func(name string) error { return os.Truncate(name, 10) }},
		{"grows", func(name string) error { return os.Truncate(name, 10_000) }},
		{"touched", func(name string) error { return os.Chtimes(name, time.Now(), time.Unix(1, 0)) }},
		{"replaced", func(name string) error {
			return errors.Join(os.WriteFile(name+".new", linuxAMD64.bytes(), 0o755), os.Rename(name+".new", name))
		}},
		{"gone", os.Remove},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := goldenSpec(t)
			if err := tt.change(s.Executables[0].Path); err != nil {
				t.Fatal(err)
			}
			if _, err := Build(context.Background(), s); err == nil {
				t.Error("no error")
			}
		})
	}
}

// TestShrinksWhileRead: the header is written before the content is known.
func TestShrinksWhileRead(t *testing.T) {
	name := write(t, "file", bytes.Repeat([]byte("x"), 1000), 0o644)
	tree := map[string]*node{}
	if err := (Addition{Source: name, Target: "file"}).collect(tree, false); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(name, 500); err != nil {
		t.Fatal(err)
	}
	if err := writeTree(t, tree); !errors.Is(err, errChanged) {
		t.Errorf("error %v", err)
	}
}

func writeTree(t *testing.T, tree map[string]*node) error {
	t.Helper()
	_, err := writeNodes(context.Background(), io.Discard, tree, time.Unix(0, 0))
	return err
}

func TestParseAddition(t *testing.T) {
	for _, tt := range []struct {
		in   string
		want Addition
		err  string
	}{
		{"a:/b", Addition{Source: "a", Target: "b"}, ""},
		{"dir/a:/etc/", Addition{Source: "dir/a", Target: "etc/a"}, ""},
		{"a:/b/../c:0600", Addition{Source: "a", Target: "c", Mode: 0o600}, ""},
		{"a:b:/c", Addition{Source: "a:b", Target: "c"}, ""},
		{"a:/..", Addition{Source: "a", Target: ""}, ""},
		{"a", Addition{}, "want SRC:/DST"},
		{"a:b", Addition{}, "mode"},
		{"a:/b:99", Addition{}, "octal"},
		{":/b", Addition{}, "want SRC:/DST"},
	} {
		got, err := ParseAddition(tt.in)
		if tt.err == "" && (err != nil || got != tt.want) || tt.err != "" && (err == nil || !strings.Contains(err.Error(), tt.err)) {
			t.Errorf("%q: %+v, %v", tt.in, got, err)
		}
	}
}

// TestBaseOfAnotherArchitecture: an executable isn't put on a base that has no
// loader for it.
func TestBaseOfAnotherArchitecture(t *testing.T) {
	for _, architecture := range []string{"arm64", "amd64"} {
		files := it.Layout(it.Image{Config: image.Config{Platform: oci.Platform{OS: "linux", Architecture: architecture}}, Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
		s := goldenSpec(t)
		s.Base = func(ctx context.Context, _ oci.Platform) (*image.Image, error) {
			return image.Open(ctx, files.ArchiveFile(t), image.Options{})
		}
		b, err := Build(context.Background(), s)
		if err == nil {
			b.Close()
		}
		if ok := architecture == "amd64"; ok && err != nil || !ok && (err == nil || !strings.Contains(err.Error(), "is for linux/arm64, the executable for linux/amd64")) {
			t.Errorf("%s: %v", architecture, err)
		}
	}
}

// TestConfigureOverBase: of the base stays what isn't asked for, and nothing of how
// it was started.
func TestConfigureOverBase(t *testing.T) {
	config := image.Config{Config: image.RunConfig{
		Env: []string{"PATHS=/a", "PATH=/bin"}, Entrypoint: []string{"cmd /c x"}, Cmd: []string{"y"}, ArgsEscaped: true,
	}}
	s := goldenSpec(t)
	s.Run.Env = []string{"PATH=/own", "PAT=x"}
	b := builder{Spec: s}
	if err := b.configure(&config, s.Executables[0]); err != nil {
		t.Fatal(err)
	}
	c := config.Config
	if got := strings.Join(c.Env, " "); got != "PATHS=/a PATH=/own PAT=x" || c.ArgsEscaped || c.Cmd != nil || c.Entrypoint[0] != "/tiny" {
		t.Errorf("%+v", c)
	}
}

// TestRevision: a build from a changed working tree says so.
func TestRevision(t *testing.T) {
	for _, tt := range []struct{ revision, modified, want string }{
		{"abc", "false", "abc"}, {"abc", "true", "abc-dirty"}, {"", "true", ""},
	} {
		e := *goldenSpec(t).Executables[0]
		e.Build = &debug.BuildInfo{Settings: []debug.BuildSetting{{Key: "vcs.revision", Value: tt.revision}, {Key: "vcs.modified", Value: tt.modified}}}
		if got := (&builder{}).buildLabels(&e)[labelRevision]; got != tt.want {
			t.Errorf("%+v: %q", tt, got)
		}
	}
}

// TestAddedModes: what may be executed here may be executed there, by all; the
// other bits of this machine's modes don't matter.
func TestAddedModes(t *testing.T) {
	for _, tt := range []struct {
		mode fs.FileMode
		want int64
	}{{0o600, 0o644}, {0o666, 0o644}, {0o700, 0o755}, {0o755, 0o755}, {0o655, 0o644}} {
		tree := map[string]*node{}
		if err := (Addition{Source: write(t, "file", []byte("x"), tt.mode), Target: "file"}).collect(tree, false); err != nil {
			t.Fatal(err)
		}
		if got := tree["file"].mode; got != tt.want {
			t.Errorf("%o: %o, want %o", tt.mode, got, tt.want)
		}
	}
}

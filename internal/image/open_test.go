package image_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
)

var (
	arm64   = oci.Platform{OS: "linux", Architecture: "arm64"}
	riscv64 = oci.Platform{OS: "linux", Architecture: "riscv64"}
	windows = oci.Platform{OS: "windows", Architecture: "amd64", OSVersion: "10.0.20348"}
)

// sample is an image that says its name and platform.
func sample(tag string, platform oci.Platform) it.Image {
	return it.Image{
		Tag:    tag,
		Layers: []it.Layer{it.Plain(it.File("name", tag)), it.Zipped(it.File("platform", platform.String()))},
		Config: image.Config{Platform: platform, Config: image.RunConfig{User: tag + "@" + platform.String()}},
	}
}

var host = oci.Platform{OS: "linux", Architecture: "amd64"}

// attested is a layout with an image and its provenance, as buildx writes it:
// both under an index of their own.
func attested() it.Files {
	f := it.Files{}
	img := f.Manifest(sample("a", host))
	note := f.Manifest(it.Image{Layers: []it.Layer{it.Plain()}})
	note.Platform = &oci.Platform{OS: "unknown", Architecture: "unknown"}
	note.Annotations = map[string]string{oci.AnnotationReferenceType: "attestation-manifest"}
	img.Annotations = nil
	f.Index(f.Nested("a", img, note))
	return f
}

// partial is a layout that lists two platforms and holds one.
func partial() it.Files {
	f := it.Files{}
	here, absent := f.Manifest(sample("a", host)), f.Manifest(sample("a", arm64))
	f.Index(here, absent)
	delete(f, it.BlobPath(absent.Digest))
	return f
}

// sampleConfig finds the configuration with the given user.
func sampleConfig(f it.Files, user string) []byte {
	for _, content := range f {
		if strings.Contains(string(content), `"User":"`+user+`"`) {
			return content
		}
	}
	return nil
}

// changed returns the files with every old replaced by new in those whose name
// ends in suffix.
func changed(f it.Files, suffix, old, new string) it.Files {
	for name := range f {
		if strings.HasSuffix(name, suffix) {
			f[name] = bytes.ReplaceAll(f[name], []byte(old), []byte(new))
		}
	}
	return f
}

func linked() it.Files {
	f := it.Classic(sample("a", host))
	for name, content := range f {
		if strings.HasSuffix(name, "/layer.tar") {
			f["shared/"+filepath.Dir(name)] = content
			f[name] = []byte("-> ../shared/" + filepath.Dir(name))
		}
	}
	return f
}

func loop() it.Files {
	f := it.Classic(sample("a", host))
	for name := range f {
		if strings.HasSuffix(name, "/layer.tar") {
			f[name] = []byte("-> ../" + filepath.Dir(name) + "/layer.tar")
		}
	}
	return f
}

// TestOpenArchive has the traps of archives and layouts. The user of the
// image's configuration tells which one was opened.
func TestOpenArchive(t *testing.T) {
	two := []it.Image{sample("a:1", host), sample("b:2", host)}
	platforms := it.Layout(sample("a", host), sample("a", arm64), sample("a", riscv64))
	for _, tt := range []struct {
		name     string
		files    it.Files
		pick     string
		platform oci.Platform
		want     string // the user, or "error: " and a part of the message
	}{
		{"classic", it.Classic(sample("a:1", host)), "", oci.Platform{}, "a:1@linux/amd64"},
		{"classic with linked layers", linked(), "", oci.Platform{}, "a@linux/amd64"},
		{"classic with layers linked in a loop", loop(), "", oci.Platform{}, `error: layer 1 (`},
		{"since Docker 25", it.Saved(sample("a:1", host)), "", oci.Platform{}, "a:1@linux/amd64"},
		{"OCI", it.Layout(sample("a:1", host)), "", oci.Platform{}, "a:1@linux/amd64"},
		{"this platform by its variant", it.Layout(sample("a:1", host)), "", oci.Platform{OS: "linux", Architecture: "amd64", Variant: "v1"}, "a:1@linux/amd64"},
		{"this platform by a higher variant", it.Layout(sample("a:1", host)), "", oci.Platform{OS: "linux", Architecture: "amd64", Variant: "v3"}, "error: holds no platform linux/amd64/v3"},
		{"OCI by tag", it.Layout(two...), "b:2", oci.Platform{}, "b:2@linux/amd64"},
		{"classic by tag", it.Classic(two...), "b:2", oci.Platform{}, "b:2@linux/amd64"},
		{"classic by whole name", it.Classic(two...), "docker.io/library/b:2", oci.Platform{}, "b:2@linux/amd64"},
		{"classic by place", it.Classic(two...), "@0", oci.Platform{}, "a:1@linux/amd64"},
		{"classic, several", it.Classic(two...), "", oci.Platform{}, `error: holds 2 images: "a:1", "b:2"`},
		{"OCI, several", it.Layout(two...), "", oci.Platform{}, `error: holds 2 images: "a:1", "b:2"`},
		{"classic, none such", it.Classic(two...), "c", oci.Platform{}, `error: holds no image "c", only "a:1", "b:2"`},
		{"OCI, none such", it.Layout(two...), "c", oci.Platform{}, `error: holds no image "c", only "a:1", "b:2"`},
		{"platform asked for", platforms, "", arm64, "a@linux/arm64"},
		{"platform that isn't there", platforms, "", windows, `error: holds no platform windows/amd64, only`},
		{"other platform only", it.Layout(sample("a", riscv64)), "", oci.Platform{}, "a@linux/riscv64"},
		{"other platforms only", it.Layout(sample("a", riscv64), sample("a", windows)), "", oci.Platform{}, `error: holds "linux/riscv64", "windows/amd64", none of them for this machine`},
		{"classic of another platform", it.Classic(sample("a", arm64)), "", host, `error: holds no platform linux/amd64, only "linux/arm64"`},
		{"nested index and attestation", attested(), "a", oci.Platform{}, "a@linux/amd64"},
		{"platform without content", partial(), "", arm64, "error: lists platform linux/arm64, but doesn't hold its content"},
		{"platform without content not asked for", partial(), "", host, "a@linux/amd64"},
		{"no platform in the index", changed(it.Layout(sample("a", host)), "index.json", `"platform"`, `"x"`), "", host, "a@linux/amd64"},
		{"empty archive", it.Files{}, "", oci.Platform{}, "error: a tar archive without image"},
		{"no images", it.Files{"manifest.json": []byte("[]")}, "", oci.Platform{}, "error: holds no image"},
		{"no images in the index", it.Files{"index.json": []byte("{}")}, "", oci.Platform{}, "error: holds no image"},
		{"missing layer", it.Files{"manifest.json": []byte(`[{"Config":"c","Layers":["l"]}]`)}, "", oci.Platform{}, `error: layer 1 ("l"): file does not exist`},
		{"missing config", it.Files{"manifest.json": []byte(`[{"Config":"c"}]`)}, "", oci.Platform{}, `error: config: archive member "c": file does not exist`},
		{"layer outside", it.Files{"manifest.json": []byte(`[{"Config":"c","Layers":["../../etc/passwd"]}]`)}, "", oci.Platform{}, `layer 1 ("../../etc/passwd"): file does not exist`},
		{"deep JSON", it.Files{"manifest.json": []byte(strings.Repeat("[", 100_000))}, "", oci.Platform{}, "error: manifest.json: invalid character '[' exceeded max depth"},
		{"deep JSON in the index", it.Files{"index.json": []byte(strings.Repeat(`{"a":`, 100_000))}, "", oci.Platform{}, "error: index.json: invalid character '{' exceeded max depth"},
		{"other algorithm", changed(it.Layout(sample("a", host)), "index.json", "sha256:", "md5:"), "", oci.Platform{}, "unsupported algorithm"},
		{"digest with a path", changed(it.Layout(sample("a", host)), "index.json", "sha256:", "sha256:../"), "", oci.Platform{}, "lower-case hexadecimal"},
		{"changed config", changed(it.Layout(sample("a", host)), digest.FromBytes(sampleConfig(it.Layout(sample("a", host)), "a@linux/amd64")).Hex(), "a@linux", "b@linux"), "", oci.Platform{}, "error: config sha256:"},
		{"changed classic config", changed(it.Classic(sample("a", host)), ".json", `"User":"a`, `"User":"b`), "", oci.Platform{}, "b@linux/amd64"},
		{"null history", it.Files{"manifest.json": []byte(`[{"Config":"c"}]`), "c": []byte(`{"config":{"User":"u"},"history":null}`)}, "", oci.Platform{}, "u"},
		{"no history", it.Files{"manifest.json": []byte(`[{"Config":"c"}]`), "c": []byte(`{"config":{"User":"u"}}`)}, "", oci.Platform{}, "u"},
		{"null", it.Files{"manifest.json": []byte("null")}, "", oci.Platform{}, "error: holds no image"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			archive := tt.files.Archive()
			img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), tt.pick, image.Options{Platform: tt.platform})
			got := ""
			if err != nil {
				got = "error: " + err.Error()
			} else {
				got = img.Config.Config.User
			}
			if !strings.HasPrefix(got, tt.want) && (err == nil || !strings.Contains(got, tt.want)) {
				t.Errorf("%s, want %s", got, tt.want)
			}
			if len(got) > 600 || strings.Contains(got, "\n") {
				t.Errorf("message of %d bytes: %.700q", len(got), got)
			}
		})
	}
}

func TestAttestationsApart(t *testing.T) {
	img, err := image.Open(context.Background(), "oci:"+attested().Dir(t)+":a", image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer img.Close()
	if len(img.Attestations) != 1 || len(img.Layers) != 2 {
		t.Errorf("%d attestations, %d layers", len(img.Attestations), len(img.Layers))
	}
}

// TestIndexInItself: an index can't hold its own digest, but one whose digest
// lies about it could go round for ever.
func TestIndexInItself(t *testing.T) {
	f := it.Layout(sample("a", host))
	d := oci.Descriptor{MediaType: oci.MediaTypeIndex, Digest: digest.FromBytes([]byte("x")), Size: 1}
	f.Index(d)
	f[it.BlobPath(d.Digest)] = f["index.json"]
	if _, err := image.Open(context.Background(), f.Dir(t), image.Options{}); err == nil || !strings.Contains(err.Error(), "longer than its 1 bytes") {
		t.Errorf("error %v", err)
	}
	f = it.Files{}
	nested := f.Manifest(sample("a", host))
	for range 10 {
		nested = f.Nested("", nested)
	}
	f.Index(nested)
	if _, err := image.Open(context.Background(), f.Dir(t), image.Options{}); err == nil || !strings.Contains(err.Error(), "nest more than") {
		t.Errorf("error %v", err)
	}
}

// TestOpen has the ways to name a file.
func TestOpen(t *testing.T) {
	classic, layout := it.Classic(sample("a:1", host)), it.Layout(sample("a:1", host))
	archive, dir, ociArchive := classic.ArchiveFile(t), layout.Dir(t), layout.ArchiveFile(t)
	zipped := it.WriteFile(t, "image.tar.gz", it.Gzip(classic.Archive()))
	empty := t.TempDir()
	for _, tt := range []struct{ ref, want string }{
		{archive, "docker-archive"},
		{"docker-archive:" + archive, "docker-archive"},
		{"docker-archive:" + archive + ":a:1", "docker-archive"},
		{zipped, "docker-archive"},
		{"docker-archive:" + zipped, "docker-archive"},
		{dir, "oci"},
		{"oci:" + dir, "oci"},
		{"oci:" + dir + ":a:1", "oci"},
		{ociArchive, "oci-archive"},
		{"oci-archive:" + ociArchive + ":a:1", "oci-archive"},
		{"docker-archive:" + ociArchive, "error: no manifest.json in the archive"},
		{"oci-archive:" + archive, "error: no index.json in the archive"},
		{"docker-archive:" + dir, "error: is a directory, docker-archive wants an archive"},
		{"oci:" + archive, "error: " + filepath.Join(archive, "index.json")},
		{empty, "error: holds no OCI layout: no index.json"},
		{filepath.Join(empty, "none"), "error: no such file or directory"},
		{"docker-archive:" + empty + "/none", "error: no such file or directory"},
		{"", "error: image reference is empty"},
		{"oci:", `error: no path after "oci:"`},
		{"docker://", "error: no name after the transport"},
		{"dir:x:y", "error: no such file or directory"},
		{"dir:", "error: no path after"},
		{"containers-storage:x", "error: transport containers-storage is not supported"},
		{it.WriteFile(t, "x", []byte("#!/bin/sh\necho not an image, however long it gets\n")), "error: not a tar archive"},
		{it.WriteFile(t, "y", bytes.Repeat([]byte("garbage "), 1000)), "error: not a tar archive"},
		{it.WriteFile(t, "z", it.Tar(it.File("etc/passwd", ""))), "error: a tar archive without image"},
		{it.WriteFile(t, "zstd", []byte("\x28\xb5\x2f\xfd content")), "error: reading the archive: zstd: byte 6: a block is of the reserved type"},
		{it.WriteFile(t, "xz", []byte("\xfd7zXZ\x00 content")), "error: compression xz can't be read"},
		{it.WriteFile(t, "bzip2", []byte("BZh91AY&SY content")), "error: reading the archive: unexpected EOF"},
		{it.WriteFile(t, "short", classic.Archive()[:5000]), "error: archive, after"},
	} {
		img, err := image.Open(context.Background(), tt.ref, image.Options{})
		got := ""
		if err != nil {
			got = "error: " + strings.TrimPrefix(err.Error(), tt.ref+": ")
		} else {
			got = string(img.Source)
			if err := img.Close(); err != nil {
				t.Error(err)
			}
		}
		if !strings.HasPrefix(got, tt.want) && (err == nil || !strings.Contains(got, strings.TrimPrefix(tt.want, "error: "))) {
			t.Errorf("%s: %s, want %s", tt.ref, got, tt.want)
		}
	}
}

// TestStdin reads an archive from a pipe and from a file, and leaves nothing
// behind.
func TestStdin(t *testing.T) {
	archive := it.Classic(sample("a:1", host)).ArchiveFile(t)
	content, err := os.ReadFile(archive)
	if err != nil {
		t.Fatal(err)
	}
	file, err := os.Open(archive)
	if err != nil {
		t.Fatal(err)
	}
	for name, stdin := range map[string]io.Reader{"pipe": bytes.NewReader(content), "file": file, "gzip": bytes.NewReader(it.Gzip(content)), "zstd": bytes.NewReader(it.Zstd(content))} {
		temp := t.TempDir()
		img, err := image.Open(context.Background(), "-", image.Options{Stdin: stdin, TempDir: temp})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
			t.Errorf("%s: left %v, %v", name, left, err)
		}
		blob, err := img.Layers[1].Open(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.Copy(io.Discard, blob); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		blob.Close()
		img.Close()
	}
	if _, err := image.Open(context.Background(), "-", image.Options{Stdin: bytes.NewReader(content), MaxSize: 100}); err == nil || !strings.Contains(err.Error(), "more than 100 bytes") {
		t.Errorf("error %v", err)
	}
}

// TestTransfer: known where every layer is compressed; config and manifest
// count.
func TestTransfer(t *testing.T) {
	zipped := it.Image{Layers: []it.Layer{it.Zipped(it.Sized("a", 1000)), it.Zipped(it.Sized("b", 1000))}}
	lying := it.Image{Layers: []it.Layer{{Tar: it.Tar(it.Sized("a", 1)), MediaType: oci.MediaTypeLayerGzip}}}
	for _, tt := range []struct {
		name  string
		files it.Files
		known bool
	}{
		{"layout", it.Layout(zipped), true},
		{"classic", it.Classic(zipped), true},
		{"plain layer", it.Layout(sample("a", host)), false},
		{"media type lies", it.Layout(lying), false},
	} {
		archive := tt.files.Archive()
		img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
		if err != nil {
			t.Fatal(err)
		}
		want := int64(len(img.RawConfig)) + img.ManifestSize()
		for _, l := range img.Layers {
			want += l.Descriptor.Size
		}
		got, known := img.Transfer()
		if known != tt.known || known && got != want {
			t.Errorf("%s: %d, %v; want %d, %v", tt.name, got, known, want, tt.known)
		}
	}
}

// TestForeignLayer: a layer that its source needn't hold doesn't keep the image
// from being opened.
func TestForeignLayer(t *testing.T) {
	f := it.Files{}
	base := it.Plain(it.File("base", "x"))
	base.MediaType = "application/vnd.docker.image.rootfs.foreign.diff.tar.gzip"
	f.Index(f.Manifest(it.Image{Layers: []it.Layer{base}}))
	delete(f, it.BlobPath(digest.FromBytes(base.Tar)))
	img, err := image.Open(context.Background(), f.Dir(t), image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	_, err = img.Layers[0].Open(context.Background())
	if want := "a foreign layer"; err == nil || !strings.HasPrefix(err.Error(), want) {
		t.Errorf("error %v, want %s", err, want)
	}
}

// TestSeveral: the error knows the names that could be given.
func TestSeveral(t *testing.T) {
	archive := it.Classic(sample("a:1", host), sample("b:2", host)).ArchiveFile(t)
	_, err := image.Open(context.Background(), archive, image.Options{})
	several, ok := errors.AsType[*image.SeveralError](err)
	if !ok || several.Transport != image.DockerArchive || !slices.Equal(several.Names, []string{"a:1", "b:2"}) {
		t.Errorf("error %v", err)
	}
}

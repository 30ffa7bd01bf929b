package verify_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/layers"
	"devops-go/internal/oci"
	"devops-go/internal/verify"
)

func sample() it.Image {
	return it.Image{
		Layers: []it.Layer{it.Zipped(it.Sized("a", 100_000)), it.Plain(it.Sized("b", 1000))},
		Config: image.Config{History: []image.History{{CreatedBy: "one"}, {CreatedBy: "two"}}},
	}
}

// tampered returns the sample's layout after a change to its files.
func tampered(change func(f it.Files)) it.Files {
	f := it.Layout(sample())
	change(f)
	return f
}

// tamperedClassic is an archive of docker save whose configuration was changed.
func tamperedClassic() it.Files {
	f := it.Classic(sample())
	for name, content := range f {
		if strings.HasSuffix(name, ".json") && name != "manifest.json" {
			f[name] = append(content, '\n')
		}
	}
	return f
}

// with returns the layout of the sample after a change to the image.
func with(change func(img *it.Image)) it.Files {
	img := sample()
	change(&img)
	return it.Layout(img)
}

// replace changes old to new, which is as long, in the blobs that have it.
func replace(old, new string) func(f it.Files) {
	return func(f it.Files) {
		for name, content := range f {
			if name != "index.json" {
				f[name] = bytes.ReplaceAll(content, []byte(old), []byte(new))
			}
		}
	}
}

func layerBlob(n int) string {
	l := sample().Layers[n]
	if l.Blob == nil {
		return it.BlobPath(digest.FromBytes(l.Tar))
	}
	return it.BlobPath(digest.FromBytes(l.Blob))
}

func TestImage(t *testing.T) {
	unpackable := it.Layer{Tar: []byte("x"), Blob: []byte("\x1f\x8b\x08 is no gzip at all"), MediaType: oci.MediaTypeLayerGzip}
	for _, tt := range []struct {
		name  string
		files it.Files
		want  string // the kinds that are false, with how many
		first string // a part of what is said of the first that is false
	}{
		{"true", it.Layout(sample()), "", ""},
		{"true, classic", it.Classic(sample()), "", ""},
		{"true, since Docker 25", it.Saved(sample()), "", ""},
		{"config changed", tampered(replace(`"one"`, `"eno"`)), "config:1", "content has digest"},
		{"manifest changed", tampered(replace(`"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest`, `"schemaVersion":2,"mediaTypo":"application/vnd.oci.image.manifest`)), "manifest:1", "content has digest"},
		{"plain layer changed", tampered(func(f it.Files) { f[layerBlob(1)][600] ^= 1 }), "blob:1 diff ID:1", "layer 2 (sha256:"},
		{"gzip header changed", tampered(func(f it.Files) { f[layerBlob(0)][9] ^= 1 }), "blob:1", "layer 1 (sha256:"},
		{"gzip cut", tampered(func(f it.Files) { f[layerBlob(0)] = f[layerBlob(0)][:100] }), "blob:1 diff ID:1", "the blob is 100 bytes"},
		{"bytes after the gzip", tampered(func(f it.Files) { f[layerBlob(0)] = append(f[layerBlob(0)], "more"...) }), "blob:1 diff ID:1", "layer 1"},
		{"zeros after the gzip", tampered(func(f it.Files) { f[layerBlob(0)] = append(f[layerBlob(0)], make([]byte, 512)...) }), "blob:1 diff ID:1", "layer 1"},
		{"a member after the gzip", with(func(img *it.Image) {
			l := &img.Layers[0]
			l.Tar, l.Blob = append(bytes.Clone(l.Tar), make([]byte, 512)...), append(bytes.Clone(l.Blob), it.Gzip(make([]byte, 512))...)
		}), "", ""},
		{"another name of the config", tamperedClassic(), "config:1", `.json" has digest sha256:`},
		{"no gzip", with(func(img *it.Image) { img.Layers[0] = unpackable }), "diff ID:1", "layer 1"},
		{"media type lies", with(func(img *it.Image) { img.Layers[0].MediaType = oci.MediaTypeLayer }), "media type:1", "the compression gzip"},
		{"other diff ID", with(func(img *it.Image) { img.Layers[1].Tar, img.Layers[1].Blob = it.Tar(), img.Layers[1].Tar }), "diff ID:1", "layer 2"},
		{"too few diff IDs", with(func(img *it.Image) {
			img.Config.RootFS = image.RootFS{Type: "layers", DiffIDs: []digest.Digest{digest.FromBytes(img.Layers[0].Tar)}}
		}), "diff ID:1 layers:1", "layer 2"},
		{"short history", with(func(img *it.Image) { img.Config.History = img.Config.History[:1] }), "history:1", "1 of the layers"},
		{"long history", with(func(img *it.Image) { img.Config.History = append(img.Config.History, image.History{}) }), "history:1", "1 of the layers"},
		{"no history", with(func(img *it.Image) { img.Config.History = nil }), "", ""},
		{"other platform", tampered(func(f it.Files) {
			f["index.json"] = bytes.ReplaceAll(f["index.json"], []byte("amd64"), []byte("arm64"))
		}), "platform:1", "the index says linux/arm64, the config linux/amd64"},
		{"no oci-layout", tampered(func(f it.Files) { delete(f, "oci-layout") }), "layout:1", "no oci-layout"},
		{"other version of the layout", tampered(func(f it.Files) { f["oci-layout"] = []byte(`{"imageLayoutVersion":"2.0.0"}`) }), "layout:1", `version "2.0.0", known is "1.0.0"`},
		{"oci-layout is no JSON", tampered(func(f it.Files) { f["oci-layout"] = nil }), "layout:1", "unexpected end"},
		{"other media type of the manifest", tampered(func(f it.Files) {
			f["index.json"] = bytes.ReplaceAll(f["index.json"], []byte(oci.MediaTypeManifest), []byte(oci.MediaTypeDockerManifest))
		}), "media type:1", "the manifest's media type is"},
		{"data of the manifest", tampered(data(`"digest"`)), "data:1", "the manifest"},
		{"artifact", artifact(nil), "", ""},
		{"artifact changed", artifact([]byte("changed")), "blob:1", "the blob is 7 bytes"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r, err := verifyArchive(tt.files, verify.Options{})
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			first := ""
			for _, c := range r.Checks {
				if c.False > 0 {
					got = append(got, c.Kind+":"+string(rune('0'+c.False)))
					first += c.Falsehood
				}
			}
			if strings.Join(got, " ") != tt.want || r.OK != (tt.want == "") || !strings.Contains(first, tt.first) {
				t.Errorf("false %v (%s), OK %v; want %q, %q", got, first, r.OK, tt.want, tt.first)
			}
		})
	}
}

// data puts data that is none into the first descriptor of the index.
func data(before string) func(f it.Files) {
	return func(f it.Files) {
		f["index.json"] = bytes.Replace(f["index.json"], []byte(before), []byte(`"data":"e30=",`+before), 1)
	}
}

// artifact is a layout of a Helm chart, the content of which is gzip or changed.
func artifact(changed []byte) it.Files {
	f := it.Files{}
	chart := f.Blob("application/vnd.cncf.helm.chart.content.v1.tar+gzip", it.Gzip([]byte("chart")))
	config := f.Blob("application/vnd.cncf.helm.config.v1+json", []byte(`{"name":"chart"}`))
	config.Data = []byte(`{"name":"chart"}`)
	raw, err := json.Marshal(oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Config: config, Layers: []oci.Descriptor{chart}})
	if err != nil {
		panic(err)
	}
	f.Index(f.Blob(oci.MediaTypeManifest, raw))
	if changed != nil {
		f[it.BlobPath(chart.Digest)] = changed
	}
	return f
}

func verifyArchive(f it.Files, opts verify.Options) (*verify.Result, error) {
	archive := f.Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{Tolerant: true})
	if err != nil {
		return nil, err
	}
	return verify.Image(context.Background(), img, opts)
}

// TestLimit: verifying a gzip bomb ends at the limit, as a failure. Layers are
// read at the same time, so that any of them may be the one that is too much.
func TestLimit(t *testing.T) {
	_, err := verifyArchive(it.Layout(sample()), verify.Options{MaxSize: 50_000})
	if !errors.Is(err, layers.ErrTooLarge) || !strings.HasPrefix(err.Error(), "layer ") {
		t.Errorf("error %v, want %v", err, layers.ErrTooLarge)
	}
}

// TestUnreadable: what can't be read is neither true nor false.
func TestUnreadable(t *testing.T) {
	img := sample()
	img.Layers[0] = it.Layer{Tar: img.Layers[0].Tar, Blob: []byte("made up"), MediaType: oci.MediaTypeLayer + "+lz9"}
	_, err := verifyArchive(it.Layout(img), verify.Options{})
	if !errors.Is(err, image.ErrUnreadable) || !strings.HasPrefix(err.Error(), "layer ") {
		t.Errorf("error %v, want %v", err, image.ErrUnreadable)
	}
}

func BenchmarkImage(b *testing.B) {
	archive := it.Classic(it.Image{Layers: []it.Layer{it.Plain(it.Sized("a", 32<<20)), it.Plain(it.Sized("b", 32<<20))}}).Archive()
	img, err := image.OpenArchive(context.Background(), bytes.NewReader(archive), int64(len(archive)), "", image.Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.SetBytes(int64(len(archive)))
	for b.Loop() {
		if r, err := verify.Image(context.Background(), img, verify.Options{}); err != nil || !r.OK {
			b.Fatal(r, err)
		}
	}
}

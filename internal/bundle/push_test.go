package bundle

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/image"
	it "devops-go/internal/imagetest"
	"devops-go/internal/oci"
	"devops-go/internal/registry"
	"devops-go/internal/registrytest"
)

// TestReferrersTravel: what is about an image, and about that, goes along from
// place to place, whether registries list referrers or keep them under a tag.
func TestReferrersTravel(t *testing.T) {
	ctx, client := context.Background(), registry.New(registry.Options{})
	defer client.Close()
	opts := image.Options{Registry: client}
	b := listed(t)
	for _, api := range []bool{true, false} {
		server := registrytest.New(t)
		server.Referrers = api
		first := named(t, server.Host()+"/first:1")
		if err := b.Push(ctx, client, first, nil); err != nil {
			t.Fatal(err)
		}
		pulled := collected(t, "docker://"+first.String(), opts)
		same(t, "pulled", pulled, b, 3)
		if pulled.Referrers[0].ArtifactType != "text/plain" {
			t.Errorf("referrer %+v", pulled.Referrers[0])
		}
		back := collected(t, it.WriteFile(t, "back.tar", archive(t, pulled)), image.Options{})
		same(t, "archived", back, b, 3)
		second := named(t, server.Host()+"/second:1")
		if err := back.Push(ctx, client, second, nil); err != nil {
			t.Fatal(err)
		}
		same(t, "pushed again", collected(t, "docker://"+second.String(), opts), b, 3)
		third := named(t, server.Host()+"/third:1")
		if err := collected(t, "docker://"+second.String(), opts).Push(ctx, client, third, nil); err != nil {
			t.Fatal(err)
		}
		same(t, "mounted", collected(t, "docker://"+third.String(), opts), b, 3)
		if slices.ContainsFunc(server.Requests(), func(s string) bool { return strings.HasPrefix(s, "PATCH /v2/third/") }) {
			t.Error("blobs were sent between repositories of one registry")
		}
	}
}

// TestReferrerGone: a list that names more than there is doesn't stand in the way.
func TestReferrerGone(t *testing.T) {
	ctx, client := context.Background(), registry.New(registry.Options{})
	defer client.Close()
	server := registrytest.New(t)
	ref := named(t, server.Host()+"/app:1")
	b := listed(t)
	if err := b.Push(ctx, client, ref, nil); err != nil {
		t.Fatal(err)
	}
	gone := "/manifests/" + b.Referrers[1].Digest.String()
	server.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if strings.HasSuffix(r.URL.Path, gone) {
			registrytest.Refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "gone")
			return true
		}
		return false
	}
	same(t, "pulled", collected(t, "docker://"+ref.String(), image.Options{Registry: client}), b, 2)
}

// TestPushAtOnce: four blobs are under way at once, no more, and manifests come
// after them, the image's last but for what is about it.
func TestPushAtOnce(t *testing.T) {
	const blobs = 12
	client := registry.New(registry.Options{})
	defer client.Close()
	server := registrytest.New(t)
	var now, most atomic.Int64
	var once sync.Once
	full := make(chan struct{})
	server.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool {
		if r.Method != http.MethodPost {
			return false
		}
		under := now.Add(1)
		defer now.Add(-1)
		for have := most.Load(); under > have && !most.CompareAndSwap(have, under); have = most.Load() {
		}
		if under == maxTransfers {
			once.Do(func() { close(full) })
		}
		<-full // until as many are under way as may be
		server.Serve(w, r)
		return true
	}
	img := it.Image{}
	for i := range blobs - 1 {
		img.Layers = append(img.Layers, it.Zipped(it.File("f", strings.Repeat("x", i))))
	}
	b := collected(t, it.Layout(img).ArchiveFile(t), image.Options{})
	if err := b.Push(context.Background(), client, named(t, server.Host()+"/app:1"), nil); err != nil {
		t.Fatal(err)
	}
	if got := most.Load(); got != maxTransfers {
		t.Errorf("%d blobs at once, want %d", got, maxTransfers)
	}
	log := server.Requests()
	if last := log[len(log)-1]; last != "PUT /v2/app/manifests/1" {
		t.Errorf("ends with %s", last)
	}
}

// TestPushByDigest: a name with a digest takes that image and no other.
func TestPushByDigest(t *testing.T) {
	ctx, client := context.Background(), registry.New(registry.Options{})
	defer client.Close()
	server := registrytest.New(t)
	b := listed(t)
	right := named(t, server.Host()+"/app@"+b.Root.Digest.String())
	if err := b.Push(ctx, client, right, nil); err != nil {
		t.Fatal(err)
	}
	same(t, "by digest", collected(t, "docker://"+right.String(), image.Options{Registry: client}), b, 3)
	before := len(server.Requests())
	err := b.Push(ctx, client, right.WithDigest(b.Referrers[0].Digest), nil)
	if err == nil || !strings.Contains(err.Error(), "the image is "+b.Root.Digest.String()) || len(server.Requests()) != before {
		t.Errorf("by another digest: %v after %d requests", err, len(server.Requests())-before)
	}
}

// TestEndlessReferrers: what refers to an image, and to that, and to that, doesn't
// go on for ever.
func TestEndlessReferrers(t *testing.T) {
	server := registrytest.New(t)
	server.Referrers = true
	client := registry.New(registry.Options{})
	defer client.Close()
	f := it.Files{}
	subject := f.Manifest(it.Image{Tag: "a:1", Layers: []it.Layer{it.Plain(it.File("a", "x"))}})
	for name, content := range f {
		server.AddBlob("app", content)
		if name == it.BlobPath(subject.Digest) {
			server.AddManifest("app", "1", subject.MediaType, content)
		}
	}
	empty := oci.Descriptor{MediaType: oci.MediaTypeEmpty, Digest: server.AddBlob("app", []byte("{}")), Size: 2}
	refer := func() {
		m, err := json.Marshal(oci.Manifest{SchemaVersion: 2, MediaType: oci.MediaTypeManifest, Config: empty, Layers: []oci.Descriptor{}, Subject: &subject})
		if err != nil {
			t.Fatal(err)
		}
		subject = oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: digest.FromBytes(m), Size: int64(len(m))}
		server.AddManifest("app", subject.Digest.String(), subject.MediaType, m)
	}
	for range maxReferrerDepth {
		refer()
	}
	opts, name := image.Options{Registry: client}, "docker://"+server.Host()+"/app:1"
	if b := collected(t, name, opts); len(b.Referrers) != maxReferrerDepth {
		t.Errorf("%d referrers, want %d", len(b.Referrers), maxReferrerDepth)
	}
	refer()
	img, err := image.Open(t.Context(), name, opts)
	if err != nil {
		t.Fatal(err)
	}
	_, err = Collect(t.Context(), img, false)
	if want := "referrers of referrers are more than 8 deep"; err == nil || err.Error() != want {
		t.Errorf("error %v, want %q", err, want)
	}
}

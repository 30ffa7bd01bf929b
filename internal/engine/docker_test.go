//go:build docker

package engine

import (
	"archive/tar"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"testing/fstest"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
)

// realName is the image that these tests load into the engine and remove.
const realName = "tare-engine-test:v1"

// archive is a docker archive with one image of one layer with one file.
func archive(t *testing.T, name string) []byte {
	t.Helper()
	layer := tarball(t, map[string][]byte{"hello": []byte("hello, engine\n")})
	config, err := json.Marshal(map[string]any{
		"architecture": "amd64",
		"os":           "linux",
		"created":      "2024-01-02T03:04:05Z",
		"config":       map[string]any{"Cmd": []string{"/hello"}},
		"rootfs":       map[string]any{"type": "layers", "diff_ids": []string{digest.FromBytes(layer).String()}},
		"history": []any{
			map[string]any{"created": "2024-01-02T03:04:04Z", "created_by": "COPY hello / # buildkit"},
			map[string]any{"created": "2024-01-02T03:04:05Z", "created_by": `CMD ["/hello"]`, "empty_layer": true},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	manifest, err := json.Marshal([]any{map[string]any{
		"Config": "config.json", "RepoTags": []string{name}, "Layers": []string{"layer.tar"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	return tarball(t, map[string][]byte{"config.json": config, "layer.tar": layer, "manifest.json": manifest})
}

func tarball(t *testing.T, files map[string][]byte) []byte {
	t.Helper()
	tree := make(fstest.MapFS)
	for name, content := range files {
		tree[name] = &fstest.MapFile{Data: content, Mode: 0o644}
	}
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := errors.Join(w.AddFS(tree), w.Close()); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func realClient(t *testing.T) *Client {
	t.Helper()
	e, err := Find(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	c, err := New(e)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// remove takes the test's image away again.
func remove(c *Client, name string) error {
	ctx := context.Background() // t.Context has ended when clean-up runs
	resp, err := c.do(ctx, http.MethodDelete, "/images/"+name, nil, nil)
	if err != nil {
		return err
	}
	return resp.Body.Close()
}

// What is loaded into a real engine can be inspected and comes out again.
func TestRealEngine(t *testing.T) {
	c := realClient(t)
	ctx := t.Context()
	names, err := c.Load(ctx, bytes.NewReader(archive(t, realName)))
	if err != nil || len(names) != 1 || names[0] != realName {
		t.Fatalf("Load = %q, %v", names, err)
	}
	t.Cleanup(func() {
		if err := remove(c, realName); err != nil {
			t.Error(err)
		}
	})

	image, err := c.Inspect(ctx, realName, oci.Platform{})
	if err != nil {
		t.Fatal(err)
	}
	layerSize := int64(14)
	size := layerSize
	if image.Store() == StoreContainerd {
		// A block for the root and one for the file; and the blobs, uncompressed
		// as they were loaded.
		layerSize = 2 * 4096
		size = image.Size
		if got := size - layerSize; got < 2048 || got > 8192 {
			t.Errorf("the blobs weigh %d bytes", got)
		}
	}
	if image.Size != size || image.OS != "linux" || image.Architecture != "amd64" || len(image.RepoTags) != 1 || !json.Valid(image.Raw) {
		t.Errorf("Inspect = %+v", image)
	}
	byID, err := c.Inspect(ctx, image.ID, oci.Platform{})
	if err != nil || byID.ID != image.ID {
		t.Errorf("Inspect by ID = %+v, %v", byID, err)
	}

	history, err := c.History(ctx, realName, oci.Platform{})
	if err != nil || len(history) != 2 || history[0].CreatedBy != `CMD ["/hello"]` || history[1].Size != layerSize {
		t.Errorf("History = %+v, %v", history, err)
	}

	saved, err := c.Save(ctx, realName)
	if err != nil {
		t.Fatal(err)
	}
	if got := tarNames(t, saved); !got["manifest.json"] {
		t.Errorf("Save holds %v", got)
	}
	if err := saved.Close(); err != nil {
		t.Error(err)
	}
}

func tarNames(t *testing.T, r io.Reader) map[string]bool {
	t.Helper()
	names := make(map[string]bool)
	for tr := tar.NewReader(r); ; {
		h, err := tr.Next()
		if err == io.EOF {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names[h.Name] = true
	}
}

func TestRealNotFound(t *testing.T) {
	c := realClient(t)
	const name = "tare-engine-test/none:none"
	if _, err := c.Inspect(t.Context(), name, oci.Platform{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("Inspect: %v", err)
	}
	if _, err := c.History(t.Context(), name, oci.Platform{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("History: %v", err)
	}
	if _, err := c.Save(t.Context(), name); !errors.Is(err, ErrNotFound) {
		t.Errorf("Save: %v", err)
	}
}

// An engine says what is wrong with an archive in the middle of an answer
// that began well.
func TestRealLoadRefused(t *testing.T) {
	c := realClient(t)
	for _, content := range [][]byte{
		[]byte("not a tar at all"),
		tarball(t, map[string][]byte{"manifest.json": []byte(`[{"Config":"none.json","Layers":["none.tar"]}]`)}),
	} {
		names, err := c.Load(t.Context(), bytes.NewReader(content))
		if err == nil {
			t.Errorf("Load(%.20q) = %q", content, names)
		}
	}
}

// Streams that are given up don't cost a descriptor.
func TestRealDescriptors(t *testing.T) {
	c := realClient(t)
	if _, err := c.Load(t.Context(), bytes.NewReader(archive(t, realName))); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := remove(c, realName); err != nil {
			t.Error(err)
		}
	})
	before := descriptors(t)
	for range 50 {
		saved, err := c.Save(t.Context(), realName)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := io.CopyN(io.Discard, saved, 600); err != nil {
			t.Fatal(err)
		}
		if err := saved.Close(); err != nil {
			t.Fatal(err)
		}
	}
	c.Close()
	if after := descriptors(t); after > before+4 {
		t.Errorf("%d descriptors, %d before", after, before)
	}
}

func descriptors(t *testing.T) int {
	t.Helper()
	entries, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Fatal(fmt.Errorf("counting descriptors: %w", err))
	}
	return len(entries)
}

// The contexts that the docker command writes are read as it means them.
func TestRealContext(t *testing.T) {
	e, err := Find(os.Getenv)
	if err != nil {
		t.Fatal(err)
	}
	certs, dir := t.TempDir(), t.TempDir()
	certificate(t, certs)
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("docker", args...)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "DOCKER_CONFIG=" + dir}
		if out, err := cmd.CombinedOutput(); err != nil {
			t.Fatalf("docker %q: %v\n%s", args, err, out)
		}
	}
	file := func(name string) string { return filepath.Join(certs, name) }
	run("context", "create", "here", "--docker", "host="+e.Host)
	run("context", "create", "far", "--docker", "host=tcp://far.test:2376,ca="+file("ca.pem")+",cert="+file("cert.pem")+",key="+file("key.pem"))
	run("context", "use", "here")

	env := map[string]string{"DOCKER_CONFIG": dir}
	here, err := Find(func(name string) string { return env[name] })
	if err != nil || here.Host != e.Host || here.Source != `context "here"` {
		t.Errorf("the context in use: %v, %v; want %s", here, err, e.Host)
	}
	if _, err := newClient(t, here).Inspect(t.Context(), "tare-engine-test/none", oci.Platform{}); !errors.Is(err, ErrNotFound) {
		t.Errorf("asked by the context: %v", err)
	}
	env["DOCKER_CONTEXT"] = "far"
	far, err := Find(func(name string) string { return env[name] })
	if err != nil || far.Host != "tcp://far.test:2376" || far.TLS == nil || far.TLS.RootCAs == nil || len(far.TLS.Certificates) != 1 {
		t.Errorf("the context with TLS: %+v, %v", far, err)
	}
}

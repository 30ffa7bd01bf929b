//go:build registry

package registry

import (
	"archive/tar"
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/fstest"
	"time"

	"devops-go/internal/digest"
	"devops-go/internal/dockerconfig"
	"devops-go/internal/oci"
)

// The programs that are installed where none is found on PATH.
const (
	registryModule = "github.com/distribution/distribution/v3/cmd/registry@v3.1.2"
	craneModule    = "github.com/google/go-containerregistry/cmd/crane@v0.22.1"
)

// program returns the path of the first of names that is on PATH, else that of
// the module, installed.
func program(t *testing.T, module string, names ...string) string {
	t.Helper()
	for _, name := range names {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	dir := t.TempDir()
	cmd := exec.Command("go", "install", module)
	cmd.Env = append(os.Environ(), "GOBIN="+dir, "GOFLAGS=")
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("installing %s: %v\n%s", module, err, out)
	}
	path, _, _ := strings.Cut(module, "@")
	return filepath.Join(dir, filepath.Base(path))
}

// A real is a real registry server on loopback.
type real struct {
	t       *testing.T
	program string
	config  string // file
	addr    string
	docker  string // DOCKER_CONFIG of those who talk to it
	storage string // directory

	mu  sync.Mutex
	cmd *exec.Cmd
	log bytes.Buffer // what the server says; whole once it has stopped
}

// newReal starts program.
func newReal(t *testing.T, program string, auth bool) *real {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	r := &real{t: t, program: program, addr: listener.Addr().String(), docker: t.TempDir(), storage: t.TempDir()}
	if err := listener.Close(); err != nil {
		t.Fatal(err)
	}
	config := map[string]any{
		"version": "0.1",
		"log":     map[string]any{"level": "error"},
		"storage": map[string]any{"filesystem": map[string]any{"rootdirectory": r.storage}, "delete": map[string]any{"enabled": true}},
		"http":    map[string]any{"addr": r.addr, "secret": "s3cret"},
	}
	if auth {
		users, err := filepath.Abs("testdata/htpasswd")
		if err != nil {
			t.Fatal(err)
		}
		config["auth"] = map[string]any{"htpasswd": map[string]any{"realm": "test", "path": users}}
	}
	r.config = filepath.Join(t.TempDir(), "config.yml")
	writeJSON(t, r.config, config) // JSON is YAML
	r.start()
	t.Cleanup(func() {
		r.stop()
		if t.Failed() {
			t.Logf("%s says:\n%s", program, r.log.Bytes())
		}
	})
	return r
}

// logOut empties the Docker configuration.
func (r *real) logOut() { writeJSON(r.t, filepath.Join(r.docker, "config.json"), map[string]any{}) }

// logIn writes credentials to the Docker configuration.
func (r *real) logIn(user, pass string) {
	writeJSON(r.t, filepath.Join(r.docker, "config.json"), map[string]any{
		"auths": map[string]any{r.addr: map[string]any{"auth": []byte(user + ":" + pass)}},
	})
}

func writeJSON(t *testing.T, name string, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
}

// start starts the server and waits until it answers. It may be called from
// any goroutine.
func (r *real) start() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.cmd = exec.Command(r.program, "serve", r.config)
	r.cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	r.cmd.Stderr = &r.log
	if err := r.cmd.Start(); err != nil {
		r.t.Error(err)
		return
	}
	for range 200 {
		if resp, err := http.Get("http://" + r.addr + "/v2/"); err == nil {
			resp.Body.Close()
			return
		}
		time.Sleep(50 * time.Millisecond)
	}
	r.t.Errorf("%s doesn't answer", r.program)
}

// stop kills the server: it has no time for order.
func (r *real) stop() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if err := r.cmd.Process.Kill(); err != nil {
		r.t.Error(err)
	}
	r.cmd.Wait() // its error is that it was killed
}

// forget removes the uploads to the repository name from the storage.
func (r *real) forget(name string) {
	if err := os.RemoveAll(filepath.Join(r.storage, "docker/registry/v2/repositories", name, "_uploads")); err != nil {
		r.t.Error(err)
	}
}

func (r *real) client(o Options) *Client {
	r.t.Helper()
	file, err := dockerconfig.Load(r.docker)
	if err != nil {
		r.t.Fatal(err)
	}
	o.Credentials = file.Credential
	c := New(o)
	r.t.Cleanup(c.Close)
	return c
}

func (r *real) ref(s string) Reference {
	r.t.Helper()
	ref, err := ParseReference(r.addr + "/" + s)
	if err != nil {
		r.t.Fatal(err)
	}
	return ref
}

// run runs another program as a client of r.
func (r *real) run(t *testing.T, name string, args ...string) string {
	t.Helper()
	cmd := exec.Command(name, args...)
	cmd.Env = append(os.Environ(), "DOCKER_CONFIG="+r.docker, "REGISTRY_AUTH_FILE="+filepath.Join(r.docker, "config.json"))
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%s %q: %v\n%s", name, args, err, stderr.Bytes())
	}
	return string(out)
}

// A peer is another program that pushes and reads images.
type peer struct {
	name string
	push func(archive, ref string) []string
	read func(ref string) []string // prints the manifest
	// logIn writes the credentials of the tests to the Docker configuration.
	logIn func(r *real) []string
}

// peers returns those found on PATH, or crane installed.
func peers(t *testing.T) []peer {
	t.Helper()
	var all []peer
	if skopeo, err := exec.LookPath("skopeo"); err == nil {
		all = append(all, peer{skopeo,
			func(archive, ref string) []string {
				return []string{"copy", "--insecure-policy", "--dest-tls-verify=false", "docker-archive:" + archive, "docker://" + ref}
			},
			func(ref string) []string {
				return []string{"inspect", "--raw", "--tls-verify=false", "docker://" + ref}
			},
			func(r *real) []string {
				return []string{"login", "--tls-verify=false", "--authfile", filepath.Join(r.docker, "config.json"),
					"-u", "tester", "-p", password, r.addr}
			},
		})
	}
	if _, err := exec.LookPath("crane"); err == nil || len(all) == 0 {
		all = append(all, peer{program(t, craneModule, "crane"),
			func(archive, ref string) []string { return []string{"push", archive, ref} },
			func(ref string) []string { return []string{"manifest", ref} },
			func(r *real) []string { return []string{"auth", "login", r.addr, "-u", "tester", "-p", password} },
		})
	}
	return all
}

// archive writes a docker archive of one image of two layers.
func archive(t *testing.T) string {
	t.Helper()
	layers := [][]byte{
		tarball(t, map[string][]byte{"a": pattern(100_000)}),
		tarball(t, map[string][]byte{"b": []byte("hello\n")}),
	}
	var diffIDs, names []string
	files := make(map[string][]byte)
	for i, l := range layers {
		names = append(names, fmt.Sprintf("%d/layer.tar", i))
		diffIDs = append(diffIDs, digest.FromBytes(l).String())
		files[names[i]] = l
	}
	files["config.json"] = toJSON(t, map[string]any{
		"architecture": "amd64", "os": "linux", "config": map[string]any{},
		"rootfs": map[string]any{"type": "layers", "diff_ids": diffIDs},
	})
	files["manifest.json"] = toJSON(t, []any{map[string]any{
		"Config": "config.json", "RepoTags": []string{"app:v1"}, "Layers": names,
	}})
	name := filepath.Join(t.TempDir(), "app.tar")
	if err := os.WriteFile(name, tarball(t, files), 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func toJSON(t *testing.T, v any) []byte {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return text
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

func TestRealRegistry(t *testing.T) {
	server := program(t, registryModule, "registry", "docker-registry")
	others := peers(t)
	for _, auth := range []bool{false, true} {
		t.Run(fmt.Sprintf("auth=%v", auth), func(t *testing.T) {
			r := newReal(t, server, auth)
			for _, p := range others {
				if auth {
					r.logOut()
					r.run(t, p.name, p.logIn(r)...)
				}
				t.Run("pull what "+filepath.Base(p.name)+" pushed", func(t *testing.T) { pullFromPeer(t, r, p) })
				t.Run("push for "+filepath.Base(p.name), func(t *testing.T) { pushForPeer(t, r, p) })
			}
			t.Run("referrers", func(t *testing.T) { realReferrers(t, r) })
			if auth {
				t.Run("wrong password", func(t *testing.T) { wrongPassword(t, r) })
			} else { // with it, the server's bcrypt is all that takes time
				t.Run("many", func(t *testing.T) { realMany(t, r) })
			}
		})
	}
}

// imageManifest is a manifest as far as these tests look into it.
type imageManifest struct {
	SchemaVersion int              `json:"schemaVersion"`
	MediaType     string           `json:"mediaType"`
	Config        oci.Descriptor   `json:"config"`
	Layers        []oci.Descriptor `json:"layers"`
	Subject       *oci.Descriptor  `json:"subject,omitempty"`
}

func pullFromPeer(t *testing.T, r *real, p peer) {
	name := "by-" + filepath.Base(p.name)
	file := archive(t)
	for _, tag := range []string{"v1", "v2"} {
		r.run(t, p.name, p.push(file, r.addr+"/"+name+":"+tag)...)
	}
	c := r.client(Options{})
	m, err := c.Manifest(t.Context(), r.ref(name+":v1"))
	if err != nil {
		t.Fatal(err)
	}
	h, err := c.Head(t.Context(), r.ref(name+":v1"))
	if err != nil || h.Digest != m.Digest || h.Size != int64(len(m.Bytes)) || h.MediaType != m.MediaType {
		t.Errorf("Head = %+v, %v; the manifest has %v", h, err, m.Digest)
	}
	var parsed imageManifest
	if err := json.Unmarshal(m.Bytes, &parsed); err != nil || len(parsed.Layers) != 2 {
		t.Fatalf("manifest %s: %v", m.Bytes, err)
	}
	for _, d := range append(parsed.Layers, parsed.Config) {
		rc, err := c.Blob(t.Context(), r.ref(name), d.Digest, d.Size)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, rc); err != nil || n != d.Size {
			t.Errorf("blob %s: %d bytes, %v", d.Digest, n, err)
		}
		if err := rc.Close(); err != nil {
			t.Error(err)
		}
	}
	tags, err := c.Tags(t.Context(), r.ref(name))
	if err != nil || !slices.Equal(tags, []string{"v1", "v2"}) {
		t.Errorf("Tags = %q, %v", tags, err)
	}
	if _, err := c.Manifest(t.Context(), r.ref(name+":none")); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing tag: %v", err)
	}
	if _, err := c.Tags(t.Context(), r.ref("none")); !errors.Is(err, ErrNotFound) {
		t.Errorf("missing repository: %v", err)
	}
}

// pushImage pushes an image of one layer.
func pushImage(t *testing.T, c *Client, ref Reference, layer []byte) []byte {
	t.Helper()
	config := toJSON(t, map[string]any{
		"architecture": "amd64", "os": "linux",
		"rootfs": map[string]any{"type": "layers", "diff_ids": []string{digest.FromBytes(layer).String()}},
	})
	for _, content := range [][]byte{config, layer} {
		if sent, err := c.PushBlob(t.Context(), ref, blobOf(content)); err != nil || !sent {
			t.Fatalf("PushBlob = %v, %v", sent, err)
		}
	}
	manifest := toJSON(t, imageManifest{
		SchemaVersion: 2,
		MediaType:     oci.MediaTypeManifest,
		Config: oci.Descriptor{
			MediaType: "application/vnd.oci.image.config.v1+json", Digest: digest.FromBytes(config), Size: int64(len(config))},
		Layers: []oci.Descriptor{{
			MediaType: "application/vnd.oci.image.layer.v1.tar", Digest: digest.FromBytes(layer), Size: int64(len(layer))}},
	})
	d, err := c.PushManifest(t.Context(), ref, oci.MediaTypeManifest, manifest)
	if err != nil || d != digest.FromBytes(manifest) {
		t.Fatalf("PushManifest = %v, %v", d, err)
	}
	return manifest
}

func pushForPeer(t *testing.T, r *real, p peer) {
	for chunk, name := range map[int64]string{0: "whole", 1 << 20: "chunked"} {
		name += "-for-" + filepath.Base(p.name)
		c := r.client(Options{ChunkSize: chunk})
		layer := tarball(t, map[string][]byte{name: pattern(3 << 20)})
		manifest := pushImage(t, c, r.ref(name+":v1"), layer)
		if got := r.run(t, p.name, p.read(r.addr+"/"+name+":v1")...); strings.TrimSpace(got) != string(manifest) {
			t.Errorf("%s reads %s, pushed was %s", p.name, got, manifest)
		}
		b := blobOf(layer)
		if sent, err := c.PushBlob(t.Context(), r.ref(name), b); sent || err != nil {
			t.Errorf("pushed again: %v, %v", sent, err)
		}
		b.From = name
		if sent, err := c.PushBlob(t.Context(), r.ref("mounted/"+name), b); sent || err != nil {
			t.Errorf("mounted: %v, %v", sent, err)
		}
		if have, err := c.HasBlob(t.Context(), r.ref("mounted/"+name), b.Digest); !have || err != nil {
			t.Errorf("mounted blob is there: %v, %v", have, err)
		}
	}
}

func realMany(t *testing.T, r *real) {
	c := r.client(Options{})
	layer := tarball(t, map[string][]byte{"many": pattern(100_000)})
	pushImage(t, c, r.ref("many:v1"), layer)
	d := digest.FromBytes(layer)
	pullMany(t, func(i int) error { return pullPart(t, c, r.ref("many:v1"), d, int64(len(layer)), i%3 == 0) })
}

func realReferrers(t *testing.T, r *real) {
	c := r.client(Options{})
	ref := r.ref("referred:v1")
	about := pushImage(t, c, ref, tarball(t, map[string][]byte{"x": nil}))
	subject := oci.Descriptor{MediaType: oci.MediaTypeManifest, Digest: digest.FromBytes(about), Size: int64(len(about))}
	empty := blobOf([]byte("{}"))
	if _, err := c.PushBlob(t.Context(), ref, empty); err != nil {
		t.Fatal(err)
	}
	var want []digest.Digest
	for _, kind := range []string{"application/spdx+json", "application/vnd.cyclonedx+json"} {
		manifest := toJSON(t, map[string]any{
			"schemaVersion": 2, "mediaType": oci.MediaTypeManifest, "artifactType": kind,
			"config":  oci.Descriptor{MediaType: "application/vnd.oci.empty.v1+json", Digest: empty.Digest, Size: 2},
			"layers":  []oci.Descriptor{{MediaType: "application/vnd.oci.empty.v1+json", Digest: empty.Digest, Size: 2}},
			"subject": subject,
		})
		d := digest.FromBytes(manifest)
		for range 2 { // the second time changes nothing
			if _, err := c.PushManifest(t.Context(), ref.WithDigest(d), oci.MediaTypeManifest, manifest); err != nil {
				t.Fatal(err)
			}
		}
		want = append(want, d)
	}
	all, err := c.Referrers(t.Context(), ref, subject.Digest, "")
	if err != nil || len(all) != 2 || all[0].Digest != want[0] || all[1].Digest != want[1] {
		t.Errorf("Referrers = %+v, %v; want %v", all, err, want)
	}
	one, err := c.Referrers(t.Context(), ref, subject.Digest, "application/spdx+json")
	if err != nil || len(one) != 1 || one[0].Digest != want[0] {
		t.Errorf("Referrers of one type = %+v, %v", one, err)
	}
}

func wrongPassword(t *testing.T, r *real) {
	r.logIn("tester", "wr0ng")
	defer r.logIn("tester", password)
	c := r.client(Options{})
	_, err := c.Manifest(t.Context(), r.ref("app:v1"))
	if !errors.Is(err, ErrUnauthorized) {
		t.Fatal(err)
	}
	checkLine(t, err, r.addr)
	checkSecret(t, err, "wr0ng")
	if err := c.Ping(t.Context(), r.addr); !errors.Is(err, ErrUnauthorized) {
		t.Errorf("Ping: %v", err)
	}
}

// A registry that is killed in the middle of a push and comes back gets the
// whole blob all the same, whether it remembers the upload or not.
func TestRealRestart(t *testing.T) {
	server := program(t, registryModule, "registry", "docker-registry")
	content := make([]byte, 48<<20)
	if _, err := rand.Read(content); err != nil {
		t.Fatal(err)
	}
	b := blobOf(content)
	const killAt = 20 << 20
	for _, tt := range []struct {
		name    string
		chunk   int64
		forgets bool // the session; else it goes on from the last whole chunk
	}{
		{"remembers, in chunks", 4 << 20, false},
		{"forgets, in chunks", 4 << 20, true},
		{"forgets, whole", 0, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			r := newReal(t, server, false)
			c := r.client(Options{ChunkSize: tt.chunk})
			var restarted sync.WaitGroup
			killed, again := false, int64(killAt)
			b.Progress = func(sent int64) {
				if killed {
					again = min(again, sent)
				}
				if killed || sent <= killAt {
					return
				}
				killed = true
				r.stop()
				if tt.forgets {
					r.forget("app")
				}
				restarted.Go(func() {
					time.Sleep(300 * time.Millisecond)
					r.start()
				})
			}
			sent, err := c.PushBlob(t.Context(), r.ref("app"), b)
			restarted.Wait()
			if err != nil || !sent || !killed {
				t.Fatalf("PushBlob = %v, %v; killed: %v", sent, err, killed)
			}
			if resumed := again == killAt; resumed == tt.forgets {
				t.Errorf("went on from before byte %d", again)
			}
			rc, err := c.Blob(t.Context(), r.ref("app"), b.Digest, b.Size)
			if err != nil {
				t.Fatal(err)
			}
			defer rc.Close()
			if n, err := io.Copy(io.Discard, rc); err != nil || n != b.Size {
				t.Errorf("%d bytes, %v", n, err)
			}
		})
	}
}

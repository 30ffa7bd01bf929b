package main

import (
	"bytes"
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"devops-go/internal/digest"
	"devops-go/internal/oci"
	"devops-go/internal/registrytest"
)

// packed is what pack, push and copy say with --format json.
type packed struct {
	Image     string
	Digest    string
	Referrers []string
}

func parsePacked(t *testing.T, out string) packed {
	t.Helper()
	var p packed
	if err := json.Unmarshal([]byte(out), &p); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return p
}

// packedForPush packs image.tar with a layer that is large enough to be
// resumed, and a list of its software: five blobs and two manifests.
func packedForPush(t *testing.T) (dir string, made packed) {
	t.Helper()
	dir = t.TempDir()
	noise := make([]byte, 3<<20)
	source := rand.NewChaCha8([32]byte{})
	source.Read(noise)
	if err := os.WriteFile(filepath.Join(dir, "noise"), noise, 0o644); err != nil {
		t.Fatal(err)
	}
	out := tare(t, dir, "pack", "--format", "json", "--level", "1", "--sbom", "spdx", "--add", "noise:/noise", "-o", "image.tar", goBinary(t, "amd64"))
	return dir, parsePacked(t, out)
}

// login writes the credentials that docker login keeps.
func login(t *testing.T, dir, host string) {
	t.Helper()
	config := `{"auths": {"` + host + `": {"username": "testuser", "password": "testpassword"}}}`
	if err := os.MkdirAll(filepath.Join(dir, ".docker"), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, ".docker", "config.json"), []byte(config), 0o600); err != nil {
		t.Fatal(err)
	}
}

const (
	isBlob     = "/blobs/uploads/"
	isManifest = "/manifests/"
)

func asked(r *http.Request, method, part string) bool {
	return r.Method == method && strings.Contains(r.URL.Path, part)
}

// A fault is what a registry does in place of what it should; see
// [registrytest.Server.Fault].
type fault func(s *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool

// authAtPut lets everybody do everything but complete an upload.
func authAtPut(_ *registrytest.Server, w http.ResponseWriter, r *http.Request, _ int) bool {
	_, password, _ := r.BasicAuth()
	if r.Method != http.MethodPut || password == "testpassword" {
		return false
	}
	w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
	registrytest.Refuse(w, http.StatusUnauthorized, "UNAUTHORIZED", "who is it?")
	return true
}

// TestPushFaults: whatever a registry does, a push completes with the digest
// that was packed, or says in one line what stands where.
func TestPushFaults(t *testing.T) {
	const other = "sha256:2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824"
	dir, made := packedForPush(t)
	var forgotten atomic.Bool
	lie := func(part string) fault {
		return func(_ *registrytest.Server, w http.ResponseWriter, r *http.Request, _ int) bool {
			lies := asked(r, http.MethodPut, part)
			if lies {
				w.Header().Set("Docker-Content-Digest", other)
				w.WriteHeader(http.StatusCreated)
			}
			return lies
		}
	}
	refuse := func(method, part string, status int, code, message string) fault {
		return func(_ *registrytest.Server, w http.ResponseWriter, r *http.Request, _ int) bool {
			if !asked(r, method, part) {
				return false
			}
			registrytest.Refuse(w, status, code, message)
			return true
		}
	}
	for _, tt := range []struct {
		name  string
		fault fault
		login bool
		want  []string // of the message; none where the push completes
	}{
		{name: "nothing", fault: func(*registrytest.Server, http.ResponseWriter, *http.Request, int) bool { return false }},
		{name: "connection dropped in a blob", fault: func(s *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool {
			if asked(r, http.MethodPatch, isBlob) && n <= 3 {
				s.Break(r, 700_000)
			}
			return false
		}},
		{name: "connection always dropped", fault: func(s *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool {
			if asked(r, http.MethodPatch, isBlob) {
				s.Break(r, 0)
			}
			return false
		}, want: []string{"EOF", "/app has ", " of 5 blobs, and no new manifest"}},
		{name: "500 three times, then 201", fault: func(_ *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool {
			if r.Method == http.MethodPut && n <= 3 {
				w.WriteHeader(http.StatusInternalServerError)
				return true
			}
			return false
		}},
		{name: "upload session forgotten", fault: func(s *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool {
			if asked(r, http.MethodPatch, isBlob) && forgotten.CompareAndSwap(false, true) {
				s.Forget()
			}
			return false
		}},
		{name: "wrong digest of a blob", fault: lie(isBlob),
			want: []string{"stored " + other + ", was sent sha256:", " of 5 blobs, and no new manifest"}},
		{name: "wrong digest of the manifest", fault: lie(isManifest),
			want: []string{"stored " + other + ", was sent " + made.Digest, "has all 5 blobs and 0 of 2 manifests"}},
		{name: "asks for auth only at PUT", fault: authAtPut, login: true},
		{name: "asks for auth only at PUT, in vain", fault: authAtPut, want: []string{"401 Unauthorized: UNAUTHORIZED: who is it?", " of 5 blobs, and no new manifest"}},
		{name: "refuses OCI media types", fault: refuse(http.MethodPut, isManifest, http.StatusBadRequest, "MANIFEST_INVALID", "media type unknown"),
			want: []string{"400 Bad Request: MANIFEST_INVALID: media type unknown", "has all 5 blobs and 0 of 2 manifests"}},
		{name: "refuses what refers to the image", fault: func(_ *registrytest.Server, w http.ResponseWriter, r *http.Request, n int) bool {
			if asked(r, http.MethodPut, isManifest+made.Referrers[0]) {
				registrytest.Refuse(w, http.StatusUnsupportedMediaType, "UNSUPPORTED", "artifacts are nothing for us")
				return true
			}
			return false
		}, want: []string{"UNSUPPORTED: artifacts are nothing for us", "has all 5 blobs and 1 of 2 manifests"}},
		{name: "is full", fault: refuse(http.MethodPut, isBlob, http.StatusInsufficientStorage, "DENIED", "quota exceeded"),
			want: []string{"507 Insufficient Storage: DENIED: quota exceeded", "has 0 of 5 blobs, and no new manifest"}},
		{name: "is full at a large blob", fault: refuse(http.MethodPatch, isBlob, http.StatusRequestEntityTooLarge, "", ""),
			want: []string{"413 Request Entity Too Large", " of 5 blobs, and no new manifest"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			server := registrytest.New(t)
			server.Fault = func(w http.ResponseWriter, r *http.Request, n int) bool { return tt.fault(server, w, r, n) }
			cmd := tareCommand(t, dir, "push", "--format", "json", "image.tar", server.Host()+"/app:1")
			if tt.login {
				home := t.TempDir()
				login(t, home, server.Host())
				cmd.Env = append(cmd.Env, "HOME="+home)
			}
			var stdout, stderr bytes.Buffer
			cmd.Stdout, cmd.Stderr = &stdout, &stderr
			err := cmd.Run()
			if len(tt.want) == 0 {
				if err != nil || stderr.Len() > 0 {
					t.Fatalf("%v: %s", err, &stderr)
				}
				checkPushed(t, server, dir, made, parsePacked(t, stdout.String()))
				return
			}
			if cmd.ProcessState.ExitCode() != exitFailure || strings.Count(stderr.String(), "\n") != 1 || stdout.Len() > 0 {
				t.Errorf("exit %d: %s%s", cmd.ProcessState.ExitCode(), &stderr, &stdout)
			}
			for _, want := range tt.want {
				if !strings.Contains(stderr.String(), want) {
					t.Errorf("%swant %s", &stderr, want)
				}
			}
		})
	}
}

// checkPushed compares what the registry has with what was packed in dir.
func checkPushed(t *testing.T, server *registrytest.Server, dir string, made, said packed) {
	t.Helper()
	if said.Digest != made.Digest || len(said.Referrers) != 1 || said.Referrers[0] != made.Referrers[0] {
		t.Errorf("pushed %+v, packed %+v", said, made)
	}
	img := check(t, filepath.Join(dir, "image.tar"))
	blobs := []oci.Descriptor{img.Manifest.Config}
	blobs = append(blobs, img.Manifest.Layers...)
	for _, d := range blobs {
		if b, ok := server.Blob("app", d.Digest); !ok || digest.FromBytes(b) != d.Digest {
			t.Errorf("the registry has %d bytes of %s", len(b), d.Digest)
		}
	}
	if out := tare(t, dir, "pull", "--format", "json", server.Host()+"/app:1", "-o", filepath.Join(t.TempDir(), "back.tar")); parsePacked(t, out).Digest != made.Digest {
		t.Errorf("pulled %s", out)
	}
}

// TestBaseMounted: a base in the registry that is pushed to isn't moved.
func TestBaseMounted(t *testing.T) {
	dir, made := packedForPush(t)
	server := registrytest.New(t)
	base, ref := server.Host()+"/base:1", server.Host()+"/app:1"
	tare(t, dir, "push", "image.tar", base)
	tare(t, dir, "pack", "--level", "1", "--base", "docker://"+base, "--env", "A=b", "--push", ref, goBinary(t, "amd64"))
	tare(t, dir, "pull", ref, "-o", "back.tar")
	img := check(t, filepath.Join(dir, "back.tar"))
	if len(img.Layers) != 3 {
		t.Fatalf("%d layers", len(img.Layers))
	}
	if got := img.Manifest.Annotations["org.opencontainers.image.base.name"]; got != base {
		t.Errorf("the base is called %q", got)
	}
	if got := img.Manifest.Annotations["org.opencontainers.image.base.digest"]; got != made.Digest {
		t.Errorf("the base is %q, want %s", got, made.Digest)
	}
	for _, l := range img.Layers[:2] {
		if n := server.Seen("GET /v2/base/blobs/" + l.Descriptor.Digest.String()); n > 0 {
			t.Errorf("%s was fetched %d times", l, n)
		}
	}
}

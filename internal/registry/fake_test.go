package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"devops-go/internal/digest"
)

// A fake is a registry in memory that does what the specification says, and
// what a test's fault does instead.
type fake struct {
	t      *testing.T
	server *httptest.Server

	mu        sync.Mutex
	manifests map[string]stored // by NAME/DIGEST-or-TAG
	blobs     map[string][]byte // by NAME/DIGEST
	uploads   map[string][]byte // by session
	sessions  int
	log       []string // "METHOD path", in order of arrival
	referrers bool     // whether there is a referrers API

	// fault answers a request in the registry's place and returns true, or
	// returns false. The n-th request with the same method and path has n = 1.
	fault func(w http.ResponseWriter, r *http.Request, n int) bool
	seen  map[string]int

	closing chan struct{} // closed at the test's end
}

type stored struct {
	mediaType string
	content   []byte
}

func newFake(t *testing.T) *fake {
	t.Helper()
	f := &fake{
		t:         t,
		manifests: make(map[string]stored),
		blobs:     make(map[string][]byte),
		uploads:   make(map[string][]byte),
		seen:      make(map[string]int),
		closing:   make(chan struct{}),
	}
	f.server = httptest.NewServer(f)
	t.Cleanup(func() {
		close(f.closing)
		f.server.Close()
	})
	return f
}

// client returns a client that never really sleeps, and what it slept.
func (f *fake) client(o Options) (*Client, *naps) {
	f.t.Helper()
	n := &naps{}
	if o.Sleep == nil {
		o.Sleep = n.sleep
	}
	c := New(o)
	f.t.Cleanup(c.Close)
	return c, n
}

type naps struct {
	mu  sync.Mutex
	all []time.Duration
}

func (n *naps) sleep(ctx context.Context, d time.Duration) error {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.all = append(n.all, d)
	return ctx.Err()
}

// hang doesn't answer. A server notices a client that left only when it reads.
func (f *fake) hang(r *http.Request) {
	select {
	case <-r.Context().Done():
	case <-f.closing:
	}
}

func (f *fake) host() string { return strings.TrimPrefix(f.server.URL, "http://") }

// ref parses a reference within f, such as "app:v1".
func (f *fake) ref(s string) Reference {
	f.t.Helper()
	r, err := ParseReference(f.host() + "/" + s)
	if err != nil {
		f.t.Fatal(err)
	}
	return r
}

func (f *fake) addBlob(name string, content []byte) digest.Digest {
	d := digest.FromBytes(content)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.blobs[name+"/"+d.String()] = content
	return d
}

func (f *fake) addManifest(name, tag, mediaType string, content []byte) digest.Digest {
	d := digest.FromBytes(content)
	f.mu.Lock()
	defer f.mu.Unlock()
	f.manifests[name+"/"+tag] = stored{mediaType, content}
	f.manifests[name+"/"+d.String()] = stored{mediaType, content}
	return d
}

func (f *fake) blob(name string, d digest.Digest) ([]byte, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	b, ok := f.blobs[name+"/"+d.String()]
	return b, ok
}

// requests returns the log without the probes for the scheme.
func (f *fake) requests() []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return append([]string(nil), f.log...)
}

func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	key := r.Method + " " + r.URL.Path
	f.log = append(f.log, key)
	f.seen[key]++
	n := f.seen[key]
	f.mu.Unlock()
	if f.fault != nil && f.fault(w, r, n) {
		return
	}
	f.serve(w, r)
}

func (f *fake) serve(w http.ResponseWriter, r *http.Request) {
	path := strings.TrimPrefix(r.URL.Path, "/v2/")
	if path == "" {
		return
	}
	for sep, handle := range map[string]func(w http.ResponseWriter, r *http.Request, name, rest string){
		"/manifests/":     f.serveManifest,
		"/blobs/uploads/": f.serveUpload,
		"/blobs/sha256:":  f.serveBlob,
		"/referrers/":     f.serveReferrers,
	} {
		if name, rest, ok := strings.Cut(path, sep); ok {
			handle(w, r, name, rest)
			return
		}
	}
	w.WriteHeader(http.StatusNotFound)
}

func refuse(w http.ResponseWriter, status int, code, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]any{"errors": []any{map[string]string{"code": code, "message": message}}})
}

func (f *fake) serveManifest(w http.ResponseWriter, r *http.Request, name, tag string) {
	if r.Method == http.MethodPut {
		content, err := io.ReadAll(r.Body)
		if err != nil {
			f.t.Error(err)
		}
		d := f.addManifest(name, tag, r.Header.Get("Content-Type"), content)
		w.Header().Set("Docker-Content-Digest", d.String())
		if f.referrers && bytes.Contains(content, []byte(`"subject"`)) {
			w.Header().Set("OCI-Subject", "yes")
		}
		w.WriteHeader(http.StatusCreated)
		return
	}
	f.mu.Lock()
	m, ok := f.manifests[name+"/"+tag]
	f.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, "MANIFEST_UNKNOWN", "manifest unknown")
		return
	}
	w.Header().Set("Content-Type", m.mediaType)
	w.Header().Set("Docker-Content-Digest", digest.FromBytes(m.content).String())
	w.Header().Set("Content-Length", strconv.Itoa(len(m.content)))
	w.Write(m.content)
}

func (f *fake) serveReferrers(w http.ResponseWriter, r *http.Request, name, rest string) {
	if !f.referrers {
		refuse(w, http.StatusNotFound, "NOT_FOUND", "no referrers API")
		return
	}
	list := index{SchemaVersion: 2, MediaType: MediaTypeOCIIndex, Manifests: []Descriptor{}}
	f.mu.Lock()
	defer f.mu.Unlock()
	for key, m := range f.manifests {
		var about subjectOf
		d := digest.FromBytes(m.content)
		if json.Unmarshal(m.content, &about) == nil && about.Subject != nil &&
			about.Subject.Digest.String() == rest && key == name+"/"+d.String() {
			list.Manifests = append(list.Manifests, about.descriptor(m.mediaType, d, len(m.content)))
		}
	}
	w.Header().Set("Content-Type", MediaTypeOCIIndex)
	json.NewEncoder(w).Encode(list)
}

func (f *fake) serveBlob(w http.ResponseWriter, r *http.Request, name, sum string) {
	f.mu.Lock()
	b, ok := f.blobs[name+"/sha256:"+sum]
	f.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, "BLOB_UNKNOWN", "blob unknown to registry")
		return
	}
	http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(b))
}

func (f *fake) serveUpload(w http.ResponseWriter, r *http.Request, name, session string) {
	if session == "" {
		f.startUpload(w, r, name)
		return
	}
	f.mu.Lock()
	have, ok := f.uploads[session]
	f.mu.Unlock()
	if !ok {
		refuse(w, http.StatusNotFound, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
		return
	}
	if r.Method != http.MethodGet {
		if at := r.Header.Get("Content-Range"); at != "" && !strings.HasPrefix(at, fmt.Sprintf("%d-", len(have))) {
			refuse(w, http.StatusRequestedRangeNotSatisfiable, "RANGE_INVALID", "wrong offset")
			return
		}
		var part bytes.Buffer
		_, err := io.Copy(&part, r.Body)
		have = append(have, part.Bytes()...)
		f.mu.Lock()
		f.uploads[session] = have
		f.mu.Unlock()
		if err != nil {
			return // the connection broke: what came is kept
		}
	}
	w.Header().Set("Location", f.location(name, session, len(have)))
	w.Header().Set("Range", fmt.Sprintf("0-%d", max(0, len(have)-1)))
	switch r.Method {
	case http.MethodGet:
		w.WriteHeader(http.StatusNoContent)
		return
	case http.MethodPatch:
		w.WriteHeader(http.StatusAccepted)
		return
	}
	want := r.URL.Query().Get("digest")
	if d := digest.FromBytes(have).String(); d != want {
		refuse(w, http.StatusBadRequest, "DIGEST_INVALID", "provided digest did not match uploaded content")
		return
	}
	f.addBlob(name, have)
	w.Header().Set("Docker-Content-Digest", want)
	w.WriteHeader(http.StatusCreated)
}

func (f *fake) startUpload(w http.ResponseWriter, r *http.Request, name string) {
	q := r.URL.Query()
	f.mu.Lock()
	defer f.mu.Unlock()
	if b, ok := f.blobs[q.Get("from")+"/"+q.Get("mount")]; ok && q.Get("mount") != "" {
		f.blobs[name+"/"+q.Get("mount")] = b
		w.WriteHeader(http.StatusCreated)
		return
	}
	f.sessions++
	session := fmt.Sprintf("session-%d", f.sessions)
	f.uploads[session] = nil
	w.Header().Set("Location", f.location(name, session, 0))
	w.WriteHeader(http.StatusAccepted)
}

// location has a query that must be sent back as it is.
func (f *fake) location(name, session string, offset int) string {
	return fmt.Sprintf("/v2/%s/blobs/uploads/%s?_state=a%%2Fb%d&z", name, session, offset)
}
